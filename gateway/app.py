"""The gateway, put together."""

import asyncio
from functools import partial

from fastapi import FastAPI

from chassis.app import Parts
from chassis.app import create_app as create_service
from gateway import names
from gateway.answers import Answers
from gateway.budgets import Budgets
from gateway.door import Door, passage_routes
from gateway.field_commands import packed_commands
from gateway.full_lanes import FullLanes
from gateway.groups import follow_groups
from gateway.metrics import DomainMetrics, reconcile, show_figures
from gateway.openapi import install_merged_openapi
from gateway.page import page_routes
from gateway.projections.engine import SUBSCRIPTION
from gateway.queries import overview as overview_queries
from gateway.queries import results as results_queries
from gateway.queries.freshness import as_of, sources_of
from gateway.queries.map import AskedMap, TpsMap, tps_map
from gateway.queries.overview import Asked
from gateway.queries.packs import AskedPack, pack
from gateway.queries.results import AskedResults
from gateway.routes import ROUTERS
from gateway.schemas.packs import Pack
from gateway.schemas.regions import Overview
from gateway.schemas.results import Results
from gateway.settings import Settings
from gateway.streams import Hub


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the gateway."""
    app = create_service(
        settings,
        Parts(
            name="gateway",
            routers=ROUTERS,
            subscription=SUBSCRIPTION,
            publishes=False,
            larger_bodies={"/imports": settings.import_limit_bytes},
            background=[
                _follow_feed,
                _take_leave,
                _keep_door,
                _load_names,
                follow_groups,
                show_figures,
                reconcile,
            ],
        ),
    )
    state = app.state
    state.hub = Hub(
        state.database, clients=settings.stream_clients, groups=state.groups, changes=state.access_changes
    )
    state.domain_metrics = DomainMetrics(state.metrics, settings=settings, hub=state.hub)
    state.door = Door(
        settings.peers,
        verifier=state.verifier,
        clients=settings.door_connections,
        waiting=settings.door_waiting,
    )
    state.overviews = Answers(partial(_overview, app), age_s=settings.overview_age_s)
    state.results = Answers(partial(_results, app), age_s=settings.overview_age_s)
    state.maps = Answers(partial(_map, app), age_s=settings.map_age_s)
    state.packs = Answers(partial(_pack, app), age_s=settings.map_age_s)
    app.router.routes.extend(passage_routes())
    app.router.routes.extend(page_routes())
    install_merged_openapi(app)
    app.add_middleware(
        Budgets,
        verifier=state.verifier,
        metrics=state.metrics,
        per_client=settings.requests_per_client,
        per_address=settings.requests_per_address,
    )
    app.add_middleware(FullLanes, door=state.door, metrics=state.metrics)
    return app


async def _overview(app: FastAPI, asked: Asked) -> Overview:
    state, now = app.state, app.state.clock.now()
    async with state.database.reading() as connection:
        return await overview_queries.overview(
            connection,
            asked,
            settings=state.settings,
            now=now,
            sources=sources_of(state.watermarks, now=now),
        )


async def _results(app: FastAPI, asked: AskedResults) -> Results:
    state, now = app.state, app.state.clock.now()
    async with state.database.reading() as connection:
        return await results_queries.results(
            connection,
            asked,
            rehearsal=state.settings.rehearsal,
            now=now,
            sources=sources_of(state.watermarks, now=now),
        )


async def _map(app: FastAPI, asked: AskedMap) -> TpsMap:
    known = as_of(app.state.watermarks, now=app.state.clock.now())
    async with app.state.database.reading() as connection:
        return await tps_map(connection, asked, as_of=known)


async def _pack(app: FastAPI, asked: AskedPack) -> Pack:
    settings: Settings = app.state.settings
    async with app.state.database.reading() as connection:
        return await pack(
            connection,
            asked,
            rehearsal=settings.rehearsal,
            slots=settings.turnout_slots,
            commands=packed_commands(),
        )


async def _follow_feed(app: FastAPI) -> None:
    await app.state.hub.run()


async def _take_leave(app: FastAPI) -> None:
    await app.state.leaving.wait()
    app.state.hub.send_away()
    await asyncio.Event().wait()


async def _keep_door(app: FastAPI) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await app.state.door.close()


async def _load_names(_: FastAPI) -> None:
    await asyncio.to_thread(names.load)
