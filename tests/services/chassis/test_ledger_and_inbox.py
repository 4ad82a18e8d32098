"""From one ledger into another database: the relay and the consumer, on a real broker and a real database."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from chassis.database import Row
from chassis.inbox import Fate, Inbox, Position
from chassis.outbox import Origin
from chassis.problems import Unavailable
from chassis.row_security import EVERYWHERE
from contracts.turnout_events import TurnoutRecorded
from tests.services.chassis.pair import Pair

pytestmark = pytest.mark.anyio


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


async def test_duplicates_and_reordering_change_nothing(pair: Pair) -> None:
    """30 % of the events come twice, many out of order; a late one is parked until its turn."""
    chance = random.Random(20241127)
    stations = [uuid4() for _ in range(8)]
    for tps in stations:
        for version in range(1, 11):
            await pair.write(tps, version, version)
    async with pair.owner.reading(EVERYWHERE) as connection:
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


async def test_a_database_that_is_away_while_partitions_are_shared_out_is_asked_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = iter([True, True])
    position = Inbox.position

    async def sometimes(inbox: Inbox, topic: str, partition: int) -> Position:
        if next(away, False):
            raise Unavailable("The database cannot be reached.")
        return await position(inbox, topic, partition)

    monkeypatch.setattr(Inbox, "position", sometimes)
    async with pair.relay(), pair.consumer():
        await pair.write(uuid4(), 1, 1)
        await pair.wait_for(1, patience_s=60)


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
        async with pair.taker.reading(EVERYWHERE) as connection:
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


@pytest.mark.parametrize("trouble", [asyncpg.DiskFullError, asyncpg.LockNotAvailableError])
async def test_a_database_that_is_full_or_busy_makes_no_dead_letters(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, trouble: type[asyncpg.PostgresError]
) -> None:
    """What is refused is no fault of the event: it waits as long as that takes, however often it was tried."""
    monkeypatch.setattr("chassis.consumer.TRIES", 1)
    refusals = 0

    def apply(_: TurnoutRecorded) -> None:
        nonlocal refusals
        if refusals < 3:
            refusals += 1
            raise trouble("no room, or no lock")

    tps = uuid4()
    async with pair.relay(), pair.consumer(apply):
        for version in (1, 2, 3):
            await pair.write(tps, version, version)
        assert [version for _, version, _ in await pair.wait_for(3)] == [1, 2, 3]
    assert refusals == 3
    async with pair.taker.reading(EVERYWHERE) as connection:
        assert await connection.fetchval("select count(*) from consumer_dead_letter") == 0


async def test_skipping_a_dead_letter_lets_the_rest_pass(pair: Pair) -> None:
    tps = uuid4()

    def apply(data: TurnoutRecorded) -> None:
        if data.total == 1:
            raise RuntimeError("never")

    async with pair.relay(), pair.consumer(apply) as consumer:
        for version in (1, 2, 3):
            await pair.write(tps, version, version)
        async with pair.taker.reading(EVERYWHERE) as connection:
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
            async with pair.owner.reading(EVERYWHERE) as connection:
                rows = await connection.fetch("select seq from outbox where seq > $1 order by seq", last)
            found |= {row["seq"] for row in rows}
            last = max(found, default=0)
            await asyncio.sleep(0)
        async with pair.owner.reading(EVERYWHERE) as connection:
            everything = {row["seq"] for row in await connection.fetch("select seq from outbox")}
        missed.update(everything - found)

    async def slow_writer() -> None:
        for _ in range(10):
            async with pair.owner.transaction(EVERYWHERE) as uow:
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
