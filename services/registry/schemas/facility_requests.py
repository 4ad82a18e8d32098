"""Requests of facilities: how many of their people want to vote nearby (D12), the decision, who serves them; nobody by name."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from contracts.registry_events import ContactStatus
from contracts.registry_people_events import RequestState
from contracts.vocabulary import Channel, Instant, Moment, TpsCode
from services.registry.schemas.shapes import Input, Line, Reason, Voters

LetterNumber = Annotated[Line, StringConstraints(max_length=80)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Of the letter's scan, which stays where it is."""


class VoterCounts(Input):
    """How many want to vote, by why they cannot go to their own TPS."""

    inpatient: Voters = 0
    companion: Voters = 0
    detainee: Voters = 0
    disaster: Voters = 0
    on_duty: Voters = 0

    @property
    def total(self) -> int:
        """Return how many there are."""
        return self.inpatient + self.companion + self.detainee + self.disaster + self.on_duty

    @model_validator(mode="after")
    def _somebody(self) -> "VoterCounts":
        if not self.total:
            raise ValueError("a request is for one voter at least")
        return self


_REQUEST: dict[str, JsonValue] = {
    "letter_number": "445/RS-CONTOH/2024",
    "received_at": "2024-11-18T09:00:00+07:00",
    "voters": {"inpatient": 17, "companion": 6},
}


class FacilityRequestIn(Input):
    """What a facility's letter asks for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REQUEST]})

    letter_number: LetterNumber
    received_at: Moment = Field(description="When the letter came; what counts for the cut-off.")
    voters: VoterCounts
    evidence_sha256: Sha256 | None = None
    channel: Channel = Channel.API


class RefusalCode(StrEnum):
    """Why a request is refused, or granted in part."""

    LATE = "late"
    NO_LETTER = "no_letter"
    NOT_LISTED = "not_listed"
    NO_BALLOTS = "no_ballots"
    NO_CREW = "no_crew"
    DUPLICATE = "duplicate"
    OTHER = "other"


_DECISION: dict[str, JsonValue] = {"outcome": "accepted", "tps_codes": ["32.71.06.1002.028"]}


class DecisionIn(Input):
    """What a named person decides about a request, and which TPS serve it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DECISION]})

    outcome: Literal[RequestState.ACCEPTED, RequestState.PARTLY_ACCEPTED, RequestState.REFUSED]
    granted: Voters | None = Field(default=None, description="How many, where it is a part of them.")
    tps_codes: Annotated[list[TpsCode], Field(max_length=50)] = Field(
        default=[], description="Whose crews serve them; TPS at special locations among them."
    )
    reason_code: RefusalCode | None = None
    reason: Reason = ""
    channel: Channel = Channel.API


class ReasonIn(Input):
    """Why a request is withdrawn, or opened again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Pasien sudah pulang (contoh)"}]})

    reason: Annotated[Reason, Field(min_length=1)]
    channel: Channel = Channel.API


class FacilityRequestReceipt(BaseModel):
    """A request after a change, in figures."""

    request_id: UUID
    facility_code: str
    version: int
    state: RequestState
    voters: int
    granted: int | None
    tps_codes: list[str]
    cutoff_at: Instant
    late: bool
    findings: list[str]


class RequestStep(BaseModel):
    """A step in a request's life."""

    version: int
    state: RequestState
    reason: str | None = Field(description="Null for callers who may not change it.")
    recorded_at: Instant
    recorded_by: str


class FacilityRequestOut(FacilityRequestReceipt):
    """A request as it stands, with its life."""

    letter_number: str
    evidence_sha256: str | None
    received_at: Instant
    recorded_at: Instant
    by_kind: VoterCounts | None = Field(description="Null for callers who bring no such facts.")
    reason_code: RefusalCode | None
    decided_at: Instant | None
    decided_by: str | None
    seconds_left: int | None = Field(
        description="Desk seconds to the cut-off, negative once it has passed; null where it is decided."
    )
    steps: list[RequestStep]
    rehearsal: bool


class FacilityStep(BaseModel):
    """How far the desk had come with a facility, since when, and who said so."""

    status: ContactStatus
    happened_on: date | None
    recorded_at: Instant
    recorded_by: str


class FacilityCoverage(BaseModel):
    """How far the desk has come with a facility: contacted, list received, served; and what became of its requests."""

    code: str
    version: int
    contact_status: ContactStatus
    cutoff_at: Instant
    seconds_left: int = Field(description="Desk seconds to the cut-off, negative once it has passed.")
    steps: list[FacilityStep]
    requests: dict[RequestState, int]
    voters: int
    granted: int
