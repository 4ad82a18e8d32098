"""A broker that forgot, or was put back: the ledger is sent again, and its takers learn of it."""

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from chassis.broker import Broker, TopicTail
from chassis.relay import Relay
from chassis.relay_batches import send_rows
from chassis.row_security import EVERYWHERE
from contracts.catalog import PARTITIONS
from deploy import processes, tansu
from tests.harness import until
from tests.infrastructure import KafkaServer, free_ports
from tests.services.chassis.pair import Pair, running

pytestmark = pytest.mark.anyio


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
    async with pair.owner.reading(EVERYWHERE) as connection:
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


async def test_a_refill_that_is_cut_off_begins_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the broker seems to remember all that it was sent, and the rest of the ledger is missing for ever."""
    stations = [uuid4() for _ in range(1_200)]
    async with pair.relay():
        await pair.write_all([(tps, 1, 1) for tps in stations])
        await until(lambda: pair.owner_has("select count(*) = 0 from outbox where published_at is null"))
    await pair.delete_topic()

    def cut_off(point: str) -> None:
        if point == "refilled":
            raise InterruptedError("as a crash would end it")

    with monkeypatch.context() as once:
        once.setattr("chassis.relay.crash_point", cut_off)
        async with pair.relay():
            await until(lambda: pair.owner_has("select epoch >= 2 from ledger_epoch"))
    async with pair.relay(), pair.consumer():
        assert len(await pair.wait_for(1_200, patience_s=90)) == 1_200


async def test_a_taker_that_missed_nothing_of_a_refill_knows_that_it_has_all(pair: Pair) -> None:
    """A partition that was sent again may end just where it ended, so that no record of the new epoch ever comes."""
    async with pair.relay(), pair.consumer(), running(pair.watermarks.run()):
        await pair.write_all([(uuid4(), 1, 1) for _ in range(30)])
        await pair.wait_for(30)
        await until(lambda: _fresh(pair))
        await pair.delete_topic()
        await until(lambda: pair.owner_has("select epoch >= 2 from ledger_epoch"))
        refilled_at = datetime.now(UTC)
        await until(lambda: _fresh(pair, after=refilled_at))
    assert len(await pair.seen()) == 30


async def test_a_topic_that_the_broker_made_by_itself_is_made_again(pair: Pair) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=pair.kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(pair.broker.topic("turnout"), 4, 1)])
    async with pair.relay(), pair.consumer():
        await pair.write_all([(uuid4(), 1, 1) for _ in range(30)])
        await pair.wait_for(30, patience_s=60)
    (found,) = await admin.describe_topics([pair.broker.topic("turnout")])
    assert len(found["partitions"]) == PARTITIONS
    await admin.close()


async def test_a_topic_that_was_wiped_and_made_by_the_broker_itself_is_noticed_before_anything_was_sent(
    pair: Pair,
) -> None:
    """Nothing that was acknowledged is missing then; but what follows would go where no consumer looks."""
    async with pair.relay() as relay:
        await until(lambda: _is_active(relay))
        await pair.delete_topic()
        admin = AIOKafkaAdminClient(bootstrap_servers=pair.kafka.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(pair.broker.topic("turnout"), 4, 1)])

        async def mended() -> bool:
            found = await admin.describe_topics([pair.broker.topic("turnout")])
            return len(found[0]["partitions"]) == PARTITIONS

        await until(mended)
        await admin.close()
        async with pair.consumer():
            await pair.write_all([(uuid4(), 1, 1) for _ in range(30)])
            await pair.wait_for(30, patience_s=60)


async def test_a_topic_with_too_few_partitions_is_an_error_of_the_broker(pair: Pair) -> None:
    """The broker's client would end the process's relay with an assertion, which nothing mends."""
    topic = pair.broker.topic("turnout")
    admin = AIOKafkaAdminClient(bootstrap_servers=pair.kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    await pair.write_all([(uuid4(), 1, 1) for _ in range(30)])
    async with pair.owner.transaction(EVERYWHERE) as uow:
        rows = await uow.fetch("select * from outbox order by seq")
    producer = AIOKafkaProducer(bootstrap_servers=pair.kafka.bootstrap)
    await producer.start()
    try:
        with pytest.raises(UnknownTopicOrPartitionError, match="no partition"):
            await send_rows(producer, topic, rows, service="turnout", epoch=1)
    finally:
        await producer.stop()


async def _is_active(relay: Relay) -> bool:
    return relay.active


async def test_the_fallback_broker_is_not_taken_for_one_that_forgot(pair: Pair, tmp_path: Path) -> None:
    """It tells as the end of a partition where its last batch begins."""
    node = tansu.Node(folder=tmp_path, port=free_ports(1))
    process = tansu.start(node)
    try:
        await until(lambda: asyncio.to_thread(tansu.is_ready, node))
        pair.broker = Broker(f"127.0.0.1:{node.port}")
        pair.kafka = KafkaServer(port=node.port, name="tansu", idempotent=False)
        tps = uuid4()
        async with pair.relay() as relay, pair.consumer():
            await pair.write_all([(tps, version, 1) for version in range(1, 41)])
            await pair.wait_for(40)
            tail = TopicTail(pair.broker.bootstrap, pair.broker.topic("turnout"))
            await tail.start()
            assert max((await tail.ends()).values()) < 40, "it tells the truth now: the second look may go"
            await relay._check_tail(tail)  # what the relay does every two seconds
            await tail.stop()
    finally:
        processes.stop(process, first=signal.SIGKILL, patience_s=5)
    assert await pair.owner_has("select epoch from ledger_epoch") == 1


async def _fresh(pair: Pair, *, after: datetime | None = None) -> bool:
    known = pair.watermarks.caught_up_to("turnout")
    return pair.watermarks.is_fresh("turnout") and known is not None and (after is None or known > after)
