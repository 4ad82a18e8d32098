"""The base of the registry's tables, and columns that several have."""

from uuid import UUID

from sqlalchemy import Column, MetaData, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry

from chassis.tables import ServiceTable, instant, texts, version

__all__ = ["Table", "ids", "instant", "json", "texts", "version"]


class Table(ServiceTable, registry=registry(metadata=MetaData())):
    """Base of the registry's tables."""


def ids() -> Column[list[UUID]]:
    """Return a column for a list of ids."""
    return Column(ARRAY(Uuid), nullable=False)


def json(*, nullable: bool = False) -> Column[object]:
    """Return a column for a part that is read and written whole."""
    return Column(JSONB, nullable=nullable)
