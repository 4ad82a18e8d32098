"""A transaction that is cut off at any moment leaves nothing open, and what is acknowledged after it is durable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import asyncpg
import pytest

from chassis.database import Database
from chassis.problems import Overloaded, Unavailable
from chassis.row_security import EVERYWHERE
from deploy import postgres
from tests.infrastructure import postgres_server
from tests.services.chassis.machine import machine

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """One connection only, so that everybody inherits what the one before left.

    Without the question for TLS: asyncpg complains to the event loop when it is cut off while it waits for that answer.
    """
    monkeypatch.setenv("PGSSLMODE", "disable")
    async with machine(pool_size=1) as made:
        yield made


async def write(database: Database, name: str) -> None:
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute("insert into counter values ($1, 1)", name)
        await uow.fetch("select 1")


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
async def test_cut_at_any_moment(database: Database, times: int) -> None:
    outside = await asyncpg.connect(database.url)
    try:
        for moment in range(80):
            cut = asyncio.create_task(write(database, f"cut-{moment}"))
            if moment < 40:  # between two steps of the program, then between two answers of the server
                for _ in range(moment):
                    await asyncio.sleep(0)
            else:
                await asyncio.sleep((moment - 40) * 0.0002)
            for _ in range(times):
                cut.cancel()
                await asyncio.sleep(0)
            with suppress(asyncio.CancelledError):
                await cut
            await write(database, f"kept-{moment}")
            assert await outside.fetchval("select value from counter where name = $1", f"kept-{moment}") == 1
        states = await outside.fetch(
            "select state from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        assert {row["state"] for row in states} <= {"idle"}
    finally:
        await outside.close()


async def test_a_database_that_takes_nobody_in_is_away(database: Database) -> None:
    """A server that starts up answers, and refuses: what it answers comes wrapped, and ended the parts that ask for ever."""
    name = urlsplit(database.url).path.removeprefix("/")
    allow = 'alter database :"name" allow_connections {};'
    newcomer = Database(database.url, pool_size=1)
    await asyncio.to_thread(postgres.sql, postgres_server().cluster, allow.format("false"), name=name)
    with pytest.raises(Unavailable):
        await newcomer.ping()
    await asyncio.to_thread(postgres.sql, postgres_server().cluster, allow.format("true"), name=name)
    await newcomer.ping()
    await newcomer.close()


async def test_a_pool_of_which_every_connection_is_lent_says_so(database: Database) -> None:
    async with database.reading(EVERYWHERE):
        with pytest.raises(Overloaded):
            await database.ping()
