"""Routes of what facilities ask for, and of how far the desk has come with them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.conditional import IfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.identity import permission
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


@router.put("/requests/{request_id}", status_code=200, response_model=FacilityRequestReceipt)
async def revise_request(
    election: ElectionId,
    code: FacilityCode,
    request_id: UUID,
    body: FacilityRequestIn,
    agency: Agency,
    once: OnceDep,
    expected: IfMatch,
) -> Response:
    """Correct what was recorded of a letter, while nobody has decided."""
    return await once(
        agency,
        lambda uow, origin: commands.revise_request(
            uow, code, request_id, body, expected=expected, actor=agency, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/requests/{request_id}/decision", status_code=200, response_model=FacilityRequestReceipt)
async def decide_request(
    election: ElectionId,
    code: FacilityCode,
    request_id: UUID,
    body: DecisionIn,
    decider: Decider,
    once: OnceDep,
    expected: IfMatch,
) -> Response:
    """Decide about a request, by name, and say which TPS serve it."""
    return await once(
        decider,
        lambda uow, origin: commands.decide_request(
            uow, code, request_id, body, expected=expected, actor=decider, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/requests/{request_id}/withdrawal", status_code=200, response_model=FacilityRequestReceipt)
async def withdraw_request(
    election: ElectionId,
    code: FacilityCode,
    request_id: UUID,
    body: ReasonIn,
    agency: Agency,
    once: OnceDep,
    expected: IfMatch,
) -> Response:
    """Withdraw a request that nobody has decided."""
    return await once(
        agency,
        lambda uow, origin: commands.withdraw_request(
            uow, code, request_id, body.reason, expected=expected, actor=agency, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/requests/{request_id}/reopening", status_code=200, response_model=FacilityRequestReceipt)
async def reopen_request(
    election: ElectionId,
    code: FacilityCode,
    request_id: UUID,
    body: ReasonIn,
    decider: Decider,
    once: OnceDep,
    expected: IfMatch,
) -> Response:
    """Open a request again that was decided or withdrawn."""
    return await once(
        decider,
        lambda uow, origin: commands.reopen_request(
            uow, code, request_id, body.reason, expected=expected, actor=decider, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


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
