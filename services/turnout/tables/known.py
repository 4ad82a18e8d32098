"""What turnout knows of others by their events, and the base of all its tables."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, MetaData, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field

from chassis.tables import ServiceTable, instant, texts


class Table(ServiceTable, registry=registry(metadata=MetaData())):
    """Base of turnout's tables."""


class TpsRef(Table, table=True):
    """A TPS as the registry tells of it. Codes may be swapped by a renumbering, so they are unique only in the end."""

    __tablename__ = "tps_ref"
    __table_args__ = (Index("tps_ref_by_code", "election", "tps_code"),)

    tps_id: UUID = Field(primary_key=True)
    election: str
    tps_code: str
    zone: str
    voting_date: date
    dpt_men: int
    dpt_women: int
    contests: list[str] = Field(sa_column=texts())
    voting_opens: str = "07:00"
    voting_closes: str = "13:00"
    active: bool = True
    former_codes: list[str] = Field(default_factory=list, sa_column=texts())
    told_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    code_since: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class ElectionRef(Table, table=True):
    """What of an election's settings turnout goes by."""

    __tablename__ = "election_ref"

    election: str = Field(primary_key=True)
    results_public_at: datetime = Field(sa_column=instant())
    reserve_ratio: str
    walk_ins_from: str


class ContestRef(Table, table=True):
    """A contest and the numbers of its choices."""

    __tablename__ = "contest_ref"

    election: str = Field(primary_key=True)
    contest: str = Field(primary_key=True)
    choices: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))


class BoxRef(Table, table=True):
    """A sealed box of a TPS and contest, and the ballots counted in it; null until they were counted."""

    __tablename__ = "box_ref"
    __table_args__ = (Index("box_ref_standing", "tps_id", "contest", postgresql_where=text("not void")),)

    box_id: UUID = Field(primary_key=True)
    election: str
    tps_id: UUID
    contest: str
    ballots_received: int | None
    void: bool
