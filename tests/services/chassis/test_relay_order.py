"""The relay goes by what is not published yet, for a number that was drawn earlier may be committed later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis.broker import Broker
from chassis.database import Database, UnitOfWork
from chassis.metrics import Metrics
from chassis.outbox import Origin
from chassis.relay import Relay
from chassis.relay_lock import RelayLock
from chassis.row_security import EVERYWHERE
from contracts.turnout_events import TurnoutRecorded
from tests.infrastructure import KafkaServer
from tests.services.chassis.machine import machine
from tests.services.chassis.pair import nobody_answers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(kafka: KafkaServer) -> AsyncIterator[Database]:
    """A ledger with its relay running."""
    async with machine() as database:
        relay = Relay(
            database,
            service="turnout",
            broker=Broker(kafka.bootstrap, f"{uuid4().hex}."),
            idempotent=kafka.idempotent,
            lock=RelayLock("http://127.0.0.1:9", poke=nobody_answers),
            metrics=Metrics(),
            on_stuck=lambda: None,
        )
        task = asyncio.ensure_future(relay.run())
        yield database
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def tell(uow: UnitOfWork, tps: UUID) -> None:
    told = TurnoutRecorded(
        tps_id=tps, tps_code="32.71.06.1002.028", slot="10:00", men=1, women=0, total=1, findings=[]
    )
    origin = Origin("e", "person-1", "api", datetime.now(UTC), rehearsal=False)
    uow.emit(told, aggregate_id=tps, version=1, origin=origin, tps_id=tps)


async def until_published(owner: Database, tps: UUID) -> int:
    """Wait until a TPS's event is marked as published and return its number."""
    deadline = asyncio.get_running_loop().time() + 40
    while True:
        async with owner.reading(EVERYWHERE) as connection:
            seq: int | None = await connection.fetchval(
                "select seq from outbox where partition_key = $1 and published_at is not null", str(tps)
            )
        if seq is not None:
            return seq
        assert asyncio.get_running_loop().time() < deadline, "never published"
        await asyncio.sleep(0.05)


async def test_an_earlier_number_that_commits_later_is_published(owner: Database) -> None:
    slow, quick = uuid4(), uuid4()
    async with owner.transaction(EVERYWHERE) as waiting:
        tell(waiting, slow)
        await waiting.flush()
        async with owner.transaction(EVERYWHERE) as uow:
            tell(uow, quick)
        overtook = await until_published(owner, quick)
    assert await until_published(owner, slow) < overtook
