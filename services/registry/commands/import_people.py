"""What an import does with rows of officers, their training and their screening, and of personnel."""

from collections import defaultdict
from collections.abc import Sequence

from chassis.database import UnitOfWork
from contracts.zones import zone_of
from services.registry.commands.frame import lock_names
from services.registry.commands.import_chunk import (
    ELSEWHERE,
    MISSING,
    TWICE,
    Chunk,
    OfTps,
    known_tps,
    of_shape,
    validated,
)
from services.registry.commands.keepers import keeper_of
from services.registry.commands.personnel import Force, locked_personnel, write_personnel
from services.registry.commands.personnel import facts_of as personnel_facts
from services.registry.commands.rosters import Assignment, Crew, Rosters, assign, load_rosters
from services.registry.commands.screenings import Screening, write_screenings
from services.registry.commands.trainings import locked_training, take_attendance
from services.registry.rules.keeping import Keeper
from services.registry.rules.personnel import personnel_misfits
from services.registry.rules.regions import civil_date, is_region
from services.registry.rules.rosters import Holder, may_step, slots_at
from services.registry.schemas.imports import (
    AttendanceRowIn,
    ImportRow,
    OfficerRowIn,
    PersonnelRowIn,
    ScreeningRowIn,
)
from services.registry.schemas.officers import Trained
from services.registry.schemas.personnel import PersonnelFacts
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.schemas.trainings import AttendanceIn
from services.registry.tables.frames import Frame, find_tps, load_frame
from services.registry.tables.people import Training, area_roster_id

_UNKNOWN_AREA = Misfit("tps_code", "region-unknown", "The list of regions has no such code.")
_NO_SLOT = Misfit("slot", "slot-unknown", "The place has fewer slots of this duty.")
_ELSEWHERE = Misfit("person", "officer-elsewhere", "The person holds another slot.")
_NO_SESSION = Misfit("training", "training-unknown", "No training session has this code.")
_CANCELLED = Misfit("training", "wrong-state", "The session was cancelled.")
_BACKWARDS = Misfit("status", "wrong-state", "The holder of this post has come further already.")


async def apply_officers(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    """Take in who holds which post.

    Emits:
        tps_roster.changed, area_roster.changed, one for each roster that changed.
    """
    frame = await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, OfficerRowIn)
    crews = await known_crews(uow, given, chunk)
    rosters = await load_rosters(
        uow,
        chunk.origin.election,
        rosters=list({crew.roster_id for crew in crews.values()}),
        persons=[row.person for _, row in given if row.person],
    )
    numbers, assignments = _planned(given, crews, rosters, chunk=chunk, frame=frame)
    clashing = rosters.clashes(assignments)
    standing: list[Assignment] = []
    for index, (number, assignment) in enumerate(zip(numbers, assignments, strict=True)):
        if index in clashing:
            chunk.refuse(number, _ELSEWHERE)
            continue
        standing.append(assignment)
        chunk.take(number, Outcome.CHANGED if assignment.place in rosters.held else Outcome.CREATED)
    if not chunk.terms.dry_run:
        await assign(uow, rosters, standing, frame=frame, origin=chunk.origin)


async def known_crews(uow: UnitOfWork, rows: Sequence[tuple[int, OfTps]], chunk: Chunk) -> dict[int, Crew]:
    """Return the places of rows, by row number; refuse the rows of what is elsewhere or not there.

    Emits:
        nothing
    """
    at_tps = [(number, row) for number, row in rows if row.tps_code.count(".") == 4]
    known = await known_tps(uow, at_tps, chunk)
    found = {number: Crew(state.tps_id, state.code) for number, state in known.items()}
    for number, row in rows:
        if row.tps_code.count(".") == 4:
            continue
        if not chunk.terms.covers(row.tps_code):
            chunk.refuse(number, ELSEWHERE)
        elif not is_region(row.tps_code):
            chunk.refuse(number, _UNKNOWN_AREA)
        else:
            found[number] = Crew(area_roster_id(chunk.origin.election, row.tps_code), row.tps_code)
    return found


