"""A service that is killed after a commit and before its answer, in the middle of a phone's batch: a process of its own."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from contracts.access import Role
from tests.architecture.house import ROOT
from tests.harness import ELECTION, ISSUER, bearer, jwks_file, running_service
from tests.services.gateway.outbox import code, milestone, numbered, report
from tests.services.turnout.paper import lay_out

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PATH = f"/v1/elections/{ELECTION}/sync:batch"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@asynccontextmanager
async def turnout_process(url: str, port: int, **crash: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run the turnout service as a process of its own until the block ends, if it has not ended by then."""
    environment = {
        **os.environ,
        "DESK_ENVIRONMENT": "development",
        "DESK_DATABASE_URL": url,
        "DESK_KAFKA_BOOTSTRAP": "127.0.0.1:9",
        "DESK_JWKS": str(jwks_file()),
        "DESK_ISSUER": ISSUER,
        "DESK_HTTP_PORT": str(port),
        **crash,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.turnout", "serve"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(600):
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/health/live")).is_success:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_repeat_of_a_batch_finishes_what_a_kill_cut_off(database_url: Callable[[str], str]) -> None:
    url, port = database_url("turnout"), free_port()
    async with running_service("turnout", database_url=url, kafka=None) as service:
        await lay_out(service)
    items = numbered(
        milestone(1), report(1), milestone(1, "voting_closed"), report(1, slot="11:00"), report(2)
    )
    peers = {"turnout": f"http://127.0.0.1:{port}"}
    async with running_service(
        "gateway", database_url=database_url("gateway"), kafka=None, peers=peers
    ) as gateway:

        async def sent() -> list[str]:
            body, headers = {"device_id": "cut-1", "items": items}, bearer(Role.KPPS, regions=["32.71"])
            answer = await gateway.client.post(PATH, json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            return [each["outcome"] for each in answer.json()["items"]]

        async with turnout_process(url, port, CRASH_AT="after_commit", CRASH_AFTER="3") as process:
            assert await sent() == ["deferred"] * 5  # nobody can say how far it came
            assert await process.wait() == 137
        assert await sent() == ["deferred"] * 5
        async with turnout_process(url, port):
            assert await sent() == ["duplicate"] * 3 + ["created"] * 2
            assert await sent() == ["duplicate"] * 5
    async with running_service("turnout", database_url=url, kafka=None) as service:
        rows = await service.sql("select count(*) as n from outbox where strpos(body, $1) > 0", code(1))
        assert rows[0]["n"] == 4
