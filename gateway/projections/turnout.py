"""What the gateway keeps of turnout's events."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import cast

from contracts.device_clocks import OTHER_DAY, placed_at
from contracts.envelope import Envelope, EventData
from contracts.turnout_events import (
    MilestoneRecorded,
    TallyDisputed,
    TallyEntryDiscarded,
    TallyEntryRecorded,
    TallyFact,
    TallyReturned,
    TallyReturnRequested,
    TallyState,
    TallyTpsChanged,
    TallyVerified,
    TurnoutRecorded,
    TurnoutSuperseded,
    VotingDayTpsChanged,
)
from contracts.vocabulary import MILESTONES_IN_ORDER, Milestone, kelurahan_of
from gateway.projections import Body, Fold, Projection, instant

_REACHED = {
    milestone.value: f"milestone/{milestone}" for milestone in (*MILESTONES_IN_ORDER, Milestone.MOVED)
}
_VOTED = ("voted/tps", "voted/men", "voted/women", "voted/total")
_FACTS = set(TallyFact.model_fields)
_FIGURES = ("valid", "invalid", "total")


def milestone_recorded(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Keep when each milestone of a voting day was reached, and the one that was reached last.

    A time that cannot be is none: neither a clock that is ahead nor one that shows another year decides what was last.
    """
    assert isinstance(data, MilestoneRecorded)
    reached = dict(cast(dict[str, str], body.get("milestones", {})))
    name, possible = data.milestone.value, OTHER_DAY not in data.findings
    placed = instant(placed_at(envelope.occurred_at, envelope.recorded_at, possible=possible))
    reached[name] = max(reached.get(name, ""), placed or "")
    found = {**cast(dict[str, list[str]], body.get("milestone_findings", {})), name: data.findings}
    latest = max(reached, key=lambda each: (reached[each], each))
    kept: Body = {
        **body,
        "tps_id": str(data.tps_id),
        "milestones": dict(sorted(reached.items())),
        "milestone": latest,
        "milestone_findings": {each: codes for each, codes in sorted(found.items()) if codes},
    }
    return _voting_day(kept, data.tps_code)


