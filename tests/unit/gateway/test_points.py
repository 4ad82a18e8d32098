"""The ten points: no data is never green, and a point is ok only when enough of all is done."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.queries.point_shapes import Situation
from gateway.queries.points import points_of
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
    assert len(points[9].missing) == len(points[9].missing_id) == 2
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


def test_health_needs_hospitals_requests_and_screening():
    totals = {
        "tps": 2,
        "crew/tps": 2,
        "crew/kpps/named": 14,
        "crew/kpps/told": 14,
        "crew/kpps/screened": 14,
        "crew/kpps/screening_of": 14,
        "facility/hospital/total": 2,
        "facility/hospital/reached": 2,
        "facility/hospital/listed": 1,
    }
    assert judged(totals)[9].status == "no_data", "one hospital gave no list, and nobody asked"
    assert judged(totals | {"facility/hospital/listed": 2})[9].status == "ok"
    asked = totals | {
        "request/hospital/asked": 1,
        "request/hospital/answered": 1,
        "clock/requests/hospital/kept": 1,
    }
    assert judged(asked)[9].status == "ok"
    assert judged(asked | {"crew/kpps/screened": 13})[9].status == "attention"
    assert judged(asked | {"crew/kpps/screened": 7, "crew/kpps/screening_of": 7})[9].status == "no_data"
    assert judged(asked | {"crew/kpps/screened": 0})[9].status == "no_data", "nobody said a word of it"
    assert judged(asked | {"facility/hospital/reached": 1})[9].status == "attention"
    cutoff = f"due/requests/hospital/{int((OPENS - timedelta(days=6)).timestamp())}"
    waits = {"request/hospital/asked": 2, "request/hospital/answered": 1, cutoff: 1}
    assert judged(asked | waits)[9].status == "attention", "one waits beyond its cut-off"
    early = OPENS - timedelta(days=8)
    assert judged(asked | waits, now=early)[9].status == "ok"
    assert judged(asked | {"clock/requests/hospital/missed": 1})[9].status == "attention"


def test_officers_show_how_far_they_have_come():
    totals = {"tps": 1, "crew/tps": 1, "ready/officers/done": 1, "crew/kpps/slots": 7, "crew/kpps/named": 7}
    parts = {part.name: part for part in judged(totals)[3].parts}
    assert parts["KPPS sworn in"].not_known == parts["KPPS screened"].not_known == 7
    assert "KPPS checked in" not in parts
    told = totals | {"crew/kpps/told": 7, "crew/kpps/sworn_in": 6, "crew/kpps/present": 5}
    parts = {part.name: part for part in judged(told, now=OPENS)[3].parts}
    assert (parts["KPPS sworn in"].done, parts["KPPS sworn in"].not_known) == (6, 0)
    assert (parts["KPPS checked in"].done, parts["KPPS checked in"].of) == (5, 7)


def test_personnel_of_which_nobody_says_whether_it_is_there_is_not_known():
    totals = {
        "tps": 1,
        "personnel/polri/planned": 14,
        "personnel/polri/planned_told": 12,
        "personnel/polri/present": 11,
    }
    parts = {part.name: part for part in judged(totals)[7].parts}
    assert (parts["Police there"].done, parts["Police there"].of, parts["Police there"].not_known) == (
        11,
        14,
        2,
    )
    assert "Personnel of police and army." in judged({"tps": 1})[7].missing
