"""A service in a test: its real application around a real database and a real broker, spoken to over ASGI.

async with running_service("turnout", database_url=url, kafka=kafka) as service:
    await service.client.post(path, json=body, headers=service.headers(Role.KPPS, regions=["32.71"]))
"""

import asyncio
import importlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.clock import ClockSetting, write_clock_file
from chassis.migrations import migrate
from chassis.row_security import EVERYWHERE
from chassis.settings import ServiceSettings
from contracts.access import Role, audiences_of, scopes_of
from tests.infrastructure import KafkaServer, postgres_server, run_folder

ISSUER = "http://127.0.0.1:8000"
ELECTION = "pilkada-2024"
INTERNAL_SECRET = "a-secret-of-this-test-run"  # pragma: allowlist secret


@cache
def signing_key() -> OKPKey:
    """Return the key that signs this process's test tokens."""
    return OKPKey.generate_key("Ed25519", {"kid": "demo-test", "use": "sig", "alg": "Ed25519"})


@cache
def jwks_file() -> Path:
    """Return a file with the public half of the signing key."""
    file = run_folder() / f"jwks-{uuid4().hex}.json"
    file.write_text(json.dumps({"keys": [signing_key().as_dict(private=False)]}))
    return file


def token(
    role: Role | Sequence[Role],
    *,
    regions: Sequence[str] = ("*",),
    person: str | None = "person-1",
    election: str | None = ELECTION,
    device: str | None = None,
    lifetime_s: int = 600,
    client: str = "test-client",
) -> str:
    """Return an access token of the test's issuer; `person=None` is an application alone."""
    now = int(datetime.now(UTC).timestamp())
    roles = [role] if isinstance(role, Role) else list(role)
    scopes = scopes_of(roles)
    claims: dict[str, object] = {
        "iss": ISSUER,
        "sub": person or client,
        "client_id": client,
        "aud": sorted(audiences_of(scopes)),
        "iat": now,
        "exp": now + lifetime_s,
        "jti": uuid4().hex,
        "scope": " ".join(sorted(scopes)),
        "roles": [r.value for r in roles],
        "regions": list(regions),
        "election": election,
        "device_id": device,
    }
    header = {"typ": "at+jwt", "alg": "Ed25519", "kid": "demo-test"}
    return jwt.encode(
        header, {k: v for k, v in claims.items() if v is not None}, signing_key(), algorithms=["Ed25519"]
    )


def bearer(role: Role | Sequence[Role], *, key: str | None = None, **claims: object) -> dict[str, str]:
    """Return the headers of a command: a token and an Idempotency-Key, a new one unless it is given."""
    return {"Authorization": f"Bearer {token(role, **claims)}", "Idempotency-Key": key or uuid4().hex}  # type: ignore[arg-type]  # claims are the keywords of `token`


@dataclass(frozen=True)
class RunningService:
    """A service under test."""

    app: FastAPI
    client: httpx.AsyncClient
    settings: ServiceSettings

    async def sql(self, query: str, *args: object) -> list[dict[str, object]]:
        """Run SQL in the service's own database, outside any of its transactions."""
        async with self.app.state.database.reading(EVERYWHERE) as connection:
            return [dict(row) for row in await connection.fetch(query, *args)]

    async def wait_until_known(self, query: str, *args: object, patience_s: float = 20) -> None:
        """Wait until a query finds something, as it will once an event has been taken in."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while not await self.sql(query, *args):
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(query)
            await asyncio.sleep(0.05)


def package_of(service: str) -> str:
    """Return the package of a service or of the gateway."""
    return "gateway" if service == "gateway" else f"services.{service}"


def bare_app(process: str) -> FastAPI:
    """Return the application of a service, or of the gateway, with nothing behind it: to be looked at, not asked."""
    package = package_of(process)
    settings_type: type[ServiceSettings] = importlib.import_module(f"{package}.settings").Settings
    nowhere = {
        "database_url": "postgresql://nobody@127.0.0.1/none",
        "kafka_bootstrap": "127.0.0.1:1",
        "jwks": "none",
        "issuer": "http://127.0.0.1",
    }
    return importlib.import_module(f"{package}.app").create_app(settings_type.model_validate(nowhere))


@asynccontextmanager
async def running_service(
    service: str,
    *,
    database_url: str,
    kafka: KafkaServer | None,
    topic_prefix: str = "",
    desk_time: datetime | None = None,
    speed: float = 1.0,
    owner_url: str | None = None,
    **settings: object,
) -> AsyncGenerator[RunningService]:
    """Run a service in this process until the block ends, on a migrated database.

    Args:
        kafka: the broker; without one nothing is relayed or consumed, and commands are accepted all the same.
        topic_prefix: give each module one of its own (`f"{uuid4().hex}."`), for all tests share one broker.
        desk_time: what the desk's clock shows at the start; the machine's time where it is left out.
        owner_url: the address by which it is migrated, where it is no database of the run's server.
        settings: further settings of the service.
    """
    module = importlib.import_module(f"{package_of(service)}.app")
    settings_type: type[ServiceSettings] = importlib.import_module(f"{package_of(service)}.settings").Settings
    migrated_by = owner_url or postgres_server().owner_url(database_url)
    await asyncio.to_thread(migrate, migrated_by, package=package_of(service))
    secret = run_folder() / f"internal-{uuid4().hex}"
    secret.write_text(INTERNAL_SECRET)
    clock: Path | None = None
    if desk_time is not None:
        clock = run_folder() / f"clock-{uuid4().hex}.json"
        write_clock_file(clock, ClockSetting(datetime.now(UTC), desk_time, speed))
    values: dict[str, object] = {
        "environment": "development",
        "database_url": database_url,
        "kafka_bootstrap": kafka.bootstrap if kafka else "127.0.0.1:9",
        "broker_idempotent": kafka.idempotent if kafka else True,
        "topic_prefix": topic_prefix,
        "jwks": str(jwks_file()),
        "issuer": ISSUER,
        "clock_file": str(clock) if clock else None,
        "rehearsal": desk_time is not None,
        "internal_token_file": str(secret),
        **settings,
    }
    made = settings_type.model_validate(values)
    app: FastAPI = module.create_app(made)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{service}", timeout=30) as client:
            yield RunningService(app, client, made)


@asynccontextmanager
async def on_a_socket(app: FastAPI, *, port: int = 0) -> AsyncGenerator[str]:
    """Serve an application that runs already on a port, a free one unless it is named, and give its address."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=1
        )
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await task


def soon(minutes: float = 0) -> str:
    """Return an instant near now as text, for `occurred_at`."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def until(holds: Callable[[], Awaitable[object]], *, patience_s: float = 60) -> None:
    """Wait for something, with a deadline."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.05)
