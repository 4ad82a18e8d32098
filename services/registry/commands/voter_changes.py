"""Commands on one voter's row: off the list and back, corrected, walked in; each leaves a row of history.

They hold the lock of the election's list, as an import does for each of its parts: one of them at a time changes rows.
"""

from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError
from chassis.sealing import SealingKeys
from contracts.vocabulary import kelurahan_of
from services.registry.commands.frame import lock_names
from services.registry.commands.held_voters import (
    Held,
    birth_findings,
    hold_voter,
    open_tps,
    refuse_misfits,
    require_not_struck,
    voter_receipt,
)
from services.registry.commands.voter_counts import count_voters
from services.registry.commands.voter_history import change_row, note_key, write_history
from services.registry.errors import VoterListed
from services.registry.rules.moves import walk_in_findings
from services.registry.rules.voters import AGE, may_vote_at_age, nik_refusal
from services.registry.schemas.shapes import Outcome
from services.registry.schemas.voter_changes import (
    ChangeKind,
    VoterCorrectionIn,
    VoterRestoreIn,
    VoterStrikeIn,
    WalkInIn,
)
from services.registry.schemas.voters import ChangeNotes, Person, Sex
from services.registry.tables.frames import TpsState, load_frame
from services.registry.tables.voters import nik_of, require_same_keys, sealed


