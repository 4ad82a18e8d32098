"""Polygons and collections of them, made for tests."""

import json
from collections.abc import Mapping, Sequence

Ring = list[list[float]]


def box(west: float, south: float, east: float, north: float) -> dict[str, object]:
    """Return a rectangle as a GeoJSON polygon."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(features: Sequence[Mapping[str, object]], **more: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", **more, "features": features}).encode()
