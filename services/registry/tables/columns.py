"""The base of the registry's tables, and columns that several have."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry

from chassis.tables import ServiceTable


class Table(ServiceTable, registry=registry(metadata=MetaData())):
    """Base of the registry's tables."""


def instant(*, nullable: bool = False) -> Column[datetime]:
    """Return a column for a moment, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


def texts() -> Column[list[str]]:
    """Return a column for a list of words."""
    return Column(ARRAY(Text), nullable=False)


def ids() -> Column[list[UUID]]:
    """Return a column for a list of ids."""
    return Column(ARRAY(Uuid), nullable=False)


def version() -> Column[int]:
    """Return a column for the version of an aggregate."""
    return Column(BigInteger, nullable=False)


def json(*, nullable: bool = False) -> Column[object]:
    """Return a column for a part that is read and written whole."""
    return Column(JSONB, nullable=nullable)
