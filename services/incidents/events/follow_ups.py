"""Advice and tasks as their events and their answers show them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.incidents_events import AdviceFacts, AdviceState, TaskFacts, TaskState
from services.incidents.rules.clocks import seconds_left
from services.incidents.schemas.follow_ups import FollowUpCard
from services.incidents.schemas.shapes import FollowUpBrief
from services.incidents.tables.follow_ups import FollowUp, FollowUpKind


def advice_facts(row: FollowUp) -> AdviceFacts:
    """Return advice as its events tell it."""
    on, on_id = subject(row)
    return AdviceFacts(
        advice_id=row.follow_up_id,
        on=on,
        on_id=on_id,
        agency=row.agency,
        region_code=row.region_code,
        tps_id=row.tps_id,
        tps_code=row.tps_code,
        title=row.title,
        state=AdviceState(row.state),
        given_at=row.given_at,
        due_until=row.due_until,
        settled_at=row.settled_at,
    )


def task_facts(row: FollowUp) -> TaskFacts:
    """Return a task as its events tell it."""
    on, on_id = subject(row)
    return TaskFacts(
        task_id=row.follow_up_id,
        on=on,
        on_id=on_id,
        agency=row.agency,
        region_code=row.region_code,
        tps_id=row.tps_id,
        tps_code=row.tps_code,
        title=row.title,
        state=TaskState(row.state),
        assigned_at=row.given_at,
        due_until=row.due_until,
        settled_at=row.settled_at,
    )


def subject(row: FollowUp) -> tuple[Literal["incident", "problem"], UUID]:
    """Return what advice or a task is on."""
    if row.incident_id is not None:
        return "incident", row.incident_id
    assert row.problem_id is not None  # a check of the table: one of the two
    return "problem", row.problem_id


def allowed(row: FollowUp) -> list[str]:
    """Return the steps that are possible from where advice or a task stands."""
    return ["settle"] if row.settled_at is None else ["reopen"]


def card(row: FollowUp, *, now: datetime) -> FollowUpCard:
    """Return advice or a task as callers get it, its time left as of `now`."""
    on, on_id = subject(row)
    running = row.due_until if row.settled_at is None else None
    return FollowUpCard(
        kind=kind_word(row.kind),
        id=row.follow_up_id,
        election=row.election,
        version=row.version,
        on=on,
        on_id=on_id,
        agency=row.agency,
        region_code=row.region_code,
        tps_id=row.tps_id,
        tps_code=row.tps_code,
        title=row.title,
        state=row.state,
        allowed=allowed(row),
        given_at=row.given_at,
        due_until=row.due_until,
        seconds_left=seconds_left(running, now=now) if running else None,
        settled_at=row.settled_at,
        as_of=now,
    )


def brief(row: FollowUp) -> FollowUpBrief:
    """Return advice or a task in a line."""
    return FollowUpBrief(
        kind=kind_word(row.kind),
        id=row.follow_up_id,
        agency=row.agency,
        title=row.title,
        state=row.state,
        due_until=row.due_until,
    )


def kind_word(kind: FollowUpKind) -> Literal["advice", "task"]:
    """Return the word for a kind."""
    return "advice" if kind is FollowUpKind.ADVICE else "task"
