"""Settings of the turnout service; all come from the chassis so far."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What turnout needs to know to run."""
