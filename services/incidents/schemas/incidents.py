"""What callers send about incidents and what they get; shapes only, no rules."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.incidents_events import (
    Agency,
    ClosureOutcome,
    IncidentCategory,
    IncidentState,
    ReportSource,
    Severity,
)
from contracts.vocabulary import Channel, Instant, RegionCode, TpsCode
from services.incidents.schemas.shapes import (
    FollowUpBrief,
    Latitude,
    Longitude,
    Moment,
    PlaceIn,
    ReasonedStepIn,
    StepIn,
    StepOut,
    Title,
    Words,
)

ClockName = Literal["acknowledge", "act", "decide"]


class IncidentIn(PlaceIn):
    """An incident as an officer or an agency reports it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tps_code": "32.71.06.1002.028",
                    "category": "disaster",
                    "severity": "high",
                    "title": "Genangan di TPS 28 Kebon Pedes",
                    "description": "Genangan setinggi lutut di depan TPS (contoh).",
                    "occurred_at": "2024-11-26T14:30:00+07:00",
                    "channel": "app",
                }
            ]
        }
    )

    category: IncidentCategory
    severity: Severity = Severity.UNASSESSED
    title: Title | None = Field(default=None, description="One line for lists, without names.")
    description: Words
    occurred_at: Moment
    known_at: Moment | None = Field(
        default=None, description="When the reporter came to know of it (D31); when it happened if left out."
    )
    channel: Channel = Channel.API


class AcknowledgementIn(StepIn):
    """The agency takes notice."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "severity": "high",
                    "note": "Regu meluncur ke lokasi (contoh).",
                    "occurred_at": "2024-11-26T14:38:00+07:00",
                }
            ]
        }
    )

    severity: Severity | None = Field(default=None, description="As the agency judges it.")
    note: Words | None = None

    @property
    def why(self) -> str:
        """Return the note, empty where there is none."""
        return self.note or ""


class ActionIn(StepIn):
    """What the agency did."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "action": "Satu pompa dipasang, jalan ditutup sementara (contoh).",
                    "occurred_at": "2024-11-26T15:05:00+07:00",
                }
            ]
        }
    )

    action: Words

    @property
    def why(self) -> str:
        """Return what was done."""
        return self.action


class IncidentClosureIn(ReasonedStepIn):
    """How an incident ended, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome": "resolved", "reason": "Air surut, TPS dipindahkan (contoh)."}]
        }
    )

    outcome: ClosureOutcome


class IncidentReopeningIn(ReasonedStepIn):
    """Why an incident is opened again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Air naik lagi (contoh)."}]})


class ReroutingIn(ReasonedStepIn):
    """Who shall deal with an incident, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency": "bpbd",
                    "also_informed": ["kpu"],
                    "reason": "Ini bencana, bukan logistik (contoh).",
                }
            ]
        }
    )

    agency: Agency
    also_informed: list[Agency] = Field(default_factory=list[Agency], max_length=12)


class CorrectionIn(ReasonedStepIn):
    """What about an incident was wrong; what is left out stays. A point goes with its TPS or region."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"severity": "medium", "reason": "Genangan hanya di satu sisi jalan (contoh)."}]
        }
    )

    category: IncidentCategory | None = None
    severity: Severity | None = None
    title: Title | None = None
    tps_code: TpsCode | None = None
    region_code: RegionCode | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "CorrectionIn":
        told = self.model_fields_set - {"reason", "occurred_at", "channel"}
        if not {name for name in told if getattr(self, name) is not None}:
            raise ValueError("say what is to be corrected")
        if self.tps_code is not None and self.region_code is not None:
            raise ValueError("name a TPS or a region, one of the two")
        if (self.lat is None) != (self.lon is None):
            raise ValueError("a point has lat and lon")
        return self

    @property
    def code(self) -> str | None:
        """Return the code of the place that it should have, or None where the place stays."""
        return self.tps_code or self.region_code


class ExtensionIn(ReasonedStepIn):
    """Which information was asked for, which gives the legal clock more days (D31)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Keterangan tambahan diminta dari pelapor (contoh)."}]}
    )


class DuplicateMarkIn(ReasonedStepIn):
    """Which incident this one is, reported again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "duplicate_of": "0193a3b0-5c61-7e2a-b1f4-8d9e0a1b2c3d",
                    "reason": "Kejadian yang sama dilaporkan dua kali (contoh).",
                }
            ]
        }
    )

    duplicate_of: UUID


class IncidentClockOut(BaseModel):
    """One clock of an incident."""

    name: ClockName
    due_until: Instant
    due_local: str = Field(description="The same moment with the offset of the place.")
    seconds_left: int | None = Field(
        description="As of `as_of`; negative when overdue, null when it was met or stopped."
    )
    met_at: Instant | None


class IncidentCard(BaseModel):
    """An incident as it stands, without what people wrote about it."""

    incident_id: UUID
    election: str
    version: int
    category: IncidentCategory
    severity: Severity
    state: IncidentState
    allowed: list[str] = Field(description="Steps that are possible from this state.")
    source: ReportSource
    agency: Agency
    also_informed: list[Agency]
    region_code: str
    tps_id: UUID | None
    tps_code: str | None
    lat: float | None
    lon: float | None
    title: str
    occurred_at: Instant
    reported_at: Instant
    reported_late: bool | None
    acknowledged_at: Instant | None
    acted_at: Instant | None
    closed_at: Instant | None
    outcome: ClosureOutcome | None
    duplicate_of: UUID | None
    decide_on: date | None
    extended: bool
    findings: list[str]
    clocks: list[IncidentClockOut]
    clock_source: str
    as_of: Instant


class IncidentOut(IncidentCard):
    """An incident whole."""

    description: str | None = Field(description="Null where only those who handle incidents may read it.")
    steps: list[StepOut]
    follow_ups: list[FollowUpBrief]
    duplicates: list[UUID] = Field(description="Incidents that were found to be this one.")
