"""Elections that this desk knows."""

from fastapi import APIRouter, Request

from chassis.row_security import NOWHERE
from contracts.access import NATION
from contracts.vocabulary import Service
from gateway import names
from gateway.places import Follower
from gateway.queries import elections as queries
from gateway.queries.freshness import as_of
from gateway.schemas.elections import ContestSummary, ElectionList, ElectionSummary

router = APIRouter(prefix="/v1", tags=["elections"])


@router.get("/elections")
async def list_elections(request: Request, follower: Follower) -> ElectionList:
    """List the elections that the token is for, with their contests and choices."""
    state, items = request.app.state, list[ElectionSummary]()
    known = as_of(state.watermarks, now=state.clock.now(), services=(Service.REGISTRY,))
    async with request.app.state.database.reading(NOWHERE) as connection:
        for found in await queries.elections(connection):
            if follower.election not in (None, found.election):
                continue
            region = found.region_code or NATION
            contests = await queries.contests_of(connection, election=found.election, regions=[region])
            items.append(
                ElectionSummary(
                    election=found.election,
                    name=found.name,
                    region=found.region_code,
                    region_name=names.name_of(region),
                    voting_date=found.voting_date,
                    results_public_at=found.results_public_at,
                    rehearsal=found.rehearsal,
                    stages=found.stages,
                    contests=[
                        ContestSummary(
                            contest=c.contest, name=c.name, region=c.region_code, choices=c.choices
                        )
                        for c in contests
                    ],
                )
            )
    return ElectionList(items=items, as_of=known)
