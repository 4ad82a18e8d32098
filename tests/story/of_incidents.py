"""What incidents tells in the story."""

from datetime import timedelta

from contracts.incidents_events import (
    AdviceGiven,
    AdviceReopened,
    AdviceSettled,
    Agency,
    ClockSet,
    IncidentAcknowledged,
    IncidentActed,
    IncidentCategory,
    IncidentClosed,
    IncidentCorrected,
    IncidentExtended,
    IncidentFacts,
    IncidentMarkedDuplicate,
    IncidentReopened,
    IncidentReported,
    IncidentRerouted,
    IncidentStatusPublished,
    ProblemFacts,
    ProblemRegistered,
    ProblemReopened,
    ProblemResolved,
    ProblemRevised,
    RouteSet,
    TaskAssigned,
    TaskReopened,
    TaskSettled,
)
from tests.story.telling import ELECTION, KELURAHAN, SOURCE, Story, made


def incident(story: Story, name: str, category: str, state: str, **more: object) -> dict[str, object]:
    """Return the facts of an incident as it stands."""
    facts: dict[str, object] = {
        "incident_id": made("incident", name),
        "category": category,
        "severity": "high",
        "state": state,
        "source": "officer",
        "agency": "bpbd",
        "also_informed": ["kpu"],
        "region_code": KELURAHAN[0],
        "tps_id": made("tps", f"{KELURAHAN[0]}.001"),
        "tps_code": f"{KELURAHAN[0]}.001",
        "lat": None,
        "lon": None,
        "title": "Banjir setinggi lutut",
        "occurred_at": story.now,
        "reported_at": story.now,
        "acknowledge_until": story.now + timedelta(minutes=15),
        "act_until": story.now + timedelta(minutes=60),
        "decide_on": None,
        "decide_until": None,
        "extended": False,
        "reported_late": None,
        "acknowledged_at": None,
        "acted_at": None,
        "closed_at": None,
        "outcome": None,
        "duplicate_of": None,
        "findings": [],
    }
    assert set(facts) == set(IncidentFacts.model_fields)
    return facts | more


def tell_incidents(story: Story) -> None:
    """Tell of a flood from report to end, with every turn that there is, and of the arrangements."""
    story.tell(
        ClockSet(
            category=IncidentCategory.DISASTER,
            acknowledge_minutes=15,
            act_minutes=60,
            report_within_days=None,
            decide_days=None,
            extension_days=None,
            source=SOURCE,
        ),
        f"{ELECTION}.disaster",
    )
    route = RouteSet(
        category=IncidentCategory.DISASTER,
        region_code="32.71",
        agency=Agency.BPBD,
        also_informed=[Agency.KPU],
        source=SOURCE,
    )
    story.tell(route, f"{ELECTION}.disaster.32.71")
    flood = made("incident", "flood")
    told = incident(story, "flood", "disaster", "reported")
    story.tell(IncidentReported.model_validate(told), flood)
    public = {
        "incident_id": flood,
        "category": "disaster",
        "severity": "high",
        "state": "received",
        "region_code": KELURAHAN[0],
    }
    story.tell(IncidentStatusPublished.model_validate(public), flood)
    told |= {"state": "acknowledged", "acknowledged_at": story.now}
    story.tell(IncidentAcknowledged.model_validate(told), flood)
    story.tell(IncidentCorrected.model_validate(told | {"severity": "critical"}), flood)
    story.tell(IncidentExtended.model_validate(told | {"extended": True}), flood)
    told |= {"state": "acting", "acted_at": story.now}
    story.tell(IncidentActed.model_validate(told), flood)
    told |= {"state": "closed", "closed_at": story.now, "outcome": "resolved"}
    story.tell(IncidentClosed.model_validate(told), flood)
    told |= {
        "state": "reported",
        "acknowledged_at": None,
        "acted_at": None,
        "closed_at": None,
        "outcome": None,
    }
    story.tell(IncidentReopened.model_validate(told), flood)
    story.tell(IncidentRerouted.model_validate(told | {"agency": "police"}), flood)
    again = incident(story, "again", "disaster", "reported")
    story.tell(IncidentReported.model_validate(again), made("incident", "again"))
    again |= {"state": "duplicate", "duplicate_of": flood}
    story.tell(IncidentMarkedDuplicate.model_validate(again), made("incident", "again"))


def problem(story: Story, state: str, **more: object) -> dict[str, object]:
    """Return the facts of a problem as it stands."""
    facts: dict[str, object] = {
        "problem_id": made("problem", 1),
        "point": "tps",
        "severity": "high",
        "state": state,
        "agency": "bpbd",
        "region_code": KELURAHAN[0],
        "tps_id": made("tps", f"{KELURAHAN[0]}.001"),
        "tps_code": f"{KELURAHAN[0]}.001",
        "title": "TPS di bantaran sungai",
        "registered_at": story.now,
        "due_until": story.now + timedelta(days=1),
        "resolved_at": None,
        "outcome": None,
    }
    assert set(facts) == set(ProblemFacts.model_fields)
    return facts | more


def tell_work(story: Story) -> None:
    """Tell of a problem that is solved at last, of advice and of a task on it."""
    one = made("problem", 1)
    solved = {"resolved_at": story.now, "outcome": "solved"}
    story.tell(ProblemRegistered.model_validate(problem(story, "open")), one)
    story.tell(ProblemRevised.model_validate(problem(story, "open", severity="critical")), one)
    story.tell(ProblemResolved.model_validate(problem(story, "resolved", **solved)), one)
    story.tell(ProblemReopened.model_validate(problem(story, "open")), one)
    story.tell(ProblemResolved.model_validate(problem(story, "resolved", **solved)), one)
    on: dict[str, object] = {
        "on": "problem",
        "on_id": one,
        "agency": "bpbd",
        "region_code": KELURAHAN[0],
        "tps_id": made("tps", f"{KELURAHAN[0]}.001"),
        "tps_code": f"{KELURAHAN[0]}.001",
        "title": "Pindahkan TPS",
        "due_until": story.now + timedelta(hours=2),
        "settled_at": None,
    }
    advice = {**on, "advice_id": made("advice", 1), "state": "given", "given_at": story.now}
    settled = {"settled_at": story.now}
    story.tell(AdviceGiven.model_validate(advice), made("advice", 1))
    story.tell(AdviceSettled.model_validate({**advice, "state": "followed", **settled}), made("advice", 1))
    story.tell(AdviceReopened.model_validate(advice), made("advice", 1))
    task = {**on, "task_id": made("task", 1), "state": "assigned", "assigned_at": story.now}
    story.tell(TaskAssigned.model_validate(task), made("task", 1))
    story.tell(TaskSettled.model_validate({**task, "state": "done", **settled}), made("task", 1))
    story.tell(TaskReopened.model_validate(task), made("task", 1))
