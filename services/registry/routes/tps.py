"""Routes of TPS."""

from fastapi import APIRouter, Depends, Response

from chassis.actor import require_region
from chassis.conditional import GivenIfMatch, OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.vocabulary import ElectionId, TpsCode
from services.registry.commands import relocations
from services.registry.commands import tps as commands
from services.registry.queries import places
from services.registry.queries import tps as queries
from services.registry.routes.doors import TpsReader, TpsWriter
from services.registry.schemas.tps import (
    RelocationIn,
    Relocations,
    RenumberingIn,
    TpsHistory,
    TpsIn,
    TpsOut,
    TpsReceipt,
)

router = APIRouter(
    prefix="/v1/elections/{election}/tps/{code}", tags=["tps"], dependencies=[Depends(known_parameters_only)]
)


@router.put("", status_code=201, response_model=TpsReceipt)
async def register_tps(
    election: ElectionId,
    code: TpsCode,
    body: TpsIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Register a TPS, or register it again with other facts."""
    return await once(
        writer,
        lambda uow, origin: commands.register_tps(uow, code, body, expected=expected, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("")
async def read_tps(
    election: ElectionId, code: TpsCode, reader: TpsReader, read: ReaderDep, response: Response
) -> TpsOut:
    """Show a TPS as it stands; a former code answers with the TPS that had it."""
    out = await queries.tps(read, election=election, code=code)
    response.headers["ETag"] = etag_of(out.version)
    response.headers["Content-Location"] = f"/v1/elections/{election}/tps/{out.tps_code}"
    return out


@router.get("/history")
async def read_tps_history(
    election: ElectionId, code: TpsCode, reader: TpsReader, read: ReaderDep
) -> TpsHistory:
    """Show every version of a TPS, with who made it, how and why."""
    return await queries.tps_history(read, election=election, code=code)


@router.get("/relocations")
async def read_tps_relocations(
    election: ElectionId, code: TpsCode, reader: TpsReader, read: ReaderDep
) -> Relocations:
    """Show every decision that moved a TPS, the newest first."""
    return await places.relocations(read, election=election, code=code)


@router.post("/relocation", status_code=200, response_model=TpsReceipt)
async def relocate_tps(
    election: ElectionId,
    code: TpsCode,
    body: RelocationIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Decide that a TPS stands at another place: since when, why, and who says so."""
    return await once(
        writer,
        lambda uow, origin: relocations.relocate_tps(uow, code, body, expected=expected, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/renumbering", status_code=200, response_model=TpsReceipt)
async def renumber_tps(
    election: ElectionId,
    code: TpsCode,
    body: RenumberingIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Give a TPS another code; its UUID stays, and the old code answers with it."""
    require_region(writer, body.new_code)
    return await once(
        writer,
        lambda uow, origin: commands.renumber_tps(uow, code, body, expected=expected, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )
