"""What the work on every case has alike, be it an incident, a problem, advice or a task.

A command locks the case and judges who wants to take which step, changes the row, keeps the step and tells of the case as it
stands then.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.device_clocks import placed_at
from contracts.envelope import EventData
from contracts.incidents_events import Agency, IncidentStatusPublished
from services.incidents.errors import AgencyNotYours
from services.incidents.rules.routing import may_handle
from services.incidents.schemas.shapes import StepIn
from services.incidents.tables.cases import CaseStep
from services.incidents.tables.follow_ups import FollowUp
from services.incidents.tables.incidents import Incident
from services.incidents.tables.problems import ProblemRow

Case = Incident | ProblemRow | FollowUp


@dataclass(frozen=True, slots=True)
class Handling:
    """Who wants to do something with which case, and which version of it they have read."""

    case_id: UUID
    actor: Actor
    expected_version: int


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step as it is taken.

    Attributes:
        step: what is done.
        origin: whose command it is.
        why: why it is done, or what exactly.
        occurred_at: when it was done, as the caller says; None where nobody said.
        announced: the origin that the events carry, where it is not the command's: a reporter is not told of.
    """

    step: str
    origin: Origin
    why: str = ""
    occurred_at: datetime | None = None
    announced: Origin | None = None

    @property
    def counts_from(self) -> datetime:
        """Return the moment that the step counts from: as the caller says, but never later than the desk's clock."""
        return placed_at(self.occurred_at or self.origin.now, self.origin.now)


def step_taken(step: str, command: StepIn, *, origin: Origin) -> StepTaken:
    """Return the step that a command asks for."""
    return StepTaken(step, origin, command.why, command.occurred_at)


def judge(
    handling: Handling, case: Case, step: str, *, allowed: list[str], agencies: Collection[Agency]
) -> None:
    """Refuse a step on a locked case that this caller cannot take, or that nobody can take now.

    Args:
        handling: whose step it is.
        case: it lies within the caller's regions.
        step: what is to be done.
        allowed: the steps that are possible from where the case stands.
        agencies: those whose officers may handle the case.

    Raises:
        AgencyNotYours: the caller's agency is none of them.
        WrongState: the step is none of those allowed.
        PreconditionFailed: the caller read another version.
    """
    if not may_handle(handling.actor.roles, agencies=agencies):
        raise AgencyNotYours(
            f"{case.agency.value} deals with this; ask that agency, or the desk.",
            detail_id=f"Ini ditangani oleh {case.agency.value}; hubungi instansi itu atau desk.",
        )
    if step not in allowed:
        raise WrongState(
            f"What is {case.state} cannot be taken through {step}.",
            detail_id=f"Yang berstatus {case.state} tidak dapat menjalani langkah {step}.",
            current_state=case.state,
            allowed=allowed,
        )
    check_version(handling.expected_version, case.version)


async def keep_step(
    uow: UnitOfWork,
    case: Case,
    taken: StepTaken,
    told: EventData,
    *,
    published: IncidentStatusPublished | None = None,
) -> None:
    """Keep a step, and tell of the case as it stands now.

    Args:
        uow: the unit of work of the command.
        case: locked, and changed by now.
        taken: what was done.
        told: the event of the step.
        published: what everybody may know of an incident, where that is new; an event of its own, with a version of its own.

    Emits:
        what is told, and what is published.
    """
    origin, announced = taken.origin, taken.announced or taken.origin
    case.version += 1
    row = CaseStep(
        subject_id=case.case_id,
        version=case.version,
        step=taken.step,
        state=case.state,
        agency=case.agency,
        reason=taken.why,
        actor=origin.actor,
        channel=origin.channel,
        occurred_at=taken.occurred_at or origin.now,
        recorded_at=origin.now,
    )
    uow.emit(
        told,
        aggregate_id=case.case_id,
        version=case.version,
        origin=announced,
        occurred_at=taken.occurred_at,
    )
    if published is not None:
        case.version += 1
        uow.emit(published, aggregate_id=case.case_id, version=case.version, origin=announced)
    await uow.session.flush()  # a step is of the case that it is a step of, so that one is written first
    uow.session.add(row)
