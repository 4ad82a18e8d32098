"""Routes of the personnel of police and army."""

from fastapi import APIRouter, Depends, Response

from chassis.conditional import OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.registry_people_events import ForceAgency
from contracts.vocabulary import ElectionId
from services.registry.commands import personnel as commands
from services.registry.queries import people as queries
from services.registry.routes.doors import TpsAgency, TpsReader
from services.registry.routes.posts import Code
from services.registry.schemas.personnel import Operation, PersonnelIn, PersonnelOut, PersonnelReceipt

router = APIRouter(
    prefix="/v1/elections/{election}/personnel/{operation}/{agency}",
    tags=["officers"],
    dependencies=[Depends(known_parameters_only)],
)


@router.put("/{code}", status_code=201, response_model=PersonnelReceipt)
async def change_personnel(
    election: ElectionId,
    operation: Operation,
    agency: ForceAgency,
    code: Code,
    body: PersonnelIn,
    caller: TpsAgency,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Say what an operation has of an agency at a place, without those of places within it."""
    force = commands.Force(operation, agency, code)
    return await once(
        caller,
        lambda uow, origin: commands.change_personnel(
            uow, force, body, expected=expected, actor=caller, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/{code}")
async def read_personnel(
    election: ElectionId,
    operation: Operation,
    agency: ForceAgency,
    code: Code,
    reader: TpsReader,
    read: ReaderDep,
    response: Response,
) -> PersonnelOut:
    """Show what an operation has of an agency at a place."""
    out = await queries.personnel(read, election=election, operation=operation, agency=agency, code=code)
    response.headers["ETag"] = etag_of(out.version)
    return out
