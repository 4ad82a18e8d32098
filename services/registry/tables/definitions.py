"""The rows of what defines an election: itself, its contests, its facilities, its groups of regions."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from services.registry.tables.columns import Table, instant, json, texts, version


class Election(Table, table=True):
    """An election; its row is the lock under which its frame changes."""

    __tablename__ = "election"

    id: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    name: str
    region_code: str | None
    voting_date: date
    results_public_at: datetime = Field(sa_column=instant())
    rehearsal: bool
    settings: dict[str, object] = Field(sa_column=json())
    stages: list[dict[str, object]] = Field(sa_column=json())


class Contest(Table, table=True):
    """A contest of an election."""

    __tablename__ = "contest"

    election: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    name: str
    choices: list[dict[str, object]] = Field(sa_column=json())
    winning_rule: str
    winning_rule_source: str


class Facility(Table, table=True):
    """A hospital or another special place."""

    __tablename__ = "facility"

    id: UUID = Field(primary_key=True)
    election: str
    code: str
    version: int = Field(sa_column=version())
    kind: str
    name: str
    region_code: str
    address: str
    lat: float | None
    lon: float | None
    beds: int | None
    contact_status: str
    contacted_on: date | None
    list_received_on: date | None
    served_on: date | None
    source: str
    as_of: date | None


class RegionGroup(Table, table=True):
    """A named group of regions; one name means one group on the whole desk."""

    __tablename__ = "region_group"

    name: str = Field(primary_key=True)
    election: str
    version: int = Field(sa_column=version())
    title: str
    regions: list[str] = Field(sa_column=texts())
    source: str
