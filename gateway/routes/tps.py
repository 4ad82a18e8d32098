"""TPS: on a map, and each as all services see it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import Actor
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from chassis.safe_headers import show_once
from contracts.access import Scope
from contracts.vocabulary import ElectionId, TpsCode
from gateway.answers import Answers
from gateway.places import Follower, RegionQuery, regions_of
from gateway.positions import AfterDep
from gateway.queries.freshness import sources_of
from gateway.queries.map import MOST_POINTS, AskedMap, TpsMap
from gateway.queries.situation import Sight, situation
from gateway.routes.regions import sent
from gateway.schemas.lists import TpsSituation

router = APIRouter(prefix="/v1/elections/{election}", tags=["tps"])

SeesTps = Annotated[Actor, Depends(permission(Scope.EVENTS_PUBLIC, region_param="code"))]
KnownParameters = Annotated[None, Depends(known_parameters_only)]


@router.get("/tps.geojson", response_model=TpsMap, response_class=Response)
async def read_tps_map(
    request: Request,
    election: ElectionId,
    follower: Follower,
    known: KnownParameters,
    after: AfterDep,
    *,
    region: RegionQuery = None,
    limit: Annotated[int, Query(ge=1, le=MOST_POINTS, description="Points in one answer.")] = 5_000,
    cursor: Annotated[
        str | None, Query(max_length=1_000, description="`next_cursor` of the part before.")
    ] = None,
) -> Response:
    """Show the TPS of a region as points of a map (GeoJSON), each with its day in a few words."""
    answers: Answers[AskedMap] = request.app.state.maps
    agencies = Scope.EVENTS_OPERATIONAL in follower.scopes
    regions = regions_of(follower, region, groups=request.app.state.groups)
    asked = AskedMap(election, regions, agencies, limit, cursor)
    return sent(request, await answers.get(asked, not_before=after), media_type="application/geo+json")


@router.get("/tps/{code}/situation")
async def read_tps_situation(
    request: Request,
    election: ElectionId,
    code: TpsCode,
    caller: SeesTps,
    known: KnownParameters,
    after: AfterDep,
) -> TpsSituation:
    """Show all services' picture of one TPS, as far as the token may see it."""
    state, now = request.app.state, request.app.state.clock.now()
    sight = Sight(
        agencies=Scope.EVENTS_OPERATIONAL in caller.scopes,
        cases=Scope.INCIDENTS_READ in caller.scopes and Scope.EVENTS_OPERATIONAL in caller.scopes,
        early=Scope.RESULTS_EARLY in caller.scopes,
    )
    if sight.early:
        show_once(request.scope)
    async with state.database.reading() as connection:
        return await situation(
            connection,
            election=election,
            code=code,
            sight=sight,
            rehearsal=state.settings.rehearsal,
            now=now,
            sources=sources_of(state.watermarks, now=now),
        )
