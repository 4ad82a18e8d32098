"""How far behind this process is: watermarks tell up to when everything that an owner committed is on its topic, and where.

A consumer that has taken in everything up to those offsets knows all that the owner knew then. So an unknown TPS is an
honest 404, and not the ignorance of somebody who has not caught up.
"""

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.broker import Broker, cancelled_by_client, ensure_topics, stop_client, within
from chassis.clock import wall_now
from chassis.database import Database
from chassis.problems import NotCaughtUp, NotFound, Problem
from chassis.row_security import NOWHERE

log = structlog.get_logger(__name__)

FRESH_S = 2.0
_KEPT = 30


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything that a service committed up to a wall time lies before these offsets of its topic.

    Attributes:
        reached_at: the same moment by the desk's clock; None where a service does not tell it.
    """

    service: str
    up_to: datetime
    epoch: int
    ends: dict[int, int]
    reached_at: datetime | None = None


class Watermarks:
    """Follows the owners' watermarks and says which of them one consumer of this service has passed."""

    def __init__(self, database: Database, *, broker: Broker, consumer: str) -> None:
        self._database = database
        self._broker = broker
        self._consumer = consumer
        self._pending: dict[str, deque[Mark]] = {}
        self._passed: dict[str, datetime] = {}
        self._reached: dict[str, datetime | None] = {}
        self._newest: dict[str, Mark] = {}

    def newest(self, service: str) -> Mark | None:
        """Return the last mark that a service sent, passed or not."""
        return self._newest.get(service)

    def caught_up_to(self, service: str) -> datetime | None:
        """Return the wall time up to which everything of a service is known here, or None."""
        return self._passed.get(service)

    def reached(self, service: str) -> datetime | None:
        """Return the desk's time up to which everything of a service is known here, or None."""
        return self._reached.get(service)

    def is_fresh(self, service: str) -> bool:
        """Say whether all is known here that a service knew two seconds ago."""
        passed = self._passed.get(service)
        return passed is not None and (wall_now() - passed).total_seconds() <= FRESH_S

    def is_heard(self, service: str) -> bool:
        """Say whether a service told where its topic ended at most two seconds ago, known here or not."""
        mark = self._newest.get(service)
        return mark is not None and (wall_now() - mark.up_to).total_seconds() <= FRESH_S

    def honest(self, problem: Problem) -> Problem:
        """Return a problem, or `NotCaughtUp` where it says that something is not there and we may only not know it yet."""
        service = problem.learned_from if isinstance(problem, NotFound) else ""
        if not service:
            return problem
        if self.is_fresh(service):
            return problem
        return NotCaughtUp(
            f"What {service} knows has not all arrived here yet; ask again.",
            detail_id=f"Data {service} belum lengkap diterima; coba lagi.",
            retry_after_s=1,
        )

    async def run(self) -> None:
        """Follow the watermarks until cancelled."""
        while True:
            try:
                await self._follow()
            except asyncio.CancelledError:
                if not cancelled_by_client():
                    raise
                log.info("watermarks_restart", error="cancelled by the broker's client")
            except (
                KafkaError,
                OSError,
                TimeoutError,
                Problem,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ) as error:
                log.info("watermarks_restart", error=type(error).__name__)
            await asyncio.sleep(0.5)

    async def _follow(self) -> None:
        await within(30, ensure_topics(self._broker, ledgers=[]))
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._broker.bootstrap, enable_auto_commit=False, auto_offset_reset="latest"
        )
        try:
            await within(30, consumer.start())
            partition = TopicPartition(self._broker.watermarks, 0)
            consumer.assign([partition])
            await consumer.seek_to_end(partition)
            while True:
                batches = await consumer.getmany(timeout_ms=500)
                for record in batches.get(partition, []):
                    self._remember(record.value or b"")
                await self._look()
        finally:
            await stop_client(consumer.stop())

    def _remember(self, value: bytes) -> None:
        try:
            raw = json.loads(value)
            ends = {int(p): int(end) for p, end in raw["ends"].items()}
            desk = raw.get("up_to_by_desk")
            mark = Mark(
                str(raw["service"]),
                datetime.fromisoformat(raw["up_to"]),
                int(raw["epoch"]),
                ends,
                datetime.fromisoformat(desk) if desk else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("watermark_unreadable")
            return
        self._newest[mark.service] = mark
        self._pending.setdefault(mark.service, deque(maxlen=_KEPT)).append(mark)

    async def _look(self) -> None:
        """Compare what waits with the stored positions; those of all replicas count, for they share one database."""
        if not any(self._pending.values()):
            return
        async with self._database.reading(NOWHERE) as connection:
            rows = await connection.fetch(
                "select topic, partition, next_offset, epoch from consumer_position where consumer = $1",
                self._consumer,
            )
        positions = {(row["topic"], row["partition"]): (row["next_offset"], row["epoch"]) for row in rows}
        for service, marks in self._pending.items():
            while marks and self._is_passed(marks[0], positions):
                mark = marks.popleft()
                self._passed[service], self._reached[service] = mark.up_to, mark.reached_at

    def _is_passed(self, mark: Mark, positions: dict[tuple[str, int], tuple[int, int]]) -> bool:
        topic = self._broker.topic(mark.service)
        for partition, end in mark.ends.items():
            offset, epoch = positions.get((topic, partition), (0, 0))
            if offset < end or epoch < mark.epoch:
                return False
        return True
