"""Routes of one voter: named in the body, by NIK or by the desk's id; no answer but an export has anything of the person."""

from collections.abc import Awaitable
from typing import Annotated, Final, Protocol, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.access_trail import Trail
from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.database import Database, UnitOfWork
from chassis.idempotency import Once, OnceDep, Receipt
from chassis.identity import permission
from chassis.outbox import Origin
from chassis.pagination import known_parameters_only
from chassis.problem_responses import problem_responses
from chassis.reading import ReaderDep
from chassis.sealing import SealingKeys
from contracts.access import Scope
from contracts.vocabulary import Channel, ElectionId
from services.registry.commands import voter_changes as changes
from services.registry.commands.voter_exports import export_voter as exported
from services.registry.commands.voter_moves import move_voter as moved
from services.registry.commands.voter_reseals import reseal_voters as resealed
from services.registry.errors import (
    MoveClosed,
    NothingToVoteFor,
    VoterListed,
    VoterMoved,
    VoterStruck,
    VoterUnknown,
)
from services.registry.queries.voter_histories import voter_history
from services.registry.routes.doors import Admin, note_number
from services.registry.schemas.voter_changes import (
    VoterCorrectionIn,
    VoterExport,
    VoterExportIn,
    VoterFindIn,
    VoterHistory,
    VoterMoveIn,
    VoterReceipt,
    VoterResealIn,
    VoterResealReceipt,
    VoterRestoreIn,
    VoterStrikeIn,
    WalkInIn,
    WhichVoter,
)

router = APIRouter(
    prefix="/v1/elections/{election}",
    tags=["voters"],
    dependencies=[Depends(known_parameters_only), Depends(note_number)],
)

Told_contra = TypeVar(
    "Told_contra", VoterMoveIn, VoterStrikeIn, VoterRestoreIn, VoterCorrectionIn, WalkInIn, contravariant=True
)


class VoterCommand(Protocol[Told_contra]):
    """A command on one voter."""

    def __call__(
        self,
        uow: UnitOfWork,
        command: Told_contra,
        /,
        *,
        keys: SealingKeys | None,
        actor: Actor,
        origin: Origin,
    ) -> Awaitable[Receipt]:
        """Do it, for whoever keeps the list."""
        ...


Keeper = Annotated[Actor, Depends(permission(Scope.VOTERS_WRITE))]
NamedKeeper = Annotated[Actor, Depends(permission(Scope.VOTERS_WRITE, person=True))]


async def _voter_keys(request: Request) -> SealingKeys | None:
    keys: SealingKeys | None = request.app.state.voter_keys
    return keys


Keys = Annotated[SealingKeys | None, Depends(_voter_keys)]
"""What opens the list; a command without them is refused when it needs them."""


class ByKeeper:
    """Runs a command on one voter for whoever keeps the list; the idempotency key's fingerprint is keyed, for a NIK is in it."""

    def __init__(self, election: str, keeper: Actor, once: Once, keys: SealingKeys | None) -> None:
        self._election = election
        self._keeper = keeper
        self._once = once
        self._keys = keys

    async def __call__(self, run: VoterCommand[Told_contra], body: Told_contra) -> Response:
        """Run a command, and return its answer."""
        keys, keeper = self._keys, self._keeper
        return await self._once(
            keeper,
            lambda uow, origin: run(uow, body, keys=keys, actor=keeper, origin=origin),
            election=self._election,
            channel=body.channel,
            body=body,
            keyed_by=keys,
        )


async def _by_keeper(election: ElectionId, keeper: Keeper, once: OnceDep, keys: Keys) -> ByKeeper:
    return ByKeeper(election, keeper, once, keys)


ByKeeperDep = Annotated[ByKeeper, Depends(_by_keeper)]

_AS_IT_WAS: Final = {"model": VoterReceipt, "description": "It was so already"}


@router.post(
    "/voters:move",
    status_code=201,
    response_model=VoterReceipt,
    responses={
        200: _AS_IT_WAS,
        **problem_responses(VoterUnknown, MoveClosed, NothingToVoteFor, VoterMoved, VoterStruck),
    },
)
async def move_voter(body: VoterMoveIn, by_keeper: ByKeeperDep) -> Response:
    """Let a voter vote at another TPS (PINDAHAN), with reason and evidence, until the cut-off; or back at the own one."""
    return await by_keeper(moved, body)


