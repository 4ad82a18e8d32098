"""A lane as full as may be: whoever comes then is told so at once, and everything else goes on."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from gateway.door import passages
from gateway.full_lanes import by_end
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.broken_owner import an_owner, say_nothing

pytestmark = pytest.mark.anyio
REPORTS = f"/v1/elections/{ELECTION}/tps/32.71.01.1001.001/turnout-reports"
PLACES, WAITING = 4, 3


async def report(gateway: RunningService, **headers: str) -> httpx.Response:
    told = bearer(Role.KPPS) | {"Idempotency-Key": str(uuid4())} | headers
    return await gateway.client.post(REPORTS, json={}, headers=told)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(4):
        while not holds():
            await asyncio.sleep(0.01)


async def test_who_comes_to_a_full_lane_is_told_to_come_again(database_url: Callable[[str], str]) -> None:
    async with (
        an_owner(say_nothing) as owner,
        running_service(
            "gateway",
            database_url=database_url("gateway"),
            kafka=None,
            peers={"turnout": owner.url, "incidents": owner.url},
            door_connections=1,
            door_waiting=WAITING,
        ) as gateway,
    ):
        crowd = [asyncio.ensure_future(report(gateway)) for _ in range(PLACES + WAITING)]
        door = gateway.app.state.door
        await until(lambda: len(owner.requests) == PLACES and door.lanes["turnout"].is_full)

        refused = await report(gateway, **{"Accept-Language": "id"})
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json()["detail"] == "Terlalu banyak permintaan menunggu layanan ini."
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert len(owner.requests) == PLACES

        other = asyncio.ensure_future(
            gateway.client.post(f"/v1/elections/{ELECTION}/incidents", json={}, headers=bearer(Role.KPPS))
        )
        await until(lambda: len(owner.requests) > PLACES)
        assert (await gateway.client.get("/health/live")).status_code == 200

        counted = (await gateway.client.get("/metrics")).text
        template = "/v1/elections/{election}/tps/{code}/turnout-reports"
        (line,) = [
            one
            for one in counted.splitlines()
            if template in one and 'status="503"' in one and "_total" in one
        ]
        assert line.endswith(" 1.0")
        for task in (*crowd, other):
            task.cancel()


def test_operations_are_told_apart_by_the_end_of_their_path() -> None:
    found = by_end(passages())
    of_reports = found["POST", REPORTS.count("/"), "turnout-reports"]
    assert (of_reports.service, of_reports.method) == ("turnout", "POST")
    for (method, slashes, last), passage in found.items():
        alike = [
            p
            for p in passages()
            if (p.method, p.path.count("/"), p.path.rpartition("/")[2]) == (method, slashes, last)
        ]
        assert {p.service for p in alike} == {passage.service}
    commands = [p for p in passages() if p.method != "GET"]
    missing = [
        p.path for p in commands if (p.method, p.path.count("/"), p.path.rpartition("/")[2]) not in found
    ]
    assert len(missing) < len(commands) / 3, missing
