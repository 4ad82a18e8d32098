"""Regions at a glance."""

from fastapi import APIRouter, Depends, Request, Response

from chassis.conditional import not_modified
from chassis.identity import permission
from contracts.access import Scope
from contracts.vocabulary import ElectionId, RegionCode
from gateway.answers import Answers
from gateway.schemas import Overview

router = APIRouter(prefix="/v1/elections/{election}", tags=["regions"])

SeesRegion = Depends(permission(Scope.EVENTS_PUBLIC, region_param="code"))


@router.get("/regions/{code}/overview", response_model=Overview, dependencies=[SeesRegion])
async def read_overview(request: Request, election: ElectionId, code: RegionCode) -> Response:
    """Show a region at a glance; the answer is at most one second old."""
    overviews: Answers[tuple[str, str]] = request.app.state.overviews
    made = await overviews.get((election, code))
    unchanged = not_modified(request, made.etag)
    return unchanged or Response(
        made.body, media_type="application/json", headers={"ETag": made.etag, "Cache-Control": "no-cache"}
    )
