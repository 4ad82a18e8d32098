"""Routes of an election's own clocks and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from chassis.actor import Actor
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.incidents_events import IncidentCategory
from contracts.vocabulary import ElectionId, RegionCode
from services.incidents.commands import arrangements as commands
from services.incidents.queries import arrangements as queries
from services.incidents.routes.doors import Reader
from services.incidents.schemas.arrangements import (
    CategoryClockOut,
    CategoryRouteOut,
    IncidentArrangementsOut,
    IncidentClockIn,
    IncidentRouteIn,
)

router = APIRouter(prefix="/v1/elections/{election}", tags=["incident arrangements"])

Admin = Annotated[Actor, Depends(permission(Scope.DESK_ADMIN))]
RegionAdmin = Annotated[Actor, Depends(permission(Scope.DESK_ADMIN, region_param="code"))]


@router.get("/incident-arrangements")
async def read_incident_arrangements(
    election: ElectionId, reader: Reader, read: ReaderDep
) -> IncidentArrangementsOut:
    """Show which clock runs for each category and which agency deals with it, with sources."""
    return await queries.arrangements(read, election=election)


@router.put("/incident-clocks/{category}", response_model=CategoryClockOut)
async def set_incident_clock(
    election: ElectionId, category: IncidentCategory, body: IncidentClockIn, admin: Admin, once: OnceDep
) -> Response:
    """Set the clock of a category for this election; incidents that are there already keep theirs."""
    return await once(
        admin,
        lambda uow, origin: commands.set_clock(uow, category, body, actor=admin, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.put("/incident-routes/{category}/{code}", response_model=CategoryRouteOut)
async def set_incident_route(
    election: ElectionId,
    category: IncidentCategory,
    code: RegionCode,
    body: IncidentRouteIn,
    admin: RegionAdmin,
    once: OnceDep,
) -> Response:
    """Set who deals with a category in a region; incidents that are there already stay where they are."""
    return await once(
        admin,
        lambda uow, origin: commands.set_route(uow, category, code, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )
