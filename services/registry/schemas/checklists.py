"""The checklist of a TPS's place: what was checked of it, by whom and when, and what nobody has checked."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.registry_places_events import CheckAnswer, CheckItem
from contracts.vocabulary import Channel, Instant
from services.registry.schemas.shapes import Input, Latitude, Line, Longitude, Outcome, Source

Metres = Annotated[int, Field(ge=0, le=100_000)]


class CheckFacts(Input):
    """What was found of one item; place, point and distance are those of an alternate site."""

    answer: CheckAnswer = Field(
        description="Each item is put so that yes is good; `unknown` takes an answer back: never safe."
    )
    source: Source
    as_of: date
    place: Line | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    distance_m: Metres | None = Field(
        default=None, description="Where a point is missing; computed where both are known."
    )

    @model_validator(mode="after")
    def _whole(self) -> "CheckFacts":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon stand together or not at all")
        return self


class CheckIn(CheckFacts):
    """One item of the checklist as somebody found it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"answer": "yes", "source": "PPS Kebon Pedes (contoh)", "as_of": "2024-11-10"},
            ]
        }
    )

    channel: Channel = Channel.API


class CheckOut(BaseModel):
    """One item as it stands; what nobody checked is `unknown`, with the rest null."""

    item: CheckItem
    answer: CheckAnswer
    source: str | None
    as_of: date | None
    checked_by: str | None = Field(description="Pseudonym of who told the desk.")
    recorded_at: Instant | None
    place: str | None
    lat: float | None
    lon: float | None
    distance_m: int | None


class Checklist(BaseModel):
    """All items of a TPS, and of how many something is known and well."""

    tps_id: UUID
    tps_code: str
    version: int
    of: int
    known: int = Field(description="Items answered with yes or no.")
    ok: int = Field(description="Items answered with yes.")
    ready: bool | None = Field(
        description="True where all are yes, false where one is no, null while something is not known."
    )
    items: list[CheckOut]


class CheckReceipt(CheckOut):
    """An item as it was checked."""

    tps_code: str
    version: int
    outcome: Outcome
