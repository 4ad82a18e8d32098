"""What a phone sends from its outbox and what it gets; shapes only."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from chassis.batches import JudgedAlone
from chassis.conflicts import CommandConflict
from chassis.sync_shapes import DeviceId, Sent, SyncResults
from contracts.vocabulary import Instant, Moment
from gateway.sequences import MOST_NUMBER

_COMMAND: dict[str, JsonValue] = {
    "id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01",
    "sequence": 17,
    "path": "/tps/32.71.06.1002.028/milestones",
    "body": {"milestone": "opened", "occurred_at": "2024-11-27T07:00:00+07:00", "channel": "app"},
}


class SyncCommandIn(Sent):
    """One command of an outbox: a request of its route, written down, with its number."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COMMAND]})

    sequence: Annotated[int, Field(strict=True, ge=1, le=MOST_NUMBER)] = Field(
        description="Of the device's commands, counted from 1; a number stays with its id."
    )


class SyncBatchIn(BaseModel):
    """Up to 500 commands of one device in the order in which they happened; each has a result of its own."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"device_id": "hp-tps-028", "sent_at": "2024-11-27T07:01:00+07:00", "items": [_COMMAND]}
            ]
        },
    )

    device_id: DeviceId = Field(description="The device's name; that of the token, where it is bound to one.")
    sent_at: Moment | None = Field(
        default=None, description="By the device's clock, to be told how far it is off."
    )
    items: Annotated[list[JudgedAlone[SyncCommandIn]], Field(min_length=1, max_length=500)]


class Gap(BaseModel):
    """Numbers that have not come, both ends included."""

    first: int
    last: int


class SyncBatchOut(SyncResults):
    """One result per command, in their order, and how far the device's numbers have come."""

    device_id: str
    next_sequence: int = Field(description="One more than the last number that is settled.")
    missing: list[Gap] = Field(
        description="Numbers before it that are not settled, the first fifty gaps: send them again, or know that they never were."
    )
    desk_at: Instant = Field(description="The desk's clock as it answers.")
    clock_ahead_s: int | None = Field(
        description="By how much `sent_at` was ahead of the desk's clock, below zero where it was behind; null without it."
    )


class SyncConflicts(BaseModel):
    """Conflicts of all services, the oldest first."""

    items: list[CommandConflict]
    unanswered: list[str] = Field(description="Services that could not be asked.")
