"""What incidents, problems, advice and tasks have alike as rows, and the steps of the work on all of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field

from chassis.tables import instant, word
from contracts.incidents_events import Agency
from services.incidents.tables.known import Table


class Placed(Table):
    """What lies at a TPS or in a region of an election."""

    election: str
    region_code: str
    tps_id: UUID | None
    tps_code: str | None

    @property
    def place(self) -> str:
        """Return the code of the TPS, or of the region where there is none."""
        return self.tps_code or self.region_code


class CaseStep(Table, table=True):
    """One step of the work on an incident, a problem, advice or a task; every step is kept."""

    __tablename__ = "case_step"

    subject_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, primary_key=True))
    step: str
    state: str
    agency: Agency = Field(sa_column=word(Agency))
    reason: str
    actor: str
    channel: str
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
