"""What incidents knows of others by their events, and what all its tables are made of."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Enum, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry(metadata=MetaData())):
    """Base of incidents' tables: a registry of its own, for SQLModel's default one is shared by the whole process."""

    # SQLModel types it as a declared attribute; every table of ours names itself.
    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]


def instant(*, nullable: bool = False) -> Column[datetime]:
    """Return a column for a moment, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


def word(kind: type[StrEnum], *, nullable: bool = False) -> Column[StrEnum]:
    """Return a text column for one word of a closed set."""

    def values(_: object) -> list[str]:
        return [member.value for member in kind]

    plain = Enum(kind, native_enum=False, create_constraint=False, length=40, values_callable=values)
    return Column(plain, nullable=nullable)


def texts() -> Column[list[str]]:
    """Return a column for a list of words."""
    return Column(ARRAY(Text), nullable=False)


def counter() -> Column[int]:
    """Return a column for a version."""
    return Column(BigInteger, nullable=False)


class ElectionRef(Table, table=True):
    """An election as the registry tells of it."""

    __tablename__ = "election_ref"

    election: str = Field(primary_key=True)
    region_code: str | None


class TpsRef(Table, table=True):
    """A TPS as the registry tells of it."""

    __tablename__ = "tps_ref"

    tps_id: UUID = Field(primary_key=True)
    election: str
    tps_code: str
    former_codes: list[str] = Field(sa_column=texts())
    active: bool
    told_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    code_since: datetime | None = Field(default=None, sa_column=instant(nullable=True))
