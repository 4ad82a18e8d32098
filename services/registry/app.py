"""The registry, put together."""

import asyncio
from pathlib import Path

from fastapi import FastAPI

from chassis.app import Parts
from chassis.app import create_app as create_service
from chassis.sealing import SealingKeys
from services.registry.commands.check_ins import record_check_ins
from services.registry.consumers.imports import ImportWorker
from services.registry.queries.access import access_changes
from services.registry.queries.elections import region_groups
from services.registry.routes import ROUTERS
from services.registry.routes.devices import redemption_budgets
from services.registry.routes.tokens import TokenDesk, take_in_clients
from services.registry.routes.voter_lookups import VoterLookups
from services.registry.rules.regions import is_region, region
from services.registry.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the registry."""
    app = create_service(
        settings,
        Parts(
            name="registry",
            routers=ROUTERS,
            coalescers={"check_ins": record_check_ins},
            background=[_warm_up, _import, take_in_clients],
            larger_bodies={
                "/risk-layers/imports": settings.layer_limit_bytes,
                "/imports": settings.import_limit_bytes,
            },
            region_groups=region_groups,
            access_changes=access_changes,
        ),
    )
    app.state.token_desk = TokenDesk(settings)
    app.state.redemption_budgets = redemption_budgets(settings)
    app.state.voter_keys = _voter_keys(settings)
    app.state.voter_lookups = VoterLookups(settings, app.state.metrics)
    app.state.import_worker = ImportWorker(
        app.state.database,
        clock=app.state.clock,
        chunk_rows=settings.import_chunk_rows,
        voter_chunk_rows=settings.voter_chunk_rows,
        keys=app.state.voter_keys,
    )
    app.state.wake_import_worker = app.state.import_worker.poke
    return app


def _voter_keys(settings: Settings) -> SealingKeys | None:
    if settings.voter_keys_file is None:
        return None
    development = settings.environment == "development"
    return SealingKeys.from_file(Path(settings.voter_keys_file), allow_demo=development)


async def _import(app: FastAPI) -> None:
    worker: ImportWorker = app.state.import_worker
    await worker.run()


async def _warm_up(app: FastAPI) -> None:
    """Load the regions before somebody asks: a quarter of a second that no request shall wait for."""
    del app
    await asyncio.to_thread(lambda: (region("32.71.06.1002"), is_region("32")))