def _planned(
    given: Sequence[tuple[int, OfficerRowIn]],
    crews: dict[int, Crew],
    rosters: Rosters,
    *,
    chunk: Chunk,
    frame: Frame,
) -> tuple[list[int], list[Assignment]]:
    """Return the rows that change something, and what they come to; the others are refused or change nothing."""
    changes: dict[tuple[object, ...], tuple[int, Assignment]] = {}
    for number, row in given:
        crew = crews.get(number)
        if crew is None:
            continue
        if row.slot > slots_at(crew.code, frame.settings).get(row.duty, 0):
            chunk.refuse(number, _NO_SLOT)
            continue
        assignment = Assignment(crew, row.duty, row.slot, None)
        before = rosters.held.get(assignment.place)
        holder = _holder(row, before, rosters, assignment)
        if isinstance(holder, Misfit):
            chunk.refuse(number, holder)
        elif assignment.place in changes:
            chunk.refuse(number, TWICE)
        elif holder == before:
            chunk.take(number, Outcome.UNCHANGED)
        else:
            changes[assignment.place] = (number, Assignment(crew, row.duty, row.slot, holder))
    return [number for number, _ in changes.values()], [each for _, each in changes.values()]


def _holder(
    row: OfficerRowIn, before: Holder | None, rosters: Rosters, assignment: Assignment
) -> Holder | Misfit | None:
    """Return who is to hold a post; the same person keeps the name and training that the row does not tell."""
    if row.person is None:
        return None
    standing = before if before is not None and before.person == row.person else None
    name = row.display_name or (standing.display_name if standing else None)
    if name is None:
        return Misfit("display_name", "missing", MISSING)
    told = "trained" in row.model_fields_set and row.trained is not None
    trained = row.trained if told else standing.trained if standing else Trained.UNKNOWN
    said = Holder(row.person, name, trained or Trained.UNKNOWN)
    holder = rosters.planned(assignment.place, said, status=row.status)
    if standing is not None and not may_step(standing.status, holder.status, correction=False):
        return _BACKWARDS
    return holder


