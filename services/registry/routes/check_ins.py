"""Routes of check-ins on the voting day."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from chassis.actor import Actor
from chassis.hot import KEYED, BatchResults, HotDoor
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from contracts.access import Scope
from contracts.vocabulary import ElectionId, TpsCode
from services.registry.commands.check_ins import RecordCheckIn
from services.registry.schemas.check_ins import CheckInBatch, CheckInIn, CheckInOut

router = APIRouter(
    prefix="/v1/elections/{election}", tags=["officers"], dependencies=[Depends(known_parameters_only)]
)

Reporter = Annotated[Actor, Depends(permission(Scope.REGISTRY_CHECK_IN, region_param="code"))]
BatchReporter = Annotated[Actor, Depends(permission(Scope.REGISTRY_CHECK_IN))]
CheckIns = Annotated[HotDoor[RecordCheckIn], Depends(HotDoor.named("check_ins"))]


@router.post("/tps/{code}/check-ins", status_code=201, response_model=CheckInOut, openapi_extra=KEYED)
async def record_check_in(
    election: ElectionId, code: TpsCode, body: CheckInIn, reporter: Reporter, check_ins: CheckIns
) -> Response:
    """Report that an officer is at the TPS."""
    return await check_ins.one(
        RecordCheckIn(code, body),
        aggregate=code,
        actor=reporter,
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/check-ins:batch", response_model=BatchResults)
async def record_check_ins(
    election: ElectionId, body: CheckInBatch, reporter: BatchReporter, check_ins: CheckIns
) -> Response:
    """Send up to 500 check-ins at once; each has a result of its own."""
    entries = [
        (item.id, item.tps_code, RecordCheckIn(item.tps_code, item), item.channel, item)
        for item in body.items
    ]
    return await check_ins.many(entries, actor=reporter, election=election)
