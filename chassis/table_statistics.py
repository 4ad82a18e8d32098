"""Keeps PostgreSQL's idea of how large tables are near what they are, while they grow.

A statement that was planned while its table was empty goes on reading the whole of it until somebody analyzes it, and
autovacuum comes once a minute at best: a region's TPS are loaded by then, at a hundredth of the pace. So each process looks
every few seconds, and analyzes what has doubled; that makes every connection plan anew.
"""

import asyncio

import asyncpg
import structlog

from chassis.database import Database
from chassis.problems import Problem
from chassis.row_security import NOWHERE

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3.0
_AWAY = (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_DOUBLED = """
select quote_ident(relname) from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace
  and pg_relation_size(oid) / 8192 > 2 * greatest(relpages, 8)
order by relname
"""


async def follow_growth(database: Database) -> None:
    """Analyze tables that have doubled since they were last looked through, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await analyze_doubled(database)
        except _AWAY as error:
            log.info("statistics_not_kept", error=type(error).__name__)


async def analyze_doubled(database: Database) -> list[str]:
    """Analyze the tables that are twice as large as PostgreSQL thinks, and return their names."""
    async with database.reading(NOWHERE) as connection:
        doubled: list[str] = [row[0] for row in await connection.fetch(_DOUBLED)]
        for table in doubled:
            await connection.execute(f"analyze {table}")
    return doubled
