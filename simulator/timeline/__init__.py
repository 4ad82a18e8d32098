"""The simulated days as a list of actions: who sends what to the desk, when, and over how bad a network.

Pure: an action says what is sent, not how. The driver turns it into a request of the public API.
"""