def turnout_recorded(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Keep the turnout of each slot as it stands."""
    assert isinstance(data, TurnoutRecorded)
    slots = dict(cast(dict[str, Body], body.get("slots", {})))
    slots[data.slot] = _report(envelope, data)
    return _voting_day(
        {**body, "tps_id": str(data.tps_id), "slots": dict(sorted(slots.items()))}, data.tps_code
    )


def turnout_superseded(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Keep, beside the report of a slot that stands, the last one that came after it and was made before."""
    assert isinstance(data, TurnoutSuperseded)
    slots = dict(cast(dict[str, Body], body.get("slots", {})))
    if data.slot in slots:
        slots[data.slot] = {**slots[data.slot], "superseded": _report(envelope, data)}
    return _voting_day({**body, "slots": slots}, data.tps_code)


def _report(envelope: Envelope, data: TurnoutRecorded) -> Body:
    return {
        "men": data.men,
        "women": data.women,
        "total": data.total,
        "findings": data.findings,
        "occurred_at": instant(envelope.occurred_at),
        "recorded_at": instant(envelope.recorded_at),
    }


def voting_day_tps_changed(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep whether the day of a TPS is in the totals; a dissolved one's is not, whatever it reports."""
    assert isinstance(data, VotingDayTpsChanged)
    return _voting_day({**body, "tps_id": str(data.tps_id), "counts": data.counts}, data.tps_code)


def _voting_day(body: Body, tps_code: str) -> Projection:
    state = str(body.get("milestone", "not_reported"))
    kept: Body = {**body, "tps_code": tps_code}
    return Projection(
        "voting_day", kelurahan_of(tps_code), tps_code, state, kept, partial(_day_figures, kept)
    )


def _day_figures(body: Body) -> dict[str, int]:
    if not body.get("counts", True):
        return {}
    slots = cast(dict[str, Body], body.get("slots", {}))
    reached = cast(dict[str, str], body.get("milestones", {}))
    figures: dict[str, int] = {name: 1 for milestone, name in _REACHED.items() if milestone in reached}
    if reached.get(Milestone.SUSPENDED, "") > reached.get(Milestone.RESUMED, ""):
        figures["milestone/suspended"] = 1
    for slot, figure in slots.items():
        _add_voters(figures, _voters_at(slot), figure)
    if slots:
        _add_voters(figures, _VOTED, slots["final"] if "final" in slots else slots[max(slots)])
    return figures


def _add_voters(figures: dict[str, int], names: Sequence[str], of: Body) -> None:
    tps, men, women, total = names
    figures[tps] = 1
    figures[men], figures[women], figures[total] = cast(
        tuple[int, int, int], (of["men"], of["women"], of["total"])
    )


@lru_cache(maxsize=100)
def _voters_at(slot: str) -> Sequence[str]:
    return tuple(f"slot/{slot}/{word}" for word in ("tps", "men", "women", "total"))


def tally_changed(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Keep where a form stands; its figures from the moment they stand, and no longer than that."""
    assert isinstance(data, TallyFact)
    kept: Body = {**body, **data.model_dump(mode="json", include=_FACTS)}
    match data:
        case TallyEntryRecorded():
            kept["entries"] = data.slot
        case TallyEntryDiscarded():
            kept |= {"entries": 0, "differing": []}
        case TallyDisputed():
            kept["differing"] = [part.value for part in data.differing]
        case TallyVerified():
            standing = data.model_dump(mode="json", exclude=_FACTS)
            kept |= {
                "standing": {**standing, "verified_at": instant(envelope.recorded_at)},
                "return_requested": False,
            }
        case TallyReturnRequested():
            kept["return_requested"] = True
        case TallyReturned():
            kept |= {"standing": None, "entries": 0, "differing": [], "return_requested": False}
        case TallyTpsChanged():
            kept["counts"] = data.counts
        case _:
            pass
    counts = bool(kept.get("counts", True))
    state, figures = ("dissolved", {}) if not counts else (data.state, _tally_figures(kept, data.contest))
    return Projection("tally", kelurahan_of(data.tps_code), data.tps_code, state, kept, figures)


def _tally_figures(body: Body, contest: str) -> dict[str, int]:
    state = str(body["state"])
    if state == TallyState.EMPTY:
        return {}
    figures = {f"tally/{contest}/{state}": 1, f"tallies/{state}": 1}
    standing = cast(Body | None, body.get("standing"))
    if state != TallyState.VERIFIED or standing is None or standing["held"]:
        return figures
    form = cast(Body, standing["figures"])
    counted = {
        f"votes/{number}": votes for number, votes in cast(dict[str, int | None], form["votes"]).items()
    }
    counted |= {name: cast(int | None, form[name]) for name in _FIGURES}
    administration = cast(dict[str, dict[str, int | None]] | None, form["administration"])
    counted["users"] = administration["users"]["total"] if administration else None
    return figures | {
        f"tally/{contest}/{name}": value for name, value in counted.items() if value is not None
    }


FOLDS: dict[str, Fold | None] = {
    "desk.turnout.voting_day.milestone_recorded.v1": milestone_recorded,
    "desk.turnout.voting_day.turnout_recorded.v1": turnout_recorded,
    "desk.turnout.voting_day.turnout_superseded.v1": turnout_superseded,
    "desk.turnout.voting_day.tps_changed.v1": voting_day_tps_changed,
    "desk.turnout.tally.entry_recorded.v1": tally_changed,
    "desk.turnout.tally.entry_discarded.v1": tally_changed,
    "desk.turnout.tally.disputed.v1": tally_changed,
    "desk.turnout.tally.verified.v1": tally_changed,
    "desk.turnout.tally.return_requested.v1": tally_changed,
    "desk.turnout.tally.returned.v1": tally_changed,
    "desk.turnout.tally.tps_changed.v1": tally_changed,
}
