"""The gateway, put together."""

import asyncio
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from chassis.app import Parts
from chassis.app import create_app as create_service
from chassis.client_directory import ClientDirectory
from chassis.token_issuer import TokenIssuer
from gateway import queries
from gateway.answers import Answers
from gateway.door import Door, passage_routes
from gateway.projections.engine import SUBSCRIPTION
from gateway.routes import ROUTERS
from gateway.schemas import Overview
from gateway.settings import Settings
from gateway.streams import Hub

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings) -> FastAPI:
    """Return the application of the gateway."""
    app = create_service(
        settings,
        Parts(
            name="gateway",
            routers=ROUTERS,
            subscription=SUBSCRIPTION,
            publishes=False,
            background=[_follow_feed, _keep_door],
        ),
    )
    state = app.state
    state.hub = Hub(state.database, clients=settings.stream_clients)
    state.door = Door(settings.peers, clients=settings.door_connections, waiting=settings.door_waiting)
    state.overviews = Answers(partial(_overview, app), age_s=settings.overview_age_s)
    state.token_issuer = _token_issuer(settings)
    state.client_directory = _client_directory(settings)
    app.router.routes.extend(passage_routes())
    return app


async def _overview(app: FastAPI, asked: tuple[str, str]) -> Overview:
    election, region = asked
    async with app.state.database.reading() as connection:
        return await queries.overview(
            connection,
            election=election,
            region=region,
            rehearsal=app.state.settings.rehearsal,
            now=app.state.clock.now(),
            sources=queries.sources_of(app.state.watermarks),
        )


def _token_issuer(settings: Settings) -> TokenIssuer | None:
    if settings.signing_key_file is None:
        return None
    development = settings.environment == "development"
    return TokenIssuer.from_file(
        Path(settings.signing_key_file), issuer=settings.issuer, allow_demo=development
    )


def _client_directory(settings: Settings) -> ClientDirectory | None:
    if settings.clients_file is None:
        return None
    return ClientDirectory.from_file(
        Path(settings.clients_file), allow_demo=settings.environment == "development"
    )


async def _follow_feed(app: FastAPI) -> None:
    await app.state.hub.run()


async def _keep_door(app: FastAPI) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await app.state.door.close()
