"""A database that stands still: nothing is acknowledged while it does, and afterwards each key has one effect."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from deploy import postgres, processes
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.infrastructure import free_ports, run_folder
from tests.services.turnout.paper import lay_out, tps

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
FROZEN_S = 3.0
BASE = f"/v1/elections/{ELECTION}"


@dataclass(frozen=True)
class PrivatePostgres:
    """A PostgreSQL that only this module uses, so that stopping it stops nobody else."""

    cluster: postgres.Cluster
    pid: int

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to every process of it: the parent first, so that it makes no new one."""
        for pid in (self.pid, *_children(self.pid)):
            os.kill(pid, number)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    folder = run_folder() / f"frozen-{token_hex(4)}"
    cluster = postgres.Cluster(folder=folder, port=free_ports(1), password=token_hex(16))
    process = postgres.start(cluster)
    try:
        processes.wait_until(
            lambda: postgres.is_ready(cluster),
            process=process,
            log=cluster.log,
            name="PostgreSQL",
            patience_s=60,
        )
        yield PrivatePostgres(cluster, process.pid)
    finally:
        PrivatePostgres(cluster, process.pid).signal(signal.SIGCONT)
        postgres.stop(process)
        postgres.remove(folder)


@pytest.fixture(scope="module")
async def turnout(server: PrivatePostgres) -> AsyncIterator[RunningService]:
    password = token_hex(16)
    await asyncio.to_thread(
        postgres.ensure_database,
        server.cluster,
        "turnout",
        role="turnout",
        password=password,
        owner_password=password,
    )
    url, owner = (
        server.cluster.url("turnout", role=r, password=password) for r in ("turnout", "turnout_owner")
    )
    async with running_service("turnout", database_url=url, owner_url=owner, kafka=None) as service:
        await lay_out(service, tps_count=40)
        yield service


@dataclass(frozen=True)
class Order:
    """A command and its key: what a phone keeps until it is answered."""

    path: str
    body: Mapping[str, object]
    headers: dict[str, str]

    async def send(self, service: RunningService) -> httpx.Response:
        return await service.client.post(f"{BASE}/{self.path}", json=self.body, headers=self.headers)


def orders() -> list[Order]:
    """Return commands through each door: coalesced, ordinary, a batch."""
    made = [
        Order(f"tps/{tps(n)}/turnout-reports", _report("10:00", n), bearer(Role.KPPS)) for n in range(1, 16)
    ]
    opened = {"milestone": "opened", "occurred_at": soon()}
    made += [Order(f"tps/{tps(n)}/milestones", opened, bearer(Role.KPPS)) for n in range(16, 26)]
    items = [{"id": str(uuid4()), "tps_code": tps(n), **_report("11:00", n)} for n in range(26, 31)]
    made.append(Order("turnout-reports:batch", {"items": items}, bearer(Role.KPPS)))
    return made


def _report(slot: str, men: int) -> dict[str, object]:
    return {"slot": slot, "men": men, "women": 1, "occurred_at": soon()}


async def test_nothing_is_acknowledged_while_the_database_stands_still(
    turnout: RunningService, server: PrivatePostgres
) -> None:
    warm = Order(f"tps/{tps(40)}/turnout-reports", orders()[0].body, bearer(Role.KPPS))
    assert (await warm.send(turnout)).status_code == 201
    sent = orders()
    server.signal(signal.SIGSTOP)
    try:
        since = time.monotonic()
        waiting = [asyncio.create_task(order.send(turnout)) for order in sent]
        done, _ = await asyncio.wait(waiting, timeout=FROZEN_S)
        assert [answer.result().status_code for answer in done if answer.result().status_code < 500] == []
        for impatient in waiting[::2]:
            impatient.cancel()
        await asyncio.sleep(max(0.0, FROZEN_S - (time.monotonic() - since)))
    finally:
        server.signal(signal.SIGCONT)
    first = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 30)
    late = [answer.status_code for answer in first if isinstance(answer, httpx.Response)]
    assert set(late) <= {200, 201, 503}, late

    again = await asyncio.gather(*(order.send(turnout) for order in sent))
    assert {answer.status_code for answer in again} <= {200, 201}, [answer.text for answer in again]
    for before, after in zip(first, again, strict=True):
        if isinstance(before, httpx.Response) and before.status_code == 201:
            assert (before.content, after.headers["Idempotent-Replayed"]) == (after.content, "true")
    assert [item["status"] for item in again[-1].json()["items"]] == [201] * 5
    events = await turnout.sql(
        "select aggregate, count(*) as n, max(version) as version from outbox group by aggregate"
    )
    assert len(events) == 31
    assert {(event["n"], event["version"]) for event in events} == {(1, 1)}
    assert await turnout.sql("select 1 from turnout_report having count(*) = 21")
    assert await turnout.sql("select 1 from milestone having count(*) = 10")
    stuck = await turnout.sql("select 1 from pg_stat_activity where state like 'idle in transaction%'")
    assert stuck == []
