"""Routes of incidents: reporting one, and reading one."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access_trail import Trail
from chassis.actor import require_region
from chassis.conditional import etag_of
from chassis.idempotency import OnceDep
from chassis.reading import DeskTime, ReaderDep
from contracts.incidents_events import ReportSource
from contracts.vocabulary import ElectionId
from services.incidents.commands import reports as commands
from services.incidents.queries import incidents as queries
from services.incidents.routes.doors import Reader, Reporter
from services.incidents.rules.lifecycle import DESCRIBED_TO_HANDLERS
from services.incidents.schemas.incidents import IncidentCard, IncidentIn, IncidentOut

router = APIRouter(prefix="/v1/elections/{election}", tags=["incidents"])


@router.post("/incidents", status_code=201, response_model=IncidentCard)
async def report_incident(
    election: ElectionId, body: IncidentIn, reporter: Reporter, once: OnceDep
) -> Response:
    """Report an incident; it is given to the agency that deals with its category there."""
    require_region(reporter, body.code)
    source = ReportSource.OFFICER if reporter.person is not None else ReportSource.AGENCY
    return await once(
        reporter,
        lambda uow, origin: commands.report_incident(uow, body, source=source, origin=origin),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/incidents/{incident_id}")
async def read_incident(
    election: ElectionId,
    incident_id: UUID,
    reader: Reader,
    read: ReaderDep,
    now: DeskTime,
    trail: Trail,
    response: Response,
) -> IncidentOut:
    """Show an incident with its clocks and the work on it."""
    found = await queries.incident(read, incident_id, actor=reader, election=election, now=now)
    if found.description is not None and found.category in DESCRIBED_TO_HANDLERS:
        place = found.tps_code or found.region_code
        await trail.seen(read, reader, subject=f"incident/{incident_id}", election=election, place=place)
    response.headers["ETag"] = etag_of(found.version)
    return found
