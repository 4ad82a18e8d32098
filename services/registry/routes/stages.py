"""Routes of the calendar, of the rules that are data, and of who guards what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import Actor
from chassis.conditional import OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.identity import permission, public_route
from chassis.pagination import known_parameters_only
from chassis.reading import FrameReaderDep, ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId, RegionCode, TpsCode
from services.registry.commands import election_rules as commands
from services.registry.queries import stages as queries
from services.registry.routes.doors import Admin, Reader
from services.registry.schemas.stages import (
    AreaGuarding,
    Calendar,
    CampaignRulesIn,
    CampaignRulesOut,
    CampaignRulesReceipt,
    GuardingRulesIn,
    GuardingRulesOut,
    GuardingRulesReceipt,
    StageId,
    TpsGuarding,
)

router = APIRouter(
    prefix="/v1/elections/{election}", tags=["stages"], dependencies=[Depends(known_parameters_only)]
)
public_router = APIRouter(
    prefix="/v1/elections/{election}/public/calendar",
    tags=["public"],
    dependencies=[Depends(public_route), Depends(known_parameters_only)],
)

# How a TPS is guarded is for the desk's agencies, not for everybody who may read the registry.
PlaceGuard = Annotated[Actor, Depends(permission(Scope.EVENTS_OPERATIONAL, region_param="code"))]
Agencies = Annotated[Actor, Depends(permission(Scope.EVENTS_OPERATIONAL))]
CACHED = "public, max-age=60"
ICALENDAR = "text/calendar"


@public_router.get("")
async def read_calendar(
    request: Request,
    election: ElectionId,
    read: FrameReaderDep,
    response: Response,
    within_days: Annotated[
        int, Query(ge=0, le=366, description="What opens or closes so soon is listed as changing.")
    ] = 7,
) -> Calendar:
    """Show the stages of an election: when each opens and closes, where it is now, and what comes soon."""
    response.headers["Cache-Control"] = CACHED
    now = request.app.state.clock.now()
    return await queries.calendar(read, election=election, within_days=within_days, now=now)


@public_router.get(
    ".ics",
    response_class=Response,
    responses={200: {"content": {ICALENDAR: {"schema": {"type": "string"}}}}},
)
async def read_icalendar(request: Request, election: ElectionId, read: FrameReaderDep) -> Response:
    """Show the stages of an election as a calendar file (iCalendar), a day event each."""
    now = request.app.state.clock.now()
    content = await queries.icalendar(read, election=election, now=now)
    return Response(content, media_type=ICALENDAR, headers={"Cache-Control": CACHED})


@router.put("/guarding-rules", status_code=201, response_model=GuardingRulesReceipt)
async def define_guarding_rules(
    election: ElectionId, body: GuardingRulesIn, admin: Admin, once: OnceDep, expected: OptionalIfMatch
) -> Response:
    """Define how the TPS of each security class are guarded: so many police for so many TPS, so many Linmas."""
    return await once(
        admin,
        lambda uow, origin: commands.define_guarding_rules(
            uow, body, actor=admin, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/guarding-rules")
async def read_guarding_rules(
    election: ElectionId, agency: Agencies, read: ReaderDep, response: Response
) -> GuardingRulesOut:
    """Show the guarding patterns."""
    out = await queries.guarding_rules(read, election=election)
    if out.version:
        response.headers["ETag"] = etag_of(out.version)
    return out


@router.get("/tps/{code}/guarding")
async def read_tps_guarding(
    election: ElectionId, code: TpsCode, agency: PlaceGuard, read: ReaderDep
) -> TpsGuarding:
    """Show who is to guard a TPS by its security class, and who is named."""
    return await queries.tps_guarding(read, election=election, code=code)


@router.get("/regions/{code}/guarding")
async def read_area_guarding(
    request: Request, election: ElectionId, code: RegionCode, agency: PlaceGuard, read: ReaderDep
) -> AreaGuarding:
    """Show how many guards an area needs, by class of security, and how many are named."""
    now = request.app.state.clock.now()
    return await queries.area_guarding(read, election=election, code=code, now=now)


@router.put("/campaign-rules", status_code=201, response_model=CampaignRulesReceipt)
async def define_campaign_rules(
    election: ElectionId, body: CampaignRulesIn, admin: Admin, once: OnceDep, expected: OptionalIfMatch
) -> Response:
    """Define what a campaign may not do, when and where, each rule with its source."""
    return await once(
        admin,
        lambda uow, origin: commands.define_campaign_rules(
            uow, body, actor=admin, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/campaign-rules")
async def read_campaign_rules(
    election: ElectionId,
    reader: Reader,
    read: ReaderDep,
    response: Response,
    stage: Annotated[StageId | None, Query(description="Only those that hold in this stage.")] = None,
) -> CampaignRulesOut:
    """Show what a campaign may not do, with the version of the list."""
    out = await queries.campaign_rules(read, election=election, stage=stage)
    if out.version:
        response.headers["ETag"] = etag_of(out.version)
    return out
