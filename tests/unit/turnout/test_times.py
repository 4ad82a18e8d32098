"""When a report says that it happened: what can be, and what it counts from."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.device_clocks import CLOCK_TOLERANCE
from contracts.vocabulary import Milestone
from services.turnout.rules.times import (
    COUNT,
    FORMS,
    PREPARATION,
    VOTING_DAY,
    WINDOWS,
    Course,
    VotingDate,
    Window,
    entry_findings,
    judge_time,
    order_findings,
    report_window,
    settlement_findings,
)

NOON = datetime(2024, 11, 27, 5, tzinfo=UTC)
BOGOR = VotingDate(date(2024, 11, 27), "Asia/Jakarta")


@pytest.mark.parametrize(("ahead", "codes"), [(timedelta(), []), (timedelta(seconds=1), ["W-CLOCK-AHEAD"])])
def test_a_clock_may_be_ahead_by_five_minutes(ahead: timedelta, codes: list[str]) -> None:
    told = judge_time(NOON + CLOCK_TOLERANCE + ahead, NOON, of=BOGOR, window=VOTING_DAY)
    assert (told.findings, told.placed_at) == (codes, NOON)


@pytest.mark.parametrize(
    ("zone", "inside"), [("Asia/Jakarta", True), ("Asia/Makassar", False), ("Asia/Jayapura", False)]
)
def test_the_voting_day_is_a_day_of_the_tpss_zone(zone: str, inside: bool) -> None:
    late = datetime(2024, 11, 27, 16, 30, tzinfo=UTC)
    told = judge_time(late, late, of=VotingDate(date(2024, 11, 27), zone), window=VOTING_DAY)
    assert told.findings == ([] if inside else ["W-OTHER-DAY"])


@pytest.mark.parametrize(
    ("window", "first", "last"), [(VOTING_DAY, 0, 0), (COUNT, 0, 1), (PREPARATION, -7, 0), (FORMS, 0, 400)]
)
def test_windows(window: Window, first: int, last: int) -> None:
    inside = [days for days in range(-9, 401) if BOGOR.has(NOON + timedelta(days=days), window)]
    assert (inside[0], inside[-1], len(inside)) == (first, last, last - first + 1)


def test_every_milestone_has_its_days() -> None:
    assert set(WINDOWS) == set(Milestone)


def test_what_cannot_be_counts_from_when_it_was_received() -> None:
    told = judge_time(datetime(2000, 1, 1, tzinfo=UTC), NOON, of=BOGOR, window=VOTING_DAY)
    assert (told.findings, told.placed_at) == (["W-OTHER-DAY"], NOON)
    earlier = NOON - timedelta(hours=2)
    assert judge_time(earlier, NOON, of=BOGOR, window=VOTING_DAY).placed_at == earlier


def test_the_last_figure_may_come_after_midnight() -> None:
    night = NOON + timedelta(hours=14)
    assert judge_time(night, night, of=BOGOR, window=report_window("final")).findings == []
    assert judge_time(night, night, of=BOGOR, window=report_window("13:00")).findings == ["W-OTHER-DAY"]


def test_an_entry_is_judged_with_both_values() -> None:
    said = NOON + timedelta(hours=1)
    (found,) = settlement_findings(said, NOON, of=BOGOR)
    assert (found.code, found.written, found.expected) == (
        "W-CLOCK-AHEAD",
        said.isoformat(),
        NOON.isoformat(),
    )


def test_an_instant_is_written_in_utc_whatever_zone_the_device_says_it_in() -> None:
    in_bogor = datetime(2024, 11, 27, 5, tzinfo=ZoneInfo("Asia/Jakarta"))
    course = Course(BOGOR, {Milestone.OPENED: NOON.astimezone(ZoneInfo("Asia/Jayapura"))}, "13:00")
    told = entry_findings(in_bogor, NOON, course)
    assert told == entry_findings(in_bogor.astimezone(UTC), NOON, course)
    assert [(one.code, one.written, one.expected) for one in told] == [
        ("W-NOT-OPENED", "2024-11-26T22:00:00+00:00", NOON.isoformat()),
        ("W-NOT-CLOSED", "2024-11-26T22:00:00+00:00", "2024-11-27T06:00:00+00:00"),
    ]


SEVEN, ONE = NOON - timedelta(hours=5), NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("milestone", "hours", "reached", "codes"),
    [
        (Milestone.VOTING_CLOSED, 1, {}, ["W-NOT-OPENED"]),
        (Milestone.VOTING_CLOSED, 1, {Milestone.OPENED: SEVEN}, []),
        (Milestone.OPENED, 2, {Milestone.VOTING_CLOSED: ONE}, ["W-MILESTONE-ORDER"]),
        (Milestone.OPENED, 1, {Milestone.VOTING_CLOSED: ONE}, []),
        (Milestone.VOTING_CLOSED, -6, {Milestone.OPENED: SEVEN}, ["W-MILESTONE-ORDER"]),
        (Milestone.COUNTING_STARTED, 0, {Milestone.OPENED: SEVEN}, ["W-NOT-CLOSED"]),
        (Milestone.COUNTING_STARTED, 1, {Milestone.OPENED: SEVEN}, []),
        (
            Milestone.COUNTING_STARTED,
            0,
            {Milestone.OPENED: SEVEN, Milestone.VOTING_CLOSED: ONE},
            ["W-MILESTONE-ORDER"],
        ),
        (Milestone.RESUMED, 0, {Milestone.VOTING_CLOSED: SEVEN}, []),
    ],
)
def test_the_order_of_a_day(
    milestone: Milestone, hours: int, reached: dict[Milestone, datetime], codes: list[str]
) -> None:
    course = Course(BOGOR, reached, "13:00")
    assert order_findings(milestone, NOON + timedelta(hours=hours), course) == codes
