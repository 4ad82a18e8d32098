"""What an import does with its rows: the same commands as one request, for many rows in one transaction."""

from collections.abc import Sequence

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from contracts.vocabulary import tps_code
from services.registry.commands.facilities import (
    FacilityChange,
    facility_misfits,
    facts_of,
    locked_facilities,
    write_facilities,
)
from services.registry.commands.import_chunks import (
    ELSEWHERE,
    TWICE,
    Apply,
    ImportTerms,
    RowDone,
)
from services.registry.commands.import_chunks import Chunk as _Chunk
from services.registry.commands.import_chunks import known_tps as _known_tps
from services.registry.commands.import_chunks import rows_of as _of
from services.registry.commands.import_chunks import validated as _validated
from services.registry.commands.import_files import RawRow
from services.registry.commands.import_kinds import KEYS_OF_PLACES, NEEDED_OF_PLACES
from services.registry.commands.officers import Assignment, Holder, assign, load_rosters
from services.registry.commands.points import point_findings
from services.registry.commands.risks import Assessment, assess_risks
from services.registry.commands.tps import TpsChange, lock_kelurahan, moves_back, plan_tps, write_tps
from services.registry.commands.voters import Enrolment, enrol_voters
from services.registry.rules.rosters import slots_of
from services.registry.rules.tps import tps_findings
from services.registry.rules.voters import row_findings, row_refusal
from services.registry.schemas.facilities import FacilityFacts
from services.registry.schemas.imports import (
    ROW_SHAPES,
    FacilityRowIn,
    ImportKind,
    ImportRow,
    OfficerRowIn,
    RiskRowIn,
    TpsRowIn,
    VoterRowIn,
)
from services.registry.schemas.officers import Trained
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.schemas.tps import TpsFacts
from services.registry.tables.frames import TpsState, find_tps, load_frame

KEYS: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.TPS: ("tps_code",),
    ImportKind.RISKS: ("tps_code", "kind"),
    ImportKind.OFFICERS: ("tps_code", "duty", "slot"),
    ImportKind.FACILITIES: ("code",),
    ImportKind.VOTERS: (),
    **KEYS_OF_PLACES,
}
"""The columns that say what a row is about; of voters that is told by the database, for a list is too long for memory."""

NEEDED: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.TPS: ("tps_code",),
    ImportKind.RISKS: ("tps_code", "kind", "risk_class", "as_of"),
    ImportKind.OFFICERS: ("tps_code", "duty", "slot", "person"),
    ImportKind.FACILITIES: ("code",),
    ImportKind.VOTERS: ("nik", "name", "sex", "birth_date", "tps_code", "kind"),
    **NEEDED_OF_PLACES,
}
"""The columns that a file must have."""

MOVED_BY_DECISION = Misfit("place", "tps-moved", "The TPS was moved by a decision: relocate it, or leave it.")
MISSING = "This column may not be empty."
RULES = "See docs/rules.md."


def key_of(kind: ImportKind, raw: RawRow) -> str | None:
    """Return what a row is about, as far as its text says; None where it does not."""
    parts = [str(raw.values.get(name) or "").strip().lower() for name in KEYS[kind]]
    if not parts or not all(parts):
        return None
    return " ".join([tps_code(parts[0]), *parts[1:]])


async def apply_rows(
    uow: UnitOfWork,
    raws: Sequence[RawRow],
    terms: ImportTerms,
    *,
    repeated: frozenset[int],
    keys: SealingKeys | None,
    origin: Origin,
    apply: Apply | None = None,
) -> list[RowDone]:
    """Take rows in, each judged alone; on a dry run only judge them.

    Args:
        raws: rows of one kind.
        terms: on whose word.
        repeated: numbers of rows whose thing a row before was about.
        keys: what voters are sealed with, where there are any.
        apply: what takes in the rows of a kind that lives in a file of its own.

    Returns:
        one result per row, in the order of the file.

    Emits:
        what the kind's own command emits.
    """
    chunk = _Chunk(terms, origin, keys)
    shape = ROW_SHAPES[terms.kind]
    rows: list[tuple[int, ImportRow]] = []
    for raw in raws:
        if raw.fault is not None:
            chunk.refuse(raw.row, raw.fault)
        elif raw.row in repeated:
            chunk.refuse(raw.row, TWICE)
        else:
            row = _validated(chunk, raw.row, shape, raw.values)
            if row is not None:
                rows.append((raw.row, row))
    await (apply or _APPLY[terms.kind])(uow, rows, chunk)
    return sorted(chunk.done, key=lambda done: done.row)


