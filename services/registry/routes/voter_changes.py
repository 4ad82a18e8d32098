"""Routes of one voter: named in the body, by NIK or by the desk's id; no answer but an export has anything of the person."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.access_trail import Trail
from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.database import Database
from chassis.idempotency import OnceDep
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
from services.registry.commands.voter_niks import correct_nik as corrected_nik
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
    VoterNikIn,
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

Keeper = Annotated[Actor, Depends(permission(Scope.VOTERS_WRITE))]
NamedKeeper = Annotated[Actor, Depends(permission(Scope.VOTERS_WRITE, person=True))]


async def _voter_keys(request: Request) -> SealingKeys | None:
    keys: SealingKeys | None = request.app.state.voter_keys
    return keys


Keys = Annotated[SealingKeys | None, Depends(_voter_keys)]
"""What opens the list; a command without them is refused when it needs them."""


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
async def move_voter(
    election: ElectionId, body: VoterMoveIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Let a voter vote at another TPS (PINDAHAN), with reason and evidence, until the cut-off; or back at the own one."""
    return await once(
        keeper,
        lambda uow, origin: moved(uow, body, keys=keys, grants=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
        keyed_by=keys,
    )


@router.post(
    "/voters:strike",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved),
)
async def strike_voter(
    election: ElectionId, body: VoterStrikeIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Strike a voter from the list: death, a double entry, an entry that should not be."""
    return await once(
        keeper,
        lambda uow, origin: changes.strike_voter(uow, body, keys=keys, grants=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
        keyed_by=keys,
    )


@router.post(
    "/voters:restore",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved),
)
async def restore_voter(
    election: ElectionId, body: VoterRestoreIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Put a voter back on the list who was struck by mistake."""
    return await once(
        keeper,
        lambda uow, origin: changes.restore_voter(uow, body, keys=keys, grants=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
        keyed_by=keys,
    )


@router.post(
    "/voters:correct",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved, VoterStruck),
)
async def correct_voter(
    election: ElectionId, body: VoterCorrectionIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Correct name, birth date or, within the kelurahan, the TPS of a voter."""
    return await once(
        keeper,
        lambda uow, origin: changes.correct_voter(uow, body, keys=keys, grants=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
        keyed_by=keys,
    )


@router.post(
    "/voters:correct-nik",
    status_code=200,
    response_model=VoterReceipt,
    responses=problem_responses(VoterUnknown, VoterMoved, VoterStruck, VoterListed),
)
async def correct_nik(
    election: ElectionId, body: VoterNikIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Correct the NIK of a voter in place, with evidence: the person, the desk's id and the history stay."""
    return await once(
        keeper,
        lambda uow, origin: corrected_nik(uow, body, keys=keys, grants=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
        keyed_by=keys,
    )


@router.post(
    "/voters:add-walk-in",
    status_code=201,
    response_model=VoterReceipt,
    responses={200: _AS_IT_WAS, **problem_responses(VoterListed)},
)
async def add_walk_in(
    election: ElectionId, body: WalkInIn, keeper: Keeper, once: OnceDep, keys: Keys
) -> Response:
    """Add somebody who voted with an identity card (TAMBAHAN); outside the hours or the address it is taken with a finding."""
    return await once(
        keeper,
        lambda uow, origin: changes.add_walk_in(uow, body, keys=keys, grants=keeper.regions, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
        keyed_by=keys,
    )


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
    return await voter_history(read, body.voter, election=election, keys=keys, grants=keeper.regions)


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
    found = await voter_history(read, which, election=election, keys=keys, grants=keeper.regions)
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
    async with database.transaction(keeper.remit) as uow:
        out = await exported(uow, body, keys=keys, grants=keeper.regions, origin=origin)
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
