"""Routes of how full TPS are (D1), and of splitting and merging them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from chassis.problem_responses import problem_responses
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId, RegionCode, TpsCode
from services.registry.commands import voter_reassignments as commands
from services.registry.errors import NothingToReassign, VotersToReseal
from services.registry.queries import capacity as queries
from services.registry.routes.public import KelurahanCode
from services.registry.routes.voter_changes import Keys
from services.registry.schemas.capacity import (
    Capacity,
    CapacityProposals,
    ReassignedReceipt,
    VoterMergeIn,
    VoterSplitIn,
)

router = APIRouter(
    prefix="/v1/elections/{election}", tags=["voters"], dependencies=[Depends(known_parameters_only)]
)

Keeper = Annotated[Actor, Depends(permission(Scope.VOTERS_WRITE, region_param="code"))]
MergeBelow = Annotated[
    int, Query(ge=0, le=1_000, description="A TPS with fewer voters is small enough to be merged.")
]


def _clock(request: Request) -> DeskClock:
    clock: DeskClock = request.app.state.clock
    return clock


@router.get("/regions/{code}/capacity")
async def read_capacity(
    request: Request, election: ElectionId, code: RegionCode, keeper: Keeper, read: ReaderDep
) -> Capacity:
    """Show which TPS of a region have more voters on their lists than a TPS may have."""
    return await queries.capacity(read, election=election, code=code, now=_clock(request).now())


@router.get("/kelurahan/{code}/capacity-proposals", responses=problem_responses(VotersToReseal))
async def propose_capacity(
    request: Request,
    election: ElectionId,
    code: KelurahanCode,
    keeper: Keeper,
    read: ReaderDep,
    keys: Keys,
    merge_below: MergeBelow = 100,
) -> CapacityProposals:
    """Propose how the TPS of a kelurahan could be split and merged without cutting a family; in figures alone."""
    return await queries.capacity_proposals(
        read,
        election=election,
        code=code,
        merge_below=merge_below,
        keys=keys,
        now=_clock(request).now(),
    )


@router.post(
    "/tps/{code}/voters:split",
    status_code=200,
    response_model=ReassignedReceipt,
    responses=problem_responses(NothingToReassign, VotersToReseal),
)
async def split_tps(
    election: ElectionId, code: TpsCode, body: VoterSplitIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Spread the voters of a TPS above the limit over it and empty ones of its kelurahan, as proposed."""
    return await once(
        keeper,
        lambda uow, origin: commands.split_tps(uow, code, body, keys=keys, actor=keeper, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post(
    "/tps/{code}/voters:merge",
    status_code=200,
    response_model=ReassignedReceipt,
    responses=problem_responses(NothingToReassign, VotersToReseal),
)
async def merge_tps(
    election: ElectionId, code: TpsCode, body: VoterMergeIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Put the voters of a small TPS on the list of another one of its kelurahan."""
    return await once(
        keeper,
        lambda uow, origin: commands.merge_tps(uow, code, body, keys=keys, actor=keeper, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )
