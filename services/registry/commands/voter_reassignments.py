"""The voters of a TPS are spread over several, or go to another one of the same kelurahan (D1): no family is cut.

What a TPS is registered with, its DPT by men and women, is what the commission says, and stays until that is told.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, PreconditionFailed
from chassis.sealing import SealingKeys
from contracts.vocabulary import TpsKind, kelurahan_of
from services.registry.commands.frame import lock_names
from services.registry.commands.held_voters import open_tps, refuse_misfits
from services.registry.commands.voter_counts import count_voters
from services.registry.commands.voter_history import change_row, note_key, write_history
from services.registry.errors import NothingToReassign
from services.registry.rules.capacity import Part, families_of, split
from services.registry.schemas.capacity import ReassignedReceipt, TpsVoterCount, VoterMergeIn, VoterSplitIn
from services.registry.schemas.voter_changes import ChangeKind
from services.registry.schemas.voters import ChangeNotes
from services.registry.tables.frames import Frame, TpsState, load_frame
from services.registry.tables.voter_families import OF_THE_DPT, family_counts
from services.registry.tables.voters import require_same_keys

_OTHER_PLACE = ("other-kelurahan", "Regular TPS of one kelurahan.", "TPS biasa dari satu kelurahan.")


async def split_tps(
    uow: UnitOfWork,
    code: str,
    command: VoterSplitIn,
    *,
    keys: SealingKeys | None,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Spread the voters of a TPS above the limit over it and others that have none, as the proposal says.

    Emits:
        tps_voters.counted, one for each TPS.

    Raises:
        ElectionUnknown, TpsUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        InvalidPayload: the TPS are not of one kelurahan, or not as many as there are parts.
        PreconditionFailed: the list has changed since the proposal.
        NothingToReassign: there is nothing to split, or a TPS has voters already.
        VotersToReseal: rows are sealed with an older key.
    """
    frame, keys = await _begin(uow, keys, origin)
    tps = await open_tps(uow, code, actor=actor, origin=origin)
    into = [await open_tps(uow, each, actor=actor, origin=origin) for each in command.into]
    _require_one_kelurahan([tps, *into], pointer="/into")
    rows = await family_counts(uow, [each.tps_id for each in (tps, *into)], current_key=keys.current)
    if any(row["tps_id"] != tps.tps_id for row in rows):
        raise _refused("a TPS that is split into has voters", "TPS tujuan sudah memiliki pemilih")
    families = families_of((tps.code, row["family_index"], row["voters"]) for row in rows).get(tps.code, {})
    _require_voters(sum(families.values()), command.expected_voters)
    found = split(tps.code, families, limit=frame.settings.max_voters_per_tps.value)
    if found is None:
        raise _refused("the TPS is within the limit", "TPS ini tidak melebihi batas")
    needed = len(found.parts) - 1
    if needed != len(into):
        told = (f"{needed} TPS are needed.", f"Diperlukan {needed} TPS.")
        refuse_misfits([FieldError("/into", "parts", *told)])
    for part, target in zip(found.parts[1:], into, strict=True):
        moved = await _move_part(uow, part, tps, target)
        await _tell(uow, moved, (tps, target), evidence=command.evidence, keys=keys, origin=origin)
    await count_voters(uow, [each.tps_id for each in (tps, *into)], origin=origin)
    return _receipt(origin, [tps, *into], [part.voters for part in found.parts])


