"""Vital signs of a process, made when they are asked for: what its parts are doing, what waits, how far behind it is.

They are read from the parts themselves and from the database, never kept by whoever is at work: a relay whose broker
is away, or that waits for its lock, could not tell how much waits behind it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import asyncpg
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.clock import DeskClock, wall_now
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.metrics import Metrics
from chassis.problems import Problem
from chassis.relay import Relay
from chassis.row_security import NOWHERE
from chassis.watermark import Watermarks

LOOK_EVERY_S = 2.0
_OVERDUE_S = 10.0
_NOT_KNOWN = float("nan")
_STATES: Mapping[str, Sequence[str]] = {
    "database": ("ok", "unreachable"),
    "relay": ("ok", "standby", "starting", "broker_away", "stands_still"),
    "consumer": ("ok", "starting", "broker_away", "stands_still"),
}
_OUTBOX = """
select count(*) as pending, extract(epoch from clock_timestamp() - min(written_at))::float8 as oldest_s
from outbox where published_at is null
"""


class Vitals(Collector):
    """The vital signs of one application, as metrics.

    Args:
        relay: what publishes its ledger, if it has one.
        consumer: what takes in events of others, if anything does.
        watermarks: how far that has come.
        sources: services whose events it takes in.
        rehearsal: whether its clock is a rehearsal's.
    """

    def __init__(
        self,
        database: Database,
        *,
        metrics: Metrics,
        clock: DeskClock,
        relay: Relay | None,
        consumer: Consumer | None,
        watermarks: Watermarks | None,
        sources: Sequence[str],
        rehearsal: bool,
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._relay = relay
        self._consumer = consumer
        self._watermarks = watermarks
        self._sources = sources
        self._rehearsal = "true" if rehearsal else "false"
        self._answered_at = wall_now()
        self._away = False
        metrics.registry.register(self)

    async def run(self) -> None:
        """Look at the database every two seconds until cancelled."""
        while True:
            try:
                await self._look()
            except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._away = True
                self._show_outbox(pending=_NOT_KNOWN, oldest_s=_NOT_KNOWN)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        if self._relay is None:
            await self._database.ping()
        else:
            async with self._database.reading(NOWHERE) as connection:
                row = await connection.fetchrow(_OUTBOX)
            assert row is not None
            self._show_outbox(pending=row["pending"], oldest_s=row["oldest_s"] or 0)
        self._answered_at, self._away = wall_now(), False

    def _show_outbox(self, *, pending: float, oldest_s: float) -> None:
        if self._relay is not None:
            self._metrics.outbox_pending.set(pending)
            self._metrics.outbox_oldest.set(oldest_s)

    def collect(self) -> Iterator[Metric]:
        """Yield the vital signs as they are now."""
        yield self._parts()
        if self._watermarks is not None:
            yield self._lags(self._watermarks)
        yield from self._times()

    def _parts(self) -> Metric:
        found = GaugeMetricFamily(
            "desk_part_state",
            "1 for the state that a part of the process is in, 0 for the others.",
            labels=["part", "state"],
        )
        for part, now in self._conditions().items():
            for state in _STATES[part]:
                found.add_metric([part, state], float(state == now))
        return found

    def _conditions(self) -> dict[str, str]:
        silent_s = (wall_now() - self._answered_at).total_seconds()
        conditions = {"database": "unreachable" if self._away or silent_s > _OVERDUE_S else "ok"}
        if self._relay is not None:
            conditions["relay"] = self._relay.condition().replace(" ", "_")
        if self._consumer is not None:
            conditions["consumer"] = self._consumer.condition().replace(" ", "_")
        return conditions

    def _lags(self, watermarks: Watermarks) -> Metric:
        found = GaugeMetricFamily(
            "desk_source_lag_seconds",
            "Age of the moment up to which everything of a service is known here; NaN: not known.",
            labels=["source"],
        )
        now = wall_now()
        for source in self._sources:
            at = watermarks.caught_up_to(source)
            found.add_metric([source], (now - at).total_seconds() if at else _NOT_KNOWN)
        return found

    def _times(self) -> Iterator[Metric]:
        time = GaugeMetricFamily(
            "desk_clock_seconds",
            "What the desk's clock shows, Unix time; never to be compared with the machine's.",
            labels=["rehearsal"],
        )
        time.add_metric([self._rehearsal], self._clock.now().timestamp())
        yield time
        speed = GaugeMetricFamily(
            "desk_clock_speed_ratio",
            "Desk seconds that pass in a second; 0: the clock is held.",
            labels=["rehearsal"],
        )
        setting = self._clock.setting
        speed.add_metric([self._rehearsal], setting.speed if setting else 1.0)
        yield speed