def _said(row: ImportRow, *, never_null: frozenset[str]) -> dict[str, object]:
    """Return what a row says: the columns that the file has, without empty cells of what cannot be unknown."""
    said = row.model_dump(exclude_unset=True)
    return {name: value for name, value in said.items() if value is not None or name not in never_null}


_TPS_NEVER_NULL = frozenset({"kind", "active", "source", "place", "address", "dpt_men", "dpt_women"})


async def _apply_tps(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: _Chunk) -> None:
    terms, election = chunk.terms, chunk.origin.election
    given = [(number, row) for number, row in _of(rows, TpsRowIn)]
    codes = [row.tps_code for _, row in given]
    frame = await load_frame(uow, election, lock="for share")
    if not terms.dry_run:
        await lock_kelurahan(uow, election, codes)
    known = await find_tps(uow, election, codes, lock=not terms.dry_run)
    changes: list[TpsChange] = []
    taken: list[tuple[int, Outcome, TpsState]] = []
    for number, row in given:
        if not terms.covers(row.tps_code):
            chunk.refuse(number, ELSEWHERE)
            continue
        before = known.get(row.tps_code)
        if before is not None and before.code != row.tps_code:
            chunk.refuse(
                number, Misfit("tps_code", "tps-renumbered", f"This TPS has the code {before.code} by now.")
            )
            continue
        said = _said(row, never_null=_TPS_NEVER_NULL)
        del said["tps_code"]
        standing = before.facts.model_dump() if before else {}
        facts = _validated(chunk, number, TpsFacts, standing | {"source": terms.source} | said)
        if facts is None:
            continue
        state, misfits = plan_tps(row.tps_code, facts, before=before, frame=frame)
        if before is not None and moves_back(before, facts):
            misfits.append(MOVED_BY_DECISION)
        if misfits:
            chunk.refuse(number, *misfits)
            continue
        outcome = Outcome.CREATED
        if before is not None:
            outcome = Outcome.UNCHANGED if state.version == before.version else Outcome.CHANGED
        if outcome is not Outcome.UNCHANGED:
            changes.append(TpsChange(state))
        taken.append((number, outcome, state))
    asked = await point_findings(uow, election, [(number, state) for number, _, state in taken])
    for number, outcome, state in taken:
        dpt = state.facts.dpt_men + state.facts.dpt_women
        findings = tps_findings(state.code, dpt=dpt, max_voters=frame.settings.max_voters_per_tps.value)
        chunk.take(number, outcome, *(Misfit("", code, RULES) for code in findings), *asked.get(number, ()))
    if not terms.dry_run:
        await write_tps(uow, changes, frame=frame, origin=chunk.origin)


async def _apply_risks(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: _Chunk) -> None:
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = _of(rows, RiskRowIn)
    known = await _known_tps(uow, given, chunk)
    assessments: dict[tuple[str, str], tuple[int, Assessment]] = {}
    for number, row in given:
        if number not in known:
            continue
        assessment = Assessment(
            known[number],
            row.kind,
            row.risk_class,
            tuple(row.indicators or ()),
            row.source or chunk.terms.source,
            row.as_of,
        )
        if assessment.key in assessments:  # a former code and the present one, in one file
            chunk.refuse(number, TWICE)
        else:
            assessments[assessment.key] = (number, assessment)
    results = await assess_risks(
        uow, [each for _, each in assessments.values()], dry_run=chunk.terms.dry_run, origin=chunk.origin
    )
    for (number, _), result in zip(assessments.values(), results, strict=True):
        if result.outcome is None:
            chunk.refuse(
                number, Misfit("as_of", "assessment-older", "A newer assessment of this risk is known.")
            )
        else:
            chunk.take(number, result.outcome)


