"""Sums of a region, read from what the projector keeps: one row per topic and partition, added up here."""

from collections.abc import Mapping

from pydantic_core import from_json

from chassis.database import Connection

Totals = Mapping[str, int]


async def totals_of(connection: Connection, *, election: str, region: str) -> dict[str, int]:
    """Return every figure of a region, summed over topics and partitions; what nobody reported is absent, not 0."""
    rows = await connection.fetch(
        "select figures from region_total where election = $1 and region = $2", election, region
    )
    totals: dict[str, int] = {}
    for row in rows:
        figures: dict[str, int] = from_json(row["figures"])
        for name, value in figures.items():
            totals[name] = totals.get(name, 0) + value
    return totals
