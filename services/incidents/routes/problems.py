"""Routes of the register of problems."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.actor import require_region
from chassis.conditional import etag_of
from chassis.idempotency import OnceDep
from chassis.reading import DeskTime, ReaderDep
from contracts.vocabulary import ElectionId
from services.incidents.commands import problems as commands
from services.incidents.queries import problems as queries
from services.incidents.routes.doors import Reader, Reporter
from services.incidents.routes.steps import ProblemHandling, take_step
from services.incidents.schemas.problems import (
    ProblemCard,
    ProblemIn,
    ProblemOut,
    ProblemReopeningIn,
    ProblemResolutionIn,
    ProblemRevisionIn,
)

router = APIRouter(prefix="/v1/elections/{election}/problems", tags=["problems"])


@router.post("", status_code=201, response_model=ProblemCard)
async def register_problem(
    election: ElectionId, body: ProblemIn, reporter: Reporter, once: OnceDep
) -> Response:
    """Put something into the register that endangers a point of the desk without having gone wrong yet."""
    require_region(reporter, body.code)
    return await once(
        reporter,
        lambda uow, origin: commands.register_problem(uow, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/{problem_id}")
async def read_problem(
    election: ElectionId,
    problem_id: UUID,
    reader: Reader,
    read: ReaderDep,
    now: DeskTime,
    response: Response,
) -> ProblemOut:
    """Show a problem with the work on it."""
    found = await queries.problem(read, problem_id, actor=reader, election=election, now=now)
    response.headers["ETag"] = etag_of(found.version)
    return found


@router.post("/{problem_id}/revisions", response_model=ProblemCard)
async def revise_problem(
    election: ElectionId, body: ProblemRevisionIn, handling: ProblemHandling, once: OnceDep
) -> Response:
    """Revise severity, agency, title or due time of an open problem."""
    return await take_step(once, commands.revise_problem, handling=handling, body=body, election=election)


@router.post("/{problem_id}/resolutions", response_model=ProblemCard)
async def resolve_problem(
    election: ElectionId, body: ProblemResolutionIn, handling: ProblemHandling, once: OnceDep
) -> Response:
    """Say how a problem ended, and why."""
    return await take_step(once, commands.resolve_problem, handling=handling, body=body, election=election)


@router.post("/{problem_id}/reopenings", response_model=ProblemCard)
async def reopen_problem(
    election: ElectionId, body: ProblemReopeningIn, handling: ProblemHandling, once: OnceDep
) -> Response:
    """Say that a resolved problem came back."""
    return await take_step(once, commands.reopen_problem, handling=handling, body=body, election=election)
