"""The figures of a region that Prometheus is told, from its totals. Pure; what is not known is not yielded, never 0.

Deadlines are desk seconds that are left: a rehearsal's hour may pass in a minute, and Prometheus' own time says nothing
about it. Votes are never among them: `/metrics` asks nobody for a token (D34).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.incidents_events import DeskPoint
from contracts.logistics_events import BoxState
from contracts.registry_events import ElectionDefined, TimeSetting
from contracts.turnout_events import TallyState
from contracts.vocabulary import MILESTONES_IN_ORDER
from gateway.queries.elections import local_instant_of
from gateway.queries.overview import turnout_of
from gateway.queries.point_shapes import Situation
from gateway.queries.points import points_of
from gateway.totals import below, overdue

FINAL = "final"
PLACE = ("election", "rehearsal", "region")
"""Labels of every figure, before its own."""


@dataclass(frozen=True, slots=True)
class DomainGauge:
    """A figure of a region: its name, what it says, and its labels beside `PLACE`, each of a closed set of words."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a gauge, with the values of its own labels."""

    gauge: str
    value: float
    labels: tuple[str, ...] = ()


GAUGES: Mapping[str, DomainGauge] = {
    gauge.name: gauge
    for gauge in (
        DomainGauge("desk_tps_count", "TPS that take part."),
        DomainGauge("desk_dpt_count", "Voters on the list.", ("sex",)),
        DomainGauge("desk_milestone_tps", "TPS that have reached a milestone of their day.", ("milestone",)),
        DomainGauge(
            "desk_voting_opens_seconds", "Desk seconds until voting opens here; negative once it has."
        ),
        DomainGauge(
            "desk_voting_closes_seconds", "Desk seconds until voting closes here; negative once it has."
        ),
        DomainGauge(
            "desk_stage_seconds",
            "Desk seconds until a stage opens or, when open, closes; absent once it has closed.",
            ("stage", "edge"),
        ),
        DomainGauge("desk_turnout_reported_tps", "TPS that have reported turnout at all."),
        DomainGauge("desk_turnout_slot_tps", "TPS that have reported a slot.", ("slot",)),
        DomainGauge(
            "desk_turnout_slot_seconds",
            "Desk seconds until a slot ends here, the final one with voting; negative once it has.",
            ("slot",),
        ),
        DomainGauge("desk_turnout_voted_count", "Voters who voted, as the TPS that reported say.", ("sex",)),
        DomainGauge("desk_turnout_ratio", "Voters who voted, of all on the list."),
        DomainGauge("desk_turnout_target_ratio", "Turnout that the region wants."),
        DomainGauge("desk_boxes_needed_count", "Sealed boxes that the TPS need."),
        DomainGauge("desk_boxes_count", "Sealed boxes by state.", ("state",)),
        DomainGauge("desk_boxes_discrepancy_count", "Sealed boxes with an open discrepancy."),
        DomainGauge("desk_supply_tps", "TPS whose need is known."),
        DomainGauge("desk_supply_done_tps", "TPS that have the sealed boxes of all their contests."),
        DomainGauge("desk_supply_on_time_tps", "TPS of these whose boxes all came by the deadline of H-1."),
        DomainGauge("desk_supply_discrepancy_tps", "TPS with a box in open discrepancy."),
        DomainGauge("desk_supply_overdue_tps", "TPS without all their boxes after the deadline of H-1."),
        DomainGauge(
            "desk_supply_deadline_seconds",
            "Desk seconds until the earliest deadline of a TPS without all its boxes; negative when overdue.",
        ),
        DomainGauge("desk_forms_expected_count", "Forms C.Hasil that there will be.", ("contest",)),
        DomainGauge("desk_forms_count", "Forms C.Hasil by state.", ("contest", "state")),
        DomainGauge("desk_work_open_count", "Problems, advice and tasks that are open.", ("kind",)),
        DomainGauge("desk_work_overdue_count", "Problems, advice and tasks past their date.", ("kind",)),
        DomainGauge(
            "desk_point_ratio", "What is done of a point of the desk; absent without data.", ("point",)
        ),
        DomainGauge(
            "desk_point_state",
            "1 for the status of a point of the desk (ok, attention, no_data), 0 for the others.",
            ("point", "status"),
        ),
    )
}

_WORK = {"problems": "problem/open", "advice": "advice/given", "tasks": "task/assigned"}
_FORM_STATES = tuple(state.value for state in TallyState if state != TallyState.EMPTY)


def figures_of(
    region: str, election: ElectionDefined | None, situation: Situation, *, slots: Sequence[str]
) -> Iterator[Figure]:
    """Yield the figures of a region.

    Args:
        region: its code; `*` for the nation.
        election: as the registry has told of it, if it has.
        situation: its totals, and what its points are judged by.
        slots: slots by which every TPS is to report its turnout.
    """
    yield Figure("desk_tps_count", situation.of("tps"))
    for sex in ("men", "women"):
        yield Figure("desk_dpt_count", situation.of(f"dpt_{sex}"), (sex,))
    yield from _day(region, election, situation)
    yield from _turnout(region, election, situation, slots=slots)
    yield from _supply(situation)
    yield from _forms(situation)
    yield from _work(situation)
    yield from _points(situation)


