"""Advice and tasks: what the desk advises or asks of an agency, on an incident or on a problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.device_clocks import placed_at
from contracts.envelope import EventData
from contracts.incidents_events import (
    AdviceGiven,
    AdviceReopened,
    AdviceSettled,
    AdviceState,
    IncidentState,
    ProblemState,
    TaskAssigned,
    TaskReopened,
    TaskSettled,
    TaskState,
)
from services.incidents.commands.work import Handling
from services.incidents.errors import AgencyNotYours, FollowUpUnknown, IncidentUnknown, ProblemUnknown
from services.incidents.events.follow_ups import advice_facts, allowed, card, kind_word, task_facts
from services.incidents.rules.routing import may_handle
from services.incidents.schemas.follow_ups import (
    AdviceSettlementIn,
    FollowUpIn,
    FollowUpReopeningIn,
    TaskSettlementIn,
)
from services.incidents.tables.follow_ups import FollowUp, FollowUpKind
from services.incidents.tables.incidents import CaseStep, Incident
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
    return await _tell(uow, row, step="give", reason="", origin=origin, status=201)


async def settle_follow_up(
    uow: UnitOfWork,
    handling: Handling,
    command: AdviceSettlementIn | TaskSettlementIn,
    *,
    kind: FollowUpKind,
    origin: Origin,
) -> Receipt:
    """Say what became of advice or a task, and why.

    Emits:
        advice.settled or task.settled

    Raises:
        FollowUpUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be settled.
    """
    row = await _begin(uow, handling, "settle", kind=kind, origin=origin)
    row.state = command.outcome
    row.settled_at = placed_at(command.occurred_at or origin.now, origin.now)
    return await _tell(
        uow, row, step="settle", reason=command.reason, origin=origin, occurred_at=command.occurred_at
    )


async def reopen_follow_up(
    uow: UnitOfWork,
    handling: Handling,
    command: FollowUpReopeningIn,
    *,
    kind: FollowUpKind,
    origin: Origin,
) -> Receipt:
    """Let settled advice stand again, or a settled task be done again.

    Emits:
        advice.reopened or task.reopened

    Raises:
        FollowUpUnknown, AgencyNotYours, WrongState, PreconditionFailed: it cannot be reopened.
    """
    row = await _begin(uow, handling, "reopen", kind=kind, origin=origin)
    row.state, row.settled_at = _FIRST[kind], None
    return await _tell(
        uow, row, step="reopen", reason=command.reason, origin=origin, occurred_at=command.occurred_at
    )


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
            raise IncidentUnknown(
                f"No incident within your regions has the id {on.incident_id}.",
                detail_id=f"Tidak ada kejadian di wilayah Anda dengan id {on.incident_id}.",
            )
        closed = subject.state in (IncidentState.CLOSED, IncidentState.DUPLICATE)
    else:
        problems = await uow.session.exec(
            select(ProblemRow)
            .where(ProblemRow.election == origin.election, ProblemRow.problem_id == on.problem_id)
            .with_for_update(read=True)
        )
        subject = problems.first()
        if subject is None or on.actor.granted_region(subject.place) is None:
            raise ProblemUnknown(
                f"No problem within your regions has the id {on.problem_id}.",
                detail_id=f"Tidak ada masalah di wilayah Anda dengan id {on.problem_id}.",
            )
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
    uow: UnitOfWork, handling: Handling, step: str, *, kind: FollowUpKind, origin: Origin
) -> FollowUp:
    """Lock advice or a task for a step, and judge whether this caller can take it."""
    found = await uow.session.exec(
        select(FollowUp)
        .where(
            FollowUp.election == origin.election,
            FollowUp.follow_up_id == handling.subject_id,
            FollowUp.kind == kind,
        )
        .with_for_update()
    )
    row = found.first()
    if row is None or handling.actor.granted_region(row.place) is None:
        raise FollowUpUnknown(
            f"No {kind_word(kind)} within your regions has the id {handling.subject_id}.",
            detail_id=f"Tidak ada saran atau tugas di wilayah Anda dengan id {handling.subject_id}.",
        )
    if not may_handle(handling.actor.roles, agencies=[row.agency]):
        raise AgencyNotYours(
            f"This {kind_word(kind)} is for {row.agency.value}.",
            detail_id=f"Ini ditujukan kepada {row.agency.value}.",
        )
    if step not in allowed(row):
        raise WrongState(
            f"What is {row.state} cannot be taken through {step}.",
            detail_id=f"Yang berstatus {row.state} tidak dapat menjalani langkah {step}.",
            current_state=row.state,
            allowed=allowed(row),
        )
    check_version(handling.expected_version, row.version)
    return row


def _event(row: FollowUp, step: str) -> EventData:
    if row.kind is FollowUpKind.ADVICE:
        told = {"give": AdviceGiven, "settle": AdviceSettled, "reopen": AdviceReopened}[step]
        return told(**advice_facts(row).model_dump())
    told = {"give": TaskAssigned, "settle": TaskSettled, "reopen": TaskReopened}[step]
    return told(**task_facts(row).model_dump())


async def _tell(
    uow: UnitOfWork,
    row: FollowUp,
    *,
    step: str,
    reason: str,
    origin: Origin,
    occurred_at: datetime | None = None,
    status: int = 200,
) -> Receipt:
    """Keep the step, tell of advice or the task as it stands now, and answer with it."""
    row.version += 1
    step_row = CaseStep(
        subject_id=row.follow_up_id,
        version=row.version,
        step=step,
        state=row.state,
        agency=row.agency,
        reason=reason,
        actor=origin.actor,
        channel=origin.channel,
        occurred_at=occurred_at or origin.now,
        recorded_at=origin.now,
    )
    uow.emit(
        _event(row, step),
        aggregate_id=row.follow_up_id,
        version=row.version,
        origin=origin,
        occurred_at=occurred_at,
    )
    await uow.session.flush()  # a step is of the case that it is a step of, so that one is written first
    uow.session.add(step_row)
    return Receipt(
        card(row, now=origin.now),
        location=f"/v1/elections/{row.election}/{_PATHS[row.kind]}/{row.follow_up_id}",
        aggregate=f"{row.kind.value}/{row.follow_up_id}",
        version=row.version,
        status=status,
    )
