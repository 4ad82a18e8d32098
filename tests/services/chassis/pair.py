"""A ledger and an inbox with the broker between, without a service around them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from aiokafka.admin import AIOKafkaAdminClient

from chassis.broker import Broker
from chassis.clock import DeskClock
from chassis.consumer import IGNORE, Consumer, Received, Subscription, handles
from chassis.database import Database, UnitOfWork
from chassis.inbox import Decoded
from chassis.metrics import Metrics
from chassis.outbox import Origin
from chassis.relay import Relay
from chassis.relay_lock import RelayLock
from chassis.row_security import EVERYWHERE
from chassis.watermark import Watermarks
from contracts.catalog import CATALOG
from contracts.turnout_events import TurnoutRecorded
from tests.infrastructure import KafkaServer

TYPE = "desk.turnout.voting_day.turnout_recorded.v1"


@dataclass
class Pair:
    """A ledger that publishes and an inbox that takes in, with the broker between."""

    broker: Broker
    kafka: KafkaServer
    owner: Database
    taker: Database
    gaps_asked: list[str]
    watermarks: Watermarks

    async def write(self, tps: UUID, version: int, total: int, *, findings: Sequence[str] = ()) -> None:
        """Commit one event at the owner."""
        await self.write_all([(tps, version, total)], findings=findings)

    async def write_all(
        self,
        events: Sequence[tuple[UUID, int, int]],
        *,
        findings: Sequence[str] = (),
        at: datetime | None = None,
    ) -> None:
        """Commit events at the owner in one transaction, recorded now unless another time is named."""
        origin = Origin("e", "person-1", "api", at or datetime.now(UTC), rehearsal=False)
        async with self.owner.transaction(EVERYWHERE) as uow:
            for tps, version, total in events:
                data = TurnoutRecorded(
                    tps_id=tps,
                    tps_code="32.71.06.1002.028",
                    slot="10:00",
                    men=total,
                    women=0,
                    total=total,
                    findings=list(findings),
                )
                uow.emit(data, aggregate_id=tps, version=version, origin=origin, tps_id=tps)

    async def owner_has(self, question: str) -> object:
        """Ask the owner's database for one value."""
        async with self.owner.reading(EVERYWHERE) as connection:
            return await connection.fetchval(question)

    async def seen(self) -> list[tuple[str, int, int]]:
        """Return what the taker has applied, in order."""
        async with self.taker.reading(EVERYWHERE) as connection:
            rows = await connection.fetch("select tps, version, total from seen order by n")
        return [(row["tps"], row["version"], row["total"]) for row in rows]

    async def wait_for(self, count: int, patience_s: float = 30) -> list[tuple[str, int, int]]:
        """Wait until the taker has applied so many events."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while len(seen := await self.seen()) < count:
            assert asyncio.get_running_loop().time() < deadline, f"{len(seen)} of {count}"
            await asyncio.sleep(0.05)
        return seen

    @asynccontextmanager
    async def relay(self, *, clock: DeskClock | None = None) -> AsyncGenerator[Relay]:
        """Run the owner's relay, which tells the time of a desk's clock where one is given."""
        relay = Relay(
            self.owner,
            service="turnout",
            broker=self.broker,
            idempotent=self.kafka.idempotent,
            lock=RelayLock("http://127.0.0.1:9", poke=nobody_answers),
            metrics=Metrics(),
            on_stuck=lambda: None,
            clock=clock,
        )
        async with running(relay.run()):
            yield relay

    @asynccontextmanager
    async def consumer(
        self, apply: Callable[[TurnoutRecorded], None] | None = None, *, name: str = "taker"
    ) -> AsyncGenerator[Consumer]:
        """Run a consumer that writes down what it applies."""

        async def take(uow: UnitOfWork, events: Sequence[Received[TurnoutRecorded]]) -> None:
            for event in events:
                if apply is not None:
                    apply(event.data)
                await uow.execute(
                    "insert into seen (tps, version, total) values ($1, $2, $3)",
                    str(event.data.tps_id),
                    event.envelope.version,
                    event.data.total,
                )

        async def gaps(aggregate: str, after: int, topic: str) -> Sequence[Decoded]:
            self.gaps_asked.append(f"{aggregate} {after} {topic}")
            return []

        handlers = {kind: IGNORE for kind, event in CATALOG.items() if event.service == "turnout"}
        subscription = Subscription(name, ("turnout",), {**handlers, TYPE: handles(take)})
        consumer = Consumer(
            subscription,
            database=self.taker,
            broker=self.broker,
            metrics=Metrics(),
            rehearsal=False,
            gaps=gaps,
            newest_mark=self.watermarks.newest,
        )
        async with running(consumer.run()):
            yield consumer

    async def delete_topic(self) -> None:
        """Take the topic away, with all that is in it, as a wiped broker would."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        await admin.delete_topics([self.broker.topic("turnout")])
        await admin.close()


async def nobody_answers(url: str) -> bool:
    """Poke no other instance, for there is none."""
    return False


@asynccontextmanager
async def running(coroutine: Coroutine[object, object, None]) -> AsyncGenerator[None]:
    task = asyncio.ensure_future(coroutine)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