async def strike_voter(
    uow: UnitOfWork, command: VoterStrikeIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Strike a voter from the list: death, a double entry, or an entry that should not be.

    Emits:
        tps_voters.counted, where something changed.

    Raises:
        VoterUnknown, VoterMoved: there is no such voter in the caller's regions.
    """
    held = await hold_voter(uow, command.voter, keys=keys, actor=actor, origin=origin)
    if held.row["strike_reason"] == command.reason:
        return voter_receipt(held.row, held.tps, Outcome.UNCHANGED)
    return await _set_status(
        uow, held, ChangeKind.STRUCK, evidence=command.evidence, reason=command.reason.value, origin=origin
    )


async def restore_voter(
    uow: UnitOfWork, command: VoterRestoreIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Put a voter back on the list who was struck by mistake.

    Emits:
        tps_voters.counted, where something changed.

    Raises:
        VoterUnknown, VoterMoved: there is no such voter in the caller's regions.
    """
    held = await hold_voter(uow, command.voter, keys=keys, actor=actor, origin=origin)
    if held.row["status"] == "active":
        return voter_receipt(held.row, held.tps, Outcome.UNCHANGED)
    return await _set_status(
        uow, held, ChangeKind.RESTORED, evidence=command.evidence, reason=None, origin=origin
    )


async def _set_status(
    uow: UnitOfWork, held: Held, kind: ChangeKind, *, evidence: str, reason: str | None, origin: Origin
) -> Receipt:
    rows = await uow.fetch(
        """update voter set status = case when $2::text is null then 'active' else 'struck' end, strike_reason = $2,
               recorded_at = $3 where id = $1 returning *""",
        *(held.voter, reason, origin.now),
    )
    notes = ChangeNotes(evidence=evidence, reason=held.row["strike_reason"])
    here = held.tps.tps_id
    change = change_row(
        *(held.keys, held.voter, kind, notes), from_tps=here, to_tps=here, reason=reason, origin=origin
    )
    await write_history(uow, [change])
    await count_voters(uow, [here], origin=origin)
    return voter_receipt(rows[0], held.tps, Outcome.CHANGED)


async def correct_voter(
    uow: UnitOfWork, command: VoterCorrectionIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Correct what the list has of a voter: name, birth date, or the TPS within the kelurahan; what stood before is kept.

    Emits:
        tps_voters.counted, where the TPS changed.

    Raises:
        VoterUnknown, VoterMoved, TpsUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        VoterStruck: the voter is not on the list any more.
        InvalidPayload: the TPS lies in another kelurahan, or the birth date is nobody's who may vote.
    """
    held = await hold_voter(uow, command.voter, keys=keys, actor=actor, origin=origin)
    require_not_struck(held)
    to = held.tps
    if command.tps_code is not None:
        to = await open_tps(uow, command.tps_code, actor=actor, origin=origin)
    refuse_misfits(_misfits_of(command, held, to))
    said = {
        name: value
        for name, value in (("name", command.name), ("birth_date", command.birth_date))
        if value is not None
    }
    person = held.person.model_copy(update=said)
    findings = birth_findings(person, Sex(held.row["sex"]))
    if person == held.person and to.tps_id == held.tps.tps_id:
        return voter_receipt(held.row, to, Outcome.UNCHANGED, findings)
    keys = held.keys
    rows = await uow.fetch(
        """update voter set tps_id = $2, key_id = $3, nik_index = $4, sealed = $5, recorded_at = $6 where id = $1
           returning *""",
        *(held.voter, to.tps_id, keys.current, keys.indexes(nik_of(origin.election, person.nik))[0]),
        *(sealed(keys, held.voter, person), origin.now),
    )
    notes = ChangeNotes(evidence=command.evidence, before=held.person)
    change = change_row(
        *(keys, held.voter, ChangeKind.CORRECTED, notes),
        from_tps=held.tps.tps_id,
        to_tps=to.tps_id,
        reason=None,
        origin=origin,
    )
    await write_history(uow, [change])
    if to.tps_id != held.tps.tps_id:
        await count_voters(uow, [held.tps.tps_id, to.tps_id], origin=origin)
    return voter_receipt(rows[0], to, Outcome.CHANGED, findings)


def _misfits_of(command: VoterCorrectionIn, held: Held, to: TpsState) -> list[FieldError]:
    found: list[FieldError] = []
    if kelurahan_of(to.code) != kelurahan_of(held.tps.code):
        told = (
            "This is another kelurahan: that is a move.",
            "Ini kelurahan lain: gunakan pindah memilih.",
        )
        found.append(FieldError("/tps_code", "other-kelurahan", *told))
    voting_date = to.facts.voting_date or held.frame.voting_date
    if command.birth_date is not None and not may_vote_at_age(
        command.birth_date, on=voting_date, married=bool(command.married)
    ):
        found.append(FieldError("/birth_date", AGE, "See docs/rules.md.", "Lihat docs/rules.md."))
    return found


async def add_walk_in(
    uow: UnitOfWork, command: WalkInIn, *, keys: SealingKeys | None, actor: Actor, origin: Origin
) -> Receipt:
    """Add somebody who voted with an identity card and is on no list (TAMBAHAN); it happened, so what is odd is a finding.

    Emits:
        tps_voters.counted

    Raises:
        ElectionUnknown, TpsUnknown, RegionNotCovered: there is no such thing in the caller's regions.
        VotersUnavailable: the keys are not here.
        InvalidPayload: the NIK or the age is nobody's who may vote.
        VoterListed: the list has this NIK.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    keys = await require_same_keys(uow, keys)
    await lock_names(uow, [f"voters/{origin.election}"])
    tps = await open_tps(uow, command.tps_code, actor=actor, origin=origin)
    voting_date = tps.facts.voting_date or frame.voting_date
    refusal = nik_refusal(command.nik, rehearsal=frame.rehearsal)
    found = [FieldError("/nik", refusal, "See docs/rules.md.", "Lihat docs/rules.md.")] if refusal else []
    if not may_vote_at_age(command.birth_date, on=voting_date, married=bool(command.married)):
        found.append(FieldError("/birth_date", AGE, "See docs/rules.md.", "Lihat docs/rules.md."))
    refuse_misfits(found)
    person = Person(
        nik=command.nik, name=command.name, birth_date=command.birth_date, disability=command.disability
    )
    settings = frame.settings
    findings = walk_in_findings(
        tps.code,
        voting_date=voting_date,
        opens=settings.walk_in_opens.value,
        closes=tps.facts.voting_closes or settings.voting_closes.value,
        occurred_at=command.occurred_at,
        address_code=command.address_code,
    )
    findings += birth_findings(person, command.sex)
    indexes = keys.indexes(nik_of(origin.election, command.nik))
    async with (
        uow.beyond_regions()
    ):  # one person is once on the list of an election; where the other row is, is not told
        known = await uow.fetch_row(
            "select * from voter where election = $1 and nik_index = any($2::bytea[]) and status <> 'moved' for update",
            *(origin.election, indexes),
        )
    if known is not None:
        if (known["kind"], known["tps_id"], known["status"]) == ("tambahan", tps.tps_id, "active"):
            return voter_receipt(known, tps, Outcome.UNCHANGED, findings)
        raise _listed()
    row = await _add(uow, command, person, tps, keys=keys, origin=origin)
    await count_voters(uow, [tps.tps_id], origin=origin)
    return voter_receipt(row, tps, Outcome.CREATED, findings)


def _listed() -> VoterListed:
    return VoterListed(
        "The election's list has this NIK already.",
        detail_id="Daftar pemilih sudah memuat NIK ini.",
        current_state="listed",
        allowed=[
            "find the voter by NIK, where your regions cover the TPS",
            "restore or move the voter",
            "report an incident, where somebody voted who is listed elsewhere",
        ],
    )


async def _add(
    uow: UnitOfWork, command: WalkInIn, person: Person, tps: TpsState, *, keys: SealingKeys, origin: Origin
) -> Row:
    await note_key(uow, keys)
    voter: UUID = uuid7()
    rows = await uow.fetch(
        """insert into voter (id, election, tps_id, kind, sex, status, canary, key_id, nik_index, sealed, recorded_at,
                              from_code)
           values ($1, $2, $3, 'tambahan', $4, 'active', false, $5, $6, $7, $8, $9) returning *""",
        *(voter, origin.election, tps.tps_id, command.sex.value, keys.current),
        *(keys.indexes(nik_of(origin.election, person.nik))[0], sealed(keys, voter, person)),
        *(origin.now, command.address_code),
    )
    change = change_row(
        *(keys, voter, ChangeKind.LISTED, ChangeNotes(evidence=command.evidence)),
        from_tps=None,
        to_tps=tps.tps_id,
        reason=None,
        origin=origin,
        occurred_at=command.occurred_at,
    )
    await write_history(uow, [change])
    return rows[0]
