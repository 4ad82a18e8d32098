from collections.abc import Mapping

from shapely import Geometry

def shape(context: Mapping[str, object]) -> Geometry: ...
