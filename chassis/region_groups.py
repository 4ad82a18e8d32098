"""Named groups of regions in every process: taken in from the service that defines them, and read again every two seconds.

A token that says `group:bakorwil-1` means whatever the group holds now. The events of groups fill a table of each
service's own database, and every replica reads it, for only one of them takes an event in.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg
import structlog

from chassis.actor import RegionGroups
from chassis.consumer import Received
from chassis.database import Connection, Database, UnitOfWork
from chassis.problems import Problem
from chassis.row_security import NOWHERE
from contracts.registry_events import RegionGroupDefined

log = structlog.get_logger(__name__)

REFRESH_EVERY_S = 2.0
_AWAY = (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

ReadGroups = Callable[[Connection], Awaitable[Mapping[str, list[str]]]]
"""Reads the groups where a service keeps them: name to regions."""


async def know_region_groups(uow: UnitOfWork, events: Sequence[Received[RegionGroupDefined]]) -> None:
    """Know groups as their events tell of them; an older version of a group never replaces a newer one.

    Every consumer of the service that defines groups handles their events with this.
    """
    await uow.execute(
        """insert into consumer_region_group (name, version, regions)
           select name, version, string_to_array(regions, ' ')
           from unnest($1::text[], $2::bigint[], $3::text[]) u(name, version, regions)
           on conflict (name) do update set version = excluded.version, regions = excluded.regions
           where consumer_region_group.version < excluded.version""",
        [event.data.name for event in events],
        [event.envelope.version for event in events],
        [" ".join(event.data.regions) for event in events],
    )


async def known_region_groups(connection: Connection) -> Mapping[str, list[str]]:
    """Return the groups that this service knows by the events of their owner."""
    rows = await connection.fetch("select name, regions from consumer_region_group")
    return {row["name"]: list(row["regions"]) for row in rows}


async def follow_region_groups(groups: RegionGroups, *, database: Database, read: ReadGroups) -> None:
    """Keep the groups that tokens may name as the database has them, until cancelled."""
    known: Mapping[str, list[str]] = {}
    while True:
        try:
            async with database.reading(NOWHERE) as connection:
                found = await read(connection)
            if found != known:
                known = found
                groups.replace(found)
        except _AWAY as error:
            log.info("region_groups_not_read", error=type(error).__name__)
        await asyncio.sleep(REFRESH_EVERY_S)
