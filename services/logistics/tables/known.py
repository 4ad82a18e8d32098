"""What logistics knows of others by their events, and the base of all its tables."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry(metadata=MetaData())):
    """Base of logistics' tables: a registry of its own, for SQLModel's default one is shared by the whole process."""

    # SQLModel types it as a declared attribute; every table of ours names itself.
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]


def instant() -> Column[datetime]:
    """Return a column for a moment, UTC."""
    return Column(DateTime(timezone=True), nullable=False)


def maybe_instant() -> Column[datetime]:
    """Return a column for a moment, UTC, that may not have come."""
    return Column(DateTime(timezone=True), nullable=True)


def texts() -> Column[list[str]]:
    """Return a column for a list of words."""
    return Column(ARRAY(Text), nullable=False)


def version() -> Column[int]:
    """Return a column for the version of an aggregate."""
    return Column(BigInteger, nullable=False)


class ElectionRef(Table, table=True):
    """An election as the registry tells of it: what of its settings is logistics' matter, as JSON."""

    __tablename__ = "election_ref"

    election: str = Field(primary_key=True)
    due_days_before: int
    settings: str
    region_code: str | None = None


class TpsRef(Table, table=True):
    """A TPS as the registry tells of it. Codes may be swapped by a renumbering, so they are unique only in the end."""

    __tablename__ = "tps_ref"

    tps_id: UUID = Field(primary_key=True)
    election: str
    tps_code: str
    kecamatan: str
    zone: str
    voting_date: date
    dpt: int
    contests: list[str] = Field(sa_column=texts())
    active: bool
    former_codes: list[str] = Field(sa_column=texts())
    told_at: datetime | None = Field(default=None, sa_column=maybe_instant())
