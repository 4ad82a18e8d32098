"""The officers of a place as posts: of a TPS, or of an area."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from chassis.masking import mask_text
from contracts.registry_events import RosterCount
from contracts.registry_people_events import Duty, PostCount
from contracts.vocabulary import Channel, Instant
from services.registry.schemas.shapes import Input, Line, Outcome


class Trained(StrEnum):
    """Whether an officer was trained; unknown where nobody said."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class PostStatus(StrEnum):
    """How far somebody has come into a post, in order."""

    PROPOSED = "proposed"
    APPOINTED = "appointed"
    SWORN_IN = "sworn_in"


class EndReason(StrEnum):
    """Why somebody left a post. How their health is, is none of them."""

    REPLACED = "replaced"
    RESIGNED = "resigned"
    DIED = "died"
    DISMISSED = "dismissed"
    CORRECTION = "correction"
    VACATED = "vacated"


def _no_nik(value: str) -> str:
    if mask_text(value) != value:
        raise ValueError("a person is named by a pseudonym, never by a NIK")
    return value


Slot = Annotated[int, Field(ge=1, le=20)]
Person = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$"), AfterValidator(_no_nik)
]
"""A pseudonym, the same as in the person's tokens; never a NIK."""


class OfficerIn(Input):
    """Who holds a slot."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"person": "kpps-1", "display_name": "Petugas Contoh", "trained": "yes"}]
        }
    )

    person: Person
    display_name: Line = Field(description="Stays in the registry; no event carries it.")
    trained: Trained = Trained.UNKNOWN
    status: PostStatus | None = Field(
        default=None, description="Left out, it stays as it is; of somebody new it is `appointed`."
    )
    channel: Channel = Channel.API


class OfficerOut(BaseModel):
    """A slot of the roster. Person and name are null for callers who may not see them, and where it is empty."""

    duty: Duty
    slot: int
    filled: bool
    trained: Trained | None
    person: str | None
    display_name: str | None
    status: PostStatus | None
    present: bool | None = Field(description="Checked in on the voting day; null where nobody said.")


class PostRoster(BaseModel):
    """The posts of a place: every one that it has, filled or not."""

    place_code: str
    version: int
    posts: list[PostCount]
    officers: list[OfficerOut]


class Roster(PostRoster):
    """The officers of a TPS: every slot that it has, filled or not."""

    tps_id: UUID
    tps_code: str
    kpps: RosterCount
    linmas: RosterCount
    ptps: RosterCount


class PostReceipt(BaseModel):
    """The posts of a place in figures, after a change."""

    place_code: str
    version: int
    posts: list[PostCount]
    outcome: Outcome


class RosterReceipt(PostReceipt):
    """A TPS's roster in figures, after a change."""

    tps_id: UUID
    tps_code: str
    kpps: RosterCount
    linmas: RosterCount
    ptps: RosterCount


class StepIn(Input):
    """How far the holder of a post has come; back only where it was entered wrongly (`correction`)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "sworn_in", "happened_on": "2024-11-07"}]}
    )

    status: PostStatus
    happened_on: date | None = None
    correction: bool = False
    channel: Channel = Channel.API


class SuccessorIn(Input):
    """Who holds a post next."""

    person: Person
    display_name: Line
    trained: Trained = Trained.UNKNOWN
    status: PostStatus = PostStatus.APPOINTED


_END: dict[str, JsonValue] = {
    "reason": "replaced",
    "happened_on": "2024-11-20",
    "successor": {"person": "kpps-8", "display_name": "Petugas Contoh Delapan"},
}


class EndIn(Input):
    """Why and when the holder of a post leaves it, and who holds it next, where that is known."""

    model_config = ConfigDict(json_schema_extra={"examples": [_END]})

    reason: EndReason
    happened_on: date | None = None
    successor: SuccessorIn | None = None
    channel: Channel = Channel.API


class PostEvent(BaseModel):
    """Something that happened to a post, by whom it was recorded and when; nothing of it is ever changed."""

    step: str = Field(description="A status that was reached, or the reason of an end.")
    person: str
    successor: str | None
    happened_on: date | None
    recorded_at: Instant
    recorded_by: str


class PostHistory(BaseModel):
    """What happened to a post, the latest first, at most 200."""

    place_code: str
    duty: Duty
    slot: int
    items: list[PostEvent]
