"""What several routes ask of the request: the desk's time, and who handles which version of what."""

from datetime import datetime
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.conditional import IfMatch
from chassis.database import UnitOfWork
from chassis.idempotency import Once, Receipt
from chassis.identity import permission
from chassis.outbox import Origin
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from services.incidents.commands.cases import Handling
from services.incidents.commands.follow_ups import FollowUpHandling
from services.incidents.schemas.shapes import StepIn
from services.incidents.tables.follow_ups import FollowUpKind

H = TypeVar("H", bound=Handling)
H_contra = TypeVar("H_contra", bound=Handling, contravariant=True)
B = TypeVar("B", bound=StepIn)
B_contra = TypeVar("B_contra", bound=StepIn, contravariant=True)

Reporter = Annotated[Actor, Depends(permission(Scope.INCIDENTS_REPORT))]
Handler = Annotated[Actor, Depends(permission(Scope.INCIDENTS_HANDLE))]
Reader = Annotated[Actor, Depends(permission(Scope.INCIDENTS_READ))]


async def _desk_time(request: Request) -> datetime:
    clock: DeskClock = request.app.state.clock
    return clock.now()


DeskTime = Annotated[datetime, Depends(_desk_time)]
"""The desk's time when the request came in."""


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
