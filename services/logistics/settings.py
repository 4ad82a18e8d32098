"""Settings of the logistics service; all come from the chassis so far."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What logistics needs to know to run."""
