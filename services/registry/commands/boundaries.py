"""Boundaries of regions: judged against what stands, kept whole and packed as they are given out."""

import asyncio
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from chassis.database import Row, UnitOfWork
from chassis.outbox import Origin
from services.registry.commands.frame import lock_names
from services.registry.rules.geometry import Area, Overlap, area_of, overlaps
from services.registry.schemas.shapes import Misfit, Outcome

LOCK = "region-boundaries"
"""Boundaries are judged against one another, so one import at a time changes them."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A boundary as somebody drew it."""

    code: str
    name: str
    geometry: Mapping[str, object]
    source: str
    as_of: date | None

    @property
    def level(self) -> int:
        """Return its level: 1 of a province to 4 of a kelurahan."""
        return self.code.count(".") + 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of a boundary: refused for a reason, or taken, perhaps with a finding."""

    outcome: Outcome | None
    reasons: tuple[Misfit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Standing:
    versions: Mapping[str, int]
    facts: Mapping[str, tuple[str, str, date, object]]


_NEIGHBOURS = """
select distinct b.code, b.content from unnest($1::int[], $2::float8[], $3::float8[], $4::float8[], $5::float8[])
     c(level, west, south, east, north)
join region_boundary b on b.level = c.level and b.west <= c.east and b.east >= c.west
    and b.south <= c.north and b.north >= c.south
where b.code <> all($6::text[])
"""
_WRITE = """
insert into region_boundary (code, version, name, source, as_of, level, west, south, east, north, content, recorded_at)
select u.*, $12 from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::date[], $6::int[], $7::float8[],
    $8::float8[], $9::float8[], $10::float8[], $11::bytea[]) u
on conflict (code) do update set version = excluded.version, name = excluded.name, source = excluded.source,
    as_of = excluded.as_of, west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north,
    content = excluded.content, recorded_at = excluded.recorded_at
