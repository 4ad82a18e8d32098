"""The base of every service's tables, and the columns that all of them are made of."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, Column, DateTime, Enum, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel


class ServiceTable(SQLModel):
    """Derive each service's own base from this one, with a registry of its own.

    SQLModel's default registry and metadata are shared by the whole process, and a test runs several services in one.

        class Table(ServiceTable, registry=registry(metadata=MetaData())):
            ...
    """

    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride] - always a plain name with us


def instant(*, nullable: bool = False) -> Column[datetime]:
    """Return a column for a moment, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


def texts() -> Column[list[str]]:
    """Return a column for a list of words."""
    return Column(ARRAY(Text), nullable=False)


def version() -> Column[int]:
    """Return a column for the version of an aggregate."""
    return Column(BigInteger, nullable=False)


def word(kind: type[StrEnum], *, nullable: bool = False) -> Column[StrEnum]:
    """Return a text column for one word of a closed set."""

    def values(_: object) -> list[str]:
        return [member.value for member in kind]

    plain = Enum(kind, native_enum=False, create_constraint=False, length=40, values_callable=values)
    return Column(plain, nullable=nullable)
