"""The rows of the voting day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from chassis.tables import instant, texts, version
from services.turnout.tables.known import Table


class VotingDay(Table, table=True):
    """The voting day of a TPS: the aggregate of its milestones and its turnout; its row is the lock of both.

    `reached` has the moment that each milestone counts from, by its name.
    """

    __tablename__ = "voting_day"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(default=0, sa_column=version())
    milestone: str | None = None
    milestone_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    reached: dict[str, str] = Field(
        default_factory=dict[str, str], sa_column=Column(JSONB, nullable=False, server_default="{}")
    )


class MilestoneRow(Table, table=True):
    """A milestone as it was reported; every report is kept."""

    __tablename__ = "milestone"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, primary_key=True))
    milestone: str
    note: str
    findings: list[str] = Field(sa_column=texts())
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str


class TurnoutReport(Table, table=True):
    """The turnout of a TPS up to a slot, as it stands; what stood before is in the ledger."""

    __tablename__ = "turnout_report"

    tps_id: UUID = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    men: int
    women: int
    total: int
    findings: list[str] = Field(sa_column=texts())
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str
    granted_region: str | None = None
