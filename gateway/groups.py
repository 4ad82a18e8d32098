"""Named groups of regions, which a token may name in the place of a region: kept as the registry's events leave them."""

import asyncio

import asyncpg
import structlog
from fastapi import FastAPI

from chassis.actor import RegionGroups
from chassis.database import Connection, Database
from chassis.problems import Problem
from chassis.row_security import NOWHERE
from contracts.registry_events import RegionGroupDefined

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 2.0


async def region_groups(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return the members of every group by its name; a dissolved one has none."""
    rows = await connection.fetch(
        "select body from projected where kind = 'region_group' order by election, id"
    )
    found = [RegionGroupDefined.model_validate_json(row["body"]) for row in rows]
    return {group.name: tuple(group.regions) for group in found}


async def follow_groups(app: FastAPI) -> None:
    """Keep the groups up to date until cancelled: a change bites within seconds."""
    database: Database = app.state.database
    groups: RegionGroups = app.state.groups
    known: dict[str, tuple[str, ...]] = {}
    while True:
        try:
            async with database.reading(NOWHERE) as connection:
                found = await region_groups(connection)
            if found != known:
                groups.replace(found)
                known = found
        except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.info("groups_not_read", error=type(error).__name__)
        await asyncio.sleep(_LOOK_EVERY_S)
