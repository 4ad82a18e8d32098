"""The rows of a tally. Entries, figures that stand and steps are only ever added: the database refuses anything else."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSON
from sqlmodel import Field

from chassis.tables import instant, texts, version
from services.turnout.tables.known import Table


def _json() -> Column[str]:
    """Return a column for JSON that keeps its text: two entries agree where their text does."""
    return cast("Column[str]", Column(JSON, nullable=False))


class Tally(Table, table=True):
    """The form of one TPS and contest: its row is the lock of its life."""

    __tablename__ = "tally"

    tally_id: UUID = Field(primary_key=True)
    tps_id: UUID
    contest: str
    version: int = Field(default=0, sa_column=version())
    round: int = 1
    state: str = "empty"
    numbers: int = 0
    standing: int | None = None
    return_asked_by: str | None = None


class TallyEntry(Table, table=True):
    """What one person read from the form; two of a round by different persons and devices."""

    __tablename__ = "tally_entry"
    __table_args__ = (
        Index(
            "tally_entry_one_a_device",
            *("tally_id", "round", "device"),
            unique=True,
            postgresql_where=text("device is not null"),
        ),
    )

    tally_id: UUID = Field(primary_key=True)
    round: int = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    person: str
    device: str | None
    client: str
    channel: str
    figures: str = Field(sa_column=_json())
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    entry_hash: str
    photo_sha256: str | None
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    granted_region: str | None = None


class TallyAcceptance(Table, table=True):
    """Figures that stand, or stood, with the persons behind them: both entries', and the adjudicator's."""

    __tablename__ = "tally_acceptance"

    tally_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    round: int
    version: int = Field(sa_column=version())
    decided_by: str
    settled: str | None
    first_person: str
    second_person: str
    adjudicator: str | None
    reason: str
    figures: str = Field(sa_column=_json())
    findings: str = Field(sa_column=_json())
    accepted: list[str] = Field(sa_column=texts())
    held: bool
    photo_sha256: str | None
    channel: str
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())


class TallyStep(Table, table=True):
    """An entry taken back, a return asked for, or a return; with its reason, which no event carries."""

    __tablename__ = "tally_step"

    tally_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, primary_key=True))
    step: str
    round: int
    state_before: str
    person: str
    asked_by: str | None
    reason: str = Field(sa_column=Column(Text, nullable=False))
    channel: str
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
