"""What callers send about problems and what they get; shapes only, no rules."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.incidents_events import Agency, DeskPoint, ProblemOutcome, ProblemState, Severity
from contracts.vocabulary import Channel, Instant
from services.incidents.schemas.shapes import (
    FollowUpBrief,
    Moment,
    PlaceIn,
    ReasonedStepIn,
    StepOut,
    Title,
    Words,
)


class ProblemIn(PlaceIn):
    """Something that endangers a point of the desk without having gone wrong yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region_code": "32.71.06",
                    "point": "officers",
                    "severity": "medium",
                    "agency": "kpu",
                    "title": "Pelatihan KPPS belum selesai",
                    "description": "Sembilan TPS belum mengikuti pelatihan (contoh).",
                    "due_until": "2024-11-25T17:00:00+07:00",
                }
            ]
        }
    )

    point: DeskPoint
    severity: Severity = Severity.UNASSESSED
    agency: Agency = Field(default=Agency.DESK, description="Whose problem it is.")
    title: Title
    description: Words
    due_until: Moment | None = Field(default=None, description="Until when it has to be solved.")
    channel: Channel = Channel.API


class ProblemRevisionIn(ReasonedStepIn):
    """What about a problem is different now; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"severity": "high", "reason": "Sisa waktu tinggal satu hari (contoh)."}]
        }
    )

    severity: Severity | None = None
    agency: Agency | None = None
    title: Title | None = None
    due_until: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ProblemRevisionIn":
        if all(each is None for each in (self.severity, self.agency, self.title, self.due_until)):
            raise ValueError("say what is to be revised")
        return self


class ProblemResolutionIn(ReasonedStepIn):
    """How a problem ended, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome": "solved", "reason": "Semua KPPS sudah dilatih (contoh)."}]
        }
    )

    outcome: ProblemOutcome


class ProblemReopeningIn(ReasonedStepIn):
    """Why a problem came back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Dua petugas diganti dan belum dilatih (contoh)."}]}
    )


class ProblemCard(BaseModel):
    """A problem as it stands, without what people wrote about it."""

    problem_id: UUID
    election: str
    version: int
    point: DeskPoint
    severity: Severity
    state: ProblemState
    allowed: list[str] = Field(description="Steps that are possible from this state.")
    agency: Agency
    region_code: str
    tps_id: UUID | None
    tps_code: str | None
    lat: float | None
    lon: float | None
    title: str
    registered_at: Instant
    due_until: Instant | None
    seconds_left: int | None = Field(
        description="As of `as_of`; negative when overdue, null when resolved or without a due time."
    )
    resolved_at: Instant | None
    outcome: ProblemOutcome | None
    as_of: Instant


class ProblemOut(ProblemCard):
    """A problem whole."""

    description: str
    steps: list[StepOut]
    follow_ups: list[FollowUpBrief]
