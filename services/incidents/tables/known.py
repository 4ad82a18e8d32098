"""What incidents knows of others by their events, and the base of all its tables."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field

from chassis.tables import ServiceTable, instant, texts


class Table(ServiceTable, registry=registry(metadata=MetaData())):
    """Base of incidents' tables."""


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
