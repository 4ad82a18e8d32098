"""The plan of the simulated days: who votes where and what every form will say, drawn before the first command is sent.

Pure: no clock, no network, no file but the facts. The same seed gives the same plan, on every machine.
"""
