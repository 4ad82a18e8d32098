"""Regions of the nation, from memory."""

from services.registry.errors import RegionUnknown
from services.registry.rules import regions
from services.registry.rules.regions import Region
from services.registry.schemas.regions import RegionChildren, RegionFacts


def region(code: str) -> RegionFacts:
    """Return a region.

    Raises:
        RegionUnknown: the list has no such code.
    """
    found = regions.region(code)
    if found is None:
        raise RegionUnknown(
            f"No region has the code {code}.", detail_id=f"Tidak ada wilayah dengan kode {code}."
        )
    return _facts(found)


def region_children(code: str | None) -> RegionChildren:
    """Return the regions directly under one, or the provinces.

    Raises:
        RegionUnknown: the list has no such code.
    """
    if code is not None and not regions.is_region(code):
        raise RegionUnknown(
            f"No region has the code {code}.", detail_id=f"Tidak ada wilayah dengan kode {code}."
        )
    return RegionChildren(code=code, items=[_facts(each) for each in regions.children(code)])


def _facts(found: Region) -> RegionFacts:
    return RegionFacts.model_validate(
        {
            "code": found.code,
            "name": found.name,
            "level": found.level,
            "kind": found.kind,
            "path": found.path,
            "parent": found.parent,
            "zone": found.zone,
            "postal_code": found.postal_code,
            "lat": found.lat,
            "lon": found.lon,
            "point_source": None if found.lat is None else regions.POINT_SOURCE,
            "source": regions.LIST_SOURCE,
        }
    )
