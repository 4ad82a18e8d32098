"""Stages by the desk's clock, the calendar file, and how many guards a pattern asks for."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.registry_events import RiskClass, Stage
from contracts.registry_places_events import CheckAnswer, CheckItem, GuardingPattern
from services.registry.rules.checklists import readiness
from services.registry.rules.distances import Point, distance_m
from services.registry.rules.elections import known_calendar
from services.registry.rules.guarding import added, need_of, needed
from services.registry.rules.stages import as_icalendar, changing, stage_at
from services.registry.schemas.stages import StageState

VOTE = date(2024, 11, 27)
WIB, WIT = "Asia/Jakarta", "Asia/Jayapura"


def of_2024(stage: str) -> Stage:
    return next(each for each in known_calendar(VOTE) if each.id == stage)


def test_the_calendar_reaches_from_registration_to_inauguration_and_each_stage_has_its_source():
    stages = known_calendar(VOTE)
    assert (stages[0].id, stages[-1].id) == ("registration", "inauguration")
    assert all(stage.source and stage.name and stage.name_id for stage in stages)
    assert all(stage.starts_on <= stage.ends_on for stage in stages)
    assert "unverified" in of_2024("inauguration").source
    assert of_2024("voting").opens == ["turnout.voting", "turnout.forms"]
    assert of_2024("quiet-days").closes == ["incidents.campaign"]
    assert known_calendar(date(2029, 11, 28)) == [], "what is not known is not made up"


@pytest.mark.parametrize(
    ("zone", "now", "state", "seconds_left"),
    [
        (WIB, "2024-11-23T16:59:59+00:00", StageState.UPCOMING, 1),
        (WIB, "2024-11-23T17:00:00+00:00", StageState.OPEN, 3 * 86_400),
        (WIT, "2024-11-23T16:59:59+00:00", StageState.OPEN, 3 * 86_400 - 7_199),
        (WIB, "2024-11-26T16:59:59+00:00", StageState.OPEN, 1),
        (WIB, "2024-11-26T17:00:00+00:00", StageState.CLOSED, None),
        (WIT, "2024-11-26T15:00:00+00:00", StageState.CLOSED, None),
    ],
)
def test_a_stage_lasts_whole_civil_days_of_its_zone(
    zone: str, now: str, state: StageState, seconds_left: int | None
):
    found = stage_at(of_2024("quiet-days"), zone=zone, now=datetime.fromisoformat(now))
    assert (found.state, found.seconds_left) == (state, seconds_left)
    assert found.opens_at.tzinfo is UTC


def test_what_changes_soon_comes_nearest_first():
    now = datetime(2024, 11, 26, 3, tzinfo=UTC)
    stages = [stage_at(stage, zone=WIB, now=now) for stage in known_calendar(VOTE)]
    soon = changing(stages, within=timedelta(days=1))
    assert [stage.id for stage in soon] == ["logistics-due", "quiet-days", "voting"]
    assert changing(stages, within=timedelta()) == []


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=160))
def test_a_calendar_file_keeps_any_name(name: str):
    """Unfolded and read back, the name is what it was, whatever letters are in it."""
    stage = of_2024("voting").model_copy(update={"name_id": name})
    content = as_icalendar([stage], election="pilkada", name="P", now=datetime(2024, 11, 1, tzinfo=UTC))
    lines = content.split("\r\n")
    assert lines[-1] == ""
    assert max(len(line.encode()) for line in lines) <= 75
    unfolded = content.replace("\r\n ", "").split("\r\n")
    (summary,) = [line.removeprefix("SUMMARY:") for line in unfolded if line.startswith("SUMMARY:")]
    assert re.sub(r"\\(.)", lambda found: found[1], summary) == name
    assert "DTSTART;VALUE=DATE:20241127" in unfolded
    assert "DTEND;VALUE=DATE:20241128" in unfolded


def test_guards_are_rounded_up_once_for_the_area():
    pattern = GuardingPattern(risk_class=RiskClass.LOW, name="p", police=2, tps=10, linmas=20, source="s")
    assert (needed(2, per_tps=10, tps=292), needed(2, per_tps=10, tps=1), needed(2, per_tps=10, tps=0)) == (
        59,
        1,
        0,
    )
    assert need_of(pattern, 292).linmas == 584
    assert need_of(None, 292).police is None, "without a pattern the need is not known, never none"
    assert (added([None, 3, 4]), added([None]), added([])) == (7, None, None)


@given(st.lists(st.sampled_from(list(CheckAnswer)), max_size=len(CheckItem)))
def test_a_place_is_ready_only_when_all_is_known_and_well(answers: list[CheckAnswer]):
    known, ok, ready = readiness(answers)
    assert (ready is True) == (len(answers) == 6 and set(answers) == {CheckAnswer.YES})
    assert (ready is False) == (CheckAnswer.NO in answers)
    assert ok <= known <= len(answers)


def test_distances_are_true_to_the_length_of_a_city():
    """Against the great circle: across Kota Bogor the flat map is off by less than a thousandth."""
    assert round(distance_m(Point(-6.56, 106.80), Point(-6.56, 106.81))) == 1106
    assert round(distance_m(Point(-6.56, 106.80), Point(-6.55, 106.80))) == 1113
