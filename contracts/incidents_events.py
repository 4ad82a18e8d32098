"""What incidents tells."""

from contracts.envelope import EventSpec

EVENTS: dict[str, EventSpec] = {}
