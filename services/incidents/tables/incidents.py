"""The rows of incidents."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from chassis.tables import instant, texts, version, word
from contracts.incidents_events import (
    Agency,
    ClosureOutcome,
    IncidentCategory,
    IncidentState,
    ReportSource,
    Severity,
)
from services.incidents.tables.cases import Placed


class Incident(Placed, table=True):
    """An incident as it stands; its row is the lock of its work."""

    __tablename__ = "incident"

    incident_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=version())
    category: IncidentCategory = Field(sa_column=word(IncidentCategory))
    severity: Severity = Field(sa_column=word(Severity))
    state: IncidentState = Field(sa_column=word(IncidentState))
    source: ReportSource = Field(sa_column=word(ReportSource))
    agency: Agency = Field(sa_column=word(Agency))
    also_informed: list[str] = Field(sa_column=texts())
    lat: float | None
    lon: float | None
    title: str
    description: str
    occurred_at: datetime = Field(sa_column=instant())
    known_at: datetime = Field(sa_column=instant())
    reported_at: datetime = Field(sa_column=instant())
    reported_by: str
    tracking_code: str | None = None
    clock_source: str
    clock_began_at: datetime = Field(sa_column=instant())
    acknowledge_until: datetime = Field(sa_column=instant())
    act_until: datetime = Field(sa_column=instant())
    decide_on: date | None
    decide_until: datetime | None = Field(sa_column=instant(nullable=True))
    extended: bool = False
    reported_late: bool | None
    first_heard_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    acted_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    outcome: ClosureOutcome | None = Field(default=None, sa_column=word(ClosureOutcome, nullable=True))
    duplicate_of: UUID | None = None
    findings: list[str] = Field(default_factory=list[str], sa_column=texts())

    @property
    def case_id(self) -> UUID:
        """Return the id that its steps and its events go by."""
        return self.incident_id
