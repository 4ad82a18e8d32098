"""The rows of what defines an election: itself, its contests, its facilities, its groups of regions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field

from services.registry.errors import FacilityUnknown
from services.registry.tables.columns import Table, ids, instant, json, texts, version


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
    kept_by: str | None = None


class RegionGroup(Table, table=True):
    """A named group of regions; one name means one group on the whole desk."""

    __tablename__ = "region_group"

    name: str = Field(primary_key=True)
    election: str
    version: int = Field(sa_column=version())
    title: str
    regions: list[str] = Field(sa_column=texts())
    source: str


class FacilityStep(Table, table=True):
    """How far the desk has come with a facility, as it was told; appended to, never changed."""

    __tablename__ = "facility_step"

    id: UUID = Field(primary_key=True)
    facility_id: UUID
    status: str
    happened_on: date | None
    recorded_at: datetime = Field(sa_column=instant())
    actor: str


class FacilityRequest(Table, table=True):
    """What a facility asked for, as it stands; how many, never who."""

    __tablename__ = "facility_request"

    id: UUID = Field(primary_key=True)
    election: str
    facility_id: UUID
    version: int = Field(sa_column=version())
    letter_number: str
    evidence_sha256: str | None
    received_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    cutoff_at: datetime = Field(sa_column=instant())
    voters: dict[str, int] = Field(sa_column=json())
    state: str
    granted: int | None
    tps_ids: list[UUID] = Field(sa_column=ids())
    reason_code: str | None
    reason: str
    decided_at: datetime | None = Field(sa_column=instant(nullable=True))
    decided_by: str | None
    findings: list[str] = Field(sa_column=texts())


class FacilityRequestStep(Table, table=True):
    """A step in a request's life; appended to, never changed."""

    __tablename__ = "facility_request_step"

    request_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, primary_key=True))
    state: str
    reason: str
    recorded_at: datetime = Field(sa_column=instant())
    actor: str


def facility_unknown(code: str) -> FacilityUnknown:
    """Return the refusal of a facility that is not there, or not in the caller's regions: both look alike."""
    return FacilityUnknown(
        f"No facility has the code {code}.", detail_id=f"Tidak ada fasilitas dengan kode {code}."
    )
