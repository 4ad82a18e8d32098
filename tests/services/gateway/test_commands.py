"""Did it arrive? Commands through the door, and what a caller is told who lost the answer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service, soon

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"
TPS = "32.71.06.1002.028"


@asynccontextmanager
async def on_a_socket(app: FastAPI) -> AsyncGenerator[str]:
    """Serve an application that runs already on a free port, and give its address."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1
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


@pytest.fixture(scope="module")
async def turnout(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service("turnout", database_url=database_url("turnout"), kafka=None) as service:
        async with service.app.state.database.transaction() as uow:
            await uow.execute(
                """insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
                   values (uuidv7(), $1, $2, 'Asia/Jakarta', '2024-11-27', 250, 250, '{gubernur-32,walikota-32.71}')""",
                ELECTION,
                TPS,
            )
            await uow.execute("insert into voting_day (tps_id, version) select tps_id, 0 from tps_ref")
        yield service


@pytest.fixture(scope="module")
async def gateway(
    database_url: Callable[[str], str], turnout: RunningService
) -> AsyncIterator[RunningService]:
    async with on_a_socket(turnout.app) as url:
        peers = dict.fromkeys(("registry", "logistics", "incidents", "turnout"), url)
        async with running_service(
            "gateway", database_url=database_url("gateway"), kafka=None, peers=peers
        ) as service:
            yield service


def report(total: int) -> dict[str, object]:
    return {"slot": "10:00", "men": total, "women": 0, "occurred_at": soon(), "channel": "app"}


async def test_who_lost_the_answer_is_told_it(gateway: RunningService) -> None:
    headers = bearer(Role.KPPS, regions=[TPS])
    key = headers["Idempotency-Key"]
    unknown = await gateway.client.get(f"{BASE}/commands/{key}", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    sent = await gateway.client.post(f"{BASE}/tps/{TPS}/turnout-reports", json=report(10), headers=headers)
    assert sent.status_code == 201, sent.text
    found = await gateway.client.get(f"{BASE}/commands/{key}", headers=headers)
    assert found.status_code == 200, found.text
    (item, *_), unanswered = found.json()["items"], found.json()["unanswered"]
    assert unanswered == []
    assert item["answer"] == sent.json()
    assert item["position"] == sent.headers["Desk-Position"]
    assert item["location"] == sent.headers["Location"]
    assert (item["status"], item["service"]) == (201, "turnout")
    assert item["route"].startswith("POST /v1/elections/{election}/tps/{code}/turnout-reports")


async def test_a_refusal_that_stands_is_told_too(gateway: RunningService) -> None:
    headers = bearer(Role.KPPS)
    path = f"{BASE}/tps/{TPS}/turnout-reports"
    first = await gateway.client.post(path, json=report(11) | {"slot": "11:00"}, headers=headers)
    assert first.status_code == 201
    reused = await gateway.client.post(path, json=report(12) | {"slot": "11:00"}, headers=headers)
    assert reused.status_code == 422
    found = await gateway.client.get(f"{BASE}/commands/{headers['Idempotency-Key']}", headers=headers)
    assert found.json()["items"][0]["answer"] == first.json()


async def test_keys_are_their_callers_own(gateway: RunningService) -> None:
    headers = bearer(Role.KPPS)
    assert (
        await gateway.client.post(
            f"{BASE}/tps/{TPS}/turnout-reports", json=report(13) | {"slot": "12:00"}, headers=headers
        )
    ).status_code == 201
    path = f"{BASE}/commands/{headers['Idempotency-Key']}"
    assert (await gateway.client.get(path, headers=bearer(Role.KPPS, person="person-2"))).status_code == 404
    assert (await gateway.client.get(path)).status_code == 401
    assert (await gateway.client.get(f"{path}?x=1", headers=headers)).status_code == 400


async def test_the_owner_reads_what_the_door_reads(gateway: RunningService) -> None:
    """Twice decoded, or cut at a `?` that was part of a name, a request would be another one behind the door."""
    for sent, instance in (
        (f"{TPS}%00", f"{TPS}%00"),
        (f"{TPS}%2541", f"{TPS}%2541"),
        (f"{TPS}%252F..%252Fx", f"{TPS}%252F..%252Fx"),
        (f"{TPS}%3Fa=1%23b", f"{TPS}%3Fa=1%23b"),
        (f"{TPS}%0d%0aSet-Cookie:a", f"{TPS}%0D%0ASet-Cookie:a"),
        ("%C3%A9", "%C3%A9"),
    ):
        answer = await gateway.client.get(f"{BASE}/tps/{sent}/voting-day", headers=bearer(Role.KPPS))
        assert answer.status_code in {403, 404, 422}, answer.text
        assert answer.json()["instance"] == f"{BASE}/tps/{instance}/voting-day"


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Idempotency-Key", b"\xc3\xa9", 400),
        ("Authorization", b"Bearer \xff\xfe", 401),
        ("Accept-Language", b"\xe9, id", 201),
        ("If-Match", b'"\xe9"', 201),
    ],
)
async def test_headers_go_through_byte_for_byte(
    gateway: RunningService, name: str, value: bytes, status: int
) -> None:
    headers = httpx.Headers([*bearer(Role.KPPS).items()])
    headers = httpx.Headers(
        [*(pair for pair in headers.raw if pair[0].decode() != name), (name.encode(), value)]
    )
    body = report(13) | {"slot": f"0{value[-1] % 9}:{len(name):02d}"}
    answer = await gateway.client.post(f"{BASE}/tps/{TPS}/turnout-reports", json=body, headers=headers)
    assert answer.status_code == status, answer.text


