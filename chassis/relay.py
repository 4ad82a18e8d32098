"""The relay: sends what the outbox holds to the service's topic, in order, and marks it once the broker has it.

One relay is active per service: it holds a PostgreSQL session lock (`chassis.relay_lock`), and a second instance waits
for it. It never trusts that the broker still has what it acknowledged: where the topic's end is not what it was, the
whole ledger is sent again under a new epoch, with new events waiting behind. Anything that it cannot mend, it ends the
process for: a wedged producer is mended by nothing else, and nothing that was acknowledged is only in memory.
"""

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import RecordMetadata

from chassis.broker import (
    Broker,
    TopicTail,
    broker_answers,
    cancelled_by_client,
    ensure_topics,
    stop_client,
    within,
)
from chassis.clock import DeskClock, wall_now
from chassis.crash import crash_point
from chassis.database import Database, Row
from chassis.ledger_chain import ChainHead, newest_head
from chassis.metrics import Metrics
from chassis.relay_batches import Sent, send_rows
from chassis.relay_lock import RelayLock
from chassis.relay_marks import mark_published, remember

log = structlog.get_logger(__name__)

BATCH = 500
STALL_S = 30.0
_TAIL_CHECK_S = 2.0
_WATERMARK_S = 1.0

_UNPUBLISHED = "select * from outbox where published_at is null order by seq limit $1"
_PUBLISHED = """
select * from outbox where seq > $1 and seq <= $2 and published_at is not null order by seq limit $3
"""
_LONGEST_REST_S = 0.05
_THICK_PER_S = 600
"""Events a second from which on the relay works in steps of `_STEP_S`: three times what a province's evening peaks at."""
_STEP_S = 0.2
_CROWD = 20
"""Events in one look below which nothing is thick, however short the time was: 300 a second bring fewer in the longest rest."""


class RelayStuck(Exception):
    """The broker answers, and yet what was sent is not acknowledged; only a new process mends that."""


class BrokerForgot(Exception):
    """The topic does not hold what the broker acknowledged: it was wiped, or restored to an older state."""


