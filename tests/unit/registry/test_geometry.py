"""Polygons: inside, outside, overlapping; the border belongs to what it is around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules.distances import Point
from services.registry.rules.geometry import (
    Area,
    area_of,
    areas_around,
    metres_outside,
    overlap_ratio,
    overlaps,
)
from services.registry.schemas.place_rows import is_swapped
from tests.services.registry.shapes import box

LON, LAT = st.floats(100.0, 100.9), st.floats(-5.9, -5.0)


def area(west: float, south: float, east: float, north: float) -> Area:
    found = area_of(box(west, south, east, north))
    assert isinstance(found, Area)
    return found


CITY = area(100.2, -5.8, 100.8, -5.2)


@given(LON, LAT)
def test_a_point_is_inside_exactly_where_it_is_no_metre_outside(lon: float, lat: float):
    inside = 100.2 <= lon <= 100.8 and -5.8 <= lat <= -5.2
    metres = metres_outside(CITY, Point(lat, lon))
    assert (metres == 0) == inside
    assert (areas_around([CITY], [Point(lat, lon)]) == [[0]]) == inside


def test_metres_outside_are_those_to_the_nearest_border():
    assert metres_outside(CITY, Point(-5.5, 100.81)) == 1108
    assert metres_outside(CITY, Point(-5.19, 100.5)) == 1113
    assert areas_around([], [Point(-5.5, 100.5)]) == [[]]
    assert areas_around([CITY], []) == []


def test_of_two_that_overlap_by_too_much_the_first_stands():
    west, shifted = area(100.0, -5.5, 100.1, -5.4), area(100.05, -5.5, 100.15, -5.4)
    touching, sliver = area(100.1, -5.5, 100.2, -5.4), area(100.095, -5.5, 100.2, -5.4)
    assert round(overlap_ratio(west, shifted), 3) == 0.5
    assert overlaps([("a", west), ("b", touching)], []) == {}
    found = overlaps([("a", west), ("b", shifted), ("c", touching)], [])
    assert {code: (clash.code, clash.is_refused) for code, clash in found.items()} == {"b": ("a", True)}, (
        "c overlaps only the one that is refused"
    )
    seen = overlaps([("c", sliver)], [("a", west)])["c"]
    assert (seen.code, seen.is_refused, round(seen.ratio, 2)) == ("a", False, 0.05)
    assert overlaps([("a", shifted)], [("a", west)]) == {}, "a region never overlaps what it was before"
    assert overlaps([], []) == {}


@pytest.mark.parametrize(
    ("lat", "lon", "swapped"),
    [
        (106.8, -6.5, True),
        ("106.8", "-6.5", True),
        (-6.5, 106.8, False),
        (0.0, 0.0, False),
        ("", None, False),
        ("x", "y", False),
        (True, None, False),
        (float("nan"), float("inf"), False),
    ],
)
def test_latitude_in_the_place_of_longitude_is_seen(lat: object, lon: object, swapped: bool):
    assert is_swapped(lat, lon) is swapped
