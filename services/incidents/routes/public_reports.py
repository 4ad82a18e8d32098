"""The public intake: no token, little room, no way back from a code to a person."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from chassis.actor import Actor
from chassis.database import Connection
from chassis.idempotency import Once
from chassis.identity import public_route
from chassis.problem_responses import problem_responses
from chassis.problems import IdempotencyKeyInvalid, TooManyRequests
from chassis.reading import DeskTime, reader
from chassis.row_security import Remit, everywhere_for
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from services.incidents.commands import reports as commands
from services.incidents.queries import incidents as queries
from services.incidents.routes.budgets import lookup_budget, report_budget
from services.incidents.schemas.public_reports import PublicReportIn, PublicReportOut, PublicReportState

router = APIRouter(
    prefix="/v1/elections/{election}/public/incidents",
    tags=["public"],
    dependencies=[Depends(public_route)],
)


PUBLIC = Actor(
    subject="public",
    person=None,
    client="public",
    acting_client=None,
    device=None,
    roles=frozenset(),
    scopes=frozenset({Scope.INCIDENTS_REPORT}),
    regions=(),
    election=None,
)
"""The one principal that all of the public are; whoever reports may write to the place that the report names."""


async def _asked_by_code(_: Request) -> Remit:
    return everywhere_for(Scope.INCIDENTS_READ)


CodeReaderDep = Annotated[Connection, reader(_asked_by_code)]
"""A connection that finds a report by the code that its reporter got, wherever it is, and sees nothing but reports."""


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(description="A UUID made at random before the first try.")
    ] = None,
) -> Once:
    """Return what runs a report once per key.

    The public share one space of keys, and who knows a key can have its answer again. So a key must be one that nobody
    guesses and nobody else has: a UUID, and one UUID is one key in whichever of its spellings it comes. A missing one is
    the concern of whoever runs the command.
    """
    if not idempotency_key:
        return Once(request, idempotency_key)
    try:
        return Once(request, str(UUID(idempotency_key)))
    except ValueError:
        raise IdempotencyKeyInvalid(
            "The key of a public report is a UUID, made at random.",
            detail_id="Kunci laporan masyarakat adalah UUID acak.",
        ) from None


@router.post(
    "",
    status_code=201,
    response_model=PublicReportOut,
    dependencies=[Depends(report_budget)],
    responses=problem_responses(TooManyRequests),
)
async def report_publicly(
    election: ElectionId, body: PublicReportIn, once: Annotated[Once, Depends(_once)]
) -> Response:
    """Report an incident without an account; the answer has a code by which to ask what became of it."""
    return await once(
        replace(PUBLIC, regions=(body.code,)),
        lambda uow, origin: commands.report_publicly(uow, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get(
    "/{tracking_code}",
    dependencies=[Depends(lookup_budget)],
    responses=problem_responses(TooManyRequests),
)
async def read_public_report(
    election: ElectionId, tracking_code: str, read: CodeReaderDep, now: DeskTime, response: Response
) -> PublicReportState:
    """Ask what became of a report; a code that nobody was given gets an answer of the same shape."""
    response.headers["Cache-Control"] = "no-store"
    return await queries.public_report_state(read, tracking_code, election=election, now=now)
