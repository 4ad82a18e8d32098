"""Routes of the risks of a TPS."""

from fastapi import APIRouter, Depends, Response

from chassis.conditional import GivenIfMatch
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.registry_events import RiskKind
from contracts.vocabulary import ElectionId, TpsCode
from services.registry.commands import risks as commands
from services.registry.queries import tps as queries
from services.registry.routes.doors import TpsAgency, TpsReader
from services.registry.schemas.risks import RiskIn, RiskReceipt, TpsRisks

router = APIRouter(
    prefix="/v1/elections/{election}/tps/{code}/risks",
    tags=["risks"],
    dependencies=[Depends(known_parameters_only)],
)


@router.put("/{kind}", status_code=201, response_model=RiskReceipt)
async def assess_risk(
    election: ElectionId,
    code: TpsCode,
    kind: RiskKind,
    body: RiskIn,
    agency: TpsAgency,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Say what was found of one kind of risk at a TPS, or take it back."""
    return await once(
        agency,
        lambda uow, origin: commands.assess_risk(
            uow, code, kind, body, actor=agency, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("")
async def read_tps_risks(election: ElectionId, code: TpsCode, reader: TpsReader, read: ReaderDep) -> TpsRisks:
    """Show what is known of a TPS's risks, and what is not."""
    return await queries.risks(read, election=election, code=code)
