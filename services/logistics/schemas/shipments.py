"""What callers send about warehouses and shipments and what they get; shapes only, no rules."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.masking import MASKED
from contracts.logistics_events import ShipmentState
from contracts.vocabulary import PRINTABLE, Channel, ContestId, Instant, Moment, RegionCode
from services.logistics.schemas.shapes import Input, ItemCode, Name, Reason, StockCount

Manifest = Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class WarehouseIn(Input):
    """A warehouse."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region_code": "32.71",
                    "name": "Gudang KPU Kota Bogor (contoh)",
                    "address": "Jalan Contoh 7, Bogor",
                    "lat": -6.59,
                    "lon": 106.79,
                }
            ]
        }
    )

    region_code: RegionCode
    name: Name
    address: Name
    lat: Latitude | None = None
    lon: Longitude | None = None
    active: bool = True
    channel: Channel = Channel.API

    @model_validator(mode="after")
    def _point_is_whole(self) -> Self:
        """Refuse half a point.

        Raises:
            ValueError: it has one coordinate alone.
        """
        if (self.lat is None) != (self.lon is None):
            raise ValueError("a point has a latitude and a longitude")
        return self


class StockLine(BaseModel):
    """The stock of one item as it was last counted."""

    item: str
    contest: str | None
    good: int
    damaged: int
    counted_at: Instant


class WarehouseOut(BaseModel):
    """A warehouse with its stock."""

    warehouse_id: UUID
    region_code: str
    name: str
    address: str
    lat: float | None
    lon: float | None
    active: bool
    version: int
    stock: list[StockLine]


class StockCountIn(Input):
    """The stock of one item as it was counted: all of it that is there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "item": "ballot",
                    "contest": "walikota-32.71",
                    "good": 820000,
                    "damaged": 120,
                    "occurred_at": "2024-11-20T16:00:00+07:00",
                }
            ]
        }
    )

    item: ItemCode
    contest: ContestId | None = None
    good: StockCount
    damaged: StockCount = 0
    occurred_at: Moment
    channel: Channel = Channel.API


class PlanShipmentIn(Input):
    """A shipment that shall leave a warehouse."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "warehouse_id": "0193a3b0-1a20-7b11-8c3d-2e4f60718293",
                    "region_code": "32.71.06",
                    "vehicle": "Truk 3",
                    "box_ids": ["0193a3b0-7f31-7c41-a6d7-3c4b5a697880"],
                }
            ]
        }
    )

    warehouse_id: UUID
    region_code: RegionCode = Field(description="Where it goes; every box's TPS lies there.")
    vehicle: Annotated[str, StringConstraints(max_length=40, pattern=PRINTABLE), MASKED] = Field(
        default="", description="Plate or name of the vehicle."
    )
    box_ids: Manifest
    channel: Channel = Channel.API


class DispatchShipmentIn(Input):
    """A shipment that left."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"occurred_at": "2024-11-26T06:10:00+07:00"}]})

    occurred_at: Moment
    box_ids: Manifest | None = Field(
        default=None, description="The boxes that were loaded, where that is not the whole manifest."
    )
    channel: Channel = Channel.API


class ArriveShipmentIn(Input):
    """A shipment that arrived."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"occurred_at": "2024-11-26T08:05:00+07:00", "missing_box_ids": []}]}
    )

    occurred_at: Moment
    missing_box_ids: Annotated[list[UUID], Field(max_length=1_000)] = []
    channel: Channel = Channel.API


class CancelShipmentIn(Input):
    """Why a shipment will not leave."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Jalan terputus banjir (contoh)."}]})

    reason: Reason
    channel: Channel = Channel.API


class ShipmentOut(BaseModel):
    """A shipment as it stands."""

    shipment_id: UUID
    warehouse_id: UUID
    region_code: str
    vehicle: str
    state: ShipmentState
    box_ids: list[UUID]
    missing_box_ids: list[UUID]
    reason: str
    planned_at: Instant
    dispatched_at: Instant | None
    arrived_at: Instant | None
    version: int
