"""Health: alive is the process, ready is progress. A relay or a consumer that stands still makes the service not ready.

A broker that is away does not: commands are accepted into the outbox, what is known is read, and no other instance would
do better.
"""

import os
from typing import Literal

import asyncpg
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from chassis.identity import public_route
from chassis.problems import NotFound, Problem

_FORWARDING = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via"})
"""What a proxy adds: who comes by one comes from outside, and Prometheus does not."""

_FIT = ("ok", "standby", "broker away")


class Health(BaseModel):
    """Whether this process can do its work, and what each part of it says; `process` tells which one answered."""

    ready: bool
    process: int
    checks: dict[str, str]


class Live(BaseModel):
    """The process runs."""

    live: Literal[True]


def health_routes() -> APIRouter:
    """Return `/health/live`, `/health/ready` and `/metrics`."""
    router = APIRouter(dependencies=[Depends(public_route)], include_in_schema=False)

    @router.get("/health/live")
    async def live() -> Live:
        return Live(live=True)

    @router.get("/health/ready")
    async def ready(request: Request, response: Response) -> Health:
        checks = await _checks(request)
        health = Health(
            ready=all(state in _FIT for state in checks.values()),
            process=os.getpid(),
            checks=checks,
        )
        response.status_code = 200 if health.ready else 503
        return health

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not _FORWARDING.isdisjoint(request.headers):
            raise NotFound("Metrics are told inside alone.", detail_id="Metrik hanya diberikan di dalam.")
        body, media_type = request.app.state.metrics.render(request.headers.get("accept", ""))
        return Response(body, media_type=media_type)

    _ = live, ready, metrics
    return router


async def _checks(request: Request) -> dict[str, str]:
    state = request.app.state
    checks = {"database": await _database(request)}
    if state.relay is not None:
        checks["relay"] = state.relay.condition()
    if state.consumer is not None:
        checks["consumer"] = state.consumer.condition()
    return checks


async def _database(request: Request) -> str:
    try:
        await request.app.state.database.ping()
    except (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return "unreachable"
    return "ok"