"""


async def draw_boundaries(
    uow: UnitOfWork, boundaries: Sequence[Boundary], *, dry_run: bool, origin: Origin
) -> list[Drawn]:
    """Take in boundaries of different regions, each judged alone and against its neighbours.

    Args:
        boundaries: one without a day is of the day on which it first came so.

    Returns:
        one result per boundary, in their order.

    Emits:
        nothing: a polygon is larger than an event may be, and no other service asks for one.
    """
    await lock_names(uow, [LOCK])
    judged = await asyncio.to_thread(lambda: [area_of(each.geometry) for each in boundaries])
    sound = [(each, found) for each, found in zip(boundaries, judged, strict=True) if isinstance(found, Area)]
    clashes = await _clashes(uow, sound)
    standing = await _standing(uow, [each.code for each in boundaries])
    results: list[Drawn] = []
    writes: list[tuple[object, ...]] = []
    for each, found in zip(boundaries, judged, strict=True):
        if isinstance(found, Misfit):
            results.append(Drawn(None, (found,)))
            continue
        each = _dated(each, standing, today=origin.now.date())  # noqa: PLW2901 - the same boundary, with its day
        drawn = _drawn(each, clashes.get(each.code), standing)
        results.append(drawn)
        if drawn.outcome is not None and drawn.outcome is not Outcome.UNCHANGED:
            version = standing.versions.get(each.code, 0) + 1
            content = _packed(each, version=version)
            writes.append(
                (each.code, version, each.name, each.source, each.as_of, each.level, *found.bounds, content)
            )
    if writes and not dry_run:
        await uow.execute(_WRITE, *(list(column) for column in zip(*writes, strict=True)), origin.now)
    return results


def _dated(boundary: Boundary, standing: _Standing, *, today: date) -> Boundary:
    """Return a boundary with its day; the same file on another day is still the same."""
    if boundary.as_of is not None:
        return boundary
    before = standing.facts.get(boundary.code)
    facts = (boundary.name, boundary.source, dict(boundary.geometry))
    same = before is not None and (before[0], before[1], before[3]) == facts
    return replace(boundary, as_of=before[2] if before is not None and same else today)


def _drawn(boundary: Boundary, clash: Overlap | None, standing: _Standing) -> Drawn:
    if clash is not None and clash.is_refused:
        told = f"It covers {clash.ratio:.0%} of {clash.code}, or the other way round."
        told_id = f"Batas ini menutupi {clash.ratio:.0%} dari {clash.code}, atau sebaliknya."
        return Drawn(None, (Misfit("geometry", "boundary-overlap", told, told_id),))
    before = standing.facts.get(boundary.code)
    if before is not None and boundary.as_of is not None and boundary.as_of < before[2]:
        return Drawn(None, (Misfit("as_of", "boundary-older", "A newer boundary is known."),))
    facts = (boundary.name, boundary.source, boundary.as_of, dict(boundary.geometry))
    outcome = Outcome.CREATED if before is None else Outcome.CHANGED
    if before == facts:
        outcome = Outcome.UNCHANGED
    if clash is None:
        return Drawn(outcome)
    told = f"It overlaps {clash.code} by {clash.ratio:.0%} of the smaller one."
    told_id = (
        f"Batas ini bertumpang tindih dengan {clash.code} sebesar {clash.ratio:.0%} dari yang lebih kecil."
    )
    return Drawn(outcome, (Misfit("geometry", "W-BOUNDARY-OVERLAP", told, told_id),))


async def _clashes(uow: UnitOfWork, sound: Sequence[tuple[Boundary, Area]]) -> Mapping[str, Overlap]:
    """Return what boundaries overlap, level by level: a kelurahan lies in its kecamatan and overlaps it whole."""
    if not sound:
        return {}
    columns = [list(column) for column in zip(*((b.level, *area.bounds) for b, area in sound), strict=True)]
    rows = await uow.fetch(_NEIGHBOURS, *columns, [boundary.code for boundary, _ in sound])
    return await asyncio.to_thread(_overlaps_by_level, sound, rows)


def _overlaps_by_level(sound: Sequence[tuple[Boundary, Area]], rows: Sequence[Row]) -> dict[str, Overlap]:
    known = [(row["code"], area) for row in rows if isinstance(area := area_in(row["content"]), Area)]
    found: dict[str, Overlap] = {}
    for level in {boundary.level for boundary, _ in sound}:
        found |= overlaps(
            [(boundary.code, area) for boundary, area in sound if boundary.level == level],
            [(code, area) for code, area in known if code.count(".") + 1 == level],
        )
    return found


async def _standing(uow: UnitOfWork, codes: Sequence[str]) -> _Standing:
    rows = await uow.fetch("select * from region_boundary where code = any($1::text[])", list(codes))
    return _Standing(
        {row["code"]: row["version"] for row in rows},
        {
            row["code"]: (row["name"], row["source"], row["as_of"], geometry_in(row["content"]))
            for row in rows
        },
    )


def geometry_in(content: bytes) -> object:
    """Return the geometry of a boundary as it is kept."""
    return cast(dict[str, object], json.loads(gzip.decompress(content)))["geometry"]


def area_in(content: bytes) -> Area | Misfit:
    """Return a boundary as it is kept as an area."""
    return area_of(geometry_in(content))


def _packed(boundary: Boundary, *, version: int) -> bytes:
    """Return a boundary as it is given out: a GeoJSON feature, packed; the same each time."""
    feature = {
        "type": "Feature",
        "id": boundary.code,
        "properties": {
            "code": boundary.code,
            "name": boundary.name,
            "version": version,
            "source": boundary.source,
            "as_of": boundary.as_of.isoformat() if boundary.as_of else None,
        },
        "geometry": dict(boundary.geometry),
    }
    return gzip.compress(json.dumps(feature, separators=(",", ":"), ensure_ascii=False).encode(), 9, mtime=0)
