"""What the gateway keeps of turnout's events."""

from typing import cast

from contracts.envelope import Envelope, EventData
from contracts.turnout_events import MilestoneRecorded, TurnoutRecorded
from contracts.vocabulary import Milestone, kelurahan_of
from gateway.projections import Body, Fold, Projection

_REACHED = (
    Milestone.READY,
    Milestone.OPENED,
    Milestone.VOTING_CLOSED,
    Milestone.COUNTING_STARTED,
    Milestone.FORM_POSTED,
)


def milestone_recorded(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Keep when each milestone of a voting day was reached, and the one that was reached last."""
    assert isinstance(data, MilestoneRecorded)
    reached = dict(cast(dict[str, str], body.get("milestones", {})))
    reached[data.milestone] = envelope.occurred_at.isoformat()
    latest = max(reached, key=lambda name: reached[name])
    return _voting_day({**body, "milestones": reached, "milestone": latest}, data.tps_code)


def turnout_recorded(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Keep the turnout of each slot as it stands."""
    assert isinstance(data, TurnoutRecorded)
    slots = dict(cast(dict[str, Body], body.get("slots", {})))
    slots[data.slot] = {
        "men": data.men,
        "women": data.women,
        "total": data.total,
        "findings": data.findings,
        "occurred_at": envelope.occurred_at.isoformat(),
    }
    return _voting_day({**body, "slots": slots}, data.tps_code)


def _voting_day(body: Body, tps_code: str) -> Projection:
    slots = cast(dict[str, Body], body.get("slots", {}))
    reached = cast(dict[str, str], body.get("milestones", {}))
    figures: dict[str, int] = {f"milestone.{name}": 1 for name in _REACHED if name in reached}
    for slot, figure in slots.items():
        figures[f"slot.{slot}.tps"] = 1
        figures[f"slot.{slot}.total"] = cast(int, figure["total"])
    if slots:
        latest = slots["final"] if "final" in slots else slots[max(slots)]
        figures |= {"voted.tps": 1} | {
            f"voted.{sex}": cast(int, latest[sex]) for sex in ("men", "women", "total")
        }
    state = str(body.get("milestone", "not_reported"))
    return Projection(
        "voting_day", kelurahan_of(tps_code), tps_code, state, {**body, "tps_code": tps_code}, figures
    )


FOLDS: dict[str, Fold] = {
    "desk.turnout.voting_day.milestone_recorded.v1": milestone_recorded,
    "desk.turnout.voting_day.turnout_recorded.v1": turnout_recorded,
}
