"""Incidents, put together."""

import asyncio

import structlog
from fastapi import FastAPI
from prometheus_client import Gauge

from chassis.app import Parts
from chassis.app import create_app as create_service
from chassis.clock import DeskClock, wall_now
from chassis.database import Database
from chassis.metrics import Metrics
from chassis.problems import Problem
from chassis.row_security import EVERYWHERE
from services.incidents import consumers
from services.incidents.queries.figures import clock_figures, open_figures
from services.incidents.routes import arrangements, follow_ups, handling, incidents, problems, public_reports
from services.incidents.routes.budgets import public_budgets
from services.incidents.settings import Settings

log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the incidents service."""
    app = create_service(
        settings,
        Parts(
            name="incidents",
            routers=[
                module.router
                for module in (incidents, handling, problems, follow_ups, arrangements, public_reports)
            ],
            subscription=consumers.SUBSCRIPTION,
            background=[show_figures],
        ),
    )
    app.state.public_budgets = public_budgets(settings)
    return app


async def show_figures(app: FastAPI) -> None:
    """Keep the metrics of open incidents up to date until cancelled."""
    settings: Settings = app.state.settings
    figures = Figures(app.state.metrics, rehearsal=settings.rehearsal)
    while True:
        try:
            await figures.look(
                app.state.database, app.state.clock, region_level=settings.figures_region_level
            )
        except (Problem, OSError, TimeoutError) as error:
            log.info("figures_not_read", error=type(error).__name__)
        except Exception:
            log.exception("figures_failed")
        await asyncio.sleep(settings.figures_every_s)


class Figures:
    """The gauges of open incidents; every replica exports them alike."""

    def __init__(self, metrics: Metrics, *, rehearsal: bool) -> None:
        self._rehearsal = "true" if rehearsal else "false"
        place = ["election", "rehearsal", "region", "category"]
        self._open = Gauge(
            "desk_incidents_open_count",
            "Incidents that are not closed and no duplicates.",
            [*place, "state"],
            registry=metrics.registry,
        )
        self._overdue = Gauge(
            "desk_incidents_overdue_count",
            "Clocks of open incidents that have run out and were not met.",
            [*place, "clock"],
            registry=metrics.registry,
        )
        self._left = Gauge(
            "desk_incidents_next_deadline_seconds",
            "Desk seconds until the first running clock runs out; negative when overdue.",
            [*place, "clock"],
            registry=metrics.registry,
        )
        self._looked_at = wall_now()
        age = Gauge(
            "desk_figures_age_seconds",
            "Time since the domain's figures were read.",
            registry=metrics.registry,
        )
        age.set_function(self._age_s)

    def _age_s(self) -> float:
        return (wall_now() - self._looked_at).total_seconds()

    async def look(self, database: Database, clock: DeskClock, *, region_level: int) -> None:
        """Read the open incidents and show them."""
        async with database.reading(EVERYWHERE) as connection:
            opened = await open_figures(connection, region_level=region_level)
            clocks = await clock_figures(connection, region_level=region_level, now=clock.now())
        for gauge in (self._open, self._overdue, self._left):
            gauge.clear()
        for each in opened:
            labels = (each.election, self._rehearsal, each.region, each.category, each.state)
            self._open.labels(*labels).set(each.count)
        for each in clocks:
            labels = (each.election, self._rehearsal, each.region, each.category, each.clock)
            self._overdue.labels(*labels).set(each.overdue)
            self._left.labels(*labels).set(each.seconds_left)
        self._looked_at = wall_now()
