"""Routes of outreach and education."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import require_region
from chassis.conditional import OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.identity import public_route
from chassis.pagination import known_parameters_only
from chassis.reading import FrameReaderDep, ReaderDep
from contracts.vocabulary import ElectionId, RegionCode
from services.registry.commands import outreach as commands
from services.registry.queries import outreach as queries
from services.registry.routes.doors import Agency, Reader
from services.registry.schemas.outreach import (
    ActivityCode,
    ComingOutreachList,
    OutreachIn,
    OutreachOut,
    OutreachReceipt,
)

router = APIRouter(
    prefix="/v1/elections/{election}/outreach",
    tags=["outreach"],
    dependencies=[Depends(known_parameters_only)],
)
public_router = APIRouter(
    prefix="/v1/elections/{election}/public/outreach",
    tags=["public"],
    dependencies=[Depends(public_route), Depends(known_parameters_only)],
)


@router.put("/{code}", status_code=201, response_model=OutreachReceipt)
async def change_outreach(
    election: ElectionId,
    code: ActivityCode,
    body: OutreachIn,
    agency: Agency,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Plan an activity that brings the election to voters, or tell that it was held and whom it reached."""
    require_region(agency, body.region_code)
    return await once(
        agency,
        lambda uow, origin: commands.change_outreach(
            uow, code, body, expected=expected, actor=agency, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/{code}")
async def read_outreach(
    election: ElectionId, code: ActivityCode, reader: Reader, read: ReaderDep, response: Response
) -> OutreachOut:
    """Show an activity."""
    out = await queries.outreach(read, election=election, code=code, reader=reader)
    response.headers["ETag"] = etag_of(out.version)
    return out


@public_router.get("")
async def list_coming_outreach(
    request: Request,
    election: ElectionId,
    read: FrameReaderDep,
    response: Response,
    region: Annotated[RegionCode | None, Query(description="Those in this region, or around it.")] = None,
) -> ComingOutreachList:
    """Show the activities that are planned and still to come, for everybody."""
    response.headers["Cache-Control"] = "public, max-age=60"
    now = request.app.state.clock.now()
    return await queries.coming(read, election=election, region=region, now=now)
