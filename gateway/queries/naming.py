"""What a place is called, and what lies in it: a region, the nation, or a named group of regions."""

import asyncio

from chassis.database import Connection
from contracts.access import GROUP_PREFIX
from gateway import names
from gateway.names import RegionName
from gateway.places import Place


async def named(connection: Connection, place: Place) -> RegionName:
    """Return what a region or a named group of regions is called."""
    if not place.is_group:
        return names.region_of(place.code)
    title: str | None = await connection.fetchval(
        "select body::jsonb ->> 'title' from projected where kind = 'region_group' and body::jsonb ->> 'name' = $1",
        place.code.removeprefix(GROUP_PREFIX),
    )
    return names.group_named(place.code, title or place.code)


async def children_of(place: Place) -> list[RegionName]:
    """Return the regions right below a place; those of a group are its own."""
    if place.is_group:
        return [names.region_of(code) for code in place.regions]
    return await asyncio.to_thread(names.children_of, place.code)
