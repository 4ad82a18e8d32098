"""Topics of the broker: made by us, with settings of ours, and looked at to see whether they still hold what they held."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from chassis.telemetry import tell_broker_reached
from contracts.catalog import PARTITIONS, WATERMARK_TOPIC, topic_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

_KEPT_FOR_EVER = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "LogAppendTime",
}
_KEPT_FOR_AN_HOUR = {"retention.ms": "3600000", "message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and what desks that share it put before their topics and groups."""

    bootstrap: str
    prefix: str = ""

    def topic(self, service: str) -> str:
        """Return the topic of a service's ledger."""
        return self.prefix + topic_of(service)

    @property
    def watermarks(self) -> str:
        """Return the topic of the watermarks."""
        return self.prefix + WATERMARK_TOPIC


def service_of(topic: str) -> str:
    """Return the service whose ledger a topic carries. Example: `service_of("x.desk.turnout.v1") == "turnout"`."""
    return topic.rsplit(".", 2)[-2]


async def ensure_topics(broker: Broker, *, ledgers: Iterable[str], by_owner: bool = False) -> None:
    """Make the topics of some services' ledgers, and the watermarks' topic, where they are not there yet.

    A topic with another number of partitions is not one that we made: a broker that makes topics by itself made it when
    some client asked for it. Its owner makes it again, and sends what was in it again from the ledger.

    Args:
        ledgers: services whose topics are wanted.
        by_owner: whether the relay of these services asks, which alone may take a topic away.

    Raises:
        KafkaError: the broker cannot be reached or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap, request_timeout_ms=10_000)
    await admin.start()
    tell_broker_reached()
    try:
        wanted = [NewTopic(broker.watermarks, 1, 1, topic_configs=_KEPT_FOR_AN_HOUR)]
        wanted += [
            NewTopic(broker.topic(service), PARTITIONS, 1, topic_configs=_KEPT_FOR_EVER)
            for service in ledgers
        ]
        existing = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        for topic in wanted:
            partitions = existing.get(topic.name)
            if partitions and partitions != topic.num_partitions and by_owner:
                log.error("topic_made_again", topic=topic.name, partitions=partitions)
                await admin.delete_topics([topic.name])
                partitions = None
            if partitions is None:
                await _create(admin, topic)
    finally:
        await admin.close()


async def broker_answers(broker: Broker) -> bool:
    """Say whether the broker answers within ten seconds."""
    try:
        await within(10, ensure_topics(broker, ledgers=[]))
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def within(patience_s: float, asking: Coroutine[object, object, T]) -> T:
    """Wait for the broker's client, and walk away from it when it takes too long.

    `asyncio.wait_for` would wait on for the end of what it cancels, and a client whose broker is away may never end
    (aio-libs/aiokafka#1101) and swallow its own cancelling too.

    Raises:
        TimeoutError: it took longer than `patience_s` seconds.
    """
    task = asyncio.ensure_future(asking)
    try:
        done, _ = await asyncio.wait({task}, timeout=patience_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        raise TimeoutError("the broker's client took too long")
    if task.cancelled():  # by the client itself; as it stands, it would end whoever waits here
        raise TimeoutError("the broker's client cancelled what was asked of it")
    return task.result()


def cancelled_by_client() -> bool:
    """Say, while a `CancelledError` is handled, that nobody cancelled us: the broker's client lets its own escape."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() == 0


async def stop_client(stopping: Coroutine[object, object, None], *, patience_s: float = 5.0) -> None:
    """Stop a client of the broker, or walk away from it."""
    try:
        await within(patience_s, stopping)
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("broker_client_abandoned", error=type(error).__name__)


async def _create(admin: AIOKafkaAdminClient, topic: NewTopic) -> None:
    response = await admin.create_topics([topic])
    for _, code, *_rest in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"topic {topic.name}")


class TopicTail:
    """Looks at the end of one topic's partitions, to see whether the broker still holds what it acknowledged."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=10_000,
            metadata_max_age_ms=3_000,
        )
        self._partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()
        self._consumer.assign(self._partitions)

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    def is_ours(self) -> bool:
        """Say whether the topic has as many partitions as we make, as far as is known.

        A broker that makes topics by itself may have made it with fewer after it was wiped, and take records for partitions
        that no consumer ever looks at.
        """
        seen = self._consumer.partitions_for_topic(self._topic)
        return not seen or len(seen) == PARTITIONS

    async def ends(self) -> dict[int, int]:
        """Return the offset after the last record of each partition."""
        ends = await self._consumer.end_offsets(self._partitions)
        return {tp.partition: offset for tp, offset in ends.items()}

    async def event_ids_at(self, offsets: dict[int, int]) -> dict[int, str | None]:
        """Return the id of the event that lies at an offset of each partition, or None where it is no event."""
        wanted = {TopicPartition(self._topic, p): offset for p, offset in offsets.items()}
        for tp in self._partitions:
            self._consumer.pause(tp)
        for tp, offset in wanted.items():
            self._consumer.seek(tp, offset)
            self._consumer.resume(tp)
        found: dict[int, str | None] = {}
        for _ in range(40):
            if len(found) == len(wanted):
                break
            batches = await self._consumer.getmany(timeout_ms=250, max_records=500)
            for tp, records in batches.items():
                if tp in wanted and tp.partition not in found and records:
                    at = records[0]
                    ids = [value.decode() for name, value in at.headers if name == "ce_id"]
                    found[tp.partition] = ids[0] if ids and at.offset == wanted[tp] else None
                    self._consumer.pause(tp)
        return {p: found.get(p) for p in offsets}
