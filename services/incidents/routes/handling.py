"""Routes of the work on an incident; each wants `If-Match` with the version that was read."""

from fastapi import APIRouter, Response

from chassis.actor import require_region
from chassis.idempotency import OnceDep
from contracts.vocabulary import ElectionId
from services.incidents.commands import handling as commands
from services.incidents.routes.steps import IncidentHandling, take_step
from services.incidents.schemas.incidents import (
    AcknowledgementIn,
    ActionIn,
    CorrectionIn,
    DuplicateMarkIn,
    ExtensionIn,
    IncidentCard,
    IncidentClosureIn,
    IncidentReopeningIn,
    ReroutingIn,
)

router = APIRouter(prefix="/v1/elections/{election}/incidents/{incident_id}", tags=["incidents"])


@router.post("/acknowledgements", response_model=IncidentCard)
async def acknowledge_incident(
    election: ElectionId, body: AcknowledgementIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Take notice of an incident as the agency that it was given to."""
    return await take_step(
        once, commands.acknowledge_incident, handling=handling, body=body, election=election
    )


@router.post("/actions", response_model=IncidentCard)
async def act_on_incident(
    election: ElectionId, body: ActionIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Say what was done about an incident; who acts has taken notice too."""
    return await take_step(once, commands.act_on_incident, handling=handling, body=body, election=election)


@router.post("/closures", response_model=IncidentCard)
async def close_incident(
    election: ElectionId, body: IncidentClosureIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Close an incident with its outcome, and say why."""
    return await take_step(once, commands.close_incident, handling=handling, body=body, election=election)


@router.post("/reopenings", response_model=IncidentCard)
async def reopen_incident(
    election: ElectionId, body: IncidentReopeningIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Open a closed incident again, or one that was taken for a duplicate."""
    return await take_step(once, commands.reopen_incident, handling=handling, body=body, election=election)


@router.post("/reroutings", response_model=IncidentCard)
async def reroute_incident(
    election: ElectionId, body: ReroutingIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Give an incident to another agency, which has to take notice of it."""
    return await take_step(once, commands.reroute_incident, handling=handling, body=body, election=election)


@router.post("/corrections", response_model=IncidentCard)
async def correct_incident(
    election: ElectionId, body: CorrectionIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Correct category, severity, title or place of an incident."""
    if body.code is not None:
        require_region(handling.actor, body.code)
    return await take_step(once, commands.correct_incident, handling=handling, body=body, election=election)


@router.post("/extensions", response_model=IncidentCard)
async def extend_legal_clock(
    election: ElectionId, body: ExtensionIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Say that information was asked for, which gives the legal clock more days (D31)."""
    return await take_step(once, commands.extend_legal_clock, handling=handling, body=body, election=election)


@router.post("/duplicate-marks", response_model=IncidentCard)
async def mark_duplicate(
    election: ElectionId, body: DuplicateMarkIn, handling: IncidentHandling, once: OnceDep
) -> Response:
    """Say that an incident is another one, reported again."""
    return await take_step(once, commands.mark_duplicate, handling=handling, body=body, election=election)