async def test_slow_senders_keep_nobody_waiting(gateway: RunningService) -> None:
    """More of them than the door has places: a place is lent when the body is there, a file's sender is known first."""
    headers = bearer(Role.KPPS) | {"Content-Type": "text/plain"}
    del headers["Authorization"]
    enough = asyncio.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await enough.wait()

    async def send(path: str) -> None:
        await gateway.client.post(f"{BASE}{path}", content=dripping(), headers=headers)

    paths = [f"/tps/{TPS}/turnout-reports", "/imports"] * 40
    slow = [asyncio.create_task(send(path)) for path in paths]
    await asyncio.sleep(0)
    day = await gateway.client.get(f"{BASE}/tps/{TPS}/voting-day", headers=bearer(Role.KPPS))
    assert day.status_code == 200
    enough.set()
    await asyncio.wait(slow)


async def test_nothing_is_said_while_a_service_cannot_be_asked(
    database_url: Callable[[str], str], turnout: RunningService
) -> None:
    async with on_a_socket(turnout.app) as url:
        peers = {"turnout": url, "registry": "http://127.0.0.1:9"}
        async with running_service(
            "gateway", database_url=database_url("gateway"), kafka=None, peers=peers
        ) as service:
            headers = bearer(Role.KPPS)
            lost = await service.client.get(f"{BASE}/commands/{uuid4().hex}", headers=headers)
            assert (lost.status_code, lost.json()["code"]) == (503, "service-away")
            path = f"{BASE}/tps/{TPS}/turnout-reports"
            assert (
                await service.client.post(path, json=report(14) | {"slot": "09:00"}, headers=headers)
            ).status_code == 201
            found = (
                await service.client.get(f"{BASE}/commands/{headers['Idempotency-Key']}", headers=headers)
            ).json()
            assert [item["service"] for item in found["items"]] == ["turnout"]
            assert set(found["unanswered"]) == {"registry", "logistics", "incidents"}


async def test_what_passes_through_is_answered_by_its_owner(gateway: RunningService) -> None:
    day = await gateway.client.get(f"{BASE}/tps/{TPS}/voting-day", headers=bearer(Role.KPPS))
    assert day.status_code == 200
    assert day.headers["Content-Location"] == f"{BASE}/tps/{TPS}/voting-day"
    outside = await gateway.client.get(
        f"{BASE}/tps/{TPS}/voting-day", headers=bearer(Role.KPPS, regions=["32.73"])
    )
    assert (outside.status_code, outside.json()["code"]) == (403, "region-not-covered")
    keyless = bearer(Role.KPPS)
    del keyless["Idempotency-Key"]
    answer = await gateway.client.post(f"{BASE}/tps/{TPS}/turnout-reports", json=report(1), headers=keyless)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    away = await gateway.client.get(f"{BASE}/nothing-here", headers=bearer(Role.KPPS))
    assert (away.status_code, away.json()["code"]) == (404, "not-found")
