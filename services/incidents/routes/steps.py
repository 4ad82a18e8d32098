"""The routes of every step of the work on a case: who handles which version of what, and how the step is run."""

from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Response

from chassis.conditional import IfMatch
from chassis.database import UnitOfWork
from chassis.idempotency import Once, Receipt
from chassis.outbox import Origin
from contracts.vocabulary import ElectionId
from services.incidents.commands.cases import Handling
from services.incidents.commands.follow_ups import FollowUpHandling
from services.incidents.routes.doors import Handler
from services.incidents.schemas.shapes import StepIn
from services.incidents.tables.follow_ups import FollowUpKind

H = TypeVar("H", bound=Handling)
H_contra = TypeVar("H_contra", bound=Handling, contravariant=True)
B = TypeVar("B", bound=StepIn)
B_contra = TypeVar("B_contra", bound=StepIn, contravariant=True)


async def _incident_handling(incident_id: UUID, handler: Handler, expected: IfMatch) -> Handling:
    return Handling(incident_id, handler, expected)


async def _problem_handling(problem_id: UUID, handler: Handler, expected: IfMatch) -> Handling:
    return Handling(problem_id, handler, expected)


async def _advice_handling(advice_id: UUID, handler: Handler, expected: IfMatch) -> FollowUpHandling:
    return FollowUpHandling(advice_id, handler, expected, FollowUpKind.ADVICE)


async def _task_handling(task_id: UUID, handler: Handler, expected: IfMatch) -> FollowUpHandling:
    return FollowUpHandling(task_id, handler, expected, FollowUpKind.TASK)


IncidentHandling = Annotated[Handling, Depends(_incident_handling)]
ProblemHandling = Annotated[Handling, Depends(_problem_handling)]
AdviceHandling = Annotated[FollowUpHandling, Depends(_advice_handling)]
TaskHandling = Annotated[FollowUpHandling, Depends(_task_handling)]


class Command(Protocol[H_contra, B_contra]):
    """A command that takes one step of the work on something."""

    async def __call__(
        self, uow: UnitOfWork, handling: H_contra, command: B_contra, /, *, origin: Origin
    ) -> Receipt:
        """Take the step."""
        ...


async def take_step(
    once: Once, command: Command[H, B], *, handling: H, body: B, election: ElectionId
) -> Response:
    """Run a step of the work on something, once."""
    return await once(
        handling.actor,
        lambda uow, origin: command(uow, handling, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )
