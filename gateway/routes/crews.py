"""The list of crews: TPS with open posts, an untrained chair, officers who are not sworn in, screened or there."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import Actor
from chassis.database import Connection
from chassis.identity import permission
from chassis.pagination import ListQuery, known_parameters_only
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from gateway.places import RegionQuery, regions_of
from gateway.positions import AfterDep
from gateway.projections.people import Gap
from gateway.queries.crews import CrewState, crews
from gateway.queries.lists import Wanted
from gateway.routes.lists import Since, answer, described
from gateway.schemas.lists import CrewItem

router = APIRouter(prefix="/v1/elections/{election}", tags=["lists"])

Agency = Annotated[Actor, Depends(permission(Scope.EVENTS_OPERATIONAL))]


@router.get("/rosters", response_class=Response, responses=described(CrewItem))
async def list_rosters(
    request: Request,
    election: ElectionId,
    agency: Agency,
    known: Annotated[None, Depends(known_parameters_only)],
    after: AfterDep,
    *,
    parameters: ListQuery,
    region: RegionQuery = None,
    state: Annotated[CrewState | None, Query(description="Crews with gaps, or complete ones.")] = None,
    gap: Annotated[Gap | None, Query(description="Crews of which this is missing.")] = None,
    updated_since: Since = None,
) -> Response:
    """List the crews of TPS in figures, with what is missing of each; CSV with `Accept: text/csv`."""
    wanted = Wanted(
        election,
        regions_of(agency, region, groups=request.app.state.groups),
        parameters,
        agencies=True,
        state=state,
        updated_since=updated_since,
    )

    async def read(
        connection: Connection, wanted: Wanted, _: datetime
    ) -> tuple[list[dict[str, object]], str | None]:
        return await crews(connection, wanted, gap)

    return await answer(request, wanted, read, name="rosters", model=CrewItem)
