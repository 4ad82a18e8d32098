"""What changes a list of voters: a region's list comes in as a file, row by row judged, person by person sealed.

No row of it is told in an event: voters stay here, and what is told of a TPS are counts, when the whole file is in.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.database import Row, UnitOfWork
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from services.registry.commands.frame import lock_names
from services.registry.commands.voter_counts import note_uncounted
from services.registry.commands.voter_history import (
    ChangeRow,
    change_row,
    class_of_move,
    note_key,
    write_history,
)
from services.registry.rules.moves import MOVE_BALLOT, MOVE_CUTOFF, contests_of_mover
from services.registry.rules.voters import ELSEWHERE, TWICE, TWO_TPS
from services.registry.schemas.imports import VoterRowIn
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.voter_changes import ChangeKind
from services.registry.schemas.voters import ChangeNotes, Person, VoterKind
from services.registry.tables.frames import TpsState
from services.registry.tables.voters import family_of, nik_of, opened, require_same_keys, sealed


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A row of a list, judged by itself, at a TPS that is known.

    Args:
        number: of the row in its file.
        too_late: whether the cut-off of moves is past, and the row does not say that it was decided before.
    """

    number: int
    tps: TpsState
    said: VoterRowIn
    too_late: bool

    @property
    def tps_id(self) -> UUID:
        """Return the id of the TPS."""
        return self.tps.tps_id


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a row came to: a code where it is refused, an outcome and perhaps the row to write where it is not.

    Attributes:
        left: the row of the TPS that the voter moves away from.
    """

    outcome: Outcome | None
    code: str = ""
    written: tuple[object, ...] = ()
    told: ChangeRow | None = None
    left: Row | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is known of the persons of some rows, before any of them is written."""

    election: str
    keys: SealingKeys
    indexes: Sequence[Sequence[bytes]]
    refused: Mapping[int, str]
    rows: Mapping[bytes, Row]
    left: Collection[tuple[bytes, UUID]]
    actor: Actor
    origin: Origin


async def enrol_voters(
    uow: UnitOfWork,
    enrolments: Sequence[Enrolment],
    *,
    keys: SealingKeys | None,
    import_id: UUID,
    actor: Actor,
    dry_run: bool,
    origin: Origin,
) -> list[Enrolled]:
    """Take rows of a list in, one result each in their order; on a dry run only judge them.

    A row of a mover whom the DPT has at another TPS moves them here, as the command does.

    Sealing and opening a thousand rows takes tens of milliseconds, so a thread does it.

    Emits:
        nothing

    Raises:
        VotersUnavailable: the keys are not here, or are not those of the list.
    """
    keys = await require_same_keys(uow, keys)
    if not dry_run:
        await lock_names(uow, [f"voters/{origin.election}"])
        await note_key(uow, keys)
    names = [nik_of(origin.election, each.said.nik) for each in enrolments]
    indexes = await asyncio.to_thread(lambda: [keys.indexes(name) for name in names])
    refused = await _seen_before(uow, enrolments, [each[0] for each in indexes], import_id=import_id)
    # One person is once on the list of an election, wherever the other row is. A dry run leaves nothing behind, so it asks
    # within the caller's regions alone: NIK could be tried beyond them as often as one likes.
    async with nullcontext() if dry_run else uow.beyond_regions():
        rows = await uow.fetch(
            """select v.id, v.tps_id, v.kind, v.sex, v.status, v.strike_reason, v.canary, v.from_code, v.key_id, v.nik_index,
                      v.family_index, v.sealed, t.code as tps_code
               from voter v join tps t on t.id = v.tps_id where v.election = $1 and v.nik_index = any($2::bytea[])""",
            *(origin.election, [index for each in indexes for index in each]),
        )
    if dry_run:
        rows = [row for row in rows if actor.may_touch(row["tps_code"])]
    known = {row["nik_index"]: row for row in rows if row["status"] != "moved"}
    left = {(row["nik_index"], row["tps_id"]) for row in rows if row["status"] == "moved"}
    standing = _Standing(origin.election, keys, indexes, refused, known, left, actor, origin)
    results = await asyncio.to_thread(_judge, enrolments, standing)
    if not dry_run:
        await _write(uow, results)
        touched = [each.tps_id for each, result in zip(enrolments, results, strict=True) if result.written]
        touched += [result.left["tps_id"] for result in results if result.left is not None]
        if touched:
            await note_uncounted(uow, touched, import_id=import_id)
    return results


