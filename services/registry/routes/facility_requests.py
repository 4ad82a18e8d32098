"""Routes of what facilities ask for, and of how far the desk has come with them."""

from collections.abc import Awaitable
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.conditional import IfMatch, etag_of
from chassis.database import UnitOfWork
from chassis.idempotency import Once, OnceDep, Receipt
from chassis.identity import permission
from chassis.outbox import Origin
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from services.registry.commands import facility_requests as commands
from services.registry.queries import facilities as queries
from services.registry.routes.doors import Agency, Reader
from services.registry.schemas.facilities import FacilityCode
from services.registry.schemas.facility_requests import (
    DecisionIn,
    FacilityCoverage,
    FacilityRequestIn,
    FacilityRequestOut,
    FacilityRequestReceipt,
    ReasonIn,
)

router = APIRouter(
    prefix="/v1/elections/{election}/facilities/{code}",
    tags=["facilities"],
    dependencies=[Depends(known_parameters_only)],
)

Decider = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE, person=True))]


@router.post("/requests", status_code=201, response_model=FacilityRequestReceipt)
async def record_request(
    election: ElectionId, code: FacilityCode, body: FacilityRequestIn, agency: Agency, once: OnceDep
) -> Response:
    """Record what a facility's letter asks for: how many want to vote, never who."""
    return await once(
        agency,
        lambda uow, origin: commands.record_request(uow, code, body, actor=agency, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


Told_contra = TypeVar("Told_contra", FacilityRequestIn, DecisionIn, ReasonIn, contravariant=True)


class RequestCommand(Protocol[Told_contra]):
    """A command on a request of a facility."""

    def __call__(
        self,
        uow: UnitOfWork,
        code: str,
        request_id: UUID,
        command: Told_contra,
        /,
        *,
        expected: int,
        actor: Actor,
        origin: Origin,
    ) -> Awaitable[Receipt]:
        """Do it."""
        ...


class Step:
    """Runs a command on the request that a path names, in the version that the caller read."""

    def __init__(self, election: str, code: str, request_id: UUID, *, once: Once, expected: int) -> None:
        self._election = election
        self._request = (code, request_id)
        self._once = once
        self._expected = expected

    async def __call__(self, actor: Actor, run: RequestCommand[Told_contra], body: Told_contra) -> Response:
        """Run a command, and return its answer."""
        return await self._once(
            actor,
            lambda uow, origin: run(
                uow, *self._request, body, expected=self._expected, actor=actor, origin=origin
            ),
            election=self._election,
            channel=body.channel,
            body=body,
        )


async def _step(
    election: ElectionId, code: FacilityCode, request_id: UUID, once: OnceDep, expected: IfMatch
) -> Step:
    return Step(election, code, request_id, once=once, expected=expected)


StepDep = Annotated[Step, Depends(_step)]


@router.put("/requests/{request_id}", status_code=200, response_model=FacilityRequestReceipt)
async def revise_request(body: FacilityRequestIn, agency: Agency, step: StepDep) -> Response:
    """Correct what was recorded of a letter, while nobody has decided."""
    return await step(agency, commands.revise_request, body)


@router.post("/requests/{request_id}/decision", status_code=200, response_model=FacilityRequestReceipt)
async def decide_request(body: DecisionIn, decider: Decider, step: StepDep) -> Response:
    """Decide about a request, by name, and say which TPS serve it."""
    return await step(decider, commands.decide_request, body)


@router.post("/requests/{request_id}/withdrawal", status_code=200, response_model=FacilityRequestReceipt)
async def withdraw_request(body: ReasonIn, agency: Agency, step: StepDep) -> Response:
    """Withdraw a request that nobody has decided."""
    return await step(agency, commands.withdraw_request, body)


@router.post("/requests/{request_id}/reopening", status_code=200, response_model=FacilityRequestReceipt)
async def reopen_request(body: ReasonIn, decider: Decider, step: StepDep) -> Response:
    """Open a request again that was decided or withdrawn."""
    return await step(decider, commands.reopen_request, body)


@router.get("/requests/{request_id}")
async def read_request(
    request: Request,
    election: ElectionId,
    code: FacilityCode,
    request_id: UUID,
    reader: Reader,
    read: ReaderDep,
    response: Response,
) -> FacilityRequestOut:
    """Show a request with its life; by which need, and why, only to those who bring or decide such requests."""
    found = await queries.facility(read, election=election, code=code, reader=reader)
    clock: DeskClock = request.app.state.clock
    whole = bool({Scope.REGISTRY_IMPORT, Scope.REGISTRY_WRITE} & reader.scopes)
    out = await queries.facility_request(
        read, found, election=election, request_id=request_id, whole=whole, now=clock.now()
    )
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.get("/coverage")
async def read_coverage(
    request: Request,
    election: ElectionId,
    code: FacilityCode,
    reader: Reader,
    read: ReaderDep,
    response: Response,
) -> FacilityCoverage:
    """Show how far the desk has come with a facility, and what became of its requests."""
    found = await queries.facility(read, election=election, code=code, reader=reader)
    clock: DeskClock = request.app.state.clock
    out = await queries.coverage(read, found, election=election, now=clock.now())
    response.headers["ETag"] = etag_of(out.version)
    return out
