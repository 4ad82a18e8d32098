"""A voter's NIK was written down wrongly: it is corrected in place, and all rows that the voter has or left are found by it.

The list keeps the blind index of the former one with the history, so that a list from before it does not bring the voter back.
"""

from chassis.actor import Actor, region_not_covered
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError
from chassis.sealing import SealingKeys
from services.registry.commands.held_voters import (
    Held,
    birth_findings,
    hold_voter,
    refuse_misfits,
    require_not_struck,
    voter_receipt,
)
from services.registry.commands.voter_history import change_row, write_history
from services.registry.errors import VoterListed
from services.registry.rules.voters import nik_refusal
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.voter_changes import ChangeKind, VoterNikIn
from services.registry.schemas.voters import ChangeNotes, Sex
from services.registry.tables.voters import ROWS_OF_NIK, family_index_of, nik_of, opened, sealed


async def correct_nik(
    uow: UnitOfWork, command: VoterNikIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Give a voter the right NIK; the desk's id, the history and the rows that were left with a move stay the voter's.

    Emits:
        nothing: no figure changes.

    Raises:
        VoterUnknown, VoterMoved: there is no such voter in the caller's regions.
        VoterStruck: the voter is not on the list any more.
        InvalidPayload: this is no NIK, or none that the election takes.
        VoterListed: somebody has this NIK on the election's list, wherever.
        RegionNotCovered: a row that the voter has left lies outside the caller's regions.
    """
    held = await hold_voter(uow, command.voter, keys=keys, actor=actor, origin=origin)
    require_not_struck(held)
    refusal = nik_refusal(command.nik, rehearsal=held.frame.rehearsal)
    refuse_misfits(
        [FieldError("/nik", refusal, "See docs/rules.md.", "Lihat docs/rules.md.")] if refusal else []
    )
    person = held.person.model_copy(update={"nik": command.nik})
    findings = birth_findings(person, Sex(held.row["sex"]))
    if person == held.person:
        return voter_receipt(held.row, held.tps, Outcome.UNCHANGED, findings)
    keys, election = held.keys, origin.election
    new, former = (keys.indexes(nik_of(election, nik)) for nik in (command.nik, held.person.nik))
    async with (
        uow.beyond_regions()
    ):  # a NIK is one person's in the whole election, and so are all rows of one
        taken = await uow.fetch_row(f"select 1 from {ROWS_OF_NIK} v", election, new)  # noqa: S608 - of our own words
        rows = await uow.fetch(
            f"select v.*, t.code as tps_code from {ROWS_OF_NIK} v join tps t on t.id = v.tps_id",  # noqa: S608 - as above
            *(election, former),
        )
    if taken is not None:
        raise _taken()
    if not all(actor.may_touch(row["tps_code"]) for row in rows):
        raise region_not_covered()
    written = await _write(uow, held, rows, command=command, origin=origin)
    change = change_row(
        *(keys, held.voter, ChangeKind.NIK_CORRECTED),
        ChangeNotes(evidence=command.evidence, before=held.person),
        from_tps=held.tps.tps_id,
        to_tps=held.tps.tps_id,
        reason=None,
        origin=origin,
        former_nik_index=former[0],
    )
    await write_history(uow, [change])
    return voter_receipt(written, held.tps, Outcome.CHANGED, findings)


def _taken() -> VoterListed:
    return VoterListed(
        "The election's list has this NIK already.",
        detail_id="Daftar pemilih sudah memuat NIK ini.",
        current_state="listed",
        allowed=[
            "strike one of both as double, where they are one person",
            "look at the identity card again, where they are two",
        ],
    )


async def _write(uow: UnitOfWork, held: Held, rows: list[Row], *, command: VoterNikIn, origin: Origin) -> Row:
    """Seal every row that the voter has or left with the right NIK, and return the one that counts."""
    keys, election = held.keys, origin.election
    columns: list[tuple[object, ...]] = []
    for row in rows:
        stood = opened(keys, row["id"], key_id=row["key_id"], content=row["sealed"])
        person = stood.model_copy(update={"nik": command.nik})
        family = family_index_of(keys, election, person, standing=row["family_index"])
        columns.append((row["id"], family, sealed(keys, row["id"], person)))
    written = await uow.fetch(
        """update voter v set key_id = $1, nik_index = $2, recorded_at = $3, family_index = u.family_index, sealed = u.sealed
           from unnest($4::uuid[], $5::bytea[], $6::bytea[]) u(id, family_index, sealed) where v.id = u.id returning v.*""",
        *(keys.current, keys.indexes(nik_of(election, command.nik))[0], origin.now),
        *(list(column) for column in zip(*columns, strict=True)),
    )
    return next(row for row in written if row["id"] == held.voter)
