"""The registry, put together."""

import asyncio
from pathlib import Path

import structlog
from fastapi import FastAPI

from chassis.actor import RegionGroups
from chassis.app import Parts
from chassis.app import create_app as create_service
from chassis.database import Database
from chassis.problems import Problem
from services.registry.consumers.imports import ImportWorker
from services.registry.queries.elections import region_groups
from services.registry.routes import ROUTERS
from services.registry.rules.regions import is_region, region
from services.registry.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"
GROUPS_EVERY_S = 2.0

log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the registry."""
    app = create_service(
        settings,
        Parts(
            name="registry",
            routers=ROUTERS,
            background=[_warm_up, _follow_groups, _import],
            larger_bodies={"/imports": settings.import_limit_bytes},
        ),
    )
    app.state.import_worker = ImportWorker(
        app.state.database, clock=app.state.clock, chunk_rows=settings.import_chunk_rows
    )
    app.state.wake_import_worker = app.state.import_worker.poke
    return app


async def _import(app: FastAPI) -> None:
    worker: ImportWorker = app.state.import_worker
    await worker.run()


async def _warm_up(app: FastAPI) -> None:
    """Load the regions before somebody asks: a quarter of a second that no request shall wait for."""
    del app
    await asyncio.to_thread(lambda: (region("32.71.06.1002"), is_region("32")))


async def _follow_groups(app: FastAPI) -> None:
    """Keep the groups of regions that tokens may name as the registry has them, whichever replica changed them."""
    groups: RegionGroups = app.state.groups
    database: Database = app.state.database
    known: dict[str, list[str]] = {}
    while True:
        try:
            async with database.reading() as connection:
                found = dict(await region_groups(connection))
            if found != known:
                known = found
                groups.replace(found)
        except (Problem, OSError, TimeoutError) as error:
            log.info("groups_not_read", error=type(error).__name__)
        await asyncio.sleep(GROUPS_EVERY_S)
