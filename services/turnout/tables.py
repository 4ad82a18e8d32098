"""Turnout's own tables. `tps_ref` is what it knows of the registry's TPS, by events; the rest is its own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry(metadata=MetaData())):
    """Base of turnout's tables: a registry of its own, for SQLModel's default one is shared by the whole process."""


def _instant() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False)


def _texts() -> Column[list[str]]:
    return Column(ARRAY(Text), nullable=False)


class TpsRef(Table, table=True):
    """A TPS as the registry tells of it."""

    __tablename__ = "tps_ref"
    __table_args__ = (Index("tps_ref_by_code", "election", "tps_code", unique=True),)

    tps_id: UUID = Field(primary_key=True)
    election: str
    tps_code: str
    zone: str
    voting_date: date
    dpt_men: int
    dpt_women: int
    contests: list[str] = Field(sa_column=_texts())


class VotingDay(Table, table=True):
    """The voting day of a TPS: the aggregate of its milestones and its turnout; its row is the lock of both."""

    __tablename__ = "voting_day"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    milestone: str | None = None
    milestone_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class MilestoneRow(Table, table=True):
    """A milestone as it was reported; every report is kept."""

    __tablename__ = "milestone"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, primary_key=True))
    milestone: str
    note: str
    findings: list[str] = Field(sa_column=_texts())
    occurred_at: datetime = Field(sa_column=_instant())
    recorded_at: datetime = Field(sa_column=_instant())
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
    findings: list[str] = Field(sa_column=_texts())
    occurred_at: datetime = Field(sa_column=_instant())
    recorded_at: datetime = Field(sa_column=_instant())
    actor: str
    channel: str
