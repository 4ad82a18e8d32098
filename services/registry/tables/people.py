"""The rows of officers and of what becomes of them: posts with their history, training, screening, check-ins; and personnel.

Personal data, which stays here: no event tells more of it than figures.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import BigInteger, Column
from sqlmodel import Field

from chassis.database import Row
from chassis.row_security import Reads
from contracts.registry_people_events import Duty
from services.registry.errors import TrainingUnknown
from services.registry.rules.rosters import Holder
from services.registry.schemas.officers import PostStatus, Trained
from services.registry.tables.columns import Table, instant, texts, version

_AREAS = UUID("4d3f1c52-6a0b-5d0e-9a53-7b5f6f2a9c11")


def area_roster_id(election: str, region_code: str) -> UUID:
    """Return the id of an area's roster: made of what it is about, so that nobody has to look it up."""
    return uuid5(_AREAS, f"{election}/{region_code}")


class TpsRoster(Table, table=True):
    """The version of a place's roster; a place without a row never had an officer named.

    `tps_id` is the id of the TPS, or that of an area's roster, whose `region_code` then says which area. `of_tps` is made by the
    database, so that a roster without a region is always that of a TPS which is there.
    """

    __tablename__ = "tps_roster"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=version())
    region_code: str | None
    of_tps: UUID | None


class Officer(Table, table=True):
    """Who holds a post; `tps_id` is the id of its roster."""

    __tablename__ = "officer"

    tps_id: UUID = Field(primary_key=True)
    duty: str = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    election: str
    person: str
    display_name: str
    trained: str
    status: str
    attended: bool
    screened: bool
    present: bool | None
    present_at: datetime | None = Field(sa_column=instant(nullable=True))


class OfficerHistory(Table, table=True):
    """What happened to a post; appended to, never changed. Names are not in it."""

    __tablename__ = "officer_history"

    id: UUID = Field(primary_key=True)
    election: str
    tps_id: UUID
    duty: str
    slot: int
    step: str
    person: str
    successor: str | None
    happened_on: date | None
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str


class CheckIn(Table, table=True):
    """A check-in as it was told; the one that counts stands with the officer."""

    __tablename__ = "check_in"

    id: UUID = Field(primary_key=True)
    tps_id: UUID
    duty: str
    slot: int
    person: str
    present: bool
    findings: list[str] = Field(sa_column=texts())
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str


class Training(Table, table=True):
    """A training session."""

    __tablename__ = "training"

    id: UUID = Field(primary_key=True)
    election: str
    code: str
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    region_code: str
    place: str
    topic: str
    organiser: str
    trainer: str
    duties: list[str] = Field(sa_column=texts())
    starts_at: datetime = Field(sa_column=instant())
    state: str
    kept_by: str | None = None


class TrainingAttendance(Table, table=True):
    """Whether somebody attended a session."""

    __tablename__ = "training_attendance"

    training_id: UUID = Field(primary_key=True)
    person: str = Field(primary_key=True)
    attended: bool
    recorded_at: datetime = Field(sa_column=instant())
    actor: str


class HealthScreening(Table, table=True):
    """What a look at somebody's health came to; appended to, the latest counts."""

    __tablename__ = "health_screening"

    id: UUID = Field(primary_key=True)
    election: str
    person: str
    fitness: str
    screened_on: date
    recorded_at: datetime = Field(sa_column=instant())
    actor: str


class Personnel(Table, table=True):
    """What an operation has of one agency at a place."""

    __tablename__ = "personnel"

    election: str = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    agency: str = Field(primary_key=True)
    place_code: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    planned: int
    present: int | None
    trained: int | None
    source: str
    as_of: date
    kept_by: str | None = None


def holder_of(row: Row) -> Holder:
    """Return a row as the holder of a post."""
    return Holder(
        person=row["person"],
        display_name=row["display_name"],
        trained=Trained(row["trained"]),
        status=PostStatus(row["status"]),
        attended=row["attended"],
        screened=row["screened"],
        present=row["present"],
        present_at=row["present_at"],
    )


def training_unknown(code: str) -> TrainingUnknown:
    """Return the refusal of a session that is not there, or not in the caller's regions: both look alike."""
    return TrainingUnknown(
        f"No training session has the code {code}.", detail_id=f"Tidak ada pelatihan dengan kode {code}."
    )


async def trained_duties(reads: Reads, election: str, persons: list[str]) -> Mapping[str, frozenset[Duty]]:
    """Return for which duties persons have attended a session; of those that were cancelled, none counts."""
    rows = await reads.fetch(
        """select a.person, d.duty from training_attendance a join training t on t.id = a.training_id
           cross join lateral unnest(t.duties) d(duty)
           where t.election = $1 and a.person = any($2::text[]) and a.attended and t.state <> 'cancelled'""",
        election,
        persons,
    )
    found: dict[str, set[Duty]] = {}
    for row in rows:
        found.setdefault(row["person"], set()).add(Duty(row["duty"]))
    return {person: frozenset(duties) for person, duties in found.items()}


async def screened_persons(reads: Reads, election: str, persons: list[str]) -> frozenset[str]:
    """Return who was screened with a result, whatever it is."""
    rows = await reads.fetch(
        """select person from (
               select distinct on (person) person, fitness from health_screening
               where election = $1 and person = any($2::text[]) order by person, screened_on desc, id desc
           ) latest where fitness <> 'not_known'""",
        election,
        persons,
    )
    return frozenset(row["person"] for row in rows)
