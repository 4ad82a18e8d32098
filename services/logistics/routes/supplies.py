"""Routes of needs, receipts and the catalogue: who may call, what goes in, which command or query answers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from chassis.actor import Actor
from chassis.conditional import IfMatch
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId, TpsCode
from services.logistics.commands import receipts as receipt_commands
from services.logistics.commands import supplies as commands
from services.logistics.queries import supplies as queries
from services.logistics.routes.doors import Reader
from services.logistics.schemas.shapes import ItemCode
from services.logistics.schemas.supplies import (
    CatalogueItemIn,
    CatalogueItemOut,
    CatalogueOut,
    TpsReceiptIn,
    TpsReceiptOut,
    TpsSupplyOut,
)

router = APIRouter(prefix="/v1/elections/{election}", tags=["logistics"])

Receiver = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN, region_param="code"))]
TpsReader = Annotated[Actor, Depends(permission(Scope.LOGISTICS_READ, region_param="code"))]
Admin = Annotated[Actor, Depends(permission(Scope.DESK_ADMIN))]


@router.post("/tps/{code}/receipts", status_code=201, response_model=TpsReceiptOut)
async def receive_at_tps(
    election: ElectionId, code: TpsCode, body: TpsReceiptIn, receiver: Receiver, once: OnceDep
) -> Response:
    """Report what a TPS's crew received: boxes, and what came beside them."""
    return await once(
        receiver,
        lambda uow, origin: receipt_commands.receive_at_tps(uow, code, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/tps/{code}/supply")
async def read_tps_supply(
    election: ElectionId, code: TpsCode, reader: TpsReader, read: ReaderDep, response: Response
) -> TpsSupplyOut:
    """Show what a TPS needs, what it holds, and its boxes; a former code answers with the TPS that had it."""
    out = await queries.tps_supply(read, election=election, tps_code=code)
    response.headers["Content-Location"] = f"/v1/elections/{election}/tps/{out.tps_code}/supply"
    return out


@router.get("/catalogue")
async def read_catalogue(election: ElectionId, reader: Reader, read: ReaderDep) -> CatalogueOut:
    """Show every item that logistics counts, with its rule and source."""
    del reader  # any reader: the catalogue is of no region
    return await queries.catalogue(read, election=election)


@router.put("/catalogue/{item}", status_code=201, response_model=CatalogueItemOut)
async def change_catalogue_item(
    election: ElectionId,
    item: Annotated[ItemCode, Path()],
    body: CatalogueItemIn,
    admin: Admin,
    if_match: IfMatch,
    once: OnceDep,
) -> Response:
    """Put an item into the catalogue (`If-Match: "0"`), or change one; needs follow."""
    return await once(
        admin,
        lambda uow, origin: commands.change_item(
            uow, item, body, expected_version=if_match, actor=admin, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )
