"""The desk itself: its clock in a rehearsal, the state of its projections, and their rebuilding."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.identity import permission
from chassis.problems import NotFound
from contracts.access import Scope
from gateway import rebuilding
from gateway.schemas.desk import ClockIn, ClockOut, ProjectionProgress, ProjectionState, Rebuilt

router = APIRouter(prefix="/v1", tags=["desk"])

Rehearser = Annotated[Actor, Depends(permission(Scope.REHEARSAL_CLOCK))]
ClockKeeper = Annotated[Actor, Depends(permission(Scope.REHEARSAL_CLOCK, nation=True))]
Admin = Depends(permission(Scope.DESK_ADMIN))
DeskAdmin = Depends(permission(Scope.DESK_ADMIN, nation=True))


@router.get("/rehearsal/clock")
async def read_clock(request: Request, _: Rehearser) -> ClockOut:
    """Show the desk's clock of a rehearsal."""
    return _clock_of(request)


@router.put("/rehearsal/clock")
async def set_clock_speed(request: Request, body: ClockIn, _: ClockKeeper) -> ClockOut:
    """Change how fast the desk's clock goes, or hold it with speed 0; it never goes backwards."""
    _clock_of(request)
    clock: DeskClock = request.app.state.clock
    clock.set_speed(body.speed)
    return _clock_of(request)


def _clock_of(request: Request) -> ClockOut:
    clock: DeskClock = request.app.state.clock
    setting = clock.setting
    if not request.app.state.settings.rehearsal or setting is None:
        raise NotFound(
            "This desk is no rehearsal: its clock is the machine's.",
            detail_id="Desk ini bukan gladi: jamnya adalah jam mesin.",
        )
    return ClockOut(now=clock.now(), speed=setting.speed)


@router.get("/desk/projections", dependencies=[Admin])
async def read_projections(request: Request) -> ProjectionState:
    """Show a hash over all that is projected, to compare two gateways, or one before and after a rebuild."""
    return await rebuilding.state(request.app)


@router.get("/desk/projections/progress", dependencies=[Admin])
async def read_projection_progress(request: Request) -> ProjectionProgress:
    """Show how many records the projections have taken in, and how many are left."""
    return await rebuilding.progress(request.app)


@router.post("/desk/projections:rebuild", dependencies=[DeskAdmin], status_code=202)
async def rebuild_projections(request: Request) -> Rebuilt:
    """Empty the projections; they are made again from the topics, under a new epoch of the feed."""
    return await rebuilding.rebuild(request.app)
