"""Routes of the voting day: who may call, what goes in, which command or query answers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from chassis.actor import Actor
from chassis.batches import Misfit
from chassis.hot import KEYED, BatchResults, HotDoor
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId, TpsCode
from services.turnout.commands import voting_days as commands
from services.turnout.commands.voting_days import RecordReport
from services.turnout.queries import voting_days as queries
from services.turnout.schemas.voting_days import (
    MilestoneIn,
    MilestoneOut,
    TurnoutReportBatch,
    TurnoutReportIn,
    TurnoutReportOut,
    VotingDayOut,
)

router = APIRouter(prefix="/v1/elections/{election}", tags=["turnout"])

Reporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT, region_param="code"))]
BatchReporter = Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT))]
Reader = Annotated[Actor, Depends(permission(Scope.TURNOUT_READ, region_param="code"))]
Reports = Annotated[HotDoor[RecordReport], Depends(HotDoor.named("turnout_reports"))]


@router.post(
    "/tps/{code}/turnout-reports", status_code=201, response_model=TurnoutReportOut, openapi_extra=KEYED
)
async def record_turnout_report(
    election: ElectionId, code: TpsCode, body: TurnoutReportIn, reporter: Reporter, reports: Reports
) -> Response:
    """Report how many voters voted at a TPS up to a slot, cumulative."""
    command = RecordReport(code, body)
    return await reports.one(
        command, aggregate=code, actor=reporter, election=election, channel=body.channel, body=body
    )


@router.post("/turnout-reports:batch", response_model=BatchResults)
async def record_turnout_reports(
    election: ElectionId, body: TurnoutReportBatch, reporter: BatchReporter, reports: Reports
) -> Response:
    """Send up to 500 turnout reports at once; each has a result of its own."""
    entries = [
        item
        if isinstance(item, Misfit)
        else (item.id, item.tps_code, RecordReport(item.tps_code, item), item.channel, item)
        for item in body.items
    ]
    return await reports.many(entries, actor=reporter, election=election)


@router.post("/tps/{code}/milestones", status_code=201, response_model=MilestoneOut)
async def record_milestone(
    election: ElectionId, code: TpsCode, body: MilestoneIn, reporter: Reporter, once: OnceDep
) -> Response:
    """Report that a TPS reached a milestone of its day."""
    return await once(
        reporter,
        lambda uow, origin: commands.record_milestone(uow, code, body, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/tps/{code}/voting-day")
async def read_voting_day(
    election: ElectionId, code: TpsCode, reader: Reader, read: ReaderDep, response: Response
) -> VotingDayOut:
    """Show a TPS's voting day as turnout knows it; a former code answers with the TPS that had it."""
    out = await queries.voting_day(read, election=election, tps_code=code)
    response.headers["Content-Location"] = f"/v1/elections/{election}/tps/{out.tps_code}/voting-day"
    return out
