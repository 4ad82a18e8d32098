"""The officers of a TPS as slots of a roster."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis.masking import mask_text
from contracts.registry_events import RosterCount
from contracts.vocabulary import Channel
from services.registry.schemas.shapes import Input, Line, Outcome


class Duty(StrEnum):
    """A function at a TPS: its crew, its guards, its supervisor."""

    KPPS = "kpps"
    LINMAS = "linmas"
    PTPS = "ptps"


class Trained(StrEnum):
    """Whether an officer was trained; unknown where nobody said."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


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
    channel: Channel = Channel.API


class OfficerOut(BaseModel):
    """A slot of the roster. Person and name are null for callers who may not see them, and where it is empty."""

    duty: Duty
    slot: int
    filled: bool
    trained: Trained | None
    person: str | None
    display_name: str | None


class Roster(BaseModel):
    """The officers of a TPS: every slot that it has, filled or not."""

    tps_id: UUID
    tps_code: str
    version: int
    kpps: RosterCount
    linmas: RosterCount
    ptps: RosterCount
    officers: list[OfficerOut]


class RosterReceipt(BaseModel):
    """A TPS's roster in figures, after a change."""

    tps_id: UUID
    tps_code: str
    version: int
    kpps: RosterCount
    linmas: RosterCount
    ptps: RosterCount
    outcome: Outcome