class Relay:
    """Publishes the outbox of one service.

    `position_moved_at` is the wall time of the last sign of progress (a batch acknowledged, or nothing to send).
    """

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        broker: Broker,
        idempotent: bool,
        lock: RelayLock,
        metrics: Metrics,
        on_stuck: Callable[[], None],
        clock: DeskClock | None = None,
    ) -> None:
        self._database = database
        self._service = service
        self._topic = broker.topic(service)
        self._broker = broker
        self._idempotent = idempotent
        self._lock = lock
        self._metrics = metrics
        self._on_stuck = on_stuck
        self._clock = clock
        self._poke = asyncio.Event()
        self._last: dict[int, tuple[int, UUID]] = {}
        self._head = ChainHead()
        self._epoch = 1
        self._caught_up_at: datetime | None = None
        self._desk_caught_up_at: datetime | None = None
        self._broker_away = False
        self._mark_sent: tuple[float, asyncio.Future[RecordMetadata]] | None = None
        self.active = False
        self.position_moved_at = wall_now()

    def poke(self) -> None:
        """Say that something was committed; called in this process after each commit with events."""
        self._poke.set()

    def poke_from_elsewhere(self) -> None:
        """Say that another instance committed something; an instance that does not relay passes it on to nobody."""
        if self.active:
            self._poke.set()

    def condition(self) -> str:
        """Return `ok`, `standby` (another instance holds the lock), `starting`, `broker away`, or that the relay stands still.

        With the broker away commands are accepted into the outbox all the same, so that is no reason to take none.
        """
        if self._broker_away:
            return "broker away"
        if not self.active:
            return "standby" if self._lock.waits else "starting"
        still_s = (wall_now() - self.position_moved_at).total_seconds()
        return "ok" if still_s < STALL_S else "stands still"

    async def run(self) -> None:
        """Hold the lock and publish until cancelled; starts over after whatever goes wrong."""
        while True:
            try:
                await self._hold_and_publish()
            except asyncio.CancelledError:
                if not cancelled_by_client():
                    raise
                log.warning("relay_restarts", service=self._service, error="cancelled by the broker's client")
            except RelayStuck:
                log.error("relay_stuck", service=self._service)
                self._on_stuck()
                return
            except (
                KafkaError,
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                TimeoutError,
                BrokerForgot,
            ) as error:
                self._broker_away = isinstance(error, KafkaConnectionError | OSError | TimeoutError)
                log.warning("relay_restarts", service=self._service, error=repr(error)[:200])
            finally:
                self.active = False
            await asyncio.sleep(_jittered(0.3, 0.8))

    async def _hold_and_publish(self) -> None:
        connection = await self._database.connect_alone()
        try:
            await self._lock.take(connection, committed=self._poke)
            await within(30, ensure_topics(self._broker, ledgers=[self._service], by_owner=True))
            await self._recall(connection)
            producer = AIOKafkaProducer(
                bootstrap_servers=self._broker.bootstrap,
                enable_idempotence=self._idempotent,
                acks="all",
                linger_ms=0,
                max_batch_size=262_144,
                request_timeout_ms=10_000,
            )
            tail = TopicTail(self._broker.bootstrap, self._topic)
            self._mark_sent = None
            try:
                await within(30, producer.start())
                await within(30, tail.start())
                self.active = True
                if not await self._broker_remembers(tail):
                    await self._refill(connection, producer, tail)
                await self._publish_for_ever(connection, producer, tail)
            finally:
                await stop_client(producer.stop())
                await stop_client(tail.stop())
        finally:
            connection.terminate()

    async def _recall(self, connection: "asyncpg.Connection[Row]") -> None:
        rows = await connection.fetch("select partition, last_offset, event_id from relay_state")
        self._last = {row["partition"]: (row["last_offset"], row["event_id"]) for row in rows}
        self._head = await newest_head(connection, "ledger_block")
        self._epoch = await connection.fetchval("select epoch from ledger_epoch")

    async def _broker_remembers(self, tail: TopicTail) -> bool:
        """Say whether the record that the broker acknowledged last in each partition is still there."""
        return await self._still_holds(tail, self._last)

    @staticmethod
    async def _still_holds(tail: TopicTail, acknowledged: Mapping[int, tuple[int, UUID]]) -> bool:
        if not acknowledged:
            return True
        ends = await within(STALL_S, tail.ends())
        if not all(ends.get(p) for p in acknowledged):
            return False  # an empty partition needs no look at its records
        offsets = {p: offset for p, (offset, _) in acknowledged.items()}
        found = await within(STALL_S, tail.event_ids_at(offsets))
        return all(found[p] == str(event_id) for p, (_, event_id) in acknowledged.items())

    async def _refill(
        self, connection: "asyncpg.Connection[Row]", producer: AIOKafkaProducer, tail: TopicTail
    ) -> None:
        """Send again, under a new epoch, all that was published; consumers drop what they have by version.

        What the broker acknowledged before is forgotten only when all of it is there again: whoever starts after a crash
        in the middle finds that the broker does not remember, and sends the ledger from its beginning.
        """
        self._epoch = await connection.fetchval("update ledger_epoch set epoch = epoch + 1 returning epoch")
        newest: int = await connection.fetchval("select coalesce(max(seq), 0) from outbox")
        log.warning("ledger_refill", service=self._service, epoch=self._epoch, events=newest)
        self._last, after = {}, 0
        while rows := await connection.fetch(_PUBLISHED, after, newest, BATCH):
            self._last.update(await self._deliver(producer, tail, rows))
            self.position_moved_at = wall_now()
            after = rows[-1]["seq"]
            crash_point("refilled")
        await remember(connection, self._last)

    async def _publish_for_ever(
        self, connection: "asyncpg.Connection[Row]", producer: AIOKafkaProducer, tail: TopicTail
    ) -> None:
        loop = asyncio.get_running_loop()
        next_check, next_watermark = loop.time() + _TAIL_CHECK_S, 0.0
        before = loop.time()
        while True:
            self._poke.clear()
            began, looked_at = loop.time(), wall_now()
            desk_looked_at = self._clock.now() if self._clock else None
            rows = await connection.fetch(_UNPUBLISHED, BATCH)
            crash_point("outbox_read")
            if rows:
                await self._send(connection, producer, tail, rows)
            if len(rows) < BATCH:
                self._caught_up_at, self._desk_caught_up_at = looked_at, desk_looked_at
            self.position_moved_at, self._broker_away = wall_now(), False
            await self._observe(connection, rows)
            if loop.time() >= next_watermark:
                await self._send_watermark(producer)
                next_watermark = loop.time() + _WATERMARK_S
            if loop.time() >= next_check:
                await self._check_tail(tail)
                next_check = loop.time() + _TAIL_CHECK_S
            if rows and len(rows) < BATCH:
                await asyncio.sleep(_rest_s(len(rows), since_s=began - before, took_s=loop.time() - began))
            before = began if rows else before
            if len(rows) < BATCH:
                await self._wait_for_poke()

    async def _send(
        self,
        connection: "asyncpg.Connection[Row]",
        producer: AIOKafkaProducer,
        tail: TopicTail,
        rows: Sequence[Row],
    ) -> None:
        """Deliver rows, mark them, chain them to what was published before, and remember the last of each partition."""
        latest = await self._deliver(producer, tail, rows)
        crash_point("acknowledged")
        self._head = await mark_published(connection, rows, latest, head=self._head)
        crash_point("marked")
        self._last.update(latest)

    async def _deliver(
        self, producer: AIOKafkaProducer, tail: TopicTail, rows: Sequence[Row]
    ) -> dict[int, tuple[int, UUID]]:
        """Send rows in order, await every acknowledgement, and return the last of each partition.

        Raises:
            BrokerForgot: a partition's new records lie before what it acknowledged earlier.
        """
        sent = await self._within_stall(self._sending(producer, rows), tail)
        latest: dict[int, tuple[int, UUID]] = {}
        for first, count, event_id in sent:
            known = self._last.get(first.partition)
            if known is not None and first.offset <= known[0]:
                raise BrokerForgot(f"partition {first.partition} went back from {known[0]} to {first.offset}")
            latest[first.partition] = (first.offset + count - 1, event_id)
        self._metrics.relay_published.inc(len(rows))
        return latest

    def _sending(
        self, producer: AIOKafkaProducer, rows: Sequence[Row]
    ) -> Coroutine[object, object, list[Sent]]:
        return send_rows(producer, self._topic, rows, service=self._service, epoch=self._epoch)

    async def _within_stall(
        self, sending: Coroutine[object, object, list[Sent]], tail: TopicTail
    ) -> list[Sent]:
        """Wait for acknowledgements; give the process up where the broker answers others and not us.

        While the broker is away this waits: the producer sends the same batches, in order, when it is back. A broker
        that comes back without the topic's records is found by looking at the topic's end.
        """
        task = asyncio.ensure_future(sending)
        try:
            return await self._acknowledged(task, tail)
        finally:
            task.cancel()

    async def _acknowledged(self, task: "asyncio.Task[list[Sent]]", tail: TopicTail) -> list[Sent]:
        answered_s = 0.0
        while True:
            done, _ = await asyncio.wait({task}, timeout=_TAIL_CHECK_S)
            if done:
                return task.result()
            self._broker_away = not await broker_answers(self._broker)
            if self._broker_away:
                log.warning("broker_unreachable", service=self._service)
                answered_s = 0.0
                continue
            await self._check_tail(tail)
            answered_s += _TAIL_CHECK_S
            if answered_s >= STALL_S:
                raise RelayStuck

    async def _check_tail(self, tail: TopicTail) -> None:
        """See whether the topic still reaches to what was acknowledged.

        Where it seems not to, the record itself is looked for: the fallback broker tells as the end of a partition where
        its last batch begins.

        Raises:
            BrokerForgot: it does not.
        """
        if not tail.is_ours():
            raise BrokerForgot("the topic has another number of partitions")
        ends = await within(STALL_S, tail.ends())
        short = {p: last for p, last in self._last.items() if ends.get(p, 0) <= last[0]}
        if not await self._still_holds(tail, short):
            raise BrokerForgot(f"ends {ends}, acknowledged { ({p: last[0] for p, last in short.items()}) }")

    async def _send_watermark(self, producer: AIOKafkaProducer) -> None:
        """Tell consumers up to when everything committed is on the topic, and where that is.

        Raises:
            KafkaError: the broker refused the last one, as it does for ever when it has lost what it knew of this producer.
            TimeoutError: it has had the last one for too long.
        """
        loop = asyncio.get_running_loop()
        if self._mark_sent is not None and not self._mark_sent[1].done():
            if loop.time() - self._mark_sent[0] > STALL_S:
                raise TimeoutError("a watermark is not acknowledged")
            return
        if self._mark_sent is not None:
            self._mark_sent[1].result()
        if self._caught_up_at is None:
            return
        mark = {
            "service": self._service,
            "up_to": self._caught_up_at.isoformat(),
            "up_to_by_desk": self._desk_caught_up_at.isoformat() if self._desk_caught_up_at else None,
            "epoch": self._epoch,
            "ends": {str(p): offset + 1 for p, (offset, _) in self._last.items()},
        }
        value, key = json.dumps(mark).encode(), self._service.encode()
        self._mark_sent = loop.time(), await producer.send(self._broker.watermarks, value=value, key=key)

    async def _observe(self, connection: "asyncpg.Connection[Row]", rows: Sequence[Row]) -> None:
        """Export how much waits: nothing once a look found less than a batch and sent it."""
        if len(rows) < BATCH:
            self._metrics.outbox_pending.set(0)
            self._metrics.outbox_oldest.set(0)
            return
        row = await connection.fetchrow(
            """select count(*) as pending, extract(epoch from now() - min(written_at))::float8 as oldest_s
               from outbox where published_at is null"""
        )
        assert row is not None
        self._metrics.outbox_pending.set(row["pending"])
        self._metrics.outbox_oldest.set(row["oldest_s"] or 0)

    async def _wait_for_poke(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._poke.wait(), _jittered(0.05, 0.1))


def _rest_s(events: int, *, since_s: float, took_s: float) -> float:
    """Return how long the relay lets events gather before it looks again.

    A batch costs relay, broker and consumers nearly the same for one event as for fifty. A lone event waits for nobody;
    those of the time that a batch took go together; and where they come thick, those of a whole step.

    Args:
        events: that the last look found.
        since_s: seconds from the look before, the last that found any, to that look.
        took_s: seconds since that look, in which its events were sent and marked.
    """
    if events >= _CROWD and events > _THICK_PER_S * since_s:
        return max(0.0, _STEP_S - took_s)
    return min(took_s, _LONGEST_REST_S)


def _jittered(least_s: float, most_s: float) -> float:
    return random.uniform(least_s, most_s)  # noqa: S311 - spreads instances in time, nothing secret
