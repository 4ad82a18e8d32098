"""The rows of a TPS: itself, the reasons of its changes, its risks."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field

from services.registry.tables.columns import Table, instant, texts, version


class Tps(Table, table=True):
    """A TPS as it stands; what it was before is in the ledger."""

    __tablename__ = "tps"

    id: UUID = Field(primary_key=True)
    election: str
    code: str
    version: int = Field(sa_column=version())
    kind: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    voting_date: date | None
    voting_opens: str | None
    voting_closes: str | None
    dpt_men: int
    dpt_women: int
    contests: list[str] = Field(sa_column=texts())
    accessible: bool | None
    active: bool
    source: str
    former_codes: list[str] = Field(sa_column=texts())
    moved_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    moved_reason: str | None = None


class TpsReason(Table, table=True):
    """Why a version of a TPS was made; free text, so it stands in no event."""

    __tablename__ = "tps_reason"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, primary_key=True))
    reason: str


class TpsRisk(Table, table=True):
    """What is known of one kind of risk at a TPS."""

    __tablename__ = "tps_risk"

    tps_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    risk_class: str | None
    indicators: list[str] = Field(sa_column=texts())
    source: str
    as_of: date
    recorded_at: datetime = Field(sa_column=instant())
    kept_by: str | None = None
