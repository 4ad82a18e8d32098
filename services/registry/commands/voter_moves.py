"""A voter votes at another TPS than that of the DPT (PINDAHAN), until the cut-off of D12."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from services.registry.commands.held_voters import (
    Held,
    hold_voter,
    open_tps,
    require_not_struck,
    voter_receipt,
)
from services.registry.commands.voter_counts import count_voters
from services.registry.commands.voter_history import change_row, class_of_move, write_history
from services.registry.errors import MoveClosed, NothingToVoteFor, VoterMoved
from services.registry.rules.moves import contests_of_mover, cutoff_days, moves_close_at
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.voter_changes import ChangeKind, VoterMoveIn
from services.registry.schemas.voters import ChangeNotes, VoterKind, VoterMoveReason
from services.registry.tables.frames import Frame, TpsState
from services.registry.tables.voters import nik_of, sealed


async def move_voter(
    uow: UnitOfWork, command: VoterMoveIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Let a voter vote at another TPS (PINDAHAN): the old row says so, another one refers to it; or back to the own TPS.

    Emits:
        tps_voters.counted, one for each of both TPS.

    Raises:
        ElectionUnknown, TpsUnknown, VoterUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        VoterMoved, VoterStruck: the voter cannot be moved.
        MoveClosed: the cut-off for this reason is past.
        NothingToVoteFor: no ballot of that TPS is the voter's.
    """
    held = await hold_voter(uow, command.voter, keys=keys, actor=actor, origin=origin)
    to = await open_tps(uow, command.to_tps, actor=actor, origin=origin)
    if to.tps_id == held.tps.tps_id:
        return voter_receipt(held.row, to, Outcome.UNCHANGED)
    _require_movable(held)
    _require_open(held.frame, to, command.reason, now=origin.now)
    if not contests_of_mover(to.contests(), home=held.home):
        raise NothingToVoteFor(
            "No contest of that TPS is held where the voter comes from.",
            detail_id="Tidak ada pemilihan di TPS itu yang mencakup daerah asal pemilih.",
            current_state="listed",
            allowed=["the voter votes at the TPS of the list", "move to a TPS of the same province"],
        )
    await uow.execute(
        "update voter set status = 'moved', recorded_at = $2 where id = $1", held.voter, origin.now
    )
    row = await _arrive(uow, held, to, now=origin.now)
    notes = ChangeNotes(evidence=command.evidence, reason=command.reason)
    change = change_row(
        *(held.keys, row["id"], ChangeKind.MOVED, notes),
        from_tps=held.tps.tps_id,
        to_tps=to.tps_id,
        reason=class_of_move(command.reason),
        origin=origin,
    )
    await write_history(uow, [change])
    await count_voters(uow, [held.tps.tps_id, to.tps_id], origin=origin)
    return voter_receipt(row, to, Outcome.CREATED)


def _require_movable(held: Held) -> None:
    require_not_struck(held)
    if held.row["kind"] == VoterKind.TAMBAHAN:
        raise VoterMoved(
            "A walk-in voter has voted where the row says.",
            detail_id="Pemilih tambahan sudah memilih di TPS yang tercatat.",
            current_state="tambahan",
            allowed=["strike the row as a correction, and add the voter where it was"],
        )


def _require_open(frame: Frame, to: TpsState, reason: VoterMoveReason, *, now: datetime) -> None:
    voting_date = to.facts.voting_date or frame.voting_date
    settings = frame.settings
    days = cutoff_days(reason, settings)
    if now < moves_close_at(voting_date, days=days, region_code=to.code):
        return
    last = settings.special_move_cutoff_days.value
    allowed = ["the voter votes at the TPS of the list"]
    if now < moves_close_at(voting_date, days=last, region_code=to.code):
        allowed.append(
            f"until H-{last}: inpatients and companions, detainees, disaster, duty, with that reason and its evidence"
        )
    raise MoveClosed(
        f"Moves for this reason closed {days} days before the voting day (D12).",
        detail_id=f"Pindah memilih dengan alasan ini ditutup H-{days} (D12).",
        current_state=f"closed since H-{days}",
        allowed=allowed,
    )


async def _arrive(uow: UnitOfWork, held: Held, to: TpsState, *, now: datetime) -> Row:
    """Return the row of a voter at the TPS moved to: the one that was left there before, or a new one."""
    keys, election = held.keys, held.frame.election
    indexes = keys.indexes(nik_of(election, held.person.nik))
    left = await uow.fetch_row(
        """select id from voter where election = $1 and nik_index = any($2::bytea[]) and tps_id = $3 and status = 'moved'
           order by id limit 1""",
        *(election, indexes, to.tps_id),
    )
    voter: UUID = left["id"] if left is not None else uuid7()
    rows = await uow.fetch(
        """insert into voter (id, election, tps_id, kind, sex, status, canary, key_id, nik_index, family_index, sealed,
                              recorded_at, moved_from, from_code)
           select $1, v.election, $2, 'pindahan', v.sex, 'active', v.canary, $3, $4, v.family_index, $5, $6, v.id, $7
           from voter v where v.id = $8
           on conflict (id) do update set status = 'active', key_id = excluded.key_id, nik_index = excluded.nik_index,
               sealed = excluded.sealed, recorded_at = excluded.recorded_at
           returning *""",
        *(voter, to.tps_id, keys.current, indexes[0], sealed(keys, voter, held.person), now, held.home),
        held.voter,
    )
    return rows[0]