async def _apply_officers(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: _Chunk) -> None:
    frame = await load_frame(uow, chunk.origin.election, lock="for share")
    given = _of(rows, OfficerRowIn)
    known = await _known_tps(uow, given, chunk)
    rosters = await load_rosters(
        uow,
        chunk.origin.election,
        tps_ids=list({state.tps_id for state in known.values()}),
        persons=[row.person for _, row in given if row.person],
    )
    slots = slots_of(frame.settings)
    numbers: list[int] = []
    assignments: list[Assignment] = []
    for number, row in given:
        if number not in known:
            continue
        if row.slot > slots[row.duty]:
            chunk.refuse(number, Misfit("slot", "slot-unknown", "A TPS has fewer slots of this duty."))
            continue
        place = (known[number].tps_id, row.duty, row.slot)
        holder = _holder(row, rosters.held.get(place))
        if isinstance(holder, Misfit):
            chunk.refuse(number, holder)
        elif any(place == each.place for each in assignments):
            chunk.refuse(number, TWICE)
        elif holder == rosters.held.get(place):
            chunk.take(number, Outcome.UNCHANGED)
        else:
            numbers.append(number)
            assignments.append(Assignment(known[number], row.duty, row.slot, holder))
    clashing = rosters.clashes(assignments)
    standing: list[Assignment] = []
    for index, (number, assignment) in enumerate(zip(numbers, assignments, strict=True)):
        if index in clashing:
            chunk.refuse(number, Misfit("person", "officer-elsewhere", "The person holds another slot."))
            continue
        standing.append(assignment)
        chunk.take(number, Outcome.CHANGED if assignment.place in rosters.held else Outcome.CREATED)
    if not chunk.terms.dry_run:
        await assign(uow, rosters, standing, frame=frame, origin=chunk.origin)


def _holder(row: OfficerRowIn, before: Holder | None) -> Holder | Misfit | None:
    """Return who is to hold a slot; the same person keeps the name and training that the row does not tell."""
    if row.person is None:
        return None
    standing = before if before is not None and before.person == row.person else None
    name = row.display_name or (standing.display_name if standing else None)
    if name is None:
        return Misfit("display_name", "missing", MISSING)
    told = "trained" in row.model_fields_set and row.trained is not None
    trained = row.trained if told else standing.trained if standing else Trained.UNKNOWN
    return Holder(row.person, name, trained or Trained.UNKNOWN)


_FACILITY_NEVER_NULL = frozenset({"kind", "name", "region_code", "address", "contact_status", "source"})


async def _apply_facilities(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: _Chunk) -> None:
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = _of(rows, FacilityRowIn)
    known = await locked_facilities(uow, chunk.origin.election, [row.code for _, row in given])
    changes: list[FacilityChange] = []
    for number, row in given:
        before = known.get(row.code)
        said = _said(row, never_null=_FACILITY_NEVER_NULL)
        del said["code"]
        standing = facts_of(before).model_dump() if before else {}
        facts = _validated(chunk, number, FacilityFacts, standing | {"source": chunk.terms.source} | said)
        if facts is None:
            continue
        places = [facts.region_code, *([before.region_code] if before else [])]
        if not all(chunk.terms.covers(place) for place in places):
            chunk.refuse(number, ELSEWHERE)
        elif misfits := facility_misfits(facts):
            chunk.refuse(number, *misfits)
        else:
            change = FacilityChange(row.code, facts, before)
            outcome = Outcome.CHANGED if before else Outcome.CREATED
            if change.same:
                outcome = Outcome.UNCHANGED
            else:
                changes.append(change)
            chunk.take(number, outcome)
    if not chunk.terms.dry_run:
        await write_facilities(uow, changes, origin=chunk.origin)


async def _apply_voters(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: _Chunk) -> None:
    frame = await load_frame(uow, chunk.origin.election, lock="for share")
    given = _of(rows, VoterRowIn)
    known = await _known_tps(uow, given, chunk)
    enrolments: list[Enrolment] = []
    for number, row in given:
        if number not in known:
            continue
        voting_date = known[number].facts.voting_date or frame.voting_date
        refusal = row_refusal(row, voting_date=voting_date, rehearsal=frame.rehearsal)
        if refusal is not None:
            chunk.refuse(number, Misfit(*refusal, RULES))
        else:
            enrolments.append(Enrolment(number, known[number].tps_id, row))
    terms = chunk.terms
    results = await enrol_voters(
        uow,
        enrolments,
        keys=chunk.keys,
        import_id=terms.import_id,
        dry_run=terms.dry_run,
        origin=chunk.origin,
    )
    for enrolment, result in zip(enrolments, results, strict=True):
        if result.outcome is None:
            chunk.refuse(enrolment.number, Misfit("nik", result.code, RULES))
        else:
            findings = [Misfit("nik", code, RULES) for code in row_findings(enrolment.said)]
            chunk.take(enrolment.number, result.outcome, *findings)


_APPLY: dict[ImportKind, Apply] = {
    ImportKind.TPS: _apply_tps,
    ImportKind.RISKS: _apply_risks,
    ImportKind.OFFICERS: _apply_officers,
    ImportKind.FACILITIES: _apply_facilities,
    ImportKind.VOTERS: _apply_voters,
}
