"""Routes of hospitals and other special places."""

from fastapi import APIRouter, Depends, Response

from chassis.actor import require_region
from chassis.conditional import OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.vocabulary import ElectionId
from services.registry.commands import facilities as commands
from services.registry.queries import facilities as queries
from services.registry.routes.doors import Agency, Reader
from services.registry.schemas.facilities import FacilityCode, FacilityIn, FacilityOut, FacilityReceipt

router = APIRouter(
    prefix="/v1/elections/{election}/facilities",
    tags=["facilities"],
    dependencies=[Depends(known_parameters_only)],
)


@router.put("/{code}", status_code=201, response_model=FacilityReceipt)
async def change_facility(
    election: ElectionId,
    code: FacilityCode,
    body: FacilityIn,
    agency: Agency,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Enter a facility, or say how far the desk has come with it."""
    require_region(agency, body.region_code)
    return await once(
        agency,
        lambda uow, origin: commands.change_facility(
            uow, code, body, actor=agency, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/{code}")
async def read_facility(
    election: ElectionId, code: FacilityCode, reader: Reader, read: ReaderDep, response: Response
) -> FacilityOut:
    """Show a facility."""
    out = await queries.facility(read, election=election, code=code, reader=reader)
    response.headers["ETag"] = etag_of(out.version)
    return out
