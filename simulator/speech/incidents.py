"""Incidents, problems, advice and tasks; and the new place of a TPS."""

from contracts.vocabulary import Channel
from simulator.speech.saying import Names, Saying, moment, name_of
from simulator.timeline.commands import (
    AcknowledgeIncident,
    ActOnIncident,
    AssignTask,
    CloseIncident,
    CompleteTask,
    FollowAdvice,
    GiveAdvice,
    MoveTps,
    OpenProblem,
    ReportIncident,
    ResolveProblem,
)


def report(command: ReportIncident, channel: Channel, *, publicly: bool) -> Saying:
    """Report an incident; the public cannot judge how bad it is, and is not told the incident's id."""
    place = {"region_code": command.region} if command.tps is None else {"tps_code": command.tps}
    body: dict[str, object] = {
        **place,
        "category": command.category,
        "description": command.description,
        "occurred_at": moment(command.occurred_at),
        "channel": channel,
    }
    if publicly:
        return Saying("/public/incidents", body)
    body |= {"severity": command.severity, "title": command.title}
    return Saying("/incidents", body, makes=command.incident, told_as="incident_id")


def acknowledgement(command: AcknowledgeIncident, channel: Channel, names: Names) -> Saying:
    """Take notice of an incident."""
    path = f"/incidents/{name_of(names, command.incident)}"
    body = {"note": command.note, "channel": channel}
    return Saying(f"{path}/acknowledgements", body, reads_first=path)


def act(command: ActOnIncident, channel: Channel, names: Names) -> Saying:
    """Tell what was done about an incident."""
    path = f"/incidents/{name_of(names, command.incident)}"
    return Saying(f"{path}/actions", {"action": command.note, "channel": channel}, reads_first=path)


def closure(command: CloseIncident, channel: Channel, names: Names) -> Saying:
    """Close an incident."""
    path = f"/incidents/{name_of(names, command.incident)}"
    body = {"outcome": "resolved", "reason": command.reason, "channel": channel}
    return Saying(f"{path}/closures", body, reads_first=path)


def problem(command: OpenProblem, channel: Channel) -> Saying:
    """Put a problem into the register."""
    body = {
        "region_code": command.region,
        "point": command.point,
        "severity": command.severity,
        "title": command.title,
        "description": command.description,
        "channel": channel,
    }
    return Saying("/problems", body, makes=command.problem, told_as="problem_id")


def solution(command: ResolveProblem, channel: Channel, names: Names) -> Saying:
    """Tell that a problem is solved."""
    path = f"/problems/{name_of(names, command.problem)}"
    body = {"outcome": "solved", "reason": command.resolution, "channel": channel}
    return Saying(f"{path}/resolutions", body, reads_first=path)


def advice(command: GiveAdvice, channel: Channel, names: Names) -> Saying:
    """Advise an agency."""
    body = {
        "agency": command.agency,
        "title": command.title,
        "text": command.text,
        "channel": channel,
    }
    return Saying(f"{_subject(command, names)}/advice", body, makes=command.advice, told_as="id")


def followed(command: FollowAdvice, channel: Channel, names: Names) -> Saying:
    """Tell that advice was followed."""
    path = f"/advice/{name_of(names, command.advice)}"
    body = {"outcome": "followed", "reason": command.outcome, "channel": channel}
    return Saying(f"{path}/settlements", body, reads_first=path)


def task(command: AssignTask, channel: Channel, names: Names) -> Saying:
    """Give an agency a task."""
    body = {
        "agency": command.agency,
        "title": command.title,
        "text": command.text,
        "due_until": moment(command.due_at),
        "channel": channel,
    }
    return Saying(f"{_subject(command, names)}/tasks", body, makes=command.task, told_as="id")


def done(command: CompleteTask, channel: Channel, names: Names) -> Saying:
    """Tell that a task was done."""
    path = f"/tasks/{name_of(names, command.task)}"
    body = {"outcome": "done", "reason": command.outcome, "channel": channel}
    return Saying(f"{path}/settlements", body, reads_first=path)


def move(command: MoveTps, channel: Channel) -> Saying:
    """Give a TPS another place."""
    body = {
        "place": command.place,
        "address": command.address,
        "lat": command.lat,
        "lon": command.lon,
        "accessible": True,
        "reason_class": "flood",  # the one thing that moves a TPS in the timeline
        "reason": command.reason,
        "source": "Desk Pilkada, keputusan pemindahan TPS (rekaan)",
        "occurred_at": moment(command.occurred_at),
        "channel": channel,
    }
    return Saying(f"/tps/{command.tps}/relocation", body)


def _subject(command: GiveAdvice | AssignTask, names: Names) -> str:
    kind = "incidents" if command.on_incident else "problems"
    return f"/{kind}/{name_of(names, command.on)}"
