"""What logistics knows of others by their events, and the base of all its tables."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field

from chassis.tables import ServiceTable, instant, texts


class Table(ServiceTable, registry=registry(metadata=MetaData())):
    """Base of logistics' tables."""


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
    told_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