def _day(region: str, election: ElectionDefined | None, s: Situation) -> Iterator[Figure]:
    for milestone in (*(reached.value for reached in MILESTONES_IN_ORDER), "suspended", "moved"):
        yield Figure("desk_milestone_tps", s.of(f"milestone/{milestone}"), (milestone,))
    if election is not None:
        opens, closes = election.settings.voting_opens, election.settings.voting_closes
        yield Figure("desk_voting_opens_seconds", _left(region, election, opens, s.now))
        yield Figure("desk_voting_closes_seconds", _left(region, election, closes, s.now))
        yield from _stages(region, election, s.now)


def _stages(region: str, election: ElectionDefined, now: datetime) -> Iterator[Figure]:
    for stage in election.stages:
        opens_at = local_instant_of(region, stage.starts_on, "00:00")
        closes_at = local_instant_of(region, stage.ends_on + timedelta(days=1), "00:00")
        if now < opens_at:
            yield Figure("desk_stage_seconds", (opens_at - now).total_seconds(), (stage.id, "opens"))
        elif now < closes_at:
            yield Figure("desk_stage_seconds", (closes_at - now).total_seconds(), (stage.id, "closes"))


def _left(region: str, election: ElectionDefined, setting: TimeSetting, now: datetime) -> float:
    return _left_until(region, election, setting.value, now)


def _left_until(region: str, election: ElectionDefined, civil: str, now: datetime) -> float:
    return (local_instant_of(region, election.voting_date, civil) - now).total_seconds()


def _turnout(
    region: str, election: ElectionDefined | None, s: Situation, *, slots: Sequence[str]
) -> Iterator[Figure]:
    turnout = turnout_of(s.totals, target_ratio=s.target_ratio, target_source="")
    yield Figure("desk_turnout_target_ratio", turnout.target_ratio)
    yield Figure("desk_turnout_reported_tps", turnout.tps_reported)
    if turnout.men is not None and turnout.women is not None:
        yield Figure("desk_turnout_voted_count", turnout.men, ("men",))
        yield Figure("desk_turnout_voted_count", turnout.women, ("women",))
    if turnout.ratio is not None:
        yield Figure("desk_turnout_ratio", turnout.ratio)
    for slot in slots:
        yield Figure("desk_turnout_slot_tps", s.of(f"slot/{slot}/tps"), (slot,))
        if election is not None:
            ends = election.settings.voting_closes.value if slot == FINAL else slot
            left_s = _left_until(region, election, ends, s.now)
            yield Figure("desk_turnout_slot_seconds", left_s, (slot,))


def _supply(s: Situation) -> Iterator[Figure]:
    if not s.of("supply/tps"):
        return
    yield Figure("desk_boxes_needed_count", s.of("boxes/needed"))
    states = below(s.totals, "boxes/state/")
    for state in BoxState:
        if state != BoxState.VOID:
            yield Figure("desk_boxes_count", states.get(state, 0), (state.value,))
    yield Figure("desk_boxes_discrepancy_count", s.of("boxes/discrepancy"))
    yield Figure("desk_supply_tps", s.of("supply/tps"))
    yield Figure("desk_supply_done_tps", s.of("supply/tps_done"))
    yield Figure("desk_supply_on_time_tps", s.of("supply/tps_on_time"))
    yield Figure("desk_supply_discrepancy_tps", s.of("supply/tps_discrepancy"))
    yield Figure("desk_supply_overdue_tps", overdue(s.dues, now=s.now, of="boxes"))
    first = min((due.at for due in s.dues if due.of == "boxes"), default=None)
    if first is not None:
        yield Figure("desk_supply_deadline_seconds", (first - s.now).total_seconds())


def _forms(s: Situation) -> Iterator[Figure]:
    for name, expected in s.totals.items():
        if name.startswith("contest/") and name.endswith("/tps"):
            contest = name.split("/")[1]
            yield Figure("desk_forms_expected_count", expected, (contest,))
            for state in _FORM_STATES:
                yield Figure("desk_forms_count", s.of(f"tally/{contest}/{state}"), (contest, state))


def _work(s: Situation) -> Iterator[Figure]:
    for kind, running in _WORK.items():
        yield Figure("desk_work_open_count", s.of(running), (kind,))
        yield Figure("desk_work_overdue_count", overdue(s.dues, now=s.now, of=kind), (kind,))


def _points(s: Situation) -> Iterator[Figure]:
    for name, point in zip(DeskPoint, points_of(s), strict=True):
        for status in ("ok", "attention", "no_data"):
            yield Figure("desk_point_state", float(point.status == status), (name.value, status))
        if point.done is not None and point.of:
            yield Figure("desk_point_ratio", point.done / point.of, (name.value,))
