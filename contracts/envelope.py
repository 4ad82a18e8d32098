"""What every event carries beside its data: a CloudEvents 1.0 envelope with the desk's extension attributes.

One home for the names: `ATTRIBUTES` maps each field to its CloudEvents attribute (lower-case letters and digits, as the
specification asks for extensions). Source: CloudEvents 1.0.2 and its Kafka protocol binding, binary content mode.
"""

from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary import DataClass


class EventData(BaseModel):
    """Base of every event's body.

    Consumers ignore fields that they do not know (a newer producer may add some); see `catalog` for the rule that a
    schema only grows.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)


DESK_WIDE: Final = "desk"
"""Stands for the election of an event that is about the desk and no election; no election is called so."""

PartitionBy = Literal["tps", "aggregate"]
EventModel = type[EventData]
EventSpec = tuple[EventModel, DataClass, PartitionBy]
"""How a service lists an event: its body, who may see it, and by what it is partitioned."""


class Envelope(NamedTuple):
    """The attributes of one event; a tuple, because a projector that catches up makes twenty thousand a second.

    Attributes:
        event_id: UUIDv7, made by the owner.
        type: `desk.<service>.<aggregate>.<fact>.v<major>`.
        aggregate: `<aggregate>/<id>`; CloudEvents `subject`.
        version: 1 for the aggregate's first event, then one more each; the unit of order and of de-duplication.
        partition_key: the TPS's id where the aggregate belongs to one TPS for life, else the aggregate's id.
        epoch: raised by one each time the topic had to be sent again from the ledger; a consumer that sees a new one starts over.
        occurred_at: when it happened, by the reporter's device.
        recorded_at: when the desk recorded it, by the desk's clock; CloudEvents `time`.
    """

    event_id: UUID
    type: str
    source: str
    aggregate: str
    version: int
    partition_key: str
    election: str
    contest: str | None
    occurred_at: datetime
    recorded_at: datetime
    channel: str
    actor: str
    data_class: str
    rehearsal: bool
    traceparent: str | None
    epoch: int


ATTRIBUTES = {
    "event_id": "id",
    "type": "type",
    "source": "source",
    "aggregate": "subject",
    "version": "aggregateversion",
    "partition_key": "partitionkey",
    "election": "election",
    "contest": "contest",
    "occurred_at": "occurredat",
    "recorded_at": "time",
    "channel": "channel",
    "actor": "actor",
    "data_class": "dataclass",
    "rehearsal": "rehearsal",
    "traceparent": "traceparent",
    "epoch": "ledgerepoch",
}
