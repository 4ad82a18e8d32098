"""Routes of scans: who may call, what goes in, which command or query answers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from chassis.actor import require_region
from chassis.batches import Misfit
from chassis.hot import KEYED, BatchResults, HotDoor
from chassis.idempotency import OnceDep
from chassis.reading import ReaderDep
from contracts.vocabulary import ElectionId
from services.logistics.commands import stray_scans as stray_commands
from services.logistics.commands.scans import RecordScan
from services.logistics.queries import boxes as queries
from services.logistics.routes.doors import Reader, Scanner, Settler
from services.logistics.schemas.scans import (
    CustodyScanBatch,
    CustodyScanIn,
    CustodyScanOut,
    StrayScanOut,
    StraySettlementIn,
)

router = APIRouter(prefix="/v1/elections/{election}", tags=["logistics"])

Scans = Annotated[HotDoor[RecordScan], Depends(HotDoor.named("custody_scans"))]


@router.post("/custody-scans", status_code=201, response_model=CustodyScanOut, openapi_extra=KEYED)
async def record_custody_scan(
    election: ElectionId, body: CustodyScanIn, scanner: Scanner, scans: Scans
) -> Response:
    """Report that a box changed hands.

    201 placed, 200 known already, 202 kept in quarantine because no box of the caller's regions has that id.
    """
    require_region(scanner, body.place)
    return await scans.one(
        RecordScan(body, scanner.regions),
        aggregate=str(body.box_id),
        place=body.place,
        actor=scanner,
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/custody-scans:batch", response_model=BatchResults)
async def record_custody_scans(
    election: ElectionId, body: CustodyScanBatch, scanner: Scanner, scans: Scans
) -> Response:
    """Send up to 500 scans at once; each has a result of its own."""
    entries = [
        item
        if isinstance(item, Misfit)
        else (item.id, item.place, RecordScan(item, scanner.regions), item.channel, item)
        for item in body.items
    ]
    return await scans.many(entries, actor=scanner, election=election)


@router.get("/stray-scans/{scan_id}")
async def read_stray_scan(
    election: ElectionId, scan_id: UUID, reader: Reader, read: ReaderDep
) -> StrayScanOut:
    """Show a scan that is in quarantine, or what became of it."""
    return await queries.stray_scan(read, election=election, scan_id=scan_id, regions=reader.regions)


@router.post("/stray-scans/{scan_id}/settlement", response_model=StrayScanOut)
async def settle_stray_scan(
    election: ElectionId, scan_id: UUID, body: StraySettlementIn, settler: Settler, once: OnceDep
) -> Response:
    """Say what a scan in quarantine is: a hand-over of a box, or nothing."""
    return await once(
        settler,
        lambda uow, origin: stray_commands.settle_stray_scan(
            uow, scan_id, body, regions=settler.regions, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )
