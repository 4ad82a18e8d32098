"""Routes of the officers of a TPS."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from chassis.access_trail import Trail
from chassis.conditional import GivenIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.registry_people_events import Duty
from contracts.vocabulary import ElectionId, TpsCode
from services.registry.commands import officers as commands
from services.registry.queries import officers as queries
from services.registry.routes.doors import TpsReader, TpsWriter
from services.registry.schemas.officers import OfficerIn, Roster, RosterReceipt

router = APIRouter(
    prefix="/v1/elections/{election}/tps/{code}/officers",
    tags=["officers"],
    dependencies=[Depends(known_parameters_only)],
)

SlotNumber = Annotated[int, Path(ge=1, le=20, description="KPPS 1 is the chair.")]


@router.put("/{duty}/{slot}", status_code=201, response_model=RosterReceipt)
async def assign_officer(
    election: ElectionId,
    code: TpsCode,
    duty: Duty,
    slot: SlotNumber,
    body: OfficerIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Name who holds a slot of a TPS's roster."""
    return await once(
        writer,
        lambda uow, origin: commands.assign_officer(
            uow, code, duty, slot, command=body, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.delete("/{duty}/{slot}", status_code=200, response_model=RosterReceipt)
async def vacate_slot(
    election: ElectionId,
    code: TpsCode,
    duty: Duty,
    slot: SlotNumber,
    writer: TpsWriter,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Empty a slot of a TPS's roster; its name is deleted."""
    return await once(
        writer,
        lambda uow, origin: commands.vacate_slot(uow, code, duty, slot, expected=expected, origin=origin),
        election=election,
    )


@router.get("")
async def read_roster(
    election: ElectionId,
    code: TpsCode,
    reader: TpsReader,
    trail: Trail,
    read: ReaderDep,
    *,
    response: Response,
) -> Roster:
    """Show the slots of a TPS's roster; who holds them only to callers who may change them."""
    with_names = Scope.REGISTRY_WRITE in reader.scopes
    if with_names:
        await trail.seen(read, reader, subject=f"tps_roster/{code}", election=election, place=code)
    out = await queries.roster(read, election=election, code=code, with_names=with_names)
    response.headers["ETag"] = etag_of(out.version)
    return out
