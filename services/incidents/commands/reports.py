"""Reporting an incident: by officers and agencies, and by the public."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.device_clocks import OTHER_DAY, placed_at
from contracts.former_codes import CODE_MOVED, may_mean_another
from contracts.incidents_events import (
    IncidentCategory,
    IncidentReported,
    IncidentState,
    PublicState,
    ReportSource,
    Severity,
)
from services.incidents.commands.cases import StepTaken
from services.incidents.commands.incident_work import Begun, tell
from services.incidents.commands.places import Place, clock_of, place_of, route_of
from services.incidents.rules.clocks import deadlines, is_late, time_findings
from services.incidents.rules.lifecycle import Step
from services.incidents.rules.tracking import SIGNS, tracking_code
from services.incidents.schemas.incidents import IncidentIn
from services.incidents.schemas.public_reports import PublicReportIn, PublicReportOut
from services.incidents.tables.incidents import Incident

REPORTER = "reporter"
"""Who reported, as the events have it: whoever reports a violation is not to be found through them."""


@dataclass(frozen=True, slots=True)
class _Report:
    """A report, whoever it is from."""

    category: IncidentCategory
    severity: Severity
    source: ReportSource
    place: Place
    lat: float | None
    lon: float | None
    title: str
    description: str
    occurred_at: datetime
    known_at: datetime
    tracking_code: str | None = None


async def report_incident(
    uow: UnitOfWork, command: IncidentIn, *, source: ReportSource, origin: Origin
) -> Receipt:
    """Take an incident in, give it to an agency and start its clocks.

    Emits:
        incident.reported, and incident.status_published where everybody may know of it.

    Raises:
        PlaceUnknown: the election has no such place.
    """
    report = _Report(
        category=command.category,
        severity=command.severity,
        source=source,
        place=await place_of(uow, command.code, election=origin.election),
        lat=command.lat,
        lon=command.lon,
        title=command.title or "",
        description=command.description,
        occurred_at=command.occurred_at,
        known_at=command.known_at or command.occurred_at,
    )
    return replace(await _take_in(uow, report, origin=origin), status=201)


async def report_publicly(uow: UnitOfWork, command: PublicReportIn, *, origin: Origin) -> Receipt:
    """Take an incident in from the public, and answer with a code to ask by; the incident's id is not told.

    Emits:
        incident.reported

    Raises:
        PlaceUnknown: the election has no such place.
    """
    occurred_at = command.occurred_at or origin.now
    report = _Report(
        category=command.category,
        severity=Severity.UNASSESSED,
        source=ReportSource.PUBLIC,
        place=await place_of(uow, command.code, election=origin.election),
        lat=command.lat,
        lon=command.lon,
        title="",
        description=command.description,
        occurred_at=occurred_at,
        known_at=occurred_at,
        tracking_code=(code := tracking_code(secrets.token_bytes(SIGNS))),
    )
    await _take_in(uow, report, origin=origin)
    out = PublicReportOut(tracking_code=code, state=PublicState.RECEIVED, recorded_at=origin.now)
    return Receipt(out, location=f"/v1/elections/{origin.election}/public/incidents/{code}")


async def _take_in(uow: UnitOfWork, report: _Report, *, origin: Origin) -> Receipt:
    """Make the incident of a report: whose it is, its clocks, what is to be said of its times; then tell of it."""
    clock = await clock_of(uow, report.category, election=origin.election)
    route = await route_of(uow, report.category, report.place, election=origin.election)
    region = report.place.region_code
    due = deadlines(clock, region_code=region, reported_at=origin.now)
    incident = Incident(
        incident_id=uuid7(),
        election=origin.election,
        version=0,
        category=report.category,
        severity=report.severity,
        state=IncidentState.REPORTED,
        source=report.source,
        agency=route.agency,
        also_informed=[each.value for each in route.also_informed],
        region_code=region,
        tps_id=report.place.tps_id,
        tps_code=report.place.tps_code,
        lat=report.lat,
        lon=report.lon,
        title=report.title,
        description=report.description,
        occurred_at=report.occurred_at,
        known_at=report.known_at,
        reported_at=origin.now,
        reported_by=origin.actor,
        tracking_code=report.tracking_code,
        clock_source=clock.source,
        clock_began_at=origin.now,
        acknowledge_until=due.acknowledge_until,
        act_until=due.act_until,
        decide_on=due.decide_on,
        decide_until=due.decide_until,
        reported_late=is_late(clock, region_code=region, known_at=report.known_at, reported_at=origin.now),
        findings=_findings(report, origin.now),
    )
    uow.session.add(incident)
    taken = StepTaken(
        Step.REPORT, origin, occurred_at=report.occurred_at, announced=replace(origin, actor=REPORTER)
    )
    return await tell(uow, Begun(incident, taken, IncidentState.REPORTED), IncidentReported)


def _findings(report: _Report, now: datetime) -> list[str]:
    """Return what is to be said of the times of a report, and of the code that it names."""
    findings = time_findings(report.occurred_at, report.known_at, recorded_at=now)
    at = placed_at(report.occurred_at, now, possible=OTHER_DAY not in findings)
    moved = report.place.had_by_another and may_mean_another(at, report.place.code_since)
    return [*findings, CODE_MOVED] if moved else findings
