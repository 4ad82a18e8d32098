"""A problem as its events and its answers show it."""

from datetime import datetime

from contracts.incidents_events import ProblemFacts, ProblemState
from services.incidents.rules.clocks import seconds_left
from services.incidents.schemas.problems import ProblemCard
from services.incidents.tables.problems import ProblemRow

_STEPS = {ProblemState.OPEN: ["resolve", "revise"], ProblemState.RESOLVED: ["reopen"]}


def facts(problem: ProblemRow) -> ProblemFacts:
    """Return a problem as its events tell it."""
    return ProblemFacts(
        problem_id=problem.problem_id,
        point=problem.point,
        severity=problem.severity,
        state=problem.state,
        agency=problem.agency,
        region_code=problem.region_code,
        tps_id=problem.tps_id,
        tps_code=problem.tps_code,
        title=problem.title,
        registered_at=problem.registered_at,
        due_until=problem.due_until,
        resolved_at=problem.resolved_at,
        outcome=problem.outcome,
    )


def allowed(state: ProblemState) -> list[str]:
    """Return the steps that are possible from a state of a problem."""
    return _STEPS[state]


def card(problem: ProblemRow, *, now: datetime) -> ProblemCard:
    """Return a problem as callers get it, its time left as of `now`."""
    running = problem.due_until if problem.state is ProblemState.OPEN else None
    return ProblemCard(
        **facts(problem).model_dump(),
        election=problem.election,
        version=problem.version,
        allowed=allowed(problem.state),
        lat=problem.lat,
        lon=problem.lon,
        seconds_left=seconds_left(running, now=now) if running else None,
        as_of=now,
    )
