"""The election in figures, for Prometheus: gauges per region, read from the projections every few seconds.

Every replica exports the same, so panels and rules take `max without (instance, pod)` and never add replicas up.
"""

import asyncio
from collections.abc import Iterator, Sequence

import asyncpg
import structlog
from fastapi import FastAPI
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.clock import DeskClock, wall_now
from chassis.database import Connection, Database
from chassis.metrics import Metrics
from chassis.problems import Problem
from chassis.row_security import NOWHERE
from gateway.figures import GAUGES, PLACE, DomainGauge, Figure, figures_of
from gateway.places import Place
from gateway.queries.elections import election_of
from gateway.queries.overview import Asked, situation_of
from gateway.reconciler import Checked, check, regions_at
from gateway.settings import Settings
from gateway.streams import Hub
from gateway.totals import totals_of_many

log = structlog.get_logger(__name__)

DRIFT = DomainGauge("desk_reconciler_drift_count", "Totals of a region that are not the sum of its rows.")
WAITING = DomainGauge(
    "desk_forms_waiting_oldest_seconds",
    "Desk seconds that the oldest form in a state has waited to be settled; absent where none does.",
    ("state",),
)
_Place = tuple[str, str, str]
_FAILURES = (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class DomainMetrics(Collector):
    """The figures of every region as they were at the last look."""

    def __init__(self, metrics: Metrics, *, settings: Settings, hub: Hub) -> None:
        self._settings = settings
        self._rehearsal = "true" if settings.rehearsal else "false"
        self._figures: list[tuple[_Place, Figure]] = []
        self._checked: list[tuple[_Place, Figure]] = []
        started_at = wall_now()
        self._looked_at = self._reconciled_at = started_at
        self._hub = hub
        metrics.registry.register(self)

    async def look(self, connection: Connection, clock: DeskClock) -> None:
        """Read the totals of every region and keep its figures."""
        now, found = clock.now(), list[tuple[_Place, Figure]]()
        by_election: dict[str, list[str]] = {}
        for election, region in await regions_at(connection, level=self._settings.metrics_regions):
            by_election.setdefault(election, []).append(region)
        for election, regions in by_election.items():
            defined = await election_of(connection, election)
            totals = await totals_of_many(connection, election=election, regions=regions)
            for region in regions:
                own = totals.get(region, {})
                if not own.get("tps"):
                    continue
                asked = Asked(election, Place(region, (region,)), agencies=True)
                situation = await situation_of(
                    connection, asked, own, defined, settings=self._settings, now=now
                )
                place = (election, self._rehearsal, region)
                slots = self._settings.turnout_slots
                found += [(place, one) for one in figures_of(region, defined, situation, slots=slots)]
        self._figures, self._looked_at = found, wall_now()

    def show_checked(self, found: Sequence[Checked]) -> None:
        """Keep what the reconciler found of every region."""
        shown: list[tuple[_Place, Figure]] = []
        for one in found:
            place = (one.election, self._rehearsal, one.region)
            shown.append((place, Figure(DRIFT.name, one.drift)))
            shown += [
                (place, Figure(WAITING.name, waited, (state,))) for state, waited in one.waited_s.items()
            ]
        self._checked, self._reconciled_at = shown, wall_now()

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge with the regions that it is known of."""
        gauges = {**GAUGES, DRIFT.name: DRIFT, WAITING.name: WAITING}
        families = {
            gauge.name: GaugeMetricFamily(gauge.name, gauge.help, labels=[*PLACE, *gauge.labels])
            for gauge in gauges.values()
        }
        for place, figure in (*self._figures, *self._checked):
            families[figure.gauge].add_metric([*place, *figure.labels], figure.value)
        yield from families.values()
        yield from self._own()

    def _own(self) -> Iterator[Metric]:
        now = wall_now()
        yield GaugeMetricFamily(
            "desk_figures_age_seconds",
            "Time since the domain's figures were read.",
            value=(now - self._looked_at).total_seconds(),
        )
        yield GaugeMetricFamily(
            "desk_reconciler_age_seconds",
            "Time since the totals of every region were compared with its rows.",
            value=(now - self._reconciled_at).total_seconds(),
        )
        yield GaugeMetricFamily(
            "desk_stream_clients_count", "Streams that are open here.", value=self._hub.open_streams
        )


async def show_figures(app: FastAPI) -> None:
    """Keep the figures of the domain up to date until cancelled."""
    state = app.state
    database: Database = state.database
    shown: DomainMetrics = state.domain_metrics
    while True:
        try:
            async with database.reading(NOWHERE) as connection:
                await shown.look(connection, state.clock)
        except _FAILURES as error:
            log.info("figures_not_read", error=type(error).__name__)
        except Exception:
            log.exception("figures_failed")
        await asyncio.sleep(state.settings.metrics_every_s)


async def reconcile(app: FastAPI) -> None:
    """Compare totals with rows, region after region, until cancelled."""
    state = app.state
    database: Database = state.database
    shown: DomainMetrics = state.domain_metrics
    while True:
        pause_s = state.settings.reconcile_every_s
        try:
            found: list[Checked] = []
            async with database.reading(NOWHERE) as connection:
                regions = await regions_at(connection, level=state.settings.metrics_regions)
            for election, region in regions:
                async with database.reading(NOWHERE) as connection:
                    found.append(
                        await check(connection, election=election, region=region, now=state.clock.now())
                    )
            shown.show_checked(found)
            if not found:  # nothing has arrived yet: look again as soon as the figures do
                pause_s = min(pause_s, state.settings.metrics_every_s)
        except _FAILURES as error:
            log.info("not_reconciled", error=type(error).__name__)
        except Exception:
            log.exception("reconciler_failed")
        await asyncio.sleep(pause_s)