async def apply_attendance(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    """Take in who attended which session.

    Emits:
        training.changed, one for each session; the rosters of those who are trained now, or are not.
    """
    frame = await load_frame(uow, chunk.origin.election, lock="for share")
    by_session: defaultdict[str, list[tuple[int, AttendanceIn]]] = defaultdict(list)
    for number, row in of_shape(rows, AttendanceRowIn):
        values = row.model_dump(include={"person", "duty", "slot", "attended"})
        line = validated(chunk, number, AttendanceIn, values | {"place_code": row.tps_code})
        if line is not None:
            by_session[row.training].append((number, line))
    keeper = await keeper_of(uow, chunk.terms.actor)
    # All of them before any roster: whoever records attendance holds a session, and then waits for rosters.
    await lock_names(uow, [f"training:{chunk.origin.election}:{code}" for code in by_session])
    for code, lines in sorted(by_session.items()):
        session = await locked_training(uow, chunk.origin.election, code)
        refusal = _session_refusal(session, keeper, chunk)
        if session is None or refusal is not None:
            for number, _ in lines:
                chunk.refuse(number, refusal or _NO_SESSION)
            continue
        results = await take_attendance(
            uow,
            session,
            [line for _, line in lines],
            actor=chunk.terms.actor,
            keeper=keeper,
            frame=frame,
            origin=chunk.origin,
            dry_run=chunk.terms.dry_run,
        )
        for (number, _), result in zip(lines, results, strict=True):
            if result.code is not None:
                chunk.refuse(number, Misfit("", result.code, "The line names nobody whom it may be said of."))
            else:
                chunk.take(number, Outcome.CHANGED if result.outcome == "recorded" else Outcome.UNCHANGED)


def _session_refusal(session: Training | None, keeper: Keeper, chunk: Chunk) -> Misfit | None:
    if session is None or not chunk.terms.covers(session.region_code):
        return _NO_SESSION  # one that is elsewhere looks like none
    if not keeper.may_change(session.kept_by):
        return ELSEWHERE
    return _CANCELLED if session.state == "cancelled" else None


async def apply_screenings(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    """Take in what screenings came to.

    Emits:
        tps_roster.changed, area_roster.changed, one for each roster that counts otherwise now.
    """
    frame = await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, ScreeningRowIn)
    crews = await known_crews(uow, given, chunk)
    held = await uow.fetch(
        "select tps_id, duty, slot, person from officer where tps_id = any($1::uuid[])",
        [crew.roster_id for crew in crews.values()],
    )
    persons = {(row["tps_id"], row["duty"], row["slot"]): row["person"] for row in held}
    screenings: dict[str, tuple[int, Screening]] = {}
    for number, row in given:
        crew = crews.get(number)
        if crew is None:
            continue
        person = persons.get((crew.roster_id, row.duty.value, row.slot))
        if person is None:
            chunk.refuse(number, Misfit("slot", "roster-slot-empty", "Nobody holds this post."))
        elif row.screened_on > civil_date(chunk.origin.now, zone_of(crew.code)):
            chunk.refuse(number, Misfit("screened_on", "in-the-future", "The day has not come yet."))
        elif person in screenings:
            chunk.refuse(number, TWICE)
        else:
            screenings[person] = (number, Screening(person, row.fitness, row.screened_on))
    said = [screening for _, screening in screenings.values()]
    new = await write_screenings(uow, said, frame=frame, origin=chunk.origin, dry_run=chunk.terms.dry_run)
    for person, (number, _) in screenings.items():
        chunk.take(number, Outcome.CREATED if person in new else Outcome.UNCHANGED)


async def apply_personnel(uow: UnitOfWork, rows: Sequence[tuple[int, ImportRow]], chunk: Chunk) -> None:
    """Take in the personnel of operations.

    Emits:
        personnel.changed, one for each that changed.
    """
    await load_frame(uow, chunk.origin.election, lock="for share")
    given = of_shape(rows, PersonnelRowIn)
    codes = [row.place_code for _, row in given if row.place_code.count(".") == 4]
    at_tps = await find_tps(uow, chunk.origin.election, codes)
    keeper = await keeper_of(uow, chunk.terms.actor)
    for number, row in sorted(
        given, key=lambda item: (item[1].place_code, item[1].operation, item[1].agency)
    ):
        code = at_tps[row.place_code].code if row.place_code in at_tps else row.place_code
        values = row.model_dump(include=set(PersonnelFacts.model_fields), exclude_none=True)
        facts = PersonnelFacts.model_validate({"source": chunk.terms.source} | values)
        if not chunk.terms.covers(row.place_code) or not chunk.terms.covers(code):
            chunk.refuse(number, ELSEWHERE)
        elif row.place_code not in at_tps and not is_region(row.place_code):
            chunk.refuse(number, Misfit("place_code", "place-unknown", "No region and no TPS has this code."))
        elif misfits := personnel_misfits(facts):
            chunk.refuse(number, *misfits)
        else:
            force = Force(row.operation, row.agency, code)
            outcome = await _take_personnel(uow, force, facts, keeper=keeper, chunk=chunk)
            if outcome is None:
                chunk.refuse(number, ELSEWHERE)
            else:
                chunk.take(number, outcome)


async def _take_personnel(
    uow: UnitOfWork, force: Force, facts: PersonnelFacts, *, keeper: Keeper, chunk: Chunk
) -> Outcome | None:
    """Return what a row comes to; None where another agency keeps the force."""
    before = await locked_personnel(uow, chunk.origin.election, force)
    if before is not None and not keeper.may_change(before.kept_by):
        return None
    if before is not None and personnel_facts(before) == facts:
        return Outcome.UNCHANGED
    if not chunk.terms.dry_run:
        await write_personnel(uow, force, facts, before=before, keeper=keeper, origin=chunk.origin)
    return Outcome.CHANGED if before else Outcome.CREATED
