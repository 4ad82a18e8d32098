"""How far apart two points are, on a flat map of the place: true to a thousandth over the length of a city."""

import math
from typing import NamedTuple

METRES_PER_DEGREE = 111_320.0
"""Along a meridian; along a parallel it shrinks with the cosine of the latitude."""


class Point(NamedTuple):
    """A point in degrees, WGS 84."""

    lat: float
    lon: float


def distance_m(one: Point, other: Point) -> float:
    """Return the metres between two points.

    Example: from `Point(-6.56, 106.80)` to `Point(-6.56, 106.81)` it is about 1,106.
    """
    width = math.cos(math.radians((one.lat + other.lat) / 2))
    return METRES_PER_DEGREE * math.hypot(one.lat - other.lat, (one.lon - other.lon) * width)
