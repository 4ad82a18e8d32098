"""What is asked about the points of TPS, from a file or one by one: outside their kelurahan, or where another one stands."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import UnitOfWork
from contracts.vocabulary import kelurahan_of
from services.registry.commands.boundaries import area_in
from services.registry.rules.distances import METRES_PER_DEGREE, Point, distance_m
from services.registry.rules.geometry import Area, metres_outside
from services.registry.schemas.shapes import Misfit
from services.registry.tables.frames import TpsState

SAME_POINT_M = 10
"""Two TPS so near to one another stand in one building, or one of them has the other's point."""


@dataclass(frozen=True, slots=True)
class PointTold:
    """The point that a row of a file leaves a TPS with."""

    number: int
    tps_id: UUID
    code: str
    point: Point


def points_told(rows: Sequence[tuple[int, TpsState]]) -> list[PointTold]:
    """Return the points of TPS that have one."""
    return [
        PointTold(number, state.tps_id, state.code, Point(state.facts.lat, state.facts.lon))
        for number, state in rows
        if state.facts.lat is not None and state.facts.lon is not None
    ]


async def point_findings(
    uow: UnitOfWork, election: str, rows: Sequence[tuple[int, TpsState]]
) -> Mapping[int, list[Misfit]]:
    """Return what is asked about the points of rows, by row; where no boundary is known nothing is asked of it.

    Emits:
        nothing
    """
    told = points_told(rows)
    found: dict[int, list[Misfit]] = {}
    for number, metres in (await _outside(uow, told)).items():
        detail = f"The point lies {metres} m outside the boundary of its kelurahan."
        detail_id = f"Titik ini {metres} m di luar batas kelurahannya."
        found.setdefault(number, []).append(Misfit("lat", "W-TPS-OUTSIDE", detail, detail_id))
    for number, code in (await _same_points(uow, election, told)).items():
        detail = f"TPS {code} stands within {SAME_POINT_M} m."
        detail_id = f"TPS {code} berada dalam jarak {SAME_POINT_M} m."
        found.setdefault(number, []).append(Misfit("lat", "W-TPS-SAME-POINT", detail, detail_id))
    return found


async def _outside(uow: UnitOfWork, told: Sequence[PointTold]) -> dict[int, int]:
    kelurahan = sorted({kelurahan_of(each.code) for each in told})
    rows = await uow.fetch(
        "select code, content from region_boundary where code = any($1::text[])", kelurahan
    )
    packed: dict[str, bytes] = {row["code"]: row["content"] for row in rows}
    return await asyncio.to_thread(_metres_outside, told, packed)


def _metres_outside(told: Sequence[PointTold], packed: Mapping[str, bytes]) -> dict[int, int]:
    areas = {code: area_in(content) for code, content in packed.items()}
    found: dict[int, int] = {}
    for each in told:
        area = areas.get(kelurahan_of(each.code))
        if isinstance(area, Area) and (metres := metres_outside(area, each.point)):
            found[each.number] = metres
    return found


_NEAR = """
select p.number, t.code, t.lat, t.lon
from unnest($2::int[], $3::uuid[], $4::float8[], $5::float8[]) p(number, tps_id, lat, lon)
join tps t on t.election = $1 and t.active and t.lat between p.lat - $6 and p.lat + $6
    and t.lon between p.lon - 2 * $6 and p.lon + 2 * $6 and t.id <> p.tps_id and t.id <> all($3::uuid[])
order by p.number, t.code
"""


async def _same_points(uow: UnitOfWork, election: str, told: Sequence[PointTold]) -> dict[int, str]:
    """Return the TPS that stands where a row's does: one that is registered, or one of a row before."""
    rows = await uow.fetch(
        _NEAR,
        election,
        [each.number for each in told],
        [each.tps_id for each in told],
        [each.point.lat for each in told],
        [each.point.lon for each in told],
        SAME_POINT_M / METRES_PER_DEGREE,
    )
    points = {each.number: each.point for each in told}
    found: dict[int, str] = {}
    for row in rows:
        if distance_m(points[row["number"]], Point(row["lat"], row["lon"])) <= SAME_POINT_M:
            found.setdefault(row["number"], row["code"])
    cells: dict[tuple[int, int], list[PointTold]] = {}
    for each in told:
        north, east = (round(value * METRES_PER_DEGREE / SAME_POINT_M) for value in each.point)
        near = (
            other
            for up in (-1, 0, 1)
            for right in (-1, 0, 1)
            for other in cells.get((north + up, east + right), ())
        )
        twin = next((o for o in near if distance_m(each.point, o.point) <= SAME_POINT_M), None)
        if twin is not None:
            found.setdefault(each.number, twin.code)
        cells.setdefault((north, east), []).append(each)
    return found
