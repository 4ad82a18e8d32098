"""Routes of the checklists of places."""

from fastapi import APIRouter, Depends, Response

from chassis.conditional import GivenIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.registry_places_events import CheckItem
from contracts.vocabulary import ElectionId, TpsCode
from services.registry.commands import checklists as commands
from services.registry.queries import places as queries
from services.registry.routes.doors import TpsAgency, TpsReader
from services.registry.schemas.checklists import CheckIn, Checklist, CheckReceipt

router = APIRouter(
    prefix="/v1/elections/{election}/tps/{code}/checklist",
    tags=["places"],
    dependencies=[Depends(known_parameters_only)],
)


@router.put("/{item}", status_code=201, response_model=CheckReceipt)
async def check_place(
    election: ElectionId,
    code: TpsCode,
    item: CheckItem,
    body: CheckIn,
    agency: TpsAgency,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Say what was found of one item of a TPS's checklist, or take it back."""
    return await once(
        agency,
        lambda uow, origin: commands.check_place(
            uow, code, item, body, actor=agency, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("")
async def read_checklist(
    election: ElectionId, code: TpsCode, reader: TpsReader, read: ReaderDep, response: Response
) -> Checklist:
    """Show the checklist of a TPS: what was checked, by whom and when, and what nobody has checked."""
    out = await queries.checklist(read, election=election, code=code)
    if out.version:
        response.headers["ETag"] = etag_of(out.version)
    return out
