"""From one ledger into another database: the relay and the consumer, on a real broker and a real database."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from chassis.broker import Broker
from chassis.consumer import IGNORE, Consumer, Received, Subscription, handles
from chassis.database import Database, Row, UnitOfWork
from chassis.inbox import Decoded, Fate
from chassis.machinery import MACHINERY_DDL
from chassis.metrics import Metrics
from chassis.outbox import Origin
from chassis.relay import Relay
from contracts.catalog import CATALOG
from contracts.turnout_events import TurnoutRecorded
from tests.infrastructure import KafkaServer

pytestmark = pytest.mark.anyio
TYPE = "desk.turnout.voting_day.turnout_recorded.v1"


@dataclass
class Pair:
    """A ledger that publishes and an inbox that takes in, with the broker between."""

    broker: Broker
    kafka: KafkaServer
    owner: Database
    taker: Database
    gaps_asked: list[str]

    async def write(self, tps: UUID, version: int, total: int, *, findings: Sequence[str] = ()) -> None:
        """Commit one event at the owner."""
        async with self.owner.transaction() as uow:
            now = datetime.now(UTC)
            uow.emit(
                TurnoutRecorded(
                    tps_id=tps,
                    tps_code="32.71.06.1002.028",
                    slot="10:00",
                    men=total,
                    women=0,
                    total=total,
                    findings=list(findings),
                ),
                aggregate_id=tps,
                version=version,
                origin=Origin("e", "person-1", "api", now, rehearsal=False),
                tps_id=tps,
            )

    async def seen(self) -> list[tuple[str, int, int]]:
        """Return what the taker has applied, in order."""
        async with self.taker.reading() as connection:
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
    async def relay(self) -> AsyncGenerator[Relay]:
        """Run the owner's relay."""
        relay = Relay(
            self.owner,
            service="turnout",
            broker=self.broker,
            idempotent=self.kafka.idempotent,
            metrics=Metrics(),
            on_stuck=lambda: None,
        )
        async with _running(relay.run()):
            yield relay

    @asynccontextmanager
    async def consumer(
        self, apply: Callable[[TurnoutRecorded], None] | None = None
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
        subscription = Subscription("taker", ("turnout",), {**handlers, TYPE: handles(take)})
        consumer = Consumer(
            subscription,
            database=self.taker,
            broker=self.broker,
            metrics=Metrics(),
            rehearsal=False,
            gaps=gaps,
        )
        async with _running(consumer.run()):
            yield consumer

    async def delete_topic(self) -> None:
        """Take the topic away, with all that is in it, as a wiped broker would."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        await admin.delete_topics([self.broker.topic("turnout")])
        await admin.close()


@asynccontextmanager
async def _running(coroutine: Coroutine[object, object, None]) -> AsyncGenerator[None]:
    task = asyncio.ensure_future(coroutine)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def pair(kafka: KafkaServer) -> AsyncIterator[Pair]:
    from tests.infrastructure import drop_database, make_database

    urls = [make_database("turnout"), make_database("gateway")]
    owner, taker = (Database(url, pool_size=5) for url in urls)
    for database in (owner, taker):
        async with database.transaction() as uow:
            for statement in MACHINERY_DDL:
                await uow.execute(statement)
    async with taker.transaction() as uow:
        await uow.execute(
            "create table seen (n bigint generated always as identity, tps text, version int, total int)"
        )
    yield Pair(Broker(kafka.bootstrap, f"{uuid4().hex}."), kafka, owner, taker, [])
    for database, url in zip((owner, taker), urls, strict=True):
        await database.close()
        drop_database(url)


async def test_every_event_arrives_once_and_in_order(pair: Pair) -> None:
    stations = [uuid4() for _ in range(20)]
    async with pair.relay(), pair.consumer():

        async def day(tps: UUID) -> None:
            for version in range(1, 16):
                await pair.write(tps, version, version * 10)

        await asyncio.gather(*(day(tps) for tps in stations))
        seen = await pair.wait_for(300)
    assert len(seen) == 300
    for tps in stations:
        assert [version for found, version, _ in seen if found == str(tps)] == list(range(1, 16))


async def test_events_too_large_for_one_batch_arrive_in_order(pair: Pair) -> None:
    one, other = uuid4(), uuid4()
    for version in range(1, 7):
        await pair.write(one, version, version, findings=["x" * 120_000])
        await pair.write(other, version, version)
    async with pair.relay(), pair.consumer():
        seen = await pair.wait_for(12)
    for tps in (one, other):
        assert [version for of, version, _ in seen if of == str(tps)] == [1, 2, 3, 4, 5, 6]


async def test_the_ledger_is_sent_again_when_the_broker_forgot_it(pair: Pair) -> None:
    stations = [uuid4() for _ in range(10)]
    async with pair.relay(), pair.consumer():
        for tps in stations:
            await pair.write(tps, 1, 1)
        await pair.wait_for(10)
        await pair.delete_topic()
        for tps in stations:
            await pair.write(tps, 2, 2)
        seen = await pair.wait_for(20, patience_s=60)
    assert sorted(seen) == sorted((str(tps), version, version) for tps in stations for version in (1, 2))
    async with pair.owner.reading() as connection:
        assert await connection.fetchval("select epoch from ledger_epoch") >= 2


async def test_a_consumer_that_was_away_takes_in_a_topic_that_was_made_again(pair: Pair) -> None:
    tps = uuid4()
    async with pair.relay():
        async with pair.consumer():
            await pair.write(tps, 1, 1)
            await pair.wait_for(1)
        await pair.delete_topic()
        await pair.write(tps, 2, 2)
        await asyncio.sleep(4)
        async with pair.consumer():
            assert await pair.wait_for(2, patience_s=60) == [(str(tps), 1, 1), (str(tps), 2, 2)]


async def test_duplicates_and_reordering_change_nothing(pair: Pair) -> None:
    """30 % of the events come twice, many out of order; a late one is parked until its turn."""
    chance = random.Random(20241127)
    stations = [uuid4() for _ in range(8)]
    for tps in stations:
        for version in range(1, 11):
            await pair.write(tps, version, version)
    async with pair.owner.reading() as connection:
        rows = list(await connection.fetch("select * from outbox order by seq"))
    rows += chance.sample(rows, len(rows) * 3 // 10)
    chance.shuffle(rows)
    async with pair.relay():
        await asyncio.sleep(1)
    await pair.delete_topic()
    await asyncio.sleep(1)
    await _send_all(pair, rows)
    async with pair.consumer():
        seen = await pair.wait_for(80)
    for tps in stations:
        assert [version for found, version, _ in seen if found == str(tps)] == list(range(1, 11))


async def _send_all(pair: Pair, rows: Sequence[Row]) -> None:
    from chassis.broker import ensure_topics
    from chassis.wire import encode_headers

    await ensure_topics(pair.broker, ledgers=["turnout"])
    producer = AIOKafkaProducer(bootstrap_servers=pair.kafka.bootstrap)
    await producer.start()
    for row in rows:
        headers = encode_headers(row, service="turnout", epoch=1)
        body, key = row["body"].encode(), row["partition_key"].encode()
        await producer.send_and_wait(pair.broker.topic("turnout"), body, key=key, headers=headers)
    await producer.stop()


async def test_a_refused_event_blocks_its_aggregate_alone_until_it_is_settled(pair: Pair) -> None:
    bad, good = uuid4(), uuid4()
    broken = True

    def apply(data: TurnoutRecorded) -> None:
        if broken and data.tps_id == bad and data.total == 2:
            raise RuntimeError("the handler has a fault")

    async with pair.relay(), pair.consumer(apply) as consumer:
        for version in (1, 2, 3):
            await pair.write(bad, version, version)
            await pair.write(good, version, version)
        await pair.wait_for(4)
        async with pair.taker.reading() as connection:
            while not (letters := await connection.fetch("select * from consumer_dead_letter")):
                await asyncio.sleep(0.1)
        seen = await pair.wait_for(4)
        await asyncio.sleep(1)
        assert sorted(await pair.seen()) == sorted(seen)
        assert sorted(v for found, v, _ in seen if found == str(good)) == [1, 2, 3]
        assert letters[0]["reason"] == "handler refused: RuntimeError"
        broken = False
        applied = await consumer.settle(letters[0]["id"], fate=Fate.REPLAY, actor="person-1", reason="mended")
        assert applied == 2
        assert [v for found, v, _ in await pair.seen() if found == str(bad)] == [1, 2, 3]


async def test_skipping_a_dead_letter_lets_the_rest_pass(pair: Pair) -> None:
    tps = uuid4()

    def apply(data: TurnoutRecorded) -> None:
        if data.total == 1:
            raise RuntimeError("never")

    async with pair.relay(), pair.consumer(apply) as consumer:
        for version in (1, 2, 3):
            await pair.write(tps, version, version)
        async with pair.taker.reading() as connection:
            while not await connection.fetchval("select count(*) = 2 from consumer_waiting"):
                await asyncio.sleep(0.1)
            letter = await connection.fetchval("select id from consumer_dead_letter")
        await consumer.settle(letter, fate=Fate.SKIP, actor="person-1", reason="wrong for ever")
        assert [v for _, v, _ in await pair.seen()] == [2, 3]
        await pair.write(tps, 4, 4)
        await pair.wait_for(3)


async def test_two_relays_publish_once(pair: Pair) -> None:
    tps = uuid4()
    async with pair.relay(), pair.relay(), pair.consumer():
        for version in range(1, 30):
            await pair.write(tps, version, version)
        seen = await pair.wait_for(29)
    assert [v for _, v, _ in seen] == list(range(1, 30))


async def test_concurrent_writers_lose_nothing_where_a_cursor_would(pair: Pair) -> None:
    """The experiment that must fail stands beside the relay: a poller that asks for `seq > last` skips late commits."""
    missed: set[int] = set()
    stop = asyncio.Event()

    async def naive() -> None:
        last, found = 0, set[int]()
        while not stop.is_set():
            async with pair.owner.reading() as connection:
                rows = await connection.fetch("select seq from outbox where seq > $1 order by seq", last)
            found |= {row["seq"] for row in rows}
            last = max(found, default=0)
            await asyncio.sleep(0)
        async with pair.owner.reading() as connection:
            everything = {row["seq"] for row in await connection.fetch("select seq from outbox")}
        missed.update(everything - found)

    async def slow_writer() -> None:
        for _ in range(10):
            async with pair.owner.transaction() as uow:
                await uow.execute("select nextval(pg_get_serial_sequence('outbox', 'seq'))")
                tps = uuid4()
                now = datetime.now(UTC)
                data = TurnoutRecorded(
                    tps_id=tps,
                    tps_code="32.71.06.1002.028",
                    slot="10:00",
                    men=1,
                    women=0,
                    total=1,
                    findings=[],
                )
                origin = Origin("e", "person-1", "api", now, rehearsal=False)
                uow.emit(data, aggregate_id=tps, version=1, origin=origin, tps_id=tps)
                await uow.flush()
                await asyncio.sleep(random.Random().uniform(0, 0.02))

    async with pair.relay(), pair.consumer():
        poller = asyncio.ensure_future(naive())
        await asyncio.gather(*(slow_writer() for _ in range(4)))
        await asyncio.sleep(0.2)
        stop.set()
        await poller
        assert len(await pair.wait_for(40)) == 40
    assert missed, "the naive poller was lucky: the experiment shows nothing"
