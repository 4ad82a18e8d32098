"""Callers that hang up right after a command leave nothing behind: no transaction that stands open, no connection lent for ever.

A real process, for uvicorn's way of telling an application that its caller is gone is part of what is tested.
Source: thirty clients that hung up after 2 ms once left a whole pool idle in transaction until a restart.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from chassis.migrations import migrate
from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import ELECTION, ISSUER, bearer, jwks_file, soon
from tests.infrastructure import free_ports, postgres_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ROOT = Path(__file__).parents[3]
POOL = 4
KELURAHAN = "32.71.06.1002"


@dataclass(frozen=True)
class Served:
    """A turnout process of its own, and a look into its database."""

    port: int
    database: Database

    @property
    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)

    async def sql(self, query: str, *args: object) -> list[asyncpg.Record]:
        async with self.database.reading(EVERYWHERE) as connection:
            return await connection.fetch(query, *args)


@pytest.fixture(scope="module")
async def turnout(
    database_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    url = database_url("turnout")
    await asyncio.to_thread(migrate, postgres_server().owner_url(url), package="services.turnout")
    database = Database(url, pool_size=2)
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute(
            """insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
               select uuidv7(), $1, $2 || '.' || to_char(n, 'FM000'), 'Asia/Jakarta', '2024-11-27', 250, 250,
                      '{walikota-32.71}' from generate_series(1, 99) n""",
            ELECTION,
            KELURAHAN,
        )
        await uow.execute("insert into voting_day (tps_id, version) select tps_id, 0 from tps_ref")
    async with _serving(url, folder=tmp_path_factory.mktemp("turnout")) as port:
        yield Served(port, database)
    await database.close()


@asynccontextmanager
async def _serving(url: str, *, folder: Path) -> AsyncGenerator[int]:
    """Run `python -m services.turnout` on a free port; the broker is away, for commands need none."""
    port = free_ports(1)
    environment = {
        "PATH": os.environ["PATH"],
        "DESK_ENVIRONMENT": "development",
        "DESK_HTTP_PORT": str(port),
        "DESK_DATABASE_URL": url,
        "DESK_DATABASE_POOL": str(POOL),
        "DESK_KAFKA_BOOTSTRAP": "127.0.0.1:9",
        "DESK_JWKS": str(jwks_file()),
        "DESK_ISSUER": ISSUER,
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - starts at once
            [sys.executable, "-m", "services.turnout"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(600):
                try:
                    await client.get(f"http://127.0.0.1:{port}/health/live")
                    break
                except httpx.TransportError:
                    assert process.poll() is None, log.read_text()
                    await asyncio.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 15)
        except subprocess.TimeoutExpired:
            process.kill()


def request_bytes(path: str, body: dict[str, object], *, key: str) -> bytes:
    """Return a command as it goes over the wire."""
    payload = json.dumps(body).encode()
    headers = bearer(Role.KPPS, regions=["32.71"], key=key)
    lines = [f"POST {path} HTTP/1.1", "Host: turnout", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(payload)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


async def hang_up(port: int, sent: bytes, *, after_s: float, reset: bool) -> None:
    """Send bytes and cut the connection, politely or with a reset, before the answer can be read."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    await asyncio.sleep(after_s)
    if reset:
        writer.transport.abort()
    else:
        writer.close()


def hot(n: int) -> tuple[str, dict[str, object]]:
    path = f"/v1/elections/{ELECTION}/tps/{KELURAHAN}.{n:03}/turnout-reports"
    return path, {"slot": "10:00", "men": n, "women": 1, "occurred_at": soon()}


def ordinary(n: int) -> tuple[str, dict[str, object]]:
    path = f"/v1/elections/{ELECTION}/tps/{KELURAHAN}.{n:03}/milestones"
    return path, {"milestone": "opened", "occurred_at": soon()}


async def until_nothing_stands_open(turnout: Served) -> None:
    """Wait until no connection of the service is in a transaction; what is stuck would stay for 15 s."""
    deadline = asyncio.get_running_loop().time() + 8
    while True:
        stuck = await turnout.sql(
            """select state, query from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'"""
        )
        if not stuck:
            return
        assert asyncio.get_running_loop().time() < deadline, stuck
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("after_s", [0.0, 0.002])
@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize("command", [hot, ordinary])
async def test_thirty_that_hang_up_leave_nothing_behind(
    turnout: Served,
    command: Callable[[int], tuple[str, dict[str, object]]],
    reset: bool,
    after_s: float,
) -> None:
    keys = {n: uuid4().hex for n in range(1, 31)}
    commands = {n: command(n) for n in keys}
    await asyncio.gather(
        *(
            hang_up(turnout.port, request_bytes(*commands[n], key=key), after_s=after_s, reset=reset)
            for n, key in keys.items()
        )
    )
    await until_nothing_stands_open(turnout)
    async with turnout.client as client:  # more at once than the pool has connections
        answers = await asyncio.gather(
            *(
                client.post(
                    commands[n][0], json=commands[n][1], headers=bearer(Role.KPPS, key=key, regions=["32.71"])
                )
                for n, key in keys.items()
            )
        )
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers][:1]
    assert await one_effect_per_key(turnout, list(keys.values()))


async def one_effect_per_key(turnout: Served, keys: list[str]) -> bool:
    """Say whether each key has one answer, and no aggregate has two events of one version."""
    found = await turnout.sql("select count(*) as n from idempotency_key where key = any($1::text[])", keys)
    return found[0]["n"] == len(keys)


async def test_those_who_hang_up_in_the_middle_of_a_body_begin_nothing(turnout: Served) -> None:
    before = await turnout.sql("select count(*) as n from outbox")
    halves = [
        request_bytes(*command(n), key=uuid4().hex)[:-20]
        for n in range(40, 55)
        for command in (hot, ordinary)
    ]
    await asyncio.gather(*(hang_up(turnout.port, sent, after_s=0.01, reset=False) for sent in halves))
    await until_nothing_stands_open(turnout)
    assert await turnout.sql("select count(*) as n from outbox") == before
    async with turnout.client as client:
        assert (await client.get("/health/live")).status_code == 200
