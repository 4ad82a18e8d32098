"""The voters of a TPS are spread over several, or go to another one of the same kelurahan (D1): no family is cut.

What a TPS is registered with, its DPT by men and women, goes along: those who leave are taken from the one and added to the
other, so that the sum stays what the commission said. Where it has told the new figures already, nothing is taken from them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chassis.actor import Actor
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, PreconditionFailed
from chassis.sealing import SealingKeys
from contracts.vocabulary import TpsKind, kelurahan_of
from services.registry.commands.frame import lock_names
from services.registry.commands.held_voters import open_tps, refuse_misfits
from services.registry.commands.tps import TpsChange, lock_kelurahan, write_tps
from services.registry.commands.voter_counts import count_voters
from services.registry.commands.voter_history import change_row, note_key, write_history
from services.registry.errors import NothingToReassign
from services.registry.rules.capacity import (
    Dpt,
    Part,
    families_of,
    figures_after_merge,
    figures_after_split,
    list_findings,
    split,
)
from services.registry.schemas.capacity import ReassignedReceipt, TpsVoterCount, VoterMergeIn, VoterSplitIn
from services.registry.schemas.voter_changes import ChangeKind
from services.registry.schemas.voters import ChangeNotes, Sex
from services.registry.tables.frames import Frame, TpsState, find_tps, load_frame
from services.registry.tables.voter_families import OF_THE_DPT, family_counts
from services.registry.tables.voters import require_same_keys

SPLIT = "Pemilih dibagi ke beberapa TPS (D1)."
MERGE = "Pemilih digabung ke TPS lain (D1)."
"""Why the figures of a TPS changed, in its history."""

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
        tps_voters.counted, one for each TPS; tps.registered, for each whose figures changed.

    Raises:
        ElectionUnknown, TpsUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        InvalidPayload: the TPS are not of one kelurahan, or not as many as there are parts.
        PreconditionFailed: the list has changed since the proposal.
        NothingToReassign: there is nothing to split, or a TPS has voters already.
        VotersToReseal: rows are sealed with an older key.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    tps, *into = await _held_tps(uow, [code, *command.into], actor=actor, origin=origin)
    keys = await _hold_list(uow, keys, origin)
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
    leaving: list[Dpt] = []
    for part, target in zip(found.parts[1:], into, strict=True):
        moved = await _move_part(uow, part, tps, target)
        await _tell(uow, moved, (tps, target), evidence=command.evidence, keys=keys, origin=origin)
        leaving.append(_dpt_of(moved))
    await count_voters(uow, [each.tps_id for each in (tps, *into)], origin=origin)
    places = [tps, *into]
    figures = figures_after_split([_registered(each) for each in places], leaving)
    places = await _take_along(uow, places, figures, frame=frame, reason=SPLIT, origin=origin)
    return _receipt(origin, places, [part.voters for part in found.parts])


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
        tps_voters.counted and tps.registered, one for each TPS.

    Raises:
        ElectionUnknown, TpsUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        InvalidPayload: the TPS are not two of one kelurahan.
        PreconditionFailed: the list has changed since the proposal.
        NothingToReassign: together they are above the limit, or there is nobody.
        VotersToReseal: rows are sealed with an older key.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    tps, into = await _held_tps(uow, [code, command.into], actor=actor, origin=origin)
    keys = await _hold_list(uow, keys, origin)
    _require_one_kelurahan([tps, into], pointer="/into")
    rows = await family_counts(uow, [tps.tps_id, into.tps_id], current_key=keys.current)
    together = sum(row["voters"] for row in rows)
    _require_voters(together, command.expected_voters)
    if together > frame.settings.max_voters_per_tps.value or all(row["tps_id"] != tps.tps_id for row in rows):
        raise _refused(
            "together they are above the limit, or there is nobody", "melebihi batas, atau tidak ada pemilih"
        )
    moved = await uow.fetch(
        f"update voter set tps_id = $2 where tps_id = $1 and {OF_THE_DPT} returning id, sex",  # noqa: S608 - of our own words
        *(tps.tps_id, into.tps_id),
    )
    await _tell(uow, moved, (tps, into), evidence=command.evidence, keys=keys, origin=origin)
    await count_voters(uow, [tps.tps_id, into.tps_id], origin=origin)
    figures = figures_after_merge(_registered(tps), _registered(into))
    places = await _take_along(uow, [tps, into], figures, frame=frame, reason=MERGE, origin=origin)
    return _receipt(origin, places, [0, together])


async def _held_tps(uow: UnitOfWork, codes: Sequence[str], *, actor: Actor, origin: Origin) -> list[TpsState]:
    """Return TPS and hold them, before the list is held: in that order an import does."""
    await lock_kelurahan(uow, origin.election, codes)
    opened = [await open_tps(uow, code, actor=actor, origin=origin) for code in codes]
    held = await find_tps(uow, origin.election, [each.code for each in opened], lock=True)
    return [held[each.code] for each in opened]


async def _hold_list(uow: UnitOfWork, keys: SealingKeys | None, origin: Origin) -> SealingKeys:
    keys = await require_same_keys(uow, keys)
    await lock_names(uow, [f"voters/{origin.election}"])
    await note_key(uow, keys)
    return keys


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


async def _move_part(uow: UnitOfWork, part: Part, tps: TpsState, target: TpsState) -> list[Row]:
    """Put whole families at another TPS, and as many of those who have none as the part has of them."""
    known = [family for family in part.families if len(family) == 32]
    return await uow.fetch(
        f"""update voter set tps_id = $2 where tps_id = $1 and {OF_THE_DPT}
            and (family_index = any($3::bytea[]) or id in (
                select id from voter where tps_id = $1 and {OF_THE_DPT} and family_index is null order by id limit $4))
            returning id, sex""",  # noqa: S608 - of our own words
        *(tps.tps_id, target.tps_id, known, len(part.families) - len(known)),
    )


def _dpt_of(moved: Sequence[Row]) -> Dpt:
    by_sex = Counter(row["sex"] for row in moved)
    return Dpt(by_sex[Sex.MAN], by_sex[Sex.WOMAN])


def _registered(tps: TpsState) -> Dpt:
    return Dpt(tps.facts.dpt_men, tps.facts.dpt_women)


async def _take_along(
    uow: UnitOfWork,
    places: Sequence[TpsState],
    figures: Sequence[Dpt] | None,
    *,
    frame: Frame,
    reason: str,
    origin: Origin,
) -> list[TpsState]:
    """Register TPS with the figures that they have from now on, and return them; None leaves what stands."""
    after: list[TpsState] = []
    for place, dpt in zip(places, figures or map(_registered, places), strict=True):
        facts = place.facts.model_copy(update={"dpt_men": dpt.men, "dpt_women": dpt.women})
        same = facts == place.facts
        after.append(place if same else replace(place, version=place.version + 1, facts=facts))
    pairs = zip(places, after, strict=True)
    changes = [TpsChange(now, reason) for before, now in pairs if now is not before]
    await write_tps(uow, changes, frame=frame, origin=origin)
    return after


async def _tell(
    uow: UnitOfWork,
    moved: Sequence[Row],
    way: tuple[TpsState, TpsState],
    *,
    evidence: str,
    keys: SealingKeys,
    origin: Origin,
) -> None:
    rows = [
        change_row(
            *(keys, row["id"], ChangeKind.REASSIGNED, ChangeNotes(evidence=evidence)),
            from_tps=way[0].tps_id,
            to_tps=way[1].tps_id,
            reason=None,
            origin=origin,
        )
        for row in moved
    ]
    await write_history(uow, rows)


def _receipt(origin: Origin, tps: Sequence[TpsState], voters: Sequence[int]) -> Receipt:
    items = [
        TpsVoterCount(
            tps_code=each.code,
            voters=count,
            dpt_men=each.facts.dpt_men,
            dpt_women=each.facts.dpt_women,
            findings=list_findings(count, dpt=_registered(each)),
        )
        for each, count in zip(tps, voters, strict=True)
    ]
    location = f"/v1/elections/{origin.election}/tps/{tps[0].code}"
    return Receipt(ReassignedReceipt(items=items), location=location, status=200)
