"""The rows of warehouses and shipments."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from chassis.tables import instant, version
from services.logistics.tables.known import Table


class Warehouse(Table, table=True):
    """A warehouse; what is in it is in `stock`."""

    __tablename__ = "warehouse"

    warehouse_id: UUID = Field(primary_key=True)
    election: str
    region_code: str
    name: str
    address: str
    lat: float | None = None
    lon: float | None = None
    active: bool
    version: int = Field(sa_column=version())


class Stock(Table, table=True):
    """The stock of an item as it was last counted; `contest` is empty where the item is of none."""

    __tablename__ = "stock"

    warehouse_id: UUID = Field(primary_key=True)
    item: str = Field(primary_key=True)
    contest: str = Field(primary_key=True)
    good: int
    damaged: int
    counted_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str


class Shipment(Table, table=True):
    """A shipment; its manifest is in `shipment_box`."""

    __tablename__ = "shipment"

    shipment_id: UUID = Field(primary_key=True)
    election: str
    warehouse_id: UUID
    region_code: str
    vehicle: str
    state: str
    reason: str = ""
    planned_at: datetime = Field(sa_column=instant())
    dispatched_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    arrived_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    version: int = Field(sa_column=version())


class ShipmentBox(Table, table=True):
    """A box on a manifest; `under_way` until the shipment arrived or was cancelled."""

    __tablename__ = "shipment_box"

    shipment_id: UUID = Field(primary_key=True)
    box_id: UUID = Field(primary_key=True)
    under_way: bool = True
    missing: bool = False
