"""The clocks: minutes of the desk, civil days of the law."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.incidents_events import IncidentCategory
from contracts.zones import ZONE_OF_PROVINCE
from services.incidents.rules.clocks import DEFAULT_CLOCKS, deadlines, end_of, is_late, seconds_left

VIOLATION = DEFAULT_CLOCKS[IncidentCategory.VIOLATION]
EVENING = datetime(2024, 11, 27, 13, 0, tzinfo=UTC)  # 20:00 in Bogor, 22:00 in Jayapura


def test_every_category_has_a_clock_with_a_source() -> None:
    assert set(DEFAULT_CLOCKS) == set(IncidentCategory)
    assert all("default" in clock.source for clock in DEFAULT_CLOCKS.values())
    assert all("D31" in clock.source for clock in DEFAULT_CLOCKS.values() if clock.decide_days)


@pytest.mark.parametrize(
    ("region", "decide_until"),
    [
        ("32.71", datetime(2024, 11, 30, 17, tzinfo=UTC)),
        ("91.71.01.1001", datetime(2024, 11, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_violation_is_decided_by_the_end_of_the_third_day_there(
    region: str, decide_until: datetime
) -> None:
    due = deadlines(VIOLATION, region_code=region, reported_at=EVENING)
    assert (due.decide_on, due.decide_until) == (date(2024, 11, 30), decide_until)
    assert due.acknowledge_until == EVENING + timedelta(hours=1)
    assert due.act_until == EVENING + timedelta(days=1)


def test_asking_for_information_gives_two_more_days() -> None:
    due = deadlines(VIOLATION, region_code="32.71", reported_at=EVENING, extended=True)
    assert due.decide_on == date(2024, 12, 2)


def test_the_day_is_that_of_the_place() -> None:
    """23:30 in Bogor is the next day in Jayapura, and its third day is another one."""
    late = datetime(2024, 11, 27, 16, 30, tzinfo=UTC)
    assert deadlines(VIOLATION, region_code="32.71", reported_at=late).decide_on == date(2024, 11, 30)
    assert deadlines(VIOLATION, region_code="91.71", reported_at=late).decide_on == date(2024, 12, 1)


def test_a_flood_has_no_clock_of_the_law() -> None:
    due = deadlines(DEFAULT_CLOCKS[IncidentCategory.DISASTER], region_code="32.71", reported_at=EVENING)
    assert due.decide_on is None
    assert due.decide_until is None


@pytest.mark.parametrize(("known_on", "late"), [(20, False), (19, True)])
def test_a_violation_is_reported_within_seven_days_of_knowing(known_on: int, late: bool) -> None:
    known_at = datetime(2024, 11, known_on, 3, tzinfo=UTC)
    assert is_late(VIOLATION, region_code="32.71", known_at=known_at, reported_at=EVENING) is late


def test_where_the_law_sets_no_time_nothing_is_late() -> None:
    hoax = DEFAULT_CLOCKS[IncidentCategory.HOAX]
    assert (
        is_late(hoax, region_code="32.71", known_at=datetime(2020, 1, 1, tzinfo=UTC), reported_at=EVENING)
        is None
    )


def test_seconds_left_are_negative_after_the_moment() -> None:
    assert seconds_left(EVENING, now=EVENING - timedelta(minutes=2)) == 120
    assert seconds_left(EVENING, now=EVENING + timedelta(minutes=2)) == -120


@given(
    province=st.sampled_from(sorted(ZONE_OF_PROVINCE)),
    minutes=st.integers(0, 3_000_000),
    extended=st.booleans(),
)
def test_the_legal_clock_always_leaves_its_whole_days(province: str, minutes: int, extended: bool) -> None:
    reported_at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = deadlines(VIOLATION, region_code=province, reported_at=reported_at, extended=extended)
    days = 5 if extended else 3
    assert due.decide_until is not None
    assert due.decide_on is not None
    assert timedelta(days=days) < due.decide_until - reported_at <= timedelta(days=days + 1)
    assert end_of(due.decide_on, region_code=province) == due.decide_until
