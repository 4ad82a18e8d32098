"""The register of problems: what endangers a point of the desk without having gone wrong yet."""

from datetime import datetime

from sqlmodel import select
from uuid_utils.compat import uuid7

from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.device_clocks import placed_at
from contracts.incidents_events import (
    ProblemFacts,
    ProblemRegistered,
    ProblemReopened,
    ProblemResolved,
    ProblemRevised,
    ProblemState,
)
from services.incidents.commands.places import place_of
from services.incidents.commands.work import Handling
from services.incidents.errors import AgencyNotYours, NothingChanges, ProblemUnknown
from services.incidents.events.problems import allowed, card, facts
from services.incidents.rules.routing import may_handle
from services.incidents.schemas.problems import (
    ProblemIn,
    ProblemReopeningIn,
    ProblemResolutionIn,
    ProblemRevisionIn,
)
from services.incidents.tables.incidents import CaseStep
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
    return await _tell(uow, problem, ProblemRegistered, step="register", reason="", origin=origin, status=201)


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
    problem = await _begin(uow, handling, "revise", origin=origin)
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
    return await _tell(
        uow,
        problem,
        ProblemRevised,
        step="revise",
        reason=command.reason,
        origin=origin,
        occurred_at=command.occurred_at,
    )


async def resolve_problem(
    uow: UnitOfWork, handling: Handling, command: ProblemResolutionIn, *, origin: Origin
) -> Receipt:
    """Take a problem off the list of open ones, with its outcome.

    Emits:
        problem.resolved

    Raises:
        ProblemUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be resolved.
    """
    problem = await _begin(uow, handling, "resolve", origin=origin)
    problem.state, problem.outcome = ProblemState.RESOLVED, command.outcome
    problem.resolved_at = placed_at(command.occurred_at or origin.now, origin.now)
    return await _tell(
        uow,
        problem,
        ProblemResolved,
        step="resolve",
        reason=command.reason,
        origin=origin,
        occurred_at=command.occurred_at,
    )


async def reopen_problem(
    uow: UnitOfWork, handling: Handling, command: ProblemReopeningIn, *, origin: Origin
) -> Receipt:
    """Put a resolved problem back among the open ones.

    Emits:
        problem.reopened

    Raises:
        ProblemUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be reopened.
    """
    problem = await _begin(uow, handling, "reopen", origin=origin)
    problem.state, problem.outcome, problem.resolved_at = ProblemState.OPEN, None, None
    return await _tell(
        uow,
        problem,
        ProblemReopened,
        step="reopen",
        reason=command.reason,
        origin=origin,
        occurred_at=command.occurred_at,
    )


async def _begin(uow: UnitOfWork, handling: Handling, step: str, *, origin: Origin) -> ProblemRow:
    """Lock a problem for a step, and judge whether this caller can take it."""
    found = await uow.session.exec(
        select(ProblemRow)
        .where(ProblemRow.election == origin.election, ProblemRow.problem_id == handling.subject_id)
        .with_for_update()
    )
    problem = found.first()
    if problem is None or handling.actor.granted_region(problem.place) is None:
        raise ProblemUnknown(
            f"No problem within your regions has the id {handling.subject_id}.",
            detail_id=f"Tidak ada masalah di wilayah Anda dengan id {handling.subject_id}.",
        )
    if not may_handle(handling.actor.roles, agencies=[problem.agency]):
        raise AgencyNotYours(
            f"{problem.agency.value} deals with this problem; the desk can revise that.",
            detail_id=f"Masalah ini ditangani oleh {problem.agency.value}; desk dapat mengubahnya.",
        )
    if step not in allowed(problem.state):
        raise WrongState(
            f"A problem that is {problem.state.value} cannot be taken through {step}.",
            detail_id=f"Masalah berstatus {problem.state.value} tidak dapat menjalani langkah {step}.",
            current_state=problem.state.value,
            allowed=allowed(problem.state),
        )
    check_version(handling.expected_version, problem.version)
    return problem


async def _tell(
    uow: UnitOfWork,
    problem: ProblemRow,
    kind: type[ProblemFacts],
    *,
    step: str,
    reason: str,
    origin: Origin,
    occurred_at: datetime | None = None,
    status: int = 200,
) -> Receipt:
    """Keep the step, tell of the problem as it stands now, and answer with it."""
    problem.version += 1
    step_row = CaseStep(
        subject_id=problem.problem_id,
        version=problem.version,
        step=step,
        state=problem.state,
        agency=problem.agency,
        reason=reason,
        actor=origin.actor,
        channel=origin.channel,
        occurred_at=occurred_at or origin.now,
        recorded_at=origin.now,
    )
    uow.emit(
        kind(**facts(problem).model_dump()),
        aggregate_id=problem.problem_id,
        version=problem.version,
        origin=origin,
        occurred_at=occurred_at,
    )
    await uow.session.flush()  # a step is of the case that it is a step of, so that one is written first
    uow.session.add(step_row)
    return Receipt(
        card(problem, now=origin.now),
        location=f"/v1/elections/{problem.election}/problems/{problem.problem_id}",
        aggregate=f"problem/{problem.problem_id}",
        version=problem.version,
        status=status,
    )
