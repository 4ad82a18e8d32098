"""Advice and tasks: what the desk advises or asks of an agency, on an incident or on a problem."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import select
from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.envelope import EventData
from contracts.incidents_events import (
    OPEN_INCIDENTS,
    AdviceGiven,
    AdviceReopened,
    AdviceSettled,
    AdviceState,
    ProblemState,
    TaskAssigned,
    TaskReopened,
    TaskSettled,
    TaskState,
)
from services.incidents.commands.cases import Handling, StepTaken, judge, keep_step, step_taken
from services.incidents.errors import follow_up_unknown, incident_unknown, problem_unknown
from services.incidents.events.follow_ups import advice_facts, allowed, card, task_facts
from services.incidents.schemas.follow_ups import (
    AdviceSettlementIn,
    FollowUpIn,
    FollowUpReopeningIn,
    TaskSettlementIn,
)
from services.incidents.schemas.shapes import StepIn
from services.incidents.tables.follow_ups import FollowUp, FollowUpKind
from services.incidents.tables.incidents import Incident
from services.incidents.tables.problems import ProblemRow

_PATHS: Mapping[FollowUpKind, str] = {FollowUpKind.ADVICE: "advice", FollowUpKind.TASK: "tasks"}
_FIRST: Mapping[FollowUpKind, str] = {
    FollowUpKind.ADVICE: AdviceState.GIVEN,
    FollowUpKind.TASK: TaskState.ASSIGNED,
}


@dataclass(frozen=True, slots=True)
class On:
    """What advice or a task is to be on, and who says so; one of the two ids."""

    actor: Actor
    incident_id: UUID | None = None
    problem_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FollowUpHandling(Handling):
    """Who wants to do something with which advice or which task."""

    kind: FollowUpKind


async def give_follow_up(
    uow: UnitOfWork, on: On, command: FollowUpIn, *, kind: FollowUpKind, origin: Origin
) -> Receipt:
    """Advise an agency, or give it a task, on an incident or a problem that is still open.

    Emits:
        advice.given or task.assigned

    Raises:
        IncidentUnknown, ProblemUnknown: it is not there for this caller.
        WrongState: it is closed or resolved; reopen it first.
    """
    subject = await _open_subject(uow, on, origin=origin)
    row = FollowUp(
        follow_up_id=uuid7(),
        kind=kind,
        election=origin.election,
        version=0,
        incident_id=on.incident_id,
        problem_id=on.problem_id,
        agency=command.agency,
        region_code=subject.region_code,
        tps_id=subject.tps_id,
        tps_code=subject.tps_code,
        title=command.title,
        text=command.text,
        state=_FIRST[kind],
        given_at=origin.now,
        due_until=command.due_until,
    )
    uow.session.add(row)
    return replace(await _tell(uow, row, StepTaken("give", origin)), status=201)


async def settle_follow_up(
    uow: UnitOfWork,
    handling: FollowUpHandling,
    command: AdviceSettlementIn | TaskSettlementIn,
    *,
    origin: Origin,
) -> Receipt:
    """Say what became of advice or a task, and why.

    Emits:
        advice.settled or task.settled

    Raises:
        FollowUpUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be settled.
    """
    row, taken = await _begin(uow, handling, "settle", command, origin=origin)
    row.state = command.outcome
    row.settled_at = taken.counts_from
    return await _tell(uow, row, taken)


async def reopen_follow_up(
    uow: UnitOfWork, handling: FollowUpHandling, command: FollowUpReopeningIn, *, origin: Origin
) -> Receipt:
    """Let settled advice stand again, or a settled task be done again.

    Emits:
        advice.reopened or task.reopened

    Raises:
        FollowUpUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be reopened.
    """
    row, taken = await _begin(uow, handling, "reopen", command, origin=origin)
    row.state, row.settled_at = _FIRST[row.kind], None
    return await _tell(uow, row, taken)


async def _open_subject(uow: UnitOfWork, on: On, *, origin: Origin) -> Incident | ProblemRow:
    """Return the incident or problem that a follow-up is to be on, kept from being closed meanwhile."""
    subject: Incident | ProblemRow | None
    if on.incident_id is not None:
        incidents = await uow.session.exec(
            select(Incident)
            .where(Incident.election == origin.election, Incident.incident_id == on.incident_id)
            .with_for_update(read=True)
        )
        subject = incidents.first()
        if subject is None or on.actor.granted_region(subject.place) is None:
            raise incident_unknown(on.incident_id)
        closed = subject.state not in OPEN_INCIDENTS
    else:
        assert on.problem_id is not None  # one of the two
        problems = await uow.session.exec(
            select(ProblemRow)
            .where(ProblemRow.election == origin.election, ProblemRow.problem_id == on.problem_id)
            .with_for_update(read=True)
        )
        subject = problems.first()
        if subject is None or on.actor.granted_region(subject.place) is None:
            raise problem_unknown(on.problem_id)
        closed = subject.state is ProblemState.RESOLVED
    if closed:
        raise WrongState(
            "Advice and tasks are for what is still open.",
            detail_id="Saran dan tugas hanya untuk yang masih terbuka.",
            current_state=subject.state.value,
            allowed=["reopen"],
        )
    return subject


async def _begin(
    uow: UnitOfWork, handling: FollowUpHandling, step: str, command: StepIn, *, origin: Origin
) -> tuple[FollowUp, StepTaken]:
    """Lock advice or a task for a step, and judge whether this caller can take it."""
    found = await uow.session.exec(
        select(FollowUp)
        .where(
            FollowUp.election == origin.election,
            FollowUp.follow_up_id == handling.case_id,
            FollowUp.kind == handling.kind,
        )
        .with_for_update()
    )
    row = found.first()
    if row is None or handling.actor.granted_region(row.place) is None:
        raise follow_up_unknown(handling.case_id)
    judge(handling, row, step, allowed=allowed(row), agencies=[row.agency])
    return row, step_taken(step, command, origin=origin)


def _event(row: FollowUp, step: str) -> EventData:
    if row.kind is FollowUpKind.ADVICE:
        told = {"give": AdviceGiven, "settle": AdviceSettled, "reopen": AdviceReopened}[step]
        return told(**advice_facts(row).model_dump())
    told = {"give": TaskAssigned, "settle": TaskSettled, "reopen": TaskReopened}[step]
    return told(**task_facts(row).model_dump())


async def _tell(uow: UnitOfWork, row: FollowUp, taken: StepTaken) -> Receipt:
    """Keep the step, tell of advice or the task as it stands now, and answer with it."""
    await keep_step(uow, row, taken, _event(row, taken.step))
    return Receipt(
        card(row, now=taken.origin.now),
        location=f"/v1/elections/{row.election}/{_PATHS[row.kind]}/{row.follow_up_id}",
        aggregate=f"{row.kind.value}/{row.follow_up_id}",
        version=row.version,
        status=200,
    )
