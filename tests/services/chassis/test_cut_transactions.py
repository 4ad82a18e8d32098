"""A transaction that is cut off at any moment leaves nothing open, and what is acknowledged after it is durable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from chassis.database import Database
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
    async with database.transaction() as uow:
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
