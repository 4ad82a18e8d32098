"""Routes of advice and tasks, on incidents and on problems."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.conditional import etag_of
from chassis.idempotency import Once, OnceDep
from chassis.reading import DeskTime, ReaderDep
from contracts.vocabulary import ElectionId
from services.incidents.commands import follow_ups as commands
from services.incidents.commands.follow_ups import On
from services.incidents.queries import follow_ups as queries
from services.incidents.routes.doors import Handler, Reader
from services.incidents.routes.steps import AdviceHandling, TaskHandling, take_step
from services.incidents.schemas.follow_ups import (
    AdviceSettlementIn,
    FollowUpCard,
    FollowUpIn,
    FollowUpOut,
    FollowUpReopeningIn,
    TaskSettlementIn,
)
from services.incidents.tables.follow_ups import FollowUpKind

router = APIRouter(prefix="/v1/elections/{election}", tags=["advice and tasks"])


async def _give(
    once: Once, on: On, body: FollowUpIn, *, kind: FollowUpKind, election: ElectionId
) -> Response:
    return await once(
        on.actor,
        lambda uow, origin: commands.give_follow_up(uow, on, body, kind=kind, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/incidents/{incident_id}/advice", status_code=201, response_model=FollowUpCard)
async def advise_on_incident(
    election: ElectionId, incident_id: UUID, body: FollowUpIn, handler: Handler, once: OnceDep
) -> Response:
    """Advise an agency on an incident."""
    on = On(handler, incident_id=incident_id)
    return await _give(once, on, body, kind=FollowUpKind.ADVICE, election=election)


@router.post("/problems/{problem_id}/advice", status_code=201, response_model=FollowUpCard)
async def advise_on_problem(
    election: ElectionId, problem_id: UUID, body: FollowUpIn, handler: Handler, once: OnceDep
) -> Response:
    """Advise an agency on a problem."""
    on = On(handler, problem_id=problem_id)
    return await _give(once, on, body, kind=FollowUpKind.ADVICE, election=election)


@router.post("/incidents/{incident_id}/tasks", status_code=201, response_model=FollowUpCard)
async def assign_task_on_incident(
    election: ElectionId, incident_id: UUID, body: FollowUpIn, handler: Handler, once: OnceDep
) -> Response:
    """Give an agency a task on an incident."""
    on = On(handler, incident_id=incident_id)
    return await _give(once, on, body, kind=FollowUpKind.TASK, election=election)


@router.post("/problems/{problem_id}/tasks", status_code=201, response_model=FollowUpCard)
async def assign_task_on_problem(
    election: ElectionId, problem_id: UUID, body: FollowUpIn, handler: Handler, once: OnceDep
) -> Response:
    """Give an agency a task on a problem."""
    on = On(handler, problem_id=problem_id)
    return await _give(once, on, body, kind=FollowUpKind.TASK, election=election)


@router.get("/advice/{advice_id}")
async def read_advice(
    election: ElectionId,
    advice_id: UUID,
    reader: Reader,
    read: ReaderDep,
    now: DeskTime,
    response: Response,
) -> FollowUpOut:
    """Show a piece of advice with what became of it."""
    kind = FollowUpKind.ADVICE
    found = await queries.follow_up(read, advice_id, kind=kind, actor=reader, election=election, now=now)
    response.headers["ETag"] = etag_of(found.version)
    return found


@router.get("/tasks/{task_id}")
async def read_task(
    election: ElectionId,
    task_id: UUID,
    reader: Reader,
    read: ReaderDep,
    now: DeskTime,
    response: Response,
) -> FollowUpOut:
    """Show a task with what became of it."""
    kind = FollowUpKind.TASK
    found = await queries.follow_up(read, task_id, kind=kind, actor=reader, election=election, now=now)
    response.headers["ETag"] = etag_of(found.version)
    return found


@router.post("/advice/{advice_id}/settlements", response_model=FollowUpCard)
async def settle_advice(
    election: ElectionId, body: AdviceSettlementIn, handling: AdviceHandling, once: OnceDep
) -> Response:
    """Say whether advice was followed, declined or is retracted, and why."""
    return await take_step(once, commands.settle_follow_up, handling=handling, body=body, election=election)


@router.post("/tasks/{task_id}/settlements", response_model=FollowUpCard)
async def settle_task(
    election: ElectionId, body: TaskSettlementIn, handling: TaskHandling, once: OnceDep
) -> Response:
    """Say that a task was done or is cancelled, and why."""
    return await take_step(once, commands.settle_follow_up, handling=handling, body=body, election=election)


@router.post("/advice/{advice_id}/reopenings", response_model=FollowUpCard)
async def reopen_advice(
    election: ElectionId, body: FollowUpReopeningIn, handling: AdviceHandling, once: OnceDep
) -> Response:
    """Let settled advice stand again."""
    return await take_step(once, commands.reopen_follow_up, handling=handling, body=body, election=election)


@router.post("/tasks/{task_id}/reopenings", response_model=FollowUpCard)
async def reopen_task(
    election: ElectionId, body: FollowUpReopeningIn, handling: TaskHandling, once: OnceDep
) -> Response:
    """Say that a settled task is to be done again."""
    return await take_step(once, commands.reopen_follow_up, handling=handling, body=body, election=election)
