"""An incident as its events and its answers show it."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.incidents_events import (
    OPEN_INCIDENTS,
    Agency,
    IncidentFacts,
    IncidentStatusPublished,
    PublicState,
)
from contracts.zones import zone_of
from services.incidents.rules.clocks import seconds_left
from services.incidents.rules.lifecycle import allowed, is_published, public_state
from services.incidents.schemas.incidents import ClockName, IncidentCard, IncidentClockOut
from services.incidents.tables.incidents import Incident


def facts(incident: Incident) -> IncidentFacts:
    """Return an incident as its operational events tell it."""
    return IncidentFacts(
        incident_id=incident.incident_id,
        category=incident.category,
        severity=incident.severity,
        state=incident.state,
        source=incident.source,
        agency=incident.agency,
        also_informed=[Agency(each) for each in incident.also_informed],
        region_code=incident.region_code,
        tps_id=incident.tps_id,
        tps_code=incident.tps_code,
        lat=incident.lat,
        lon=incident.lon,
        title=incident.title,
        occurred_at=incident.occurred_at,
        reported_at=incident.reported_at,
        acknowledge_until=incident.acknowledge_until,
        act_until=incident.act_until,
        decide_on=incident.decide_on,
        decide_until=incident.decide_until,
        extended=incident.extended,
        reported_late=incident.reported_late,
        acknowledged_at=incident.acknowledged_at,
        acted_at=incident.acted_at,
        closed_at=incident.closed_at,
        outcome=incident.outcome,
        duplicate_of=incident.duplicate_of,
        findings=incident.findings,
    )


def published(incident: Incident) -> IncidentStatusPublished | None:
    """Return what everybody may know of an incident, or None where that is nothing."""
    heard = incident.first_heard_at is not None
    if not is_published(incident.category, incident.state, source=incident.source, heard=heard):
        return None
    return IncidentStatusPublished(
        incident_id=incident.incident_id,
        category=incident.category,
        severity=incident.severity,
        state=public_state(incident.state),
        region_code=incident.region_code,
    )


def retracted(before: IncidentStatusPublished) -> IncidentStatusPublished:
    """Return the event that takes back what was published of an incident."""
    return before.model_copy(update={"state": PublicState.RETRACTED})


def card(incident: Incident, *, now: datetime) -> IncidentCard:
    """Return an incident as callers get it, its clocks as of `now`."""
    return IncidentCard(
        **facts(incident).model_dump(exclude={"acknowledge_until", "act_until", "decide_until"}),
        election=incident.election,
        version=incident.version,
        allowed=allowed(incident.state),
        clocks=list(_clocks(incident, now)),
        clock_source=incident.clock_source,
        as_of=now,
    )


def _clocks(incident: Incident, now: datetime) -> Iterator[IncidentClockOut]:
    at_place = ZoneInfo(zone_of(incident.region_code))
    named: list[tuple[ClockName, datetime | None, datetime | None]] = [
        ("acknowledge", incident.acknowledge_until, incident.acknowledged_at),
        ("act", incident.act_until, incident.acted_at),
        ("decide", incident.decide_until, None),
    ]
    for name, due, met_at in named:
        if due is None:
            continue
        met = met_at or incident.closed_at
        runs = met is None and incident.state in OPEN_INCIDENTS
        yield IncidentClockOut(
            name=name,
            due_until=due,
            due_local=due.astimezone(at_place).isoformat(),
            seconds_left=seconds_left(due, now=now) if runs else None,
            met_at=met,
        )