async def merge_tps(
    uow: UnitOfWork,
    code: str,
    command: VoterMergeIn,
    *,
    keys: SealingKeys | None,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Put the voters of a TPS on the list of another one of its kelurahan that has room for them.

    Emits:
        tps_voters.counted, one for each TPS.

    Raises:
        ElectionUnknown, TpsUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        InvalidPayload: the TPS are not two of one kelurahan.
        PreconditionFailed: the list has changed since the proposal.
        NothingToReassign: together they are above the limit, or there is nobody.
        VotersToReseal: rows are sealed with an older key.
    """
    frame, keys = await _begin(uow, keys, origin)
    tps = await open_tps(uow, code, actor=actor, origin=origin)
    into = await open_tps(uow, command.into, actor=actor, origin=origin)
    _require_one_kelurahan([tps, into], pointer="/into")
    rows = await family_counts(uow, [tps.tps_id, into.tps_id], current_key=keys.current)
    together = sum(row["voters"] for row in rows)
    _require_voters(together, command.expected_voters)
    if together > frame.settings.max_voters_per_tps.value or all(row["tps_id"] != tps.tps_id for row in rows):
        raise _refused(
            "together they are above the limit, or there is nobody", "melebihi batas, atau tidak ada pemilih"
        )
    moved = await uow.fetch(
        f"update voter set tps_id = $2 where tps_id = $1 and {OF_THE_DPT} returning id",  # noqa: S608 - of our own words
        *(tps.tps_id, into.tps_id),
    )
    voters = [row["id"] for row in moved]
    await _tell(uow, voters, (tps, into), evidence=command.evidence, keys=keys, origin=origin)
    await count_voters(uow, [tps.tps_id, into.tps_id], origin=origin)
    return _receipt(origin, [tps, into], [0, together])


async def _begin(uow: UnitOfWork, keys: SealingKeys | None, origin: Origin) -> tuple[Frame, SealingKeys]:
    frame = await load_frame(uow, origin.election, lock="for share")
    keys = await require_same_keys(uow, keys)
    await lock_names(uow, [f"voters/{origin.election}"])
    await note_key(uow, keys)
    return frame, keys


def _require_one_kelurahan(tps: Sequence[TpsState], *, pointer: str) -> None:
    regular = all(each.facts.kind is TpsKind.REGULAR for each in tps)
    one = len({kelurahan_of(each.code) for each in tps}) == 1
    if not (regular and one and len({each.tps_id for each in tps}) == len(tps)):
        refuse_misfits([FieldError(pointer, *_OTHER_PLACE)])


def _require_voters(now: int, expected: int) -> None:
    if now != expected:
        raise PreconditionFailed(
            "The list has changed since: read the proposal again.",
            detail_id="Daftar sudah berubah: baca kembali usulannya.",
        )


def _refused(why: str, why_id: str) -> NothingToReassign:
    return NothingToReassign(
        f"Not possible: {why}.",
        detail_id=f"Tidak dapat dilakukan: {why_id}.",
        current_state="as it is",
        allowed=["read the proposals of the kelurahan", "register another TPS"],
    )


async def _move_part(uow: UnitOfWork, part: Part, tps: TpsState, target: TpsState) -> list[UUID]:
    """Put whole families at another TPS, and as many of those who have none as the part has of them."""
    known = [family for family in part.families if len(family) == 32]
    rows = await uow.fetch(
        f"""update voter set tps_id = $2 where tps_id = $1 and {OF_THE_DPT}
            and (family_index = any($3::bytea[]) or id in (
                select id from voter where tps_id = $1 and {OF_THE_DPT} and family_index is null order by id limit $4))
            returning id""",  # noqa: S608 - of our own words
        *(tps.tps_id, target.tps_id, known, len(part.families) - len(known)),
    )
    return [row["id"] for row in rows]


async def _tell(
    uow: UnitOfWork,
    voters: Sequence[UUID],
    way: tuple[TpsState, TpsState],
    *,
    evidence: str,
    keys: SealingKeys,
    origin: Origin,
) -> None:
    rows = [
        change_row(
            *(keys, voter, ChangeKind.REASSIGNED, ChangeNotes(evidence=evidence)),
            from_tps=way[0].tps_id,
            to_tps=way[1].tps_id,
            reason=None,
            origin=origin,
        )
        for voter in voters
    ]
    await write_history(uow, rows)


def _receipt(origin: Origin, tps: Sequence[TpsState], voters: Sequence[int]) -> Receipt:
    items = [TpsVoterCount(tps_code=each.code, voters=count) for each, count in zip(tps, voters, strict=True)]
    location = f"/v1/elections/{origin.election}/tps/{tps[0].code}"
    return Receipt(ReassignedReceipt(items=items), location=location, status=200)
