"""The list of every event type: the one place that says what may be on a topic.

JSON Schema, AsyncAPI, the consumers' completeness test and the partition keys all come from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts import (
    incidents_events,
    logistics_events,
    registry_events,
    registry_places_events,
    turnout_events,
)
from contracts.envelope import EventData, EventModel, EventSpec, PartitionBy
from contracts.registry_people_events import PEOPLE_EVENTS
from contracts.vocabulary import DataClass, Service

PARTITIONS = 12
"""Partitions of every topic; a number that never changes, for order is kept per partition key."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event.

    Attributes:
        partition_by: `tps` where the aggregate belongs to exactly one TPS for life, else `aggregate`.
    """

    type: str
    service: Service
    model: EventModel
    data_class: DataClass
    partition_by: PartitionBy
    summary: str

    @property
    def topic(self) -> str:
        """Return the topic that carries this type."""
        return topic_of(self.service)

    @property
    def aggregate(self) -> str:
        """Return the aggregate's name: the third word of the type."""
        return self.type.split(".")[2]


def topic_of(service: str) -> str:
    """Return the topic of a service's events. Example: `desk.turnout.v1`."""
    return f"desk.{service}.v1"


WATERMARK_TOPIC = "desk.watermarks.v1"


_OF_SERVICES: tuple[tuple[Service, Mapping[str, EventSpec]], ...] = (
    (Service.REGISTRY, {**registry_events.EVENTS, **PEOPLE_EVENTS, **registry_places_events.PLACES_EVENTS}),
    (Service.LOGISTICS, logistics_events.EVENTS),
    (Service.INCIDENTS, incidents_events.EVENTS),
    (Service.TURNOUT, turnout_events.EVENTS),
)


def _collect() -> Iterator[EventType]:
    for service, events in _OF_SERVICES:
        for name, (model, data_class, partition_by) in events.items():
            summary = (model.__doc__ or "").strip().splitlines()[0]
            yield EventType(f"desk.{service}.{name}.v1", service, model, data_class, partition_by, summary)


CATALOG: dict[str, EventType] = {event.type: event for event in _collect()}
BY_MODEL: dict[type[EventData], EventType] = {event.model: event for event in CATALOG.values()}
