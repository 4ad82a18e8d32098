"""Health screening of officers: specific personal data, for those who screen alone (D35)."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from contracts.registry_people_events import Duty
from contracts.vocabulary import Channel, Instant
from services.registry.schemas.shapes import Input, Outcome


class Fitness(StrEnum):
    """What a screening came to. Why is not for the desk: no diagnosis is ever taken."""

    FIT = "fit"
    FOLLOW_UP = "follow_up"
    UNFIT = "unfit"
    NOT_KNOWN = "not_known"


class ScreeningIn(Input):
    """What the screening of the holder of a post came to."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"fitness": "fit", "screened_on": "2024-11-12"}]}
    )

    fitness: Fitness
    screened_on: date
    channel: Channel = Channel.API


class ScreeningReceipt(BaseModel):
    """That a screening was recorded; not what it came to, for answers are kept for repeats."""

    place_code: str
    duty: Duty
    slot: int
    screened_on: date
    outcome: Outcome


class ScreeningOut(BaseModel):
    """The screening of an officer, the latest."""

    place_code: str
    duty: Duty
    slot: int
    person: str
    fitness: Fitness | None = Field(description="Null where nobody screened them.")
    screened_on: date | None


class Screenings(BaseModel):
    """Officers of a region and their screening, by place and post."""

    items: list[ScreeningOut]
    next_cursor: str | None
    as_of: Instant
