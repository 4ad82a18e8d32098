"""The register of problems."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from chassis.tables import instant, version, word
from contracts.incidents_events import Agency, DeskPoint, ProblemOutcome, ProblemState, Severity
from services.incidents.tables.cases import Placed


class ProblemRow(Placed, table=True):
    """A problem as it stands."""

    __tablename__ = "problem"

    problem_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=version())
    point: DeskPoint = Field(sa_column=word(DeskPoint))
    severity: Severity = Field(sa_column=word(Severity))
    state: ProblemState = Field(sa_column=word(ProblemState))
    agency: Agency = Field(sa_column=word(Agency))
    lat: float | None
    lon: float | None
    title: str
    description: str
    registered_at: datetime = Field(sa_column=instant())
    due_until: datetime | None = Field(sa_column=instant(nullable=True))
    resolved_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    outcome: ProblemOutcome | None = Field(default=None, sa_column=word(ProblemOutcome, nullable=True))

    @property
    def case_id(self) -> UUID:
        """Return the id that its steps and its events go by."""
        return self.problem_id
