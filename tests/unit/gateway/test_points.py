"""The ten points: no data is never green, and a point is ok only when enough of all is done."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.queries.points import Situation, points_of
from gateway.schemas.regions import Point
from gateway.totals import dues
from tests.story import OPENS, whole_story
from tests.unit.gateway.test_folds import taken


def judged(totals: dict[str, int], **more: Any) -> dict[int, Point]:
    usual = Situation(
        totals=totals,
        dues=dues(totals),
        now=OPENS - timedelta(days=1),
        opens_at=OPENS,
        target_ratio=0.85,
        mitigated=0,
        agencies=True,
        thresholds={},
        case_threshold=0.9,
    )
    return {point.number: point for point in points_of(replace(usual, **more))}


def test_there_are_ten_points_and_none_is_ok_without_data():
    for totals in ({}, {"tps": 1530, "dpt_men": 400_000, "dpt_women": 400_000}):
        points = judged(totals)
        assert sorted(points) == list(range(1, 11))
        assert {point.status for point in points.values()} == {"no_data"}
        assert all(point.missing and point.missing_id for point in points.values())


def test_nothing_is_ok_for_who_may_not_see_it():
    points = judged(taken(whole_story().events).totals(), agencies=False)
    hidden = [point for number, point in points.items() if number not in (4, 5)]
    assert {(point.status, point.done, point.of) for point in hidden} == {("no_data", None, None)}


def test_a_complete_city_is_ok_where_there_are_sources():
    totals = {
        "tps": 10,
        "supply/tps": 10,
        "supply/tps_done": 10,
        "boxes/known": 20,
        "boxes/needed": 20,
        "ready/place/done": 9,
        "ready/place/high": 1,
        "crew/tps": 10,
        "ready/officers/done": 10,
        "ready/supervisor/done": 10,
        "ready/guards/done": 10,
        "facility/hospital/total": 3,
        "facility/hospital/reached": 3,
        "clock/neutrality/act/kept": 1,
    }
    points = judged(totals, mitigated=1)
    assert {number for number, point in points.items() if point.status == "ok"} == {1, 2, 3, 6, 7, 10}
    assert points[9].status == "no_data", "of patients' requests and screening nobody tells"
    assert judged(totals)[2].status == "attention", "a high hazard that nobody mitigated"
    assert judged(totals | {"supply/tps_done": 9})[1].status == "attention"
    assert judged(totals | {"supply/tps_done": 9}, thresholds={1: 0.9})[1].status == "ok"
    assert judged(totals | {"supply/tps_discrepancy": 1}, thresholds={1: 0.9})[1].status == "attention"
    late = f"due/violation/decide/{int((OPENS - timedelta(days=2)).timestamp())}"
    assert judged(totals | {late: 1})[6].status == "attention"


def test_participation_is_compared_from_the_opening_on():
    totals = {"tps": 2, "dpt_men": 500, "dpt_women": 500, "voted/tps": 2, "voted/total": 900}
    assert judged(totals)[4].status == "no_data"
    assert judged(totals, now=OPENS)[4].status == "ok"
    point = judged(totals | {"voted/total": 700}, now=OPENS)[4]
    assert (point.status, point.done, point.of) == ("attention", 700, 850)


def test_counting_needs_every_form():
    totals = {"tps": 1, "forms/expected": 2, "tallies/verified": 1}
    assert judged(totals)[5].status == "attention"
    assert judged(totals)[5].not_known == 1
    assert judged(totals | {"tallies/verified": 2})[5].status == "ok"
    assert judged(totals | {"tallies/held": 1})[5].status == "attention"


def test_hoaxes_within_their_clock():
    now = OPENS
    running = f"due/hoax/act/{int((now + timedelta(minutes=5)).timestamp())}"
    point = judged({"tps": 1, running: 2}, now=now)[8]
    assert (point.status, point.done, point.of) == ("ok", 2, 2)
    late = judged({"tps": 1, running: 2}, now=now + timedelta(minutes=6))[8]
    assert (late.status, late.done, late.of) == ("attention", 0, 2)