@router.post(
    "/voters:strike",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved),
)
async def strike_voter(body: VoterStrikeIn, by_keeper: ByKeeperDep) -> Response:
    """Strike a voter from the list: death, a double entry, an entry that should not be."""
    return await by_keeper(changes.strike_voter, body)


@router.post(
    "/voters:restore",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved),
)
async def restore_voter(body: VoterRestoreIn, by_keeper: ByKeeperDep) -> Response:
    """Put a voter back on the list who was struck by mistake."""
    return await by_keeper(changes.restore_voter, body)


@router.post(
    "/voters:correct",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved, VoterStruck),
)
async def correct_voter(body: VoterCorrectionIn, by_keeper: ByKeeperDep) -> Response:
    """Correct name, birth date or, within the kelurahan, the TPS of a voter."""
    return await by_keeper(changes.correct_voter, body)


@router.post(
    "/voters:add-walk-in",
    status_code=201,
    response_model=VoterReceipt,
    responses={200: _AS_IT_WAS, **problem_responses(VoterListed)},
)
async def add_walk_in(body: WalkInIn, by_keeper: ByKeeperDep) -> Response:
    """Add somebody who voted with an identity card (TAMBAHAN); outside the hours or the address it is taken with a finding."""
    return await by_keeper(changes.add_walk_in, body)


@router.post("/voters:find", responses=problem_responses(VoterUnknown))
async def find_voter(
    election: ElectionId,
    body: VoterFindIn,
    keeper: Keeper,
    read: ReaderDep,
    keys: Keys,
    *,
    response: Response,
) -> VoterHistory:
    """Find a voter by NIK: the desk's id of the row, where it stands and what happened; nothing of the person."""
    response.headers["Cache-Control"] = "no-store"
    return await voter_history(read, body.voter, election=election, keys=keys, actor=keeper)


@router.get("/voters/{voter_id}", responses=problem_responses(VoterUnknown))
async def read_voter(
    election: ElectionId,
    voter_id: UUID,
    keeper: Keeper,
    read: ReaderDep,
    keys: Keys,
    trail: Trail,
    *,
    response: Response,
) -> VoterHistory:
    """Show a voter by the desk's id: where the row stands and what happened; nothing of the person."""
    response.headers["Cache-Control"] = "no-store"
    which = WhichVoter(voter_id=voter_id)
    found = await voter_history(read, which, election=election, keys=keys, actor=keeper)
    await trail.seen(read, keeper, subject=f"voter/{voter_id}", election=election, place=None)
    return found


@router.post("/voters:export", responses=problem_responses(VoterUnknown, VoterMoved))
async def export_voter(
    request: Request,
    election: ElectionId,
    body: VoterExportIn,
    keeper: NamedKeeper,
    keys: Keys,
    trail: Trail,
    *,
    response: Response,
) -> VoterExport:
    """Give out all that the desk has of one person, for that person, with the reason; each time is written down.

    It has no idempotency key: under one the answer would be kept.
    """
    database: Database = request.app.state.database
    clock: DeskClock = request.app.state.clock
    rehearsal: bool = request.app.state.settings.rehearsal
    origin = Origin(election, keeper.pseudonym, Channel.API.value, clock.now(), rehearsal)
    async with database.transaction(keeper.regions) as uow:
        out = await exported(uow, body, keys=keys, actor=keeper, origin=origin)
        await trail.seen(uow, keeper, subject=f"voter/{out.voter_id}", election=election, place=None)
    response.headers["Cache-Control"] = "no-store"
    return out


@router.post("/voters:reseal", status_code=200, response_model=VoterResealReceipt)
async def reseal_voters(
    election: ElectionId, body: VoterResealIn, admin: Admin, once: OnceDep, keys: Keys
) -> Response:
    """Seal some rows with the current key that an older one sealed; `desk voters reseal` repeats it until none is left."""
    return await once(
        admin,
        lambda uow, origin: resealed(uow, body, keys=keys, actor=admin, origin=origin),
        election=election,
        body=body,
    )
