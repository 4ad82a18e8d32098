"""The register of problems: what endangers a point of the desk without having gone wrong yet."""

from dataclasses import replace

from sqlmodel import select
from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.incidents_events import (
    ProblemFacts,
    ProblemRegistered,
    ProblemReopened,
    ProblemResolved,
    ProblemRevised,
    ProblemState,
)
from services.incidents.commands.cases import Handling, StepTaken, judge, keep_step, step_taken
from services.incidents.commands.places import place_of
from services.incidents.errors import NothingChanges, problem_unknown
from services.incidents.events.problems import allowed, card, facts
from services.incidents.schemas.problems import (
    ProblemIn,
    ProblemReopeningIn,
    ProblemResolutionIn,
    ProblemRevisionIn,
)
from services.incidents.schemas.shapes import StepIn
from services.incidents.tables.problems import ProblemRow


async def register_problem(uow: UnitOfWork, command: ProblemIn, *, origin: Origin) -> Receipt:
    """Put a problem into the register.

    Emits:
        problem.registered

    Raises:
        PlaceUnknown: the election has no such place.
    """
    place = await place_of(uow, command.code, election=origin.election)
    problem = ProblemRow(
        problem_id=uuid7(),
        election=origin.election,
        version=0,
        point=command.point,
        severity=command.severity,
        state=ProblemState.OPEN,
        agency=command.agency,
        region_code=place.region_code,
        tps_id=place.tps_id,
        tps_code=place.tps_code,
        lat=command.lat,
        lon=command.lon,
        title=command.title,
        description=command.description,
        registered_at=origin.now,
        due_until=command.due_until,
    )
    uow.session.add(problem)
    told = await _tell(uow, problem, StepTaken("register", origin), ProblemRegistered)
    return replace(told, status=201)


async def revise_problem(
    uow: UnitOfWork, handling: Handling, command: ProblemRevisionIn, *, origin: Origin
) -> Receipt:
    """Revise severity, agency, title or due time of an open problem.

    Emits:
        problem.revised

    Raises:
        NothingChanges: all of it is so already.
        ProblemUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be revised.
    """
    problem, taken = await _begin(uow, handling, "revise", command, origin=origin)
    before = (problem.severity, problem.agency, problem.title, problem.due_until)
    problem.severity = command.severity or problem.severity
    problem.agency = command.agency or problem.agency
    problem.title = command.title or problem.title
    problem.due_until = command.due_until or problem.due_until
    if before == (problem.severity, problem.agency, problem.title, problem.due_until):
        raise NothingChanges(
            "Nothing of this problem would be different.",
            detail_id="Tidak ada yang berubah pada masalah ini.",
            current_state=problem.state.value,
            allowed=allowed(problem.state),
        )
    return await _tell(uow, problem, taken, ProblemRevised)


async def resolve_problem(
    uow: UnitOfWork, handling: Handling, command: ProblemResolutionIn, *, origin: Origin
) -> Receipt:
    """Take a problem off the list of open ones, with its outcome.

    Emits:
        problem.resolved

    Raises:
        ProblemUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be resolved.
    """
    problem, taken = await _begin(uow, handling, "resolve", command, origin=origin)
    problem.state, problem.outcome = ProblemState.RESOLVED, command.outcome
    problem.resolved_at = taken.counts_from
    return await _tell(uow, problem, taken, ProblemResolved)


async def reopen_problem(
    uow: UnitOfWork, handling: Handling, command: ProblemReopeningIn, *, origin: Origin
) -> Receipt:
    """Put a resolved problem back among the open ones.

    Emits:
        problem.reopened

    Raises:
        ProblemUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be reopened.
    """
    problem, taken = await _begin(uow, handling, "reopen", command, origin=origin)
    problem.state, problem.outcome, problem.resolved_at = ProblemState.OPEN, None, None
    return await _tell(uow, problem, taken, ProblemReopened)


async def _begin(
    uow: UnitOfWork, handling: Handling, step: str, command: StepIn, *, origin: Origin
) -> tuple[ProblemRow, StepTaken]:
    """Lock a problem for a step, and judge whether this caller can take it."""
    found = await uow.session.exec(
        select(ProblemRow)
        .where(ProblemRow.election == origin.election, ProblemRow.problem_id == handling.case_id)
        .with_for_update()
    )
    problem = found.first()
    if problem is None or handling.actor.granted_region(problem.place) is None:
        raise problem_unknown(handling.case_id)
    judge(handling, problem, step, allowed=allowed(problem.state), agencies=[problem.agency])
    return problem, step_taken(step, command, origin=origin)


async def _tell(uow: UnitOfWork, problem: ProblemRow, taken: StepTaken, kind: type[ProblemFacts]) -> Receipt:
    """Keep the step, tell of the problem as it stands now, and answer with it."""
    await keep_step(uow, problem, taken, kind(**facts(problem).model_dump()))
    return Receipt(
        card(problem, now=taken.origin.now),
        location=f"/v1/elections/{problem.election}/problems/{problem.problem_id}",
        aggregate=f"problem/{problem.problem_id}",
        version=problem.version,
        status=200,
    )
