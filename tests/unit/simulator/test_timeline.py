"""The simulated days as they are sent: whoever follows them to the end stands at the figures of the plan."""

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.access import ROLE_SCOPES, Scope, covers
from contracts.incidents_events import IncidentCategory, Severity
from contracts.logistics_events import ReceiptOutcome, Resolution
from contracts.vocabulary import Milestone
from simulator import kota_bogor as city
from simulator.plan.city import plan_city
from simulator.plan.model import Form, Plan
from simulator.plan.region import plan_region
from simulator.timeline import commands as c
from simulator.timeline.actions import Action, Network, fingerprint, stable_uuid
from simulator.timeline.days import timeline
from simulator.timeline.voting_day import SLOTS
from tests.unit.simulator.rules_of_forms import broken_rules

VOTE = datetime(2024, 11, 27, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_city(1)


@pytest.fixture(scope="module")
def days(plan: Plan) -> list[Action]:
    return timeline(plan)


def wib(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


def reports_of(days: list[Action]) -> list[tuple[datetime, c.ReportTurnout]]:
    """Every turnout report, in the order of sending, those in batches too."""
    sent: list[tuple[datetime, c.ReportTurnout]] = []
    for action in days:
        match action.command:
            case c.ReportTurnout() as report:
                sent.append((action.at, report))
            case c.ReportTurnoutBatch() as batch:
                sent += [(action.at, report) for report in batch.reports]
            case _:
                pass
    return sent


def settled_forms(days: list[Action]) -> dict[tuple[str, str], Form]:
    """What a desk takes for true: two equal entries that add up, else what a third settled."""
    entries: dict[tuple[str, str], list[Action]] = defaultdict(list)
    settled: dict[tuple[str, str], Form] = {}
    for action in days:
        match action.command:
            case c.EnterForm() as entry:
                entries[entry.tps, entry.form.contest].append(action)
            case c.SettleForm() as settlement:
                name = settlement.tps, settlement.form.contest
                assert name not in settled
                assert action.by.person not in {one.by.person for one in entries[name]}
                settled[name] = settlement.form
            case _:
                pass
    for name, (first, second) in entries.items():
        assert isinstance(first.command, c.EnterForm)
        assert isinstance(second.command, c.EnterForm)
        assert first.by.person != second.by.person
        assert first.by.device != second.by.device
        agreed = first.command.form == second.command.form and not broken_rules(first.command.form)
        assert agreed != (name in settled)
        assert first.command.foot == second.command.foot
        if agreed:
            settled[name] = first.command.form
    return settled


def test_the_desk_ends_on_the_announced_totals(plan: Plan, days: list[Action]) -> None:
    settled = settled_forms(days)
    assert len(settled) == 3_060
    for contest, announced in city.ANNOUNCED.items():
        forms = [form for (_, name), form in settled.items() if name == contest]
        votes: Counter[int] = Counter()
        for form in forms:
            votes.update(form.votes_by_choice())
        assert votes == announced.votes
        assert sum(form.invalid for form in forms) == announced.invalid
    assert all(settled[tps.code, form.contest] == form for tps in plan.tps for form in tps.forms)


def test_some_entries_differ_and_some_papers_do_not_add_up(days: list[Action]) -> None:
    reasons = Counter(x.command.settlement for x in days if isinstance(x.command, c.SettleForm))
    assert reasons == {c.Settlement.ENTRIES_DIFFER: 61, c.Settlement.PAPER_DOES_NOT_ADD_UP: 15}


def test_actions_are_in_order_with_keys_of_their_own(days: list[Action]) -> None:
    assert all(left.at <= right.at for left, right in pairwise(days))
    keys = [action.key for action in days]
    keys += [key for x in days if isinstance(x.command, c.ReportTurnoutBatch) for key in x.command.keys]
    assert len(set(keys)) == len(keys)
    assert all(key.version == 7 and key.variant == "specified in RFC 4122" for key in keys)
    sent_at = {action.key: action.at for action in days}
    assert all(sent_at[key] < action.at for action in days for key in action.after)
    assert wib(26, 3) < days[0].at < days[-1].at < wib(28, 18)


def occurred_at(action: Action) -> datetime | None:
    return getattr(action.command, "occurred_at", None)


def test_nothing_is_told_before_it_happened(days: list[Action]) -> None:
    for action in days:
        occurred = occurred_at(action)
        assert occurred is None or occurred <= action.at
        if action.network is Network.QUEUED:
            assert occurred is not None
            assert action.at > occurred
    assert all(report.occurred_at <= at for at, report in reports_of(days))


def test_networks_are_bad_now_and_then(days: list[Action]) -> None:
    seen = Counter(action.network for action in days)
    assert 0.01 < seen[Network.SENT_TWICE] / len(days) < 0.04
    assert 0.005 < seen[Network.ANSWER_CUT] / len(days) < 0.02
    assert seen[Network.QUEUED] > 50


def test_every_tps_reaches_its_milestones_in_order(plan: Plan, days: list[Action]) -> None:
    reached: dict[str, list[tuple[datetime, Milestone]]] = defaultdict(list)
    for action in days:
        if isinstance(action.command, c.RecordMilestone):
            reached[action.command.tps].append((action.command.occurred_at, action.command.milestone))
    assert set(reached) == {tps.code for tps in plan.tps}
    usual = [
        Milestone.READY,
        Milestone.OPENED,
        Milestone.VOTING_CLOSED,
        Milestone.COUNTING_STARTED,
        Milestone.FORM_POSTED,
    ]
    for steps in reached.values():
        order = [milestone for _, milestone in sorted(steps)]
        extra = {Milestone.MOVED, Milestone.SUSPENDED, Milestone.RESUMED}
        assert [milestone for milestone in order if milestone not in extra] == usual
        by_name = {milestone: moment for moment, milestone in steps}
        assert wib(27, 5, 50) < by_name[Milestone.READY] < wib(27, 7)
        assert wib(27, 6, 55) < by_name[Milestone.OPENED] < wib(27, 10)
        assert wib(27, 13) <= by_name[Milestone.VOTING_CLOSED] < wib(27, 13, 30)
        if Milestone.SUSPENDED in by_name:
            assert by_name[Milestone.OPENED] < by_name[Milestone.SUSPENDED] < by_name[Milestone.RESUMED]
    assert sum(len(steps) > 5 for steps in reached.values()) == 4


def test_turnout_is_cumulative_and_ends_on_the_form(plan: Plan, days: list[Action]) -> None:
    known: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for _, report in reports_of(days):
        known[report.tps][report.slot] = report.men, report.women
    for tps in plan.tps:
        figures = [known[tps.code][slot] for slot in (*SLOTS, c.FINAL) if slot in known[tps.code]]
        assert figures[-1] == (tps.voted.men, tps.voted.women)
        assert known[tps.code][c.FINAL] == (tps.voted.men, tps.voted.women)
        for (men, women), (more_men, more_women) in pairwise(figures):
            assert 0 <= men <= more_men
            assert 0 <= women <= more_women
    reported = sum(len(slots) for slots in known.values())
    assert 0.95 < reported / (1_530 * 7) < 0.99


def test_boxes_travel_to_their_tps_on_the_eve(plan: Plan, days: list[Action]) -> None:
    packed = [box for x in days if isinstance(x.command, c.PackBoxes) for box in x.command.boxes]
    shipped = [box for x in days if isinstance(x.command, c.PlanShipment) for box in x.command.boxes]
    assert len({box.id for box in packed}) == len({box.seal for box in packed}) == len(packed) == 3_060
    assert sorted(shipped, key=lambda box: box.id) == sorted(packed, key=lambda box: box.id)
    for contest in ("gubernur-32", "walikota-32.71"):
        assert sum(box.ballots for box in packed if box.contest == contest) == city.BALLOTS_NEEDED
    received = [x.command for x in days if isinstance(x.command, c.ReceiveBoxes)]
    found = Counter(one.box.id for receipt in received for one in receipt.found)
    assert found == {box.id: 1 for box in packed}
    assert all(receipt.tps == one.box.tps for receipt in received for one in receipt.found)
    late = {one.tps for one in received if one.occurred_at >= wib(27, 0)}
    assert len(late) == 6
    assert max(one.occurred_at for one in received) < wib(27, 6)
    alarmed = {
        x.command.tps
        for x in days
        if isinstance(x.command, c.ReportIncident) and "H-1" in x.command.description
    }
    assert alarmed == late


def test_what_does_not_travel_stays_in_the_warehouse(days: list[Action]) -> None:
    stock = {
        (x.command.item, x.command.contest): x.command.good
        for x in days
        if isinstance(x.command, c.CountStock)
    }
    assert stock == {
        ("ballot", "walikota-32.71"): 2_000,
        ("spare_ballot_box", "gubernur-32"): 6,
        ("spare_ballot_box", "walikota-32.71"): 6,
    }


def test_scans_arrive_out_of_order_and_discrepancies_are_settled(days: list[Action]) -> None:
    arrivals: dict[str, Action] = {}
    overtaken: set[str] = set()
    for action in days:
        if isinstance(action.command, c.ScanBoxes):
            scan = action.command
            if scan.hand_over is c.HandOver.TPS_IN and scan.place.rsplit(".", 1)[0] not in arrivals:
                overtaken.add(scan.place.rsplit(".", 1)[0])
            if scan.hand_over is c.HandOver.KELURAHAN_IN:
                arrivals[scan.place] = action
    assert 1 <= len(overtaken) <= 6
    troubled = [
        one
        for x in days
        if isinstance(x.command, c.ReceiveBoxes)
        for one in x.command.found
        if one.outcome is not ReceiptOutcome.ACCEPTED
    ]
    settled = {x.command.box.id: x for x in days if isinstance(x.command, c.SettleDiscrepancy)}
    assert {one.box.id for one in troubled} == set(settled)
    assert {one.outcome for one in troubled} == {
        ReceiptOutcome.SHORT,
        ReceiptOutcome.DAMAGED,
        ReceiptOutcome.SEAL_MISMATCH,
    }
    assert max(x.at for x in settled.values()) < wib(27, 6)
    for one in troubled:
        solution = settled[one.box.id].command
        assert isinstance(solution, c.SettleDiscrepancy)
        assert solution.kind == one.outcome
        assert (one.seal != one.box.seal) == (one.outcome is ReceiptOutcome.SEAL_MISMATCH)
        assert (solution.ballots == one.box.ballots) == (solution.resolution is Resolution.COMPLETED)


def test_tps_28_kebon_pedes_floods_at_half_past_two_and_moves(days: list[Action]) -> None:
    flood = next(
        x for x in days if isinstance(x.command, c.ReportIncident) and "bandang" in x.command.description
    )
    assert isinstance(flood.command, c.ReportIncident)
    assert flood.command.tps == "32.71.06.1002.028"
    assert flood.command.occurred_at == wib(26, 14, 30)
    assert flood.command.severity is Severity.CRITICAL
    move = next(x.command for x in days if isinstance(x.command, c.MoveTps))
    moved = next(
        x.command
        for x in days
        if isinstance(x.command, c.RecordMilestone) and x.command.milestone is Milestone.MOVED
    )
    boxes = [
        x.command.occurred_at
        for x in days
        if isinstance(x.command, c.ReceiveBoxes) and x.command.tps == move.tps
    ]
    assert move.tps == moved.tps == flood.command.tps
    assert flood.command.occurred_at < move.occurred_at < moved.occurred_at < boxes[0] < wib(27, 0)


def test_incidents_of_every_category_are_handled_step_by_step(days: list[Action]) -> None:
    reports = {x.command.incident: x for x in days if isinstance(x.command, c.ReportIncident)}
    categories = {x.command.category for x in reports.values() if isinstance(x.command, c.ReportIncident)}
    assert categories == set(IncidentCategory)
    steps: dict[UUID, list[str]] = defaultdict(list)
    for action in days:
        match action.command:
            case c.AcknowledgeIncident() | c.ActOnIncident() | c.CloseIncident() as step:
                steps[step.incident].append(type(step).__name__)
            case _:
                pass
    assert set(steps) == set(reports)
    whole = ["AcknowledgeIncident", "ActOnIncident", "CloseIncident"]
    assert all(taken in (whole, whole[:2]) for taken in steps.values())
    assert 0.05 < sum(taken == whole[:2] for taken in steps.values()) / len(steps) < 0.4
    assert any(x.by.role is None for x in reports.values())


def test_problems_get_advice_and_tasks_that_are_done_in_time(days: list[Action]) -> None:
    known = {x.command.problem for x in days if isinstance(x.command, c.OpenProblem)}
    solved = {x.command.problem for x in days if isinstance(x.command, c.ResolveProblem)}
    tasks = {x.command.task: x.command for x in days if isinstance(x.command, c.AssignTask)}
    done = {x.command.task: x.at for x in days if isinstance(x.command, c.CompleteTask)}
    assert known == solved
    assert len(known) == 3
    assert set(tasks) == set(done)
    assert all(at <= tasks[task].due_at for task, at in done.items())


NEEDS = {
    c.RegisterWarehouse: Scope.LOGISTICS_WRITE,
    c.CountStock: Scope.LOGISTICS_WRITE,
    c.PackBoxes: Scope.LOGISTICS_WRITE,
    c.PlanShipment: Scope.LOGISTICS_WRITE,
    c.DispatchShipment: Scope.LOGISTICS_WRITE,
    c.ArriveShipment: Scope.LOGISTICS_SCAN,
    c.ScanBoxes: Scope.LOGISTICS_SCAN,
    c.ReceiveBoxes: Scope.LOGISTICS_SCAN,
    c.SettleDiscrepancy: Scope.LOGISTICS_WRITE,
    c.MoveTps: Scope.REGISTRY_WRITE,
    c.RecordMilestone: Scope.TURNOUT_REPORT,
    c.ReportTurnout: Scope.TURNOUT_REPORT,
    c.ReportTurnoutBatch: Scope.TURNOUT_REPORT,
    c.ReportIncident: Scope.INCIDENTS_REPORT,
    c.AcknowledgeIncident: Scope.INCIDENTS_HANDLE,
    c.ActOnIncident: Scope.INCIDENTS_HANDLE,
    c.CloseIncident: Scope.INCIDENTS_HANDLE,
    c.OpenProblem: Scope.INCIDENTS_HANDLE,
    c.ResolveProblem: Scope.INCIDENTS_HANDLE,
    c.GiveAdvice: Scope.INCIDENTS_HANDLE,
    c.FollowAdvice: Scope.INCIDENTS_HANDLE,
    c.AssignTask: Scope.INCIDENTS_HANDLE,
    c.CompleteTask: Scope.INCIDENTS_HANDLE,
    c.EnterForm: Scope.TURNOUT_ENTER,
    c.SettleForm: Scope.TURNOUT_ADJUDICATE,
}


def places_of(command: c.Command) -> list[str]:
    match command:
        case c.ReportTurnoutBatch():
            return [report.tps for report in command.reports]
        case c.ReportIncident():
            return [command.region] if command.tps is None else [command.tps]
        case c.PackBoxes():
            return [box.tps for box in command.boxes]
        case c.PlanShipment() | c.DispatchShipment() | c.ArriveShipment():
            return [command.destination]
        case c.ScanBoxes():
            return [command.place, *(box.tps for box in command.boxes)]
        case c.RegisterWarehouse() | c.OpenProblem():
            return [command.region]
        case (
            c.ReceiveBoxes()
            | c.SettleDiscrepancy()
            | c.MoveTps()
            | c.RecordMilestone()
            | c.ReportTurnout()
            | c.EnterForm()
            | c.SettleForm()
        ):
            return [command.tps]
        case _:
            return []


def names_of(action: Action) -> tuple[str, str]:
    return action.by.person, action.by.device


def test_everybody_may_do_what_they_do_where_they_do_it(days: list[Action]) -> None:
    assert {type(action.command) for action in days} == set(NEEDS)
    for action in days:
        if action.by.role is None:
            assert isinstance(action.command, c.ReportIncident)
        else:
            assert NEEDS[type(action.command)] in ROLE_SCOPES[action.by.role]
        assert all(covers(action.by.region, place) for place in places_of(action.command))
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", name) for x in days for name in names_of(x))
    people = {(x.by.person, x.by.role, x.by.device, x.by.region) for x in days}
    assert len({person for person, *_ in people}) == len(people)


def test_the_same_plan_gives_the_same_days_and_another_seed_others() -> None:
    first = fingerprint(timeline(plan_city(5, tps=40)))
    assert fingerprint(timeline(plan_city(5, tps=40))) == first
    assert fingerprint(timeline(plan_city(6, tps=40))) != first


@given(seed=st.integers(0, 2**32), tps=st.integers(6, 60))
@settings(max_examples=6, deadline=None)
def test_a_small_plan_has_everything_of_the_whole_one(seed: int, tps: int) -> None:
    small = plan_city(seed, tps=tps)
    days = timeline(small)
    settled = settled_forms(days)
    assert all(settled[one.code, form.contest] == form for one in small.tps for form in one.forms)
    assert {type(action.command) for action in days} == set(NEEDS)
    assert {x.command.settlement for x in days if isinstance(x.command, c.SettleForm)} == set(c.Settlement)


@given(seed=st.integers(0, 2**32), tps=st.integers(1, 60))
@settings(max_examples=6, deadline=None)
def test_a_region_in_the_east_votes_by_its_own_clock(seed: int, tps: int) -> None:
    plan = plan_region("91.71", tps=tps, seed=seed, election="pilkada-2024", voting_day=date(2024, 11, 27))
    days = timeline(plan)
    settled = settled_forms(days)
    assert all(settled[one.code, form.contest] == form for one in plan.tps for form in one.forms)
    for _, report in reports_of(days):
        if report.slot != c.FINAL:
            hour = int(report.slot[:2])
            assert report.occurred_at == VOTE + timedelta(hours=hour - 9)
    opened = [
        x.command.occurred_at
        for x in days
        if isinstance(x.command, c.RecordMilestone) and x.command.milestone is Milestone.OPENED
    ]
    assert len(opened) == tps
    assert min(opened) > VOTE - timedelta(hours=2, minutes=5)
    assert not any(isinstance(action.command, c.MoveTps) for action in days)


def test_a_stable_id_is_a_function_of_moment_and_name() -> None:
    at = datetime(2024, 11, 27, 0, 0, 0, 250_000, tzinfo=UTC)
    one = stable_uuid(at, 1, "pilkada-2024", "x")
    assert one == stable_uuid(at, 1, "pilkada-2024", "x")
    assert one != stable_uuid(at, 2, "pilkada-2024", "x")
    assert one.version == 7
    assert one.int >> 80 == round(at.timestamp() * 1000)
