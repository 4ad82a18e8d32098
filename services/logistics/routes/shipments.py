"""Routes of warehouses and shipments: who may call, what goes in, which command or query answers."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.actor import require_region
from chassis.conditional import IfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.reading import ReaderDep
from contracts.vocabulary import ElectionId
from services.logistics.commands import shipments as commands
from services.logistics.commands import warehouses as warehouse_commands
from services.logistics.queries import shipments as queries
from services.logistics.routes.doors import Keeper, Reader, Scanner
from services.logistics.schemas.shipments import (
    ArriveShipmentIn,
    CancelShipmentIn,
    DispatchShipmentIn,
    PlanShipmentIn,
    ShipmentOut,
    StockCountIn,
    StockLine,
    WarehouseIn,
    WarehouseOut,
)

router = APIRouter(prefix="/v1/elections/{election}", tags=["logistics"])


@router.post("/warehouses", status_code=201, response_model=WarehouseOut)
async def register_warehouse(
    election: ElectionId, body: WarehouseIn, keeper: Keeper, once: OnceDep
) -> Response:
    """Register a warehouse."""
    require_region(keeper, body.region_code)
    return await once(
        keeper,
        lambda uow, origin: warehouse_commands.register_warehouse(uow, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.put("/warehouses/{warehouse_id}", response_model=WarehouseOut)
async def change_warehouse(
    election: ElectionId,
    warehouse_id: UUID,
    body: WarehouseIn,
    keeper: Keeper,
    if_match: IfMatch,
    once: OnceDep,
) -> Response:
    """Register a warehouse again with other facts."""
    require_region(keeper, body.region_code)
    return await once(
        keeper,
        lambda uow, origin: warehouse_commands.change_warehouse(
            uow, warehouse_id, body, regions=keeper.regions, expected_version=if_match, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/warehouses/{warehouse_id}")
async def read_warehouse(
    election: ElectionId, warehouse_id: UUID, reader: Reader, read: ReaderDep, response: Response
) -> WarehouseOut:
    """Show a warehouse with its stock as it was last counted."""
    out = await queries.warehouse(read, election=election, warehouse_id=warehouse_id, regions=reader.regions)
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.post("/warehouses/{warehouse_id}/stock-counts", status_code=201, response_model=StockLine)
async def count_stock(
    election: ElectionId, warehouse_id: UUID, body: StockCountIn, keeper: Keeper, once: OnceDep
) -> Response:
    """Report how much of an item lies in a warehouse."""
    return await once(
        keeper,
        lambda uow, origin: warehouse_commands.count_stock(
            uow, warehouse_id, body, regions=keeper.regions, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/shipments", status_code=201, response_model=ShipmentOut)
async def plan_shipment(
    election: ElectionId, body: PlanShipmentIn, keeper: Keeper, once: OnceDep
) -> Response:
    """Plan a shipment with its manifest of sealed boxes."""
    require_region(keeper, body.region_code)
    return await once(
        keeper,
        lambda uow, origin: commands.plan_shipment(uow, body, regions=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/shipments/{shipment_id}")
async def read_shipment(
    election: ElectionId, shipment_id: UUID, reader: Reader, read: ReaderDep, response: Response
) -> ShipmentOut:
    """Show a shipment with its manifest."""
    out = await queries.shipment(read, election=election, shipment_id=shipment_id, regions=reader.regions)
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.post("/shipments/{shipment_id}/dispatch", response_model=ShipmentOut)
async def dispatch_shipment(
    election: ElectionId, shipment_id: UUID, body: DispatchShipmentIn, keeper: Keeper, once: OnceDep
) -> Response:
    """Report that a shipment left its warehouse, with its boxes."""
    return await once(
        keeper,
        lambda uow, origin: commands.dispatch_shipment(
            uow, shipment_id, body, regions=keeper.regions, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/shipments/{shipment_id}/arrival", response_model=ShipmentOut)
async def arrive_shipment(
    election: ElectionId, shipment_id: UUID, body: ArriveShipmentIn, scanner: Scanner, once: OnceDep
) -> Response:
    """Report that a shipment arrived, and which boxes were not in the vehicle."""
    return await once(
        scanner,
        lambda uow, origin: commands.arrive_shipment(
            uow, shipment_id, body, regions=scanner.regions, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/shipments/{shipment_id}/cancellation", response_model=ShipmentOut)
async def cancel_shipment(
    election: ElectionId, shipment_id: UUID, body: CancelShipmentIn, keeper: Keeper, once: OnceDep
) -> Response:
    """Cancel a shipment that has not left."""
    return await once(
        keeper,
        lambda uow, origin: commands.cancel_shipment(
            uow, shipment_id, body, regions=keeper.regions, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )
