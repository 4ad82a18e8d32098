"""What an import does with its rows: the same commands as one request, for many rows in one transaction."""

from collections.abc import Sequence

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from contracts.vocabulary import tps_code
from services.registry.commands.coded import facts_of
from services.registry.commands.facilities import (
    FacilityChange,
    locked_facilities,
    region_misfits,
    write_facilities,
)
from services.registry.commands.import_chunk import (
    ELSEWHERE,
    RULES,
    TWICE,
    Apply,
    Chunk,
    ImportTerms,
    RowDone,
    known_tps,
    of_shape,
    said_of,
    validated,
)
from services.registry.commands.import_files import RawRow
from services.registry.commands.import_kinds import KEYS_OF_PLACES, NEEDED_OF_PLACES
from services.registry.commands.import_people import (
    apply_attendance,
    apply_officers,
    apply_personnel,
    apply_screenings,
)
from services.registry.commands.keepers import keeper_of
from services.registry.commands.points import point_findings
from services.registry.commands.risks import Assessment, assess_risks
from services.registry.commands.tps import TpsChange, lock_kelurahan, moves_back, plan_tps, write_tps
from services.registry.commands.voters import Enrolment, enrol_voters
from services.registry.rules.moves import MOVE_UNSURE, moved_row_findings, moved_row_refusal
from services.registry.rules.tps import tps_findings
from services.registry.rules.voters import row_findings, row_refusal
from services.registry.schemas.facilities import FacilityFacts
from services.registry.schemas.imports import (
    ROW_SHAPES,
    FacilityRowIn,
    ImportKind,
    ImportRow,
    RiskRowIn,
    TpsRowIn,
    VoterRowIn,
)
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.schemas.tps import TpsFacts
from services.registry.tables.frames import TpsState, find_tps, load_frame

KEYS: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.TPS: ("tps_code",),
    ImportKind.RISKS: ("tps_code", "kind"),
    ImportKind.OFFICERS: ("tps_code", "duty", "slot"),
    ImportKind.FACILITIES: ("code",),
    ImportKind.VOTERS: (),
    ImportKind.ATTENDANCE: (),
    ImportKind.SCREENINGS: ("tps_code", "duty", "slot"),
    ImportKind.PERSONNEL: ("place_code", "operation", "agency"),
    **KEYS_OF_PLACES,
}
"""The columns that say what a row is about, a code first; of voters the database tells it: a list is too long for memory.

Who attended is named by a person or by a post, so that two rows may be about the same: the later one corrects the earlier.
"""

NEEDED: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.TPS: ("tps_code",),
    ImportKind.RISKS: ("tps_code", "kind", "risk_class", "as_of"),
    ImportKind.OFFICERS: ("tps_code", "duty", "slot", "person"),
    ImportKind.FACILITIES: ("code",),
    ImportKind.VOTERS: ("nik", "name", "sex", "birth_date", "tps_code", "kind"),
    ImportKind.ATTENDANCE: ("training", "attended"),
    ImportKind.SCREENINGS: ("tps_code", "duty", "slot", "fitness", "screened_on"),
    ImportKind.PERSONNEL: ("operation", "agency", "place_code", "planned", "as_of"),
    **NEEDED_OF_PLACES,
}
"""The columns that a file must have."""

MOVED_BY_DECISION = Misfit("place", "tps-moved", "The TPS was moved by a decision: relocate it, or leave it.")


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
    chunk = Chunk(terms, origin, keys)
    shape = ROW_SHAPES[terms.kind]
    rows: list[tuple[int, ImportRow]] = []
    for raw in raws:
        if raw.fault is not None:
            chunk.refuse(raw.row, raw.fault)
        elif raw.row in repeated:
            chunk.refuse(raw.row, TWICE)
        else:
            row = validated(chunk, raw.row, shape, raw.values)
            if row is not None:
                rows.append((raw.row, row))
    await (apply or _APPLY[terms.kind])(uow, rows, chunk)
    return sorted(chunk.done, key=lambda done: done.row)


_TPS_NEVER_NULL = frozenset({"kind", "active", "source", "place", "address", "dpt_men", "dpt_women"})


async def _apply_tps(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    terms, election = chunk.terms, chunk.origin.election
    given = [(number, row) for number, row in of_shape(rows, TpsRowIn)]
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
        said = said_of(row, never_null=_TPS_NEVER_NULL)
        del said["tps_code"]
        standing = before.facts.model_dump() if before else {}
        facts = validated(chunk, number, TpsFacts, standing | {"source": terms.source} | said)
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


async def _apply_risks(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, RiskRowIn)
    known = await known_tps(uow, given, chunk)
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
        uow,
        [each for _, each in assessments.values()],
        keeper=await keeper_of(uow, chunk.terms.actor),
        dry_run=chunk.terms.dry_run,
        origin=chunk.origin,
    )
    for (number, _), result in zip(assessments.values(), results, strict=True):
        chunk.judge(number, result)


_FACILITY_NEVER_NULL = frozenset({"kind", "name", "region_code", "address", "contact_status", "source"})


async def _apply_facilities(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, FacilityRowIn)
    known = await locked_facilities(uow, chunk.origin.election, [row.code for _, row in given])
    keeper = await keeper_of(uow, chunk.terms.actor)
    changes: list[FacilityChange] = []
    for number, row in given:
        before = known.get(row.code)
        said = said_of(row, never_null=_FACILITY_NEVER_NULL)
        del said["code"]
        standing = facts_of(before, FacilityFacts).model_dump() if before else {}
        facts = validated(chunk, number, FacilityFacts, standing | {"source": chunk.terms.source} | said)
        if facts is None:
            continue
        places = [facts.region_code, *([before.region_code] if before else [])]
        kept_elsewhere = before is not None and not keeper.may_change(before.kept_by)
        if kept_elsewhere or not all(chunk.terms.covers(place) for place in places):
            chunk.refuse(number, ELSEWHERE)
        elif misfits := region_misfits(facts.region_code):
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
        await write_facilities(uow, changes, keeper=keeper, origin=chunk.origin)


async def _apply_voters(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    frame = await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, VoterRowIn)
    known = await known_tps(uow, given, chunk)
    enrolments: list[Enrolment] = []
    asked: dict[int, list[str]] = {}
    for number, row in given:
        if number not in known:
            continue
        voting_date = known[number].facts.voting_date or frame.voting_date
        refusal = row_refusal(row, voting_date=voting_date, rehearsal=frame.rehearsal)
        refusal = refusal or moved_row_refusal(row, voting_date=voting_date, settings=frame.settings)
        if refusal is not None:
            chunk.refuse(number, Misfit(*refusal, RULES))
            continue
        asked[number] = moved_row_findings(
            row, voting_date=voting_date, settings=frame.settings, now=chunk.origin.now
        )
        enrolments.append(Enrolment(number, known[number], row, MOVE_UNSURE in asked[number]))
    terms = chunk.terms
    results = await enrol_voters(
        uow,
        enrolments,
        keys=chunk.keys,
        import_id=terms.import_id,
        actor=terms.actor,
        dry_run=terms.dry_run,
        origin=chunk.origin,
    )
    for enrolment, result in zip(enrolments, results, strict=True):
        if result.outcome is None:
            chunk.refuse(enrolment.number, Misfit("nik", result.code, RULES))
        else:
            findings = [Misfit("nik", code, RULES) for code in row_findings(enrolment.said)]
            findings += [Misfit("kind", code, RULES) for code in asked[enrolment.number]]
            findings += [Misfit("nik", result.code, RULES)] if result.code else []
            chunk.take(enrolment.number, result.outcome, *findings)


_APPLY: dict[ImportKind, Apply] = {
    ImportKind.TPS: _apply_tps,
    ImportKind.RISKS: _apply_risks,
    ImportKind.OFFICERS: apply_officers,
    ImportKind.FACILITIES: _apply_facilities,
    ImportKind.VOTERS: _apply_voters,
    ImportKind.ATTENDANCE: apply_attendance,
    ImportKind.SCREENINGS: apply_screenings,
    ImportKind.PERSONNEL: apply_personnel,
}
