"""What the gateway keeps of incidents' events.

A clock that runs is a figure that carries its end, so that how many are overdue is known at any time from the totals;
one that has stopped is a figure that says whether it was kept.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from contracts.access import NATION
from contracts.envelope import Envelope, EventData
from contracts.incidents_events import (
    OPEN_INCIDENTS,
    AdviceFacts,
    AdviceState,
    ClockSet,
    IncidentFacts,
    IncidentState,
    IncidentStatusPublished,
    ProblemFacts,
    ProblemState,
    PublicState,
    RouteSet,
    TaskFacts,
    TaskState,
)
from gateway.projections import Body, Fold, Projection, due_figure

_INCIDENT_FIELDS = set(IncidentFacts.model_fields)


def incident_changed(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep an incident as it stands, with its clocks."""
    assert isinstance(data, IncidentFacts)
    kept: Body = {**body, **data.model_dump(mode="json", include=_INCIDENT_FIELDS), **_moved(body, data)}
    figures = _incident_figures(data) | _public_figures(kept.get("public"))
    return Projection("incident", data.region_code, data.tps_code, data.state, kept, figures)


def _moved(body: Body, facts: IncidentFacts) -> Body:
    """Return where an incident was said to be before, for those who were told of it there."""
    before = body.get("tps_code") or body.get("region_code")
    here = facts.tps_code or facts.region_code
    if before is None or before == here:
        return {}
    places = {cast(str, before), *cast(list[str], body.get("moved_from", []))} - {here}
    return {"moved_from": sorted(places)}


def incident_status_published(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep what everybody may know of an incident beside what its agencies know."""
    assert isinstance(data, IncidentStatusPublished)
    kept: Body = {**body, "public": data.model_dump(mode="json")}
    facts = IncidentFacts.model_validate(body) if "agency" in body else None
    figures = (_incident_figures(facts) if facts else {}) | _public_figures(kept["public"])
    region, state = (facts.region_code, facts.state) if facts else (data.region_code, data.state)
    return Projection("incident", region, facts.tps_code if facts else None, state, kept, figures)


def _public_figures(public: object) -> dict[str, int]:
    if not isinstance(public, dict) or public["state"] == PublicState.RETRACTED:
        return {}
    return {f"public_incident/{public['category']}/{public['state']}": 1}


def _incident_figures(facts: IncidentFacts) -> dict[str, int]:
    figures = {f"incident/{facts.category}/{facts.state}": 1}
    if facts.state == IncidentState.DUPLICATE:
        return figures
    if facts.state in OPEN_INCIDENTS:
        figures |= {f"incident/{facts.category}/open": 1, f"incident_severity/{facts.severity}": 1}
    for clock, until, stopped_at in _clocks(facts):
        of = f"{facts.category}/{clock}"
        if stopped_at is None:
            figures[due_figure(of, until)] = 1
        else:
            figures[f"clock/{of}/{'kept' if stopped_at <= until else 'missed'}"] = 1
    return figures


def _clocks(facts: IncidentFacts) -> Iterator[tuple[str, datetime, datetime | None]]:
    """Give each clock of an incident: when it ends, and when it was stopped, which closing does to all of them."""
    closed = facts.closed_at
    yield "acknowledge", facts.acknowledge_until, facts.acknowledged_at or closed
    yield "act", facts.act_until, facts.acted_at or closed
    if facts.decide_until is not None:
        yield "decide", facts.decide_until, closed


def problem_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a problem as it stands."""
    assert isinstance(data, ProblemFacts)
    figures = {f"problem/{data.point}/{data.state}": 1}
    if data.state == ProblemState.OPEN:
        figures["problem/open"] = 1
        figures |= {due_figure("problems", data.due_until): 1} if data.due_until else {}
    body = data.model_dump(mode="json")
    return Projection("problem", data.region_code, data.tps_code, data.state, body, figures)


def advice_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a piece of advice as it stands."""
    assert isinstance(data, AdviceFacts)
    figures = {f"advice/{data.state}": 1}
    if data.state == AdviceState.GIVEN and data.due_until:
        figures[due_figure("advice", data.due_until)] = 1
    body = data.model_dump(mode="json")
    return Projection("advice", data.region_code, data.tps_code, data.state, body, figures)


def task_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a task as it stands."""
    assert isinstance(data, TaskFacts)
    figures = {f"task/{data.state}": 1}
    if data.state == TaskState.ASSIGNED and data.due_until:
        figures[due_figure("tasks", data.due_until)] = 1
    body = data.model_dump(mode="json")
    return Projection("task", data.region_code, data.tps_code, data.state, body, figures)


def clock_set(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep the clock of a category."""
    assert isinstance(data, ClockSet)
    return Projection("clock", NATION, None, "set", data.model_dump(mode="json"), {})


def route_set(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep which agencies a category is routed to in a region."""
    assert isinstance(data, RouteSet)
    return Projection("route", data.region_code, None, "set", data.model_dump(mode="json"), {})


_INCIDENT_EVENTS = [
    "reported",
    "acknowledged",
    "acted",
    "closed",
    "reopened",
    "rerouted",
    "corrected",
    "extended",
    "marked_duplicate",
]
FOLDS: dict[str, Fold | None] = {
    **{f"desk.incidents.incident.{fact}.v1": incident_changed for fact in _INCIDENT_EVENTS},
    "desk.incidents.incident.status_published.v1": incident_status_published,
    **{
        f"desk.incidents.problem.{fact}.v1": problem_changed
        for fact in ("registered", "revised", "resolved", "reopened")
    },
    **{f"desk.incidents.advice.{fact}.v1": advice_changed for fact in ("given", "settled", "reopened")},
    **{f"desk.incidents.task.{fact}.v1": task_changed for fact in ("assigned", "settled", "reopened")},
    "desk.incidents.clock.set.v1": clock_set,
    "desk.incidents.route.set.v1": route_set,
}
