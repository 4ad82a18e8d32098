"""The gateway's read tables. They hold nothing that the topics do not: `desk rebuild` empties them and makes them again.

`projected` has one row per aggregate, as its events leave it; `region_total` one row per region, down to the kecamatan,
and partition, so that no two projectors ever write one row; `event_feed` the events in the order in which they were
projected, per lane.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field

from chassis.tables import ServiceTable, instant, version


class Table(ServiceTable, registry=registry(metadata=MetaData())):
    """Base of the gateway's tables."""


class Projected(Table, table=True):
    """An aggregate of some service as its events leave it; `figures` is what it adds to the totals of its regions."""

    __tablename__ = "projected"

    kind: str = Field(primary_key=True)
    election: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    region: str
    tps_code: str | None
    state: str
    version: int = Field(sa_column=version())
    recorded_at: datetime = Field(sa_column=instant())
    figures: str
    body: str


class RegionTotal(Table, table=True):
    """Sums of the figures of one region's aggregates, of those that one partition carries."""

    __tablename__ = "region_total"

    election: str = Field(primary_key=True)
    region: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    figures: str


class FeedEvent(Table, table=True):
    """One event of the feed; `id` rises within a lane."""

    __tablename__ = "event_feed"

    lane: str = Field(primary_key=True)
    id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    election: str
    region: str
    data_class: str
    type: str
    event: str
    recorded_at: datetime = Field(sa_column=instant())


class FeedEpoch(Table, table=True):
    """Which life of the feed this is; a rebuild begins a new one."""

    __tablename__ = "feed_epoch"

    single: bool = Field(primary_key=True)
    epoch: UUID


class StreamTicket(Table, table=True):
    """A ticket for one stream, by its hash: single use, sixty seconds."""

    __tablename__ = "stream_ticket"

    ticket_hash: bytes = Field(primary_key=True)
    actor: str
    expires_at: datetime = Field(sa_column=instant())
