"""The election in figures, for Prometheus: gauges per region, read from the projections every few seconds.

Every replica exports the same, so panels and rules take `max without (instance, pod)` and never add replicas up. What
is not known is absent, never 0. Deadlines are desk seconds that are left: a rehearsal's hour may pass in a minute, and
Prometheus' own time says nothing about it. Votes are never metrics: `/metrics` asks nobody for a token (D34).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

import structlog
from fastapi import FastAPI
from prometheus_client import Gauge

from chassis.clock import wall_now
from chassis.database import Connection
from chassis.metrics import Metrics
from chassis.problems import Problem
from contracts.incidents_events import DeskPoint
from contracts.registry_events import ElectionDefined
from contracts.turnout_events import TallyState
from gateway.names import level_of
from gateway.projections.turnout import REACHED
from gateway.queries.elections import election_of, local_instant_of
from gateway.queries.overview import Asked, situation_of, turnout_of
from gateway.queries.points import points_of
from gateway.reconciler import Drift, regions_at
from gateway.schemas.regions import PointStatus
from gateway.settings import Settings
from gateway.totals import Due, Totals, below, dues, overdue, totals_of_many

log = structlog.get_logger(__name__)

FINAL: Final = "final"
PLACE = ["election", "rehearsal", "region"]
Waiting = Literal["held", "disputed"]
Place = tuple[str, str, str]
_WORK = {"problems": "problem/open", "advice": "advice/given", "tasks": "task/assigned"}


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """What the gauges of one region are made from."""

    place: Place
    totals: Totals
    dues: Sequence[Due]
    election: ElectionDefined | None
    now: datetime


class DomainMetrics:
    """The gauges of one gateway."""

    def __init__(self, metrics: Metrics, *, settings: Settings) -> None:
        self._settings = settings
        self._rehearsal = "true" if settings.rehearsal else "false"
        self._looked_at = wall_now()
        registry = metrics.registry
        Gauge(
            "desk_figures_age_seconds", "Age of the domain's figures.", registry=registry
        ).set_function(lambda: (wall_now() - self._looked_at).total_seconds())
        self.frame = _Frame(metrics)
        self.day = _Day(metrics)
        self.supply = _Supply(metrics)
        self.count = _Count(metrics)
        self.desk = _Desk(metrics)
        self._drift = Gauge(
            "desk_reconciler_drift_count",
            "Totals of a region that are not the sum of its rows.",
            PLACE,
            registry=registry,
        )
        self._waiting = Gauge(
            "desk_forms_waiting_oldest_seconds",
            "Desk seconds that the oldest form in that state has waited; absent where none does.",
            [*PLACE, "state"],
            registry=registry,
        )

    async def look(self, connection: Connection, *, now: datetime) -> None:
        """Read every region's totals and show them.

        Args:
            now: the desk's time.
        """
        found: list[tuple[RegionFigures, Mapping[DeskPoint, tuple[PointStatus, float | None]]]] = []
        for election, regions in (await regions_at(connection, level=self._settings.metrics_regions)).items():
            defined = await election_of(connection, election)
            totals = await totals_of_many(connection, election=election, regions=regions)
            for region, own in sorted(totals.items()):
                if not own.get("tps"):
                    continue
                place = (election, self._rehearsal, region)
                figures = RegionFigures(place, own, dues(own), defined, now)
                found.append((figures, await self._points(connection, figures)))
        self._show(found)
        self._looked_at = wall_now()

    def _show(
        self, found: Sequence[tuple[RegionFigures, Mapping[DeskPoint, tuple[PointStatus, float | None]]]]
    ) -> None:
        for part in (self.frame, self.day, self.supply, self.count, self.desk):
            part.clear()
        for figures, points in found:
            self.frame.show(figures)
            self.day.show(figures, slots=self._settings.turnout_slots, target=self._settings.turnout_target_ratio)
            self.supply.show(figures)
            self.count.show(figures)
            self.desk.show(figures, points)

    async def _points(
        self, connection: Connection, figures: RegionFigures
    ) -> dict[DeskPoint, tuple[PointStatus, float | None]]:
        election, _, region = figures.place
        situation = await situation_of(
            connection,
            Asked(election, region, agencies=True),
            figures.totals,
            figures.election,
            settings=self._settings,
            now=figures.now,
        )
        return {
            point: (judged.status, judged.done / judged.of if judged.done is not None and judged.of else None)
            for point, judged in zip(DeskPoint, points_of(situation), strict=True)
        }

    def show_drift(self, found: Sequence[Drift]) -> None:
        """Show how many totals of each region are not the sum of its rows."""
        self._drift.clear()
        for drift in found:
            self._drift.labels(drift.election, self._rehearsal, drift.region).set(drift.figures)

    def show_waiting(self, found: Mapping[tuple[str, str, Waiting], float]) -> None:
        """Show how long forms have waited, by election, region and state, in desk seconds."""
        self._waiting.clear()
        for (election, region, state), waited_s in found.items():
            self._waiting.labels(election, self._rehearsal, region, state).set(waited_s)


class _Gauges:
    """A few gauges that are made and cleared together."""

    def __init__(self, metrics: Metrics) -> None:
        self._registry = metrics.registry
        self._made: list[Gauge] = []

    def _keep(self, gauge: Gauge) -> Gauge:
        self._registry.register(gauge)
        self._made.append(gauge)
        return gauge

    def clear(self) -> None:
        """Forget every region."""
        for gauge in self._made:
            gauge.clear()
