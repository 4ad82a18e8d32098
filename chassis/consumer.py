"""The consumer: takes the events of other services in, each once, in order per aggregate, many in one transaction.

What is applied, the versions, the position and the queue of what must wait are one transaction; Kafka's own offsets are
only a hint. An event that a handler refuses five times, or that cannot be read, becomes a dead letter: its aggregate
waits, everything else goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from pydantic import ValidationError

from chassis.broker import (
    Broker,
    broker_answers,
    cancelled_by_client,
    ensure_topics,
    service_of,
    stop_client,
    within,
)
from chassis.clock import wall_now
from chassis.crash import crash_point
from chassis.database import Database, UnitOfWork
from chassis.inbox import Decoded, Fate, Inbox, Move, Position, ZombieFenced
from chassis.metrics import Metrics
from chassis.problems import Problem
from chassis.records import (
    Assignments,
    decode,
    epoch_of,
    is_the_databases,
    moved_by,
    reason_of,
    validated,
)
from chassis.row_security import EVERYWHERE, NOWHERE
from chassis.subscription import IGNORE, Handler, Ignore, Received, Subscription, handles
from chassis.watermark import Mark
from contracts.envelope import EventData

__all__ = ["IGNORE", "Consumer", "GapSource", "Handler", "Ignore", "Received", "Subscription", "handles"]

log = structlog.get_logger(__name__)

TRIES = 5
STILL_S = 30.0
_LOOK_EVERY_S = 1.0
_GAPS_EVERY_S = 5.0

_Batches = Mapping[TopicPartition, list[ConsumerRecord]]


class Consumer:
    """Runs one subscription against the broker, as a member of its consumer group."""

    def __init__(
        self,
        subscription: Subscription,
        *,
        database: Database,
        broker: Broker,
        metrics: Metrics,
        rehearsal: bool,
        gaps: "GapSource",
        newest_mark: Callable[[str], Mark | None],
    ) -> None:
        subscription.check_complete()
        self._subscription = subscription
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._rehearsal = rehearsal
        self._gaps = gaps
        self._newest_mark = newest_mark
        self._positions: dict[TopicPartition, Position] = {}
        self._hinted: dict[TopicPartition, int] = {}
        self._taking: dict[asyncio.Task[None], _Batches] = {}
        self._assigned = False
        self._broker_away = False
        self.progressed_at = wall_now()
        self.caught_up = False

    @property
    def name(self) -> str:
        """Return the subscription's name."""
        return self._subscription.name

    @property
    def positions(self) -> Mapping[TopicPartition, Position]:
        """Return how far each partition that this process holds has been taken in."""
        return self._positions

    def condition(self) -> str:
        """Return `ok`, `starting` before partitions were shared out, `broker away`, or that the consumer stands still.

        With the broker away nobody else takes anything in either, and what is known here is served all the same.
        """
        if self._broker_away:
            return "broker away"
        if not self._assigned:
            return "starting"
        still_s = (wall_now() - self.progressed_at).total_seconds()
        return "ok" if still_s < STILL_S else "stands still"

    async def run(self) -> None:
        """Consume until cancelled; starts over after whatever goes wrong outside a handler."""
        while True:
            try:
                await self._session()
            except asyncio.CancelledError:
                if not cancelled_by_client():
                    raise
                log.warning("consumer_restarts", consumer=self.name, error="cancelled by the broker's client")
            except (KafkaError, OSError, ZombieFenced, TimeoutError, Problem) as error:
                self._broker_away = isinstance(error, KafkaConnectionError | OSError | TimeoutError)
                log.warning("consumer_restarts", consumer=self.name, error=repr(error)[:200])
            except Exception:
                log.exception("consumer_failed", consumer=self.name)
            await asyncio.sleep(0.5)

    async def _session(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._broker.bootstrap,
            group_id=f"{self._broker.prefix}desk.{self.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            fetch_max_wait_ms=250,
            fetch_max_bytes=16_777_216,
            max_partition_fetch_bytes=1_048_576,
            metadata_max_age_ms=5_000,
        )
        topics = [self._broker.topic(service) for service in self._subscription.services]
        listener = Assignments(lambda partitions: self.assign(consumer, partitions))
        try:
            await within(30, ensure_topics(self._broker, ledgers=self._subscription.services))
            self._broker_away = False
            await within(30, consumer.start())
            consumer.subscribe(topics, listener=listener)
            look_at = gaps_at = asyncio.get_running_loop().time()
            while True:
                taken = await self._take_next(consumer)
                listener.check()
                self._observe(consumer, idle=not taken and not self._taking)
                now = asyncio.get_running_loop().time()
                if now > look_at:
                    look_at = now + _LOOK_EVERY_S
                    await self._check_positions()
                    await self._follow_epochs(consumer)
                    await self._hint(consumer)
                if now > gaps_at:
                    gaps_at = now + _GAPS_EVERY_S
                    await self._fill_gaps()
                    await self._look_for_broker()
        finally:
            await self._let_go()
            await stop_client(consumer.stop(), patience_s=10)

    async def _let_go(self) -> None:
        """Break off what is under way: its transactions are rolled back."""
        for task in self._taking:
            task.cancel()
        if self._taking:
            await asyncio.wait(self._taking, timeout=10)
        self._taking = {}
        self._positions, self._hinted, self._assigned = {}, {}, False

    async def _take_next(self, consumer: AIOKafkaConsumer) -> bool:
        """Take in what the broker has; while it has plenty, batches of different partitions at the same time.

        Returns:
            whether there was anything.
        """
        free = [tp for tp in self._positions if tp not in self._busy()]
        limit = self._subscription.batch
        batches: _Batches = {}
        if free or not self._taking:
            batches = await consumer.getmany(*free, timeout_ms=0 if self._taking else 200, max_records=limit)
        if batches:
            self._taking[asyncio.ensure_future(self._take(consumer, batches))] = batches
        plenty = sum(map(len, batches.values())) >= limit // 4
        if self._taking and not (plenty and len(self._taking) < self._subscription.abreast):
            done, _ = await asyncio.wait(self._taking, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del self._taking[task]
                task.result()
        return bool(batches)

    def _busy(self) -> set[TopicPartition]:
        return {tp for batches in self._taking.values() for tp in batches}

    async def assign(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        """Take up partitions where their stored positions are; called when the group has shared them out."""
        async with self._database.transaction(EVERYWHERE) as uow:
            inbox = Inbox(uow, self.name)
            self._positions = {tp: await inbox.position(tp.topic, tp.partition) for tp in partitions}
        for tp, position in self._positions.items():
            consumer.seek(tp, position.next_offset)
        self._assigned, self.progressed_at = True, wall_now()

    async def _take(self, consumer: AIOKafkaConsumer, batches: _Batches) -> None:
        records: list[ConsumerRecord] = []
        for tp, found in batches.items():
            position = self._positions.get(tp)
            if position is None:
                continue
            if self._must_start_over(position, found[0]):
                await self._start_over(consumer, tp, epoch_of(found[0]) or 1)
                continue
            records.extend(found)
        if not records:
            return
        try:
            await self._apply(records)
        except (ZombieFenced, OSError, KafkaError):
            raise
        except Exception as error:  # a handler may fail in any way; then each record is judged alone
            if is_the_databases(error):
                raise
            log.warning(
                "batch_taken_apart", consumer=self.name, records=len(records), error=repr(error)[:300]
            )
            for record in records:
                await self._apply_alone(record)

    async def _hint(self, consumer: AIOKafkaConsumer) -> None:
        """Tell the broker how far this process is: nothing of ours reads it, but the tools of its operators do."""
        hints = {
            tp: p.next_offset for tp, p in self._positions.items() if self._hinted.get(tp) != p.next_offset
        }
        if not hints:
            return
        crash_point("offset_commit")
        try:
            await within(10, consumer.commit(hints))
            self._hinted.update(hints)
        except (KafkaError, TimeoutError):
            log.info("offset_hint_lost", consumer=self.name)

    @staticmethod
    def _must_start_over(position: Position, first: ConsumerRecord) -> bool:
        """Say whether the topic is no longer the one that the position speaks of: it was wiped, or sent again."""
        if first.offset != position.next_offset:
            return True
        epoch = epoch_of(first)
        return epoch is not None and position.next_offset > 0 and epoch > position.epoch

    async def _start_over(self, consumer: AIOKafkaConsumer, tp: TopicPartition, epoch: int) -> None:
        position = self._positions[tp]
        epoch = max(position.epoch, epoch)
        lane = f"{tp.topic}/{tp.partition}"
        log.warning("partition_starts_over", consumer=self.name, lane=lane, epoch=epoch)
        beginning = (await consumer.beginning_offsets([tp]))[tp]
        moved = Position(next_offset=beginning, epoch=epoch)
        async with self._database.transaction(EVERYWHERE) as uow:
            await Inbox(uow, self.name).move([Move(tp.topic, tp.partition, position, moved)])
        self._positions[tp] = moved
        consumer.seek(tp, beginning)

    async def _apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Take records in, in one transaction."""
        decoded = [
            decode(record, known=self._subscription.handlers, rehearsal=self._rehearsal) for record in records
        ]
        moved = moved_by(decoded, self._positions)
        async with self._database.transaction(EVERYWHERE) as uow:
            inbox = Inbox(uow, self.name)
            await self._move(inbox, moved)
            plan = await inbox.judge([d for d in decoded if d.envelope])
            await self._run_handlers(uow, plan.apply)
            await inbox.store(plan)
            for d in decoded:
                if d.envelope is None:
                    await inbox.bury(d, reason=d.reason)
            crash_point("inbox_insert")
        self._positions.update(moved)
        self._metrics.events_consumed.labels(self.name).inc(len(records))

    async def _run_handlers(self, uow: UnitOfWork, events: Sequence[Decoded]) -> None:
        """Call the handlers: in rounds, so that each sees an aggregate once a call and in order, and types together."""
        received = [validated(event) for event in events]
        rounds: list[dict[str, list[Received[EventData]]]] = []
        seen: dict[str, int] = {}
        for item in received:
            if isinstance(self._subscription.handlers[item.envelope.type], Ignore):
                continue
            n = seen[item.envelope.aggregate] = seen.get(item.envelope.aggregate, -1) + 1
            if n == len(rounds):
                rounds.append({})
            rounds[n].setdefault(item.envelope.type, []).append(item)
        for by_type in rounds:
            for event_type in sorted(by_type):
                handler = self._subscription.handlers[event_type]
                if not isinstance(handler, Ignore):
                    await handler(uow, by_type[event_type])
        if self._subscription.after is not None and received:
            await self._subscription.after(uow, received)

    async def _apply_alone(self, record: ConsumerRecord) -> None:
        """Take one record in; after five refusals it is a dead letter, and its aggregate waits."""
        reason = ""
        for attempt in range(TRIES):
            try:
                await self._apply([record])
                return
            except ZombieFenced:
                raise
            except (ValidationError, ValueError) as error:
                reason = reason_of(error)
                break
            except Problem as error:
                if error.retryable:
                    raise
                reason = reason_of(error)
            except OSError:
                raise
            except Exception as error:  # a handler may fail in any way; the reason is kept
                if is_the_databases(error):
                    raise
                reason = reason_of(error)
            await asyncio.sleep(0.05 * 2**attempt)
        await self._bury(record, reason)

    async def _bury(self, record: ConsumerRecord, reason: str) -> None:
        lane = f"{record.topic}/{record.partition}"
        log.error("dead_letter", consumer=self.name, lane=lane, offset=record.offset)
        decoded = decode(record, known=self._subscription.handlers, rehearsal=self._rehearsal)
        moved = moved_by([decoded], self._positions)
        async with self._database.transaction(EVERYWHERE) as uow:
            inbox = Inbox(uow, self.name)
            await self._move(inbox, moved)
            await inbox.bury(decoded, reason=reason)
        self._positions.update(moved)

    async def _move(self, inbox: Inbox, moved: Mapping[TopicPartition, Position]) -> None:
        """Move the positions first: that fences zombies off before any work, and makes each partition's writers queue."""
        await inbox.move(
            [Move(tp.topic, tp.partition, self._positions[tp], after) for tp, after in moved.items()]
        )

    async def _check_positions(self) -> None:
        """Count what is buried, and see whether the stored positions are where this process left them.

        Raises:
            ZombieFenced: they are not.
        """
        before = {tp: position for tp, position in self._positions.items() if tp not in self._busy()}
        async with self._database.reading(NOWHERE) as connection:
            rows = await connection.fetch(
                "select topic, partition, next_offset from consumer_position where consumer = $1", self.name
            )
            buried = await connection.fetchval(
                "select count(*) from consumer_dead_letter where consumer = $1 and settled_at is null",
                self.name,
            )
        self._metrics.dead_letters.labels(self.name).set(buried)
        stored = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        for tp, position in before.items():
            if self._positions.get(tp) is position and stored.get(tp) != position.next_offset:
                raise ZombieFenced(f"{tp.topic}/{tp.partition}")

    async def _follow_epochs(self, consumer: AIOKafkaConsumer) -> None:
        """Start over where a ledger was sent again and no record said so: a refilled partition may end just where it ended."""
        for tp in [tp for tp in self._positions if tp not in self._busy()]:
            mark = self._newest_mark(service_of(tp.topic))
            if mark is not None and mark.epoch > self._positions[tp].epoch:
                await self._start_over(consumer, tp, mark.epoch)

    async def _fill_gaps(self) -> None:
        """Ask owners for events that a parked one has waited for longer than ten seconds."""
        async with self._database.transaction(EVERYWHERE) as uow:
            gaps = await Inbox(uow, self.name).gaps(older_than_s=10)
        for gap in gaps:
            missing = await self._gaps(gap.aggregate, gap.after, gap.topic)
            if missing:
                async with self._database.transaction(EVERYWHERE) as uow:
                    inbox = Inbox(uow, self.name)
                    await inbox.position(gap.topic, gap.partition)
                    plan = await inbox.judge([replace(event, partition=gap.partition) for event in missing])
                    await self._run_handlers(uow, plan.apply)
                    await inbox.store(plan)

    async def _look_for_broker(self) -> None:
        """Ask the broker for a sign of life where nothing came although something waits: its client does not say."""
        waited_s = (wall_now() - self.progressed_at).total_seconds()
        self._broker_away = waited_s > _GAPS_EVERY_S and not await broker_answers(self._broker)

    async def settle(self, dead_letter: int, *, fate: Fate, actor: str, reason: str) -> int:
        """Replay or skip a dead letter and then run what waited behind it.

        Returns:
            how many events were applied.
        """
        async with self._database.transaction(EVERYWHERE) as uow:
            inbox = Inbox(uow, self.name)
            plan = await inbox.settle(dead_letter, fate=fate, actor=actor, reason=reason)
            await self._run_handlers(uow, plan.apply)
            await inbox.store(plan)
        return len(plan.apply)

    def _observe(self, consumer: AIOKafkaConsumer, *, idle: bool) -> None:
        lag, held = 0, consumer.assignment()  # fewer than we last heard of, while the group shares out anew
        for tp, position in self._positions.items():
            high = consumer.highwater(tp) if tp in held else None
            lag += max(0, high - position.next_offset) if high is not None else 0
        self._metrics.consumer_lag.labels(self.name).set(lag)
        self.caught_up = lag == 0 and idle
        if lag == 0 or not idle:
            self.progressed_at = wall_now()


GapSource = Callable[[str, int, str], Awaitable[Sequence[Decoded]]]
"""Fetches an aggregate's events after a version from the ledger of the service that owns the topic."""
