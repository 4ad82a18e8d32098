"""Routes of boxes and what is wrong with them: who may call, what goes in, which command or query answers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from chassis.actor import require_region
from chassis.batches import Misfit
from chassis.conditional import etag_of
from chassis.hot import KEYED, BatchResults, HotDoor
from chassis.idempotency import OnceDep
from chassis.reading import ReaderDep
from contracts.vocabulary import ElectionId
from services.logistics.commands import boxes as commands
from services.logistics.commands import discrepancies as discrepancy_commands
from services.logistics.commands.boxes import PackBox
from services.logistics.queries import boxes as queries
from services.logistics.routes.doors import Keeper, Reader, Settler
from services.logistics.schemas.boxes import (
    BoxOut,
    BoxStanding,
    DiscrepancyOut,
    PackBoxBatch,
    PackBoxIn,
    PackedBoxOut,
    ResolutionIn,
    VoidBoxIn,
)

router = APIRouter(prefix="/v1/elections/{election}", tags=["logistics"])

Boxes = Annotated[HotDoor[PackBox], Depends(HotDoor.named("boxes"))]


@router.post("/boxes", status_code=201, response_model=PackedBoxOut, openapi_extra=KEYED)
async def pack_box(election: ElectionId, body: PackBoxIn, keeper: Keeper, boxes: Boxes) -> Response:
    """Register a box as packed and sealed for a contest of a TPS."""
    require_region(keeper, body.tps_code)
    return await boxes.one(
        PackBox(body, keeper.regions),
        aggregate=body.tps_code,
        place=body.tps_code,
        actor=keeper,
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/boxes:batch", response_model=BatchResults)
async def pack_boxes(election: ElectionId, body: PackBoxBatch, keeper: Keeper, boxes: Boxes) -> Response:
    """Register up to 500 boxes at once; each has a result of its own."""
    entries = [
        item
        if isinstance(item, Misfit)
        else (item.id, item.tps_code, PackBox(item, keeper.regions), item.channel, item)
        for item in body.items
    ]
    return await boxes.many(entries, actor=keeper, election=election)


@router.get("/boxes/{box_id}")
async def read_box(
    election: ElectionId, box_id: UUID, reader: Reader, read: ReaderDep, response: Response
) -> BoxOut:
    """Show a box with its whole life: hand-overs in the order in which they happened, receipts, discrepancies."""
    out, version = await queries.box_life(read, election=election, box_id=box_id, regions=reader.regions)
    response.headers["ETag"] = etag_of(version)
    return out


@router.post("/boxes/{box_id}/void", response_model=BoxStanding)
async def void_box(
    election: ElectionId, box_id: UUID, body: VoidBoxIn, settler: Settler, once: OnceDep
) -> Response:
    """Say that a box counts no more, because it was packed in error."""
    return await once(
        settler,
        lambda uow, origin: commands.void_box(uow, box_id, body, regions=settler.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/discrepancies/{discrepancy_id}/resolution", response_model=DiscrepancyOut)
async def resolve_discrepancy(
    election: ElectionId, discrepancy_id: UUID, body: ResolutionIn, settler: Settler, once: OnceDep
) -> Response:
    """Settle what was found wrong with a box, with a reason."""
    return await once(
        settler,
        lambda uow, origin: discrepancy_commands.resolve_discrepancy(
            uow, discrepancy_id, body, regions=settler.regions, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )
