"""Polygons: whether they are sound, whether a point is inside, how far outside, how much two overlap.

The one module that knows shapely; imports ask it, requests never do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from geojson_pydantic import MultiPolygon, Polygon
from pydantic import TypeAdapter, ValidationError
from shapely import Geometry
from shapely.geometry import shape
from shapely.ops import nearest_points

from services.registry.rules.distances import Point, distance_m
from services.registry.schemas.place_rows import SWAPPED
from services.registry.schemas.shapes import Misfit

SEEN_OVERLAP_RATIO: Final = 0.02
MOST_OVERLAP_RATIO: Final = 0.3
"""Of the smaller of two. Simplified boundaries of real kecamatan overlap by up to a quarter: above it is another place's."""

_INDONESIA: Final = (94.5, -11.5, 141.5, 6.5)
_polygonal: TypeAdapter[Polygon | MultiPolygon] = TypeAdapter(Polygon | MultiPolygon)


@dataclass(frozen=True, slots=True)
class Area:
    """A sound polygon or several."""

    geometry: Geometry

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return its west, south, east and north end in degrees."""
        return self.geometry.bounds


def area_of(geometry: object) -> Area | Misfit:
    """Return a GeoJSON geometry as an area, or why it is none: no polygon, an open ring, abroad, crossing itself.

    Example: a ring whose last position is not its first is `ring-open`.
    """
    try:
        read = _polygonal.validate_python(geometry)
    except ValidationError as error:
        if any("same start and end" in fault["msg"] for fault in error.errors()):
            return Misfit(
                "geometry",
                "ring-open",
                "A ring does not end where it begins.",
                "Ada garis batas yang tidak berakhir di titik awalnya.",
            )
        return Misfit(
            "geometry",
            "not-a-polygon",
            "The geometry is no Polygon and no MultiPolygon.",
            "Geometri bukan Polygon atau MultiPolygon.",
        )
    found = shape(read.model_dump())
    if found.is_empty or not _is_within(found.bounds, _INDONESIA):
        west, south, east, north = (0.0, 0.0, 0.0, 0.0) if found.is_empty else found.bounds
        if _is_within((south, west, north, east), _INDONESIA) and not found.is_empty:
            return Misfit(
                "geometry",
                SWAPPED,
                "Positions are lon, lat: these look like lat, lon.",
                "Posisi ditulis lon, lat: ini tampaknya lat, lon.",
            )
        return Misfit(
            "geometry",
            "outside-indonesia",
            "A position lies outside Indonesia, or there is none.",
            "Ada posisi di luar Indonesia, atau tidak ada posisi.",
        )
    if not found.is_valid:
        return Misfit(
            "geometry",
            "polygon-invalid",
            "A ring crosses itself or another one.",
            "Garis batas memotong dirinya sendiri atau garis lain.",
        )
    return Area(found)


def _is_within(bounds: Sequence[float], around: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return around[0] <= west and around[1] <= south and east <= around[2] and north <= around[3]


def metres_outside(area: Area, point: Point) -> int:
    """Return how many metres a point lies outside an area, 0 inside and on the border."""
    spot = shapely.Point(point.lon, point.lat)
    if shapely.covers(area.geometry, spot):
        return 0
    nearest, _ = nearest_points(area.geometry, spot)
    return max(1, round(distance_m(Point(nearest.y, nearest.x), point)))


def overlap_ratio(one: Area, other: Area) -> float:
    """Return how much of the smaller of two areas the other one covers, 0..1."""
    common = shapely.intersection(one.geometry, other.geometry).area
    return common / min(one.geometry.area, other.geometry.area)


@dataclass(frozen=True, slots=True)
class Overlap:
    """The area that another one overlaps most, and how much of the smaller of the two that is."""

    code: str
    ratio: float

    @property
    def is_refused(self) -> bool:
        """Say whether it is more than two drawings of one border can differ."""
        return self.ratio > MOST_OVERLAP_RATIO


def overlaps(areas: Sequence[tuple[str, Area]], known: Sequence[tuple[str, Area]]) -> Mapping[str, Overlap]:
    """Return the areas that noticeably overlap a known one, or one before them that is not itself refused.

    Args:
        areas: code and area of those to be judged, in order.
        known: those that stand.

    Returns:
        by code, the worst that it overlaps.
    """
    standing = [*known, *areas]
    if not standing:
        return {}
    tree = shapely.STRtree([area.geometry for _, area in standing])
    given, found = tree.query([area.geometry for _, area in areas], predicate="intersects").tolist()
    worst: dict[str, Overlap] = {}
    refused: set[str] = set()
    for index, other in sorted(zip(given, found, strict=True)):
        (code, area), (other_code, other_area) = areas[index], standing[other]
        if other >= len(known) + index or code == other_code or other_code in refused:
            continue
        overlap = Overlap(other_code, overlap_ratio(area, other_area))
        if overlap.ratio > SEEN_OVERLAP_RATIO and (code not in worst or overlap.ratio > worst[code].ratio):
            worst[code] = overlap
            if overlap.is_refused:
                refused.add(code)
    return worst


def areas_around(areas: Sequence[Area], points: Sequence[Point]) -> list[list[int]]:
    """Return for each point the numbers of the areas that it lies in, those on whose border it lies among them."""
    around: list[list[int]] = [[] for _ in points]
    if areas and points:
        tree = shapely.STRtree([area.geometry for area in areas])
        spots = [shapely.Point(point.lon, point.lat) for point in points]
        given, found = tree.query(spots, predicate="covered_by").tolist()
        for point, area in zip(given, found, strict=True):
            around[point].append(area)
    return around
