"""Regions of the nation, from memory; their boundaries and former codes, from tables."""

from datetime import date

from chassis.database import Connection
from services.registry.errors import BoundaryUnknown, RegionUnknown
from services.registry.rules import regions
from services.registry.rules.regions import Region
from services.registry.schemas.regions import (
    CodeState,
    RegionChildren,
    RegionCodeOut,
    RegionFacts,
    RegionList,
)


async def region(connection: Connection, code: str) -> RegionFacts:
    """Return a region; a former code that became one region answers with that one.

    Raises:
        RegionUnknown: the list has no such code, and nobody told what became of it, or it became several.
    """
    found = regions.region(code)
    if found is not None:
        return _facts(found)
    after = await _successors(connection, regions.LIST, code)
    if len(after) == 1:
        return after[0][0]
    if after:
        raise RegionUnknown(
            f"{code} became {len(after)} regions: /v1/region-codes/{regions.LIST}/{code} names them.",
            detail_id=f"{code} menjadi {len(after)} wilayah: lihat /v1/region-codes/{regions.LIST}/{code}.",
        )
    raise RegionUnknown(f"No region has the code {code}.", detail_id=f"Tidak ada wilayah dengan kode {code}.")


async def region_code(connection: Connection, *, of_list: str, code: str) -> RegionCodeOut:
    """Return what a code of a list is on the desk; what nobody told is unknown."""
    found = regions.region(code) if of_list == regions.LIST else None
    after = await _successors(connection, of_list, code) if found is None else []
    state: CodeState = "unknown"
    if found is not None:
        state = "current"
    elif after:
        state = "former" if of_list == regions.LIST else "foreign"
    return RegionCodeOut(
        of_list=of_list,
        code=code,
        state=state,
        successors=[_facts(found)] if found else [facts for facts, _, _ in after],
        source="; ".join(sorted({source for _, source, _ in after})) or None,
        as_of=max((as_of for _, _, as_of in after), default=None),
        desk_list=RegionList(
            name=regions.LIST,
            version=regions.LIST_VERSION,
            year=regions.LIST_YEAR,
            source=regions.LIST_SOURCE,
        ),
    )


async def _successors(connection: Connection, of_list: str, code: str) -> list[tuple[RegionFacts, str, date]]:
    rows = await connection.fetch(
        "select * from region_change where list = $1 and old_code = $2 order by new_code", of_list, code
    )
    known = ((regions.region(row["new_code"]), row) for row in rows)
    return [(_facts(found), row["source"], row["as_of"]) for found, row in known if found is not None]


async def boundary(connection: Connection, code: str) -> tuple[int, bytes]:
    """Return the version of a region's boundary, and the boundary as a packed GeoJSON feature.

    Raises:
        BoundaryUnknown: nobody has brought it.
    """
    row = await connection.fetchrow("select version, content from region_boundary where code = $1", code)
    if row is None:
        raise BoundaryUnknown(
            f"The boundary of {code} is not known.", detail_id=f"Batas wilayah {code} belum diketahui."
        )
    return row["version"], row["content"]


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
