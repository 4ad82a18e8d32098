"""The chassis without a service: a database with the machinery's tables and one of counters, and a command on them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from pydantic import BaseModel

from chassis.audit_tables import ACCESS_DDL, LEDGER_CHAIN_DDL
from chassis.coalescer import Item
from chassis.database import Database, UnitOfWork
from chassis.idempotency import Answer, Claim, Receipt
from chassis.machinery import MACHINERY_DDL, RELAY_HOLDER_DDL
from chassis.outbox import Origin
from chassis.policies import ACCESS_FUNCTIONS
from chassis.problems import Problem, WrongState
from chassis.row_security import EVERYWHERE, Remit
from tests.infrastructure import drop_database, make_database, postgres_server

FULL = 10
BROKEN = -1
"""An amount that no rule refuses, and the database does."""


class Count(BaseModel):
    """What a counter shows."""

    name: str
    value: int


@asynccontextmanager
async def machine(*, pool_size: int = 5) -> AsyncGenerator[Database]:
    """Make a database with the machinery's tables and `counter (name, value)`."""
    url = await asyncio.to_thread(make_database, "turnout")
    database = Database(postgres_server().owner_url(url), pool_size=pool_size)
    async with database.transaction(EVERYWHERE) as uow:
        for statement in (
            *MACHINERY_DDL,
            RELAY_HOLDER_DDL,
            *ACCESS_DDL,
            *LEDGER_CHAIN_DDL,
            *ACCESS_FUNCTIONS,
        ):
            await uow.execute(statement)
        await uow.execute(
            "create table counter (name text primary key, value int not null check (value >= 0))"
        )
    try:
        yield database
    finally:
        await database.close()
        await asyncio.to_thread(drop_database, url)


async def add(uow: UnitOfWork, name: str, amount: int) -> Receipt:
    """Add to a counter.

    Raises:
        WrongState: it is full.
    """
    row = await uow.fetch_row("select value from counter where name = $1 for update", name)
    value = amount + (row["value"] if row else 0)
    if value > FULL:
        raise WrongState("It is full.", current_state="full", allowed=["take something out"])
    await uow.execute(
        "insert into counter values ($1, $2) on conflict (name) do update set value = $2", name, value
    )
    return Receipt(Count(name=name, value=value), aggregate=f"counter/{name}", version=value)


async def add_all(uow: UnitOfWork, items: Sequence[Item[int]]) -> list[Receipt | Problem]:
    """Add to many counters, each judged alone."""
    results: list[Receipt | Problem] = []
    for item in items:
        try:
            results.append(await add(uow, item.aggregate, item.command))
        except Problem as refusal:
            results.append(refusal)
    return results


def order(name: str, amount: int = 1, *, key: str | None = None) -> Item[int]:
    """Return a command as the door makes it; refusals are not kept."""
    fingerprint = sha256(f"{name} {amount}".encode()).digest()
    claim = Claim("client|person", "POST /counters", key or uuid4().hex, fingerprint)
    origin = Origin("pilkada-2024", "person", "api", datetime.now(UTC), False, "32.71")
    return Item(amount, name, claim, origin, Remit(("32.71",), frozenset()), "32.71.06", _not_kept)


def _not_kept(_: Problem) -> Answer | None:
    return None


async def counters(database: Database) -> dict[str, int]:
    """Return every counter."""
    async with database.reading(EVERYWHERE) as connection:
        return {row["name"]: row["value"] for row in await connection.fetch("select * from counter")}
