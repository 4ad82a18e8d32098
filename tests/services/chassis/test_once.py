"""Acknowledged means durable: what was answered is there, and a commit that fails leaves nothing and promises nothing."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI, Response

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.database import Database, UnitOfWork
from chassis.idempotency import OnceDep, Receipt
from chassis.metrics import Metrics
from chassis.outbox import Origin
from chassis.problem_responses import install_problem_handlers
from chassis.row_security import EVERYWHERE
from chassis.settings import ServiceSettings
from contracts.turnout_events import TurnoutRecorded
from tests.services.chassis.machine import add, machine

pytestmark = pytest.mark.anyio

_COUNTS = """select (select count(*) from counter) as effects, (select count(*) from outbox) as events,
    (select count(*) from idempotency_key) as answers"""


def _somebody() -> Actor:
    return Actor("person", "person", "client", None, None, frozenset(), frozenset(), ("*",), None)


async def _count_and_tell(uow: UnitOfWork, name: str, *, origin: Origin) -> Receipt:
    tps = uuid4()
    told = TurnoutRecorded(
        tps_id=tps, tps_code="32.71.06.1002.028", slot="10:00", men=1, women=0, total=1, findings=[]
    )
    uow.emit(told, aggregate_id=tps, version=1, origin=origin, tps_id=tps)
    return await add(uow, name, 1)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    async with machine() as made:
        yield made


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A command with an effect and an event, behind nothing but the chassis' ordinary door."""
    app = FastAPI()
    app.state.database, app.state.clock, app.state.metrics = database, DeskClock(None), Metrics()
    app.state.watermarks = None
    app.state.settings = ServiceSettings.model_construct(rehearsal=False)
    install_problem_handlers(app)

    @app.post("/counters/{name}")
    async def change(name: str, actor: Annotated[Actor, Depends(_somebody)], once: OnceDep) -> Response:
        return await once(
            actor, lambda uow, origin: _count_and_tell(uow, name, origin=origin), election="e", body=None
        )

    _ = change
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://counters") as made:
        yield made


async def _found(database: Database) -> tuple[int, int, int]:
    """Count effects, events and answers, as somebody else sees them."""
    other = await asyncpg.connect(database.url)
    try:
        row = await other.fetchrow(_COUNTS)
        assert row is not None
        return row["effects"], row["events"], row["answers"]
    finally:
        await other.close()


async def test_a_command_that_was_answered_is_there(client: httpx.AsyncClient, database: Database) -> None:
    answer = await client.post("/counters/a", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert await _found(database) == (1, 1, 1)


async def test_a_commit_that_fails_leaves_neither_effect_nor_event_nor_answer(
    client: httpx.AsyncClient, database: Database
) -> None:
    """The database judges at the very end, as it would by a disk that is full: until then all went well."""
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$"
        )
        await uow.execute(
            """create constraint trigger refuse after insert on counter deferrable initially deferred
               for each row execute function refuse()"""
        )
    answer = await client.post("/counters/a", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 500
    assert await _found(database) == (0, 0, 0)
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute("drop trigger refuse on counter")
    again = await client.post("/counters/a", headers={"Idempotency-Key": "k"})
    assert again.status_code == 201
    assert await _found(database) == (1, 1, 1)
