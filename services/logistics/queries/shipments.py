"""One shipment with its manifest, one warehouse with its stock."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from contracts.access import covers
from services.logistics.errors import ShipmentUnknown, WarehouseUnknown
from services.logistics.schemas.shipments import ShipmentOut, StockLine, WarehouseOut


async def shipment(
    connection: Connection, *, election: str, shipment_id: UUID, regions: Sequence[str]
) -> ShipmentOut:
    """Return a shipment with its manifest.

    Raises:
        ShipmentUnknown: no shipment of the caller's regions has that id.
    """
    row = await connection.fetchrow(
        "select * from shipment where shipment_id = $1 and election = $2", shipment_id, election
    )
    if row is None or not any(covers(held, row["region_code"]) for held in regions):
        raise ShipmentUnknown
    lines = await connection.fetch(
        "select box_id, missing from shipment_box where shipment_id = $1 order by box_id", shipment_id
    )
    return ShipmentOut.model_validate(
        {
            **row,
            "box_ids": [line["box_id"] for line in lines],
            "missing_box_ids": [line["box_id"] for line in lines if line["missing"]],
        }
    )


async def warehouse(
    connection: Connection, *, election: str, warehouse_id: UUID, regions: Sequence[str]
) -> WarehouseOut:
    """Return a warehouse with its stock as it was last counted.

    Raises:
        WarehouseUnknown: no warehouse of the caller's regions has that id.
    """
    row = await connection.fetchrow(
        "select * from warehouse where warehouse_id = $1 and election = $2", warehouse_id, election
    )
    if row is None or not any(covers(held, row["region_code"]) for held in regions):
        raise WarehouseUnknown
    stock = await connection.fetch(
        "select item, nullif(contest, '') as contest, good, damaged, counted_at from stock where warehouse_id = $1 order by 1, 2",
        warehouse_id,
    )
    return WarehouseOut.model_validate(
        {
            **row,
            "stock": [StockLine.model_validate(dict(line)) for line in stock],
        }
    )