async def _seen_before(
    uow: UnitOfWork, enrolments: Sequence[Enrolment], indexes: Sequence[bytes], *, import_id: UUID
) -> dict[int, str]:
    """Note the NIK of some rows; return the numbers of those that a row before had, and with which code they are refused."""
    rows = await uow.fetch(
        """insert into voter_seen (import_id, nik_index, "row", tps_id)
           select $1, u.* from unnest($2::bytea[], $3::int[], $4::uuid[]) u on conflict do nothing returning "row" """,
        *(
            import_id,
            list(indexes),
            [each.number for each in enrolments],
            [each.tps_id for each in enrolments],
        ),
    )
    new = {row["row"] for row in rows}
    again = [(each, index) for each, index in zip(enrolments, indexes, strict=True) if each.number not in new]
    if not again:
        return {}
    first = await uow.fetch(
        "select nik_index, tps_id from voter_seen where import_id = $1 and nik_index = any($2::bytea[])",
        *(import_id, [index for _, index in again]),
    )
    places = {row["nik_index"]: row["tps_id"] for row in first}
    return {each.number: TWICE if places[index] == each.tps_id else TWO_TPS for each, index in again}


def _judge(enrolments: Sequence[Enrolment], standing: _Standing) -> list[Enrolled]:
    return [
        _judged(each, indexes, standing) for each, indexes in zip(enrolments, standing.indexes, strict=True)
    ]


def _judged(enrolment: Enrolment, indexes: Sequence[bytes], standing: _Standing) -> Enrolled:
    """Return what a row comes to: somebody new, somebody known with the same or other facts, or a refusal."""
    if enrolment.number in standing.refused:
        return Enrolled(None, standing.refused[enrolment.number])
    before = next((standing.rows[index] for index in indexes if index in standing.rows), None)
    if before is not None and before["tps_id"] != enrolment.tps_id:
        if any((index, enrolment.tps_id) in standing.left for index in indexes):
            return Enrolled(Outcome.UNCHANGED)  # a list from before the move says where the voter was
        return _moved(enrolment, indexes, before, standing)
    stood = _person_of(before, standing) if before is not None else None
    person, facts = _merged(enrolment.said, before, stood, standing)
    *clear, family_index = facts
    if before is not None:
        same = ("kind", "sex", "status", "strike_reason", "canary", "from_code")
        if clear == [before[name] for name in same] and person == stood:
            return Enrolled(Outcome.UNCHANGED)
    voter: UUID = before["id"] if before is not None else uuid7()
    *shown, from_code = clear
    keys = standing.keys
    written = (
        *(voter, standing.election, enrolment.tps_id, *shown, keys.current, indexes[0], family_index),
        *(sealed(keys, voter, person), standing.origin.now, from_code, None),
    )
    outcome = Outcome.CHANGED if before is not None else Outcome.CREATED
    return Enrolled(outcome, "", written, _told(enrolment, voter, before, stood=stood, standing=standing))


def _moved(enrolment: Enrolment, indexes: Sequence[bytes], before: Row, standing: _Standing) -> Enrolled:
    """Return what comes of a row of somebody whom the list has at another TPS: a move, or a refusal."""
    said, home = enrolment.said, before["tps_code"]
    is_of_the_dpt = (before["kind"], before["status"]) == (VoterKind.DPT, "active")
    covered = standing.actor.may_touch(home)
    if said.kind is not VoterKind.PINDAHAN or said.struck or not (is_of_the_dpt and covered):
        return Enrolled(None, ELSEWHERE)
    if enrolment.too_late:
        return Enrolled(None, MOVE_CUTOFF)
    if not contests_of_mover(enrolment.tps.contests(), home=home):
        return Enrolled(None, MOVE_BALLOT)
    stood = _person_of(before, standing)
    person, (*shown, _, family_index) = _merged(said, before, stood, standing)
    voter, keys = uuid7(), standing.keys
    written = (
        *(voter, standing.election, enrolment.tps_id, *shown, keys.current, indexes[0], family_index),
        *(sealed(keys, voter, person), standing.origin.now, home, before["id"]),
    )
    notes = ChangeNotes(evidence=said.evidence or "", reason=said.reason)
    told = change_row(
        *(keys, voter, ChangeKind.MOVED, notes),
        from_tps=before["tps_id"],
        to_tps=enrolment.tps_id,
        reason=class_of_move(said.reason) if said.reason is not None else None,
        origin=standing.origin,
    )
    return Enrolled(Outcome.CREATED, "", written, told, before)


