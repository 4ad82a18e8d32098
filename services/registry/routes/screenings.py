"""Routes of the health screening of officers: for those who screen alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.access_trail import Trail
from chassis.actor import Actor, require_region
from chassis.clock import DeskClock
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.pagination import decode_cursor, known_parameters_only
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.registry_people_events import Duty
from contracts.vocabulary import ElectionId
from services.registry.commands import screenings as commands
from services.registry.queries import people as queries
from services.registry.routes.officers import SlotNumber
from services.registry.routes.posts import Code
from services.registry.routes.uploads import Limit, RowCursor
from services.registry.schemas.screenings import Fitness, ScreeningIn, ScreeningReceipt, Screenings
from services.registry.schemas.shapes import PlaceCode

router = APIRouter(
    prefix="/v1/elections/{election}", tags=["officers"], dependencies=[Depends(known_parameters_only)]
)

PlaceScreener = Annotated[Actor, Depends(permission(Scope.HEALTH_SCREEN, region_param="code"))]
Screener = Annotated[Actor, Depends(permission(Scope.HEALTH_SCREEN))]


@router.post(
    "/posts/{code}/{duty}/{slot}/screenings",
    status_code=201,
    response_model=ScreeningReceipt,
    responses={200: {"model": ScreeningReceipt, "description": "It was known"}},
)
async def record_screening(
    election: ElectionId,
    code: Code,
    duty: Duty,
    slot: SlotNumber,
    body: ScreeningIn,
    screener: PlaceScreener,
    once: OnceDep,
) -> Response:
    """Record what the screening of the holder of a post came to."""
    return await once(
        screener,
        lambda uow, origin: commands.record_screening(uow, code, duty, slot, command=body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/screenings")
async def list_screenings(
    request: Request,
    election: ElectionId,
    screener: Screener,
    read: ReaderDep,
    trail: Trail,
    *,
    region: Annotated[PlaceCode, Query(description="Code of a region or a TPS.")],
    fitness: Annotated[Fitness | None, Query(description="Only those of whom this is known.")] = None,
    limit: Limit = 100,
    cursor: RowCursor = None,
) -> Screenings:
    """Show the officers of a region with the latest screening of each."""
    require_region(screener, region)
    await trail.seen(read, screener, subject=f"screenings/{region}", election=election, place=region)
    clock: DeskClock = request.app.state.clock
    start = decode_cursor(cursor, listing=queries.SCREENINGS, kinds=(str, str, int)) if cursor else None
    return await queries.screenings(
        read, election=election, region=region, fitness=fitness, limit=limit, start=start, now=clock.now()
    )
