"""Voters: what is sealed of a person, and the question where somebody votes; neither repeats in an error what it holds."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.registry.schemas.regions import Bilingual, PollingPlace
from services.registry.schemas.shapes import Input, Line

SECRETIVE = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
"""Of what holds personal data."""


class Sex(StrEnum):
    """As lists of voters and NIK have it."""

    MAN = "man"
    WOMAN = "woman"


class VoterKind(StrEnum):
    """By which list somebody votes at a TPS: the DPT, moved in from another TPS, a walk-in."""

    DPT = "dpt"
    PINDAHAN = "pindahan"
    TAMBAHAN = "tambahan"


class StrikeReason(StrEnum):
    """Why somebody was struck from a list."""

    DEATH = "death"
    DOUBLE = "double"
    CORRECTION = "correction"


class VoterMoveReason(StrEnum):
    """Why somebody votes at another TPS than that of the DPT (D12); what tells of health is never shown by itself."""

    STUDY = "study"
    WORK = "work"
    RESIDENCE = "residence"
    CARE_HOME = "care_home"
    REHABILITATION = "rehabilitation"
    INPATIENT = "inpatient"
    COMPANION = "companion"
    DETAINEE = "detainee"
    DISASTER = "disaster"
    DUTY = "duty"


class Person(BaseModel):
    """What is sealed of a voter."""

    model_config = SECRETIVE

    nik: Annotated[str, Field(repr=False)]
    name: Annotated[str, Field(repr=False)]
    birth_date: Annotated[date, Field(repr=False)]
    disability: Annotated[str | None, Field(repr=False)]
    family_number: Annotated[str | None, Field(repr=False)] = None


class ChangeNotes(BaseModel):
    """What is sealed of a change: the evidence, a reason that may tell of health, and who stood there before."""

    model_config = SECRETIVE

    evidence: Annotated[str, Field(repr=False)]
    reason: Annotated[str | None, Field(repr=False)] = None
    before: Annotated[Person | None, Field(repr=False)] = None


class Proof(Input):
    """A challenge that the desk asked to be solved, and what solves it."""

    challenge: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{10}\.[0-9a-f]{16}\.[0-9a-f]{32}$")
    ]
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{1,20}$")]


class VoterLookupIn(Input):
    """Who asks where to vote: the NIK and the name as they stand on the identity card."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"nik": "9971064508900001", "name": "Pemilih Contoh (gladi)"}]},
    )

    nik: Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$"), Field(repr=False)]
    name: Annotated[Line, Field(repr=False)]
    device: UUID | None = Field(
        default=None, description="A number that an app has made for itself; it has a budget then."
    )
    proof: Proof | None = Field(default=None, description="Where the desk has asked for one (428).")


class VoterLookupOut(BaseModel):
    """Where somebody votes, and nothing about the person.

    Whoever is not on the list, is struck from it, or gave another name gets the same answer: none of it can be told apart.
    """

    tps: PollingPlace | None = Field(description="Null where NIK and name are not together on the list.")
    message: Bilingual
    rehearsal: bool