def _told(
    enrolment: Enrolment, voter: UUID, before: Row | None, *, stood: Person | None, standing: _Standing
) -> ChangeRow | None:
    """Return the row of history that a change leaves, and somebody new who is not of the DPT; a DPT's file says the rest."""
    said = enrolment.said
    if before is None and said.kind is VoterKind.DPT:
        return None
    kind, reason = ChangeKind.CORRECTED, None
    if before is None:
        kind = ChangeKind.LISTED
        reason = class_of_move(said.reason) if said.reason is not None else None
    elif "struck" in said.model_fields_set and bool(said.struck) != (before["status"] == "struck"):
        kind = ChangeKind.STRUCK if said.struck else ChangeKind.RESTORED
        reason = str(said.struck) if said.struck else None
    notes = ChangeNotes(evidence=said.evidence or "", reason=said.reason, before=stood)
    return change_row(
        *(standing.keys, voter, kind, notes),
        from_tps=before["tps_id"] if before is not None else None,
        to_tps=enrolment.tps_id,
        reason=reason,
        origin=standing.origin,
    )


def _person_of(row: Row, standing: _Standing) -> Person:
    return opened(standing.keys, row["id"], key_id=row["key_id"], content=row["sealed"])


def _merged(
    said: VoterRowIn, before: Row | None, stood: Person | None, standing: _Standing
) -> tuple[Person, tuple[object, ...]]:
    """Return what holds of a person from now on; a column that the file does not have leaves what stands."""
    told = said.model_fields_set
    disability, canary, struck = said.disability, bool(said.canary), said.struck
    family_number, from_code, family_index = said.family_number, said.from_code, None
    if family_number is not None:
        family_index = standing.keys.indexes(family_of(standing.election, family_number))[0]
    if before is not None and stood is not None:
        if "disability" not in told:
            disability = stood.disability
        if "canary" not in told:
            canary = before["canary"]
        if "struck" not in told:
            struck = before["strike_reason"]
        if "from_code" not in told:
            from_code = before["from_code"]
        if "family_number" not in told:
            family_number, family_index = stood.family_number, before["family_index"]
    person = Person(
        nik=said.nik,
        name=said.name,
        birth_date=said.birth_date,
        disability=disability,
        family_number=family_number,
    )
    status = "struck" if struck else "active"
    strike_reason = str(struck) if struck else None
    return person, (said.kind.value, said.sex.value, status, strike_reason, canary, from_code, family_index)


_ROWS = """unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::text[],
            $10::bytea[], $11::bytea[], $12::bytea[], $13::timestamptz[], $14::text[], $15::uuid[])
    u(id, election, tps_id, kind, sex, status, strike_reason, canary, key_id, nik_index, family_index, sealed, recorded_at,
      from_code, moved_from)"""
# By name, for COPY has no way into a table with row-level security.
_ADD = f"""
insert into voter (id, election, tps_id, kind, sex, status, strike_reason, canary, key_id, nik_index, family_index, sealed,
                   recorded_at, from_code, moved_from)
select * from {_ROWS}
"""  # noqa: S608 - of constants
_REPLACE = f"""
update voter v set kind = u.kind, sex = u.sex, status = u.status, strike_reason = u.strike_reason, canary = u.canary,
    key_id = u.key_id, nik_index = u.nik_index, family_index = u.family_index, sealed = u.sealed,
    recorded_at = u.recorded_at, from_code = u.from_code
from {_ROWS}
where v.id = u.id
"""  # noqa: S608 - of constants


async def _write(uow: UnitOfWork, results: Sequence[Enrolled]) -> None:
    created = [each.written for each in results if each.outcome is Outcome.CREATED]
    changed = [each.written for each in results if each.outcome is Outcome.CHANGED]
    left = [each.left["id"] for each in results if each.left is not None]
    if left:  # before the rows that follow them: a NIK counts once
        await uow.execute("update voter set status = 'moved' where id = any($1::uuid[])", left)
    if created:
        await uow.execute(_ADD, *(list(column) for column in zip(*created, strict=True)))
    if changed:
        await uow.execute(_REPLACE, *(list(column) for column in zip(*changed, strict=True)))
    await write_history(uow, [each.told for each in results if each.told is not None])


_FORGET = """
delete from voter_seen where ctid = any(array(
    select s.ctid from voter_seen s join import i on i.id = s.import_id where i.state in ('done', 'failed') limit $1))
"""


async def forget_seen(uow: UnitOfWork, *, most: int) -> bool:
    """Forget some of what NIK the files had whose imports have ended; return whether more may be left.

    Emits:
        nothing
    """
    tag = await uow.execute(_FORGET, most)
    return tag == f"DELETE {most}"
