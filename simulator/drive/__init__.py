"""Sends the actions of the days at their hour by the desk's clock, in the order in which their senders would."""
