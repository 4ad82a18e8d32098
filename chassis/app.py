"""Makes the application of one process: every service is the same machine around its own rooms.

`create_app` builds everything from settings, starts nothing before the lifespan does, and keeps all that lives in
`app.state`. There is no global of ours, so a test can build as many as it likes.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import structlog
from fastapi import APIRouter, FastAPI

from chassis.access_changes import AccessChanges, ReadChanges, follow_access_changes, known_access_changes
from chassis.actor import RegionGroups
from chassis.audit_routes import audit_routes
from chassis.broker import Broker
from chassis.clock import DeskClock, wall_now
from chassis.coalescer import Coalescer, RunGroup
from chassis.command_lookup import command_lookup_routes
from chassis.consumer import Consumer, Subscription
from chassis.database import Database
from chassis.head import HeadMiddleware
from chassis.health import health_routes
from chassis.internal import internal_routes, ledger_gaps, relay_pokes
from chassis.json_bodies import read_strictly
from chassis.jwks import KeySource
from chassis.limits import LimitsMiddleware, allow_origins
from chassis.metrics import Metrics
from chassis.numbers_in_urls import NumbersInUrlsMiddleware
from chassis.openapi import install_openapi
from chassis.problem_responses import install_problem_handlers
from chassis.region_groups import ReadGroups, follow_region_groups, known_region_groups
from chassis.relay import Relay
from chassis.relay_lock import RelayLock
from chassis.safe_headers import SafeHeadersMiddleware
from chassis.serving import end_this_process
from chassis.settings import ServiceSettings
from chassis.sync import sync_routes
from chassis.table_statistics import follow_growth
from chassis.telemetry import TelemetryMiddleware
from chassis.token_verifier import MAX_LIFETIME_S, REHEARSAL_LIFETIME_S, PeopleIssuer, TokenVerifier
from chassis.vitals import Vitals
from chassis.watermark import Watermarks

log = structlog.get_logger(__name__)

Background = Callable[[FastAPI], Awaitable[None]]


@dataclass(frozen=True)
class Parts:
    """What makes one service different from the others.

    Attributes:
        name: its name; the audience of its tokens.
        routers: its routes.
        subscription: what it takes in from others, if anything.
        publishes: whether it has a ledger of its own to relay (the gateway has none).
        coalescers: its hot commands by name, written for lists.
        background: further tasks of its own; each runs from start to stop.
        larger_bodies: largest body, in bytes, of routes whose path ends so.
        region_groups: reads the groups of regions that tokens may name, where the service defines them itself.
        access_changes: reads whose tokens no longer count, where the service is the one that knows.
    """

    name: str
    routers: Sequence[APIRouter]
    subscription: Subscription | None = None
    publishes: bool = True
    coalescers: Mapping[str, RunGroup[Any]] = field(default_factory=dict[str, RunGroup[Any]])
    background: Sequence[Background] = ()
    larger_bodies: Mapping[str, int] = field(default_factory=dict[str, int])
    region_groups: ReadGroups = known_region_groups
    access_changes: ReadChanges = known_access_changes


def create_app(settings: ServiceSettings, parts: Parts) -> FastAPI:
    """Return the application of one service; see `Parts` for what differs."""
    app = FastAPI(
        title=f"Desk Pilkada: {parts.name}",
        version="1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the address would be made of the Host header, and a body sent again to it
        generate_unique_id_function=lambda route: route.name,
    )
    state = app.state
    state.settings, state.parts = settings, parts
    state.metrics = metrics = Metrics()
    state.clock = DeskClock(settings.clock_file)
    state.groups, state.access_changes, state.leaving = RegionGroups(), AccessChanges(), asyncio.Event()
    _add_verifier(app, settings, parts)
    state.internal_token = _read_secret(settings.internal_token_file)
    state.database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool)
    state.broker = Broker(settings.kafka_bootstrap, settings.topic_prefix)
    state.peers = httpx.AsyncClient(trust_env=False, timeout=10)
    _add_relay(app, settings, parts)
    _add_consumer(app, settings, parts)
    state.vitals = Vitals(
        state.database,
        metrics=metrics,
        clock=state.clock,
        relay=state.relay,
        consumer=state.consumer,
        watermarks=state.watermarks,
        sources=parts.subscription.services if parts.subscription else (),
        rehearsal=settings.rehearsal,
    )
    _add_coalescers(app, settings, parts)
    install_problem_handlers(app)
    asked_by_key = [command_lookup_routes(), sync_routes(parts.name)] if parts.publishes else []
    audit = audit_routes(parts.name, has_ledger=parts.publishes)
    routers = (health_routes(), internal_routes(), *asked_by_key, audit, *parts.routers)
    read_strictly(routers)
    for router in routers:
        app.include_router(router)
    install_openapi(app)
    app.add_middleware(
        LimitsMiddleware,
        body_limit_bytes=settings.body_limit_bytes,
        receive_deadline_s=settings.receive_deadline_s,
        larger_bodies=parts.larger_bodies,
    )
    allow_origins(app, settings.cors_origins)
    app.add_middleware(NumbersInUrlsMiddleware)
    app.add_middleware(SafeHeadersMiddleware)
    app.add_middleware(TelemetryMiddleware, metrics=metrics, service=parts.name)
    app.add_middleware(HeadMiddleware)
    return app


def _add_verifier(app: FastAPI, settings: ServiceSettings, parts: Parts) -> None:
    state, development = app.state, settings.environment == "development"
    people: PeopleIssuer | None = None
    if bool(settings.people_issuer) != bool(settings.people_jwks):
        raise ValueError("DESK_PEOPLE_ISSUER and DESK_PEOPLE_JWKS stand together or not at all")
    if settings.people_issuer and settings.people_jwks:
        theirs = KeySource(settings.people_jwks, allow_demo=False)
        people = PeopleIssuer(
            settings.people_issuer,
            theirs,
            acr=frozenset(settings.people_acr),
            amr=frozenset(settings.people_amr),
            signed_in_within_s=settings.people_signed_in_within_s,
        )
    keys = KeySource(settings.jwks, allow_demo=development)
    state.key_sources = [keys, *([people.keys] if people else [])]
    state.verifier = TokenVerifier(
        keys,
        issuer=settings.issuer,
        audience=parts.name,
        groups=state.groups,
        changes=state.access_changes,
        people=people,
        max_lifetime_s=REHEARSAL_LIFETIME_S if settings.rehearsal else MAX_LIFETIME_S,
    )


def _add_coalescers(app: FastAPI, settings: ServiceSettings, parts: Parts) -> None:
    app.state.coalescers = {
        name: Coalescer(
            run,
            name=name,
            database=app.state.database,
            clock=app.state.clock,
            metrics=app.state.metrics,
            queue=settings.accept_queue,
        )
        for name, run in parts.coalescers.items()
    }


def _add_relay(app: FastAPI, settings: ServiceSettings, parts: Parts) -> None:
    app.state.relay = None
    if parts.publishes:
        relay = Relay(
            app.state.database,
            service=parts.name,
            broker=app.state.broker,
            idempotent=settings.broker_idempotent,
            lock=RelayLock(
                settings.reached_at(),
                poke=relay_pokes(app.state.peers, internal_token=app.state.internal_token),
            ),
            metrics=app.state.metrics,
            on_stuck=end_this_process,
            clock=app.state.clock,
        )
        app.state.relay = relay
        app.state.database.on_commit = relay.poke


def _add_consumer(app: FastAPI, settings: ServiceSettings, parts: Parts) -> None:
    app.state.consumer = app.state.watermarks = None
    if parts.subscription is None:
        return
    app.state.watermarks = watermarks = Watermarks(
        app.state.database, broker=app.state.broker, consumer=parts.subscription.name
    )
    app.state.consumer = Consumer(
        parts.subscription,
        database=app.state.database,
        broker=app.state.broker,
        metrics=app.state.metrics,
        rehearsal=settings.rehearsal,
        gaps=ledger_gaps(app.state.peers, peers=settings.peers, internal_token=app.state.internal_token),
        newest_mark=watermarks.newest,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    state, parts = app.state, app.state.parts
    state.started_at = wall_now()
    running: list[Awaitable[None]] = [coalescer.run() for coalescer in state.coalescers.values()]
    running += [
        machine.run()
        for machine in (state.relay, state.consumer, state.watermarks, state.vitals)
        if machine is not None
    ]
    machines = [asyncio.ensure_future(machine) for machine in running]
    for task in machines:
        task.add_done_callback(_ended_early)
    others: list[Awaitable[None]] = [
        follow_region_groups(state.groups, database=state.database, read=parts.region_groups),
        follow_access_changes(
            state.access_changes,
            database=state.database,
            read=parts.access_changes,
            longest_token_s=REHEARSAL_LIFETIME_S if state.settings.rehearsal else MAX_LIFETIME_S,
        ),
        *(keys.follow() for keys in state.key_sources),
        follow_growth(state.database),
    ]
    others += [background(app) for background in parts.background]
    backgrounds = [asyncio.ensure_future(other) for other in others]
    for task in backgrounds:
        task.add_done_callback(_failed)
    tasks = [*machines, *backgrounds]
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(_ended_early)
            task.remove_done_callback(_failed)
            task.cancel()
        await asyncio.wait(tasks, timeout=8) if tasks else None
        await state.peers.aclose()
        await state.database.close()


def _ended_early(task: "asyncio.Future[None]") -> None:
    """End the process when a machine of it ended: half a service looks alive and is not."""
    error = None if task.cancelled() else task.exception()
    log.error("part_ended", part=repr(task)[:200], error=repr(error)[:200])
    end_this_process()


def _failed(task: "asyncio.Future[None]") -> None:
    """End the process when a task in the background fell over; one that had no more to do may end."""
    if not task.cancelled() and task.exception() is not None:
        _ended_early(task)


def _read_secret(file: str | None) -> str | None:
    return Path(file).read_text().strip() if file else None
