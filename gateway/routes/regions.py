"""Regions at a glance, and their live results."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis.conditional import not_modified
from chassis.safe_headers import show_once
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from gateway.answers import Answers, Made
from gateway.places import Follower, PlaceInPath
from gateway.positions import AfterDep
from gateway.queries import overview as queries
from gateway.queries.freshness import as_of
from gateway.queries.overview import Asked
from gateway.queries.results import AskedResults
from gateway.schemas.regions import Overview, RegionOut
from gateway.schemas.results import Results

router = APIRouter(prefix="/v1/elections/{election}", tags=["regions"])

Contest = Annotated[
    str | None,
    Query(
        max_length=40, description="Id (`walikota-32.71`) or kind (`walikota`); default: all of the region."
    ),
]


@router.get("/regions/{code}/overview", response_model=Overview)
async def read_overview(
    request: Request, election: ElectionId, code: str, caller: Follower, place: PlaceInPath, after: AfterDep
) -> Response:
    """Show a region at a glance; the answer is at most one second old. The nation is `*`, a group `group:<name>`."""
    overviews: Answers[Asked] = request.app.state.overviews
    asked = Asked(election, place, agencies=Scope.EVENTS_OPERATIONAL in caller.scopes)
    return sent(request, await overviews.get(asked, not_before=after))


@router.get("/regions/{code}/results", response_model=Results)
async def read_results(
    request: Request,
    election: ElectionId,
    code: str,
    caller: Follower,
    place: PlaceInPath,
    after: AfterDep,
    *,
    contest: Contest = None,
    children: Annotated[bool, Query(description="With the next level; a kelurahan's are its TPS.")] = False,
) -> Response:
    """Show a region's live results: verified forms added up, never the official result."""
    answers: Answers[AskedResults] = request.app.state.results
    early = Scope.RESULTS_EARLY in caller.scopes
    if early:
        show_once(request.scope)
    asked = AskedResults(election, place, contest, early=early, children=children)
    return sent(request, await answers.get(asked, not_before=after))


@router.get("/regions/{code}")
async def read_election_region(
    request: Request, election: ElectionId, code: str, place: PlaceInPath, after: AfterDep
) -> RegionOut:
    """Show a region's name, where it lies, and the regions in it that have a TPS."""
    state = request.app.state
    known = as_of(state.watermarks, now=state.clock.now())
    async with state.database.reading() as connection:
        return await queries.region(connection, election=election, place=place, as_of=known)


def sent(request: Request, made: Made, *, media_type: str = "application/json") -> Response:
    """Return an answer that was made for many, or 304 where its caller holds it already."""
    headers = {"ETag": made.etag, "Cache-Control": "no-cache"}
    if not_modified(request, made.etag):
        return Response(status_code=304, headers=headers)
    return Response(made.body, media_type=media_type, headers=headers)
