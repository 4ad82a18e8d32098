"""Check-ins of officers on the voting day."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from contracts.registry_people_events import Duty
from contracts.vocabulary import Channel, Instant, Moment, TpsCode
from services.registry.schemas.officers import Slot
from services.registry.schemas.shapes import Input

_CHECK_IN: dict[str, JsonValue] = {
    "duty": "kpps",
    "slot": 1,
    "occurred_at": "2024-11-27T06:12:00+07:00",
    "channel": "app",
}


class CheckInIn(Input):
    """Whether the holder of a post is at the TPS; `present` false takes a check-in back."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHECK_IN]})

    duty: Duty
    slot: Slot
    present: bool = True
    occurred_at: Moment
    channel: Channel = Channel.API


_OF_A_BATCH: dict[str, JsonValue] = {
    "id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d02",
    "tps_code": "32.71.06.1002.028",
    **_CHECK_IN,
}


class BatchCheckInIn(CheckInIn):
    """One check-in of a batch, with the id that its device made for it: the item's idempotency key."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OF_A_BATCH]})

    id: UUID
    tps_code: TpsCode


class CheckInBatch(Input):
    """Up to 500 check-ins; each is judged alone and has a result of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_OF_A_BATCH]}]})

    items: Annotated[list[BatchCheckInIn], Field(min_length=1, max_length=500)]


class CheckInOut(BaseModel):
    """A check-in as it was recorded, without the person."""

    tps_code: str
    duty: Duty
    slot: int
    present: bool
    counts: bool = Field(description="It is of the voting day, and no later one of this post was known.")
    findings: list[str]
    outcome: Literal["recorded", "unchanged", "superseded"]
    occurred_at: Instant
    recorded_at: Instant
