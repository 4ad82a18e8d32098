"""The trail of looks: one row after the other however many look at once, and every change of one is found."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.access_trail import Access, check_accesses, record_access
from chassis.database import Database
from tests.services.chassis.machine import machine

pytestmark = pytest.mark.anyio

LOOK = Access(
    at=datetime(2024, 11, 27, 3, 0, 0, 1, tzinfo=UTC),
    election="pilkada-2024",
    actor="petugas-contoh-1",
    client="kpu-contoh",
    acting_client="kpu-contoh",
    device=None,
    roles=("desk", "operator"),
    action="read_roster",
    subject="tps_roster/32.71.06.1002.028",
    place="32.71.06.1002.028",
    purpose='permintaan data: é, \\ dan "petik"',
    trace_id=None,
)
CHANGES = {
    "at": "at + interval '1 microsecond'",
    "election": "null",
    "actor": "'orang-lain'",
    "client": "'lain'",
    "acting_client": "null",
    "device": "'hp-1'",
    "roles": "'{desk}'",
    "action": "'read_tps'",
    "subject": "'tps/1'",
    "place": "null",
    "purpose": "null",
    "trace_id": "'x'",
}


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    async with machine(pool_size=8) as made:
        yield made


async def look(database: Database, number: int) -> None:
    async with database.reading() as connection:
        await record_access(connection, replace(LOOK, subject=f"tps_roster/{number}"))


async def first_wrong(database: Database) -> int | None:
    async with database.reading() as connection:
        return (await check_accesses(connection, after=0, limit=10_000)).first_wrong


async def test_many_looks_at_once_stand_in_one_row(database: Database) -> None:
    await asyncio.gather(*(look(database, n) for n in range(200)))
    async with database.reading() as connection:
        found = await check_accesses(connection, after=0, limit=10_000)
        piece = await check_accesses(connection, after=150, limit=20)
        subjects = await connection.fetch("select distinct subject from access_entry")
    assert (found.first_wrong, found.rows, found.head.number, len(subjects)) == (None, 200, 200, 200)
    assert (piece.first_wrong, piece.rows, piece.checked_to, piece.more) == (None, 20, 170, True)


async def test_a_look_is_rolled_back_with_its_transaction(database: Database) -> None:
    async def look_and_fail() -> None:
        async with database.transaction() as uow:
            await record_access(uow, LOOK)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await look_and_fail()
    await look(database, 1)
    async with database.reading() as connection:
        assert await connection.fetchval("select array_agg(number) from access_entry") == [1]


@pytest.mark.parametrize("column", CHANGES)
async def test_every_change_of_a_row_is_found(database: Database, column: str) -> None:
    for number in range(5):
        await look(database, number)
    assert await first_wrong(database) is None
    with pytest.raises(Exception, match="only ever added"):
        async with database.transaction() as uow:
            await uow.execute(f"update access_entry set {column} = {CHANGES[column]} where number = 3")
    async with database.transaction() as uow:
        await uow.execute("alter table access_entry disable trigger user")
        await uow.execute(f"update access_entry set {column} = {CHANGES[column]} where number = 3")
    assert await first_wrong(database) == 3


async def test_a_row_that_is_gone_is_found(database: Database) -> None:
    for number in range(5):
        await look(database, number)
    async with database.transaction() as uow:
        await uow.execute("alter table access_entry disable trigger user")
        await uow.execute("delete from access_entry where number = 2")
    assert await first_wrong(database) == 2
