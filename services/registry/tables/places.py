"""The rows of places and stages: checklists, relocations, boundaries, former codes, rules as data, outreach."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from services.registry.tables.columns import Table, instant, json, texts, version


class TpsRelocation(Table, table=True):
    """A decision that a TPS stands at another place: who, on what basis, from when and why."""

    __tablename__ = "tps_relocation"

    tps_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    tps_version: int = Field(sa_column=version())
    reason_class: str
    reason: str
    basis: str
    decided_by: str
    decided_at: datetime = Field(sa_column=instant())
    effective_at: datetime = Field(sa_column=instant())
    from_place: str
    from_address: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    source: str
    recorded_at: datetime = Field(sa_column=instant())


class TpsChecklist(Table, table=True):
    """The version of a TPS's checklist; a TPS without a row was never checked."""

    __tablename__ = "tps_checklist"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=version())


class TpsCheck(Table, table=True):
    """What was found of one item of a checklist; the place is that of an alternate site."""

    __tablename__ = "tps_check"

    tps_id: UUID = Field(primary_key=True)
    item: str = Field(primary_key=True)
    answer: str
    source: str
    as_of: date
    checked_by: str
    recorded_at: datetime = Field(sa_column=instant())
    place: str | None
    lat: float | None
    lon: float | None
    distance_m: int | None
    kept_by: str | None = None


class ElectionRules(Table, table=True):
    """A set of rules of an election that is data: guarding patterns, campaign rules."""

    __tablename__ = "election_rules"

    election: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    items: list[dict[str, object]] = Field(sa_column=json())


class Outreach(Table, table=True):
    """An activity that brings the election to voters."""

    __tablename__ = "outreach"

    id: UUID = Field(primary_key=True)
    election: str
    code: str
    version: int = Field(sa_column=version())
    kind: str
    state: str
    title: str
    organiser: str
    region_code: str
    place: str
    starts_at: datetime = Field(sa_column=instant())
    ends_at: datetime | None = Field(sa_column=instant(nullable=True))
    reach_men: int | None
    reach_women: int | None
    reach_total: int | None
    photos: list[str] = Field(sa_column=texts())
    source: str
    as_of: date
    kept_by: str | None = None


class RegionBoundary(Table, table=True):
    """The boundary of a region: its box for looking, and the GeoJSON feature, packed, for giving out."""

    __tablename__ = "region_boundary"

    code: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    name: str
    source: str
    as_of: date
    level: int
    west: float
    south: float
    east: float
    north: float
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recorded_at: datetime = Field(sa_column=instant())


class RegionChange(Table, table=True):
    """A code of another list, or a former one, and what it became; several rows where it was split."""

    __tablename__ = "region_change"

    list: str = Field(primary_key=True)
    old_code: str = Field(primary_key=True)
    new_code: str = Field(primary_key=True)
    source: str
    as_of: date
    recorded_at: datetime = Field(sa_column=instant())
