"""The rows of the catalogue, and of what a TPS and a kecamatan need and hold."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field

from chassis.tables import instant, version
from services.logistics.tables.known import Table


class CatalogueRow(Table, table=True):
    """An item of an election's catalogue."""

    __tablename__ = "catalogue_item"

    election: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    name: str
    name_id: str
    unit: str
    per: str
    quantity: int
    reserve_ratio: Decimal | None = None
    sealed: bool
    source: str
    verified: bool
    of_election: bool
    position: int
    version: int = Field(sa_column=version())


class TpsSupply(Table, table=True):
    """What a TPS needs, as JSON: an aggregate, and the lock of what is packed for the TPS and received at it."""

    __tablename__ = "tps_supply"

    tps_id: UUID = Field(primary_key=True)
    election: str
    version: int = Field(sa_column=version())
    stale: bool
    due_at: datetime | None = Field(sa_column=instant(nullable=True))
    boxes: int
    needs: str


class KecamatanNeed(Table, table=True):
    """The spare boxes of a kecamatan, as JSON."""

    __tablename__ = "kecamatan_need"

    election: str = Field(primary_key=True)
    region_code: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    needs: str


class ItemHeldRow(Table, table=True):
    """How much of an item a TPS holds, as it was last counted; `contest` is empty where the item is of none."""

    __tablename__ = "item_held"

    tps_id: UUID = Field(primary_key=True)
    item: str = Field(primary_key=True)
    contest: str = Field(primary_key=True)
    quantity: int
    counted_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str
