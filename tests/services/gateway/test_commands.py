"""Did it arrive? Commands through the door, and what a caller is told who lost the answer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, on_a_socket, running_service, soon
from tests.services.gateway.broken_owner import (
    Conversation,
    an_owner,
    half_an_answer,
    hang_up,
    losing_answers,
    say_nothing,
)

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"
TPS = "32.71.06.1002.028"


@pytest.fixture(scope="module")
async def turnout(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service("turnout", database_url=database_url("turnout"), kafka=None) as service:
        async with service.app.state.database.transaction(EVERYWHERE) as uow:
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


@pytest.mark.parametrize("rest", [b"", b"ZZ\r\n"], ids=["hangs up", "bad chunk"])
async def test_who_hangs_up_within_a_body_is_no_fault_of_ours(gateway: RunningService, rest: bytes) -> None:
    framed = b"Transfer-Encoding: chunked" if rest else b"Content-Length: 100"
    async with on_a_socket(gateway.app) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        head = f"POST {BASE}/public/incidents HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
        writer.write(head.encode() + framed + b'\r\n\r\n3\r\n{"a\r\n' + rest)
        await writer.drain()
        writer.close()

        async def counted() -> set[str]:
            lines = (await gateway.client.get("/metrics")).text.splitlines()
            mine = [line for line in lines if "/public/incidents" in line and "_requests_total{" in line]
            return {line.split('status="')[1][:3] for line in mine}

        async with asyncio.timeout(5):
            while not await counted():
                await asyncio.sleep(0.05)
        assert await counted() == {"499"}


async def test_a_slash_too_many_leads_nowhere(gateway: RunningService) -> None:
    for path in (f"{BASE}/tps/", "/metrics/", f"{BASE}/tps/{TPS}/voting-day/"):
        answer = await gateway.client.get(path, headers=bearer(Role.DESK) | {"Host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert "Location" not in answer.headers


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


@asynccontextmanager
async def door_to(url: str, database_url: Callable[[str], str]) -> AsyncGenerator[RunningService]:
    """A gateway whose only owner is turnout, at an address."""
    async with running_service(
        "gateway", database_url=database_url("gateway"), kafka=None, peers={"turnout": url}
    ) as service:
        yield service


@pytest.mark.parametrize("conversation", [hang_up, half_an_answer])
async def test_an_answer_that_is_lost_leaves_the_outcome_unknown(
    database_url: Callable[[str], str], conversation: Conversation
) -> None:
    path, headers = f"{BASE}/tps/{TPS}/turnout-reports", bearer(Role.KPPS) | {"Accept-Language": "id"}
    async with an_owner(conversation) as owner, door_to(owner.url, database_url) as gateway:
        lost = await gateway.client.post(path, json=report(20), headers=headers)
        assert (lost.status_code, lost.json()["code"]) == (504, "outcome-unknown"), lost.text
        assert lost.json()["retryable"]
        assert "Idempotency-Key yang sama" in lost.json()["detail"]
        assert len(owner.requests) == 2  # with its key and its whole body at hand, it may be sent once more
        assert len(set(owner.requests)) == 1
        assert f"idempotency-key: {headers['Idempotency-Key']}".encode() in owner.requests[0].lower()
        keyless = {name: value for name, value in headers.items() if name != "Idempotency-Key"}
        once = await gateway.client.post(path, json=report(20), headers=keyless)
        assert (once.status_code, once.json()["code"], len(owner.requests)) == (504, "outcome-unknown", 3)
        read = await gateway.client.get(f"{BASE}/tps/{TPS}/voting-day", headers=headers)
        assert (read.status_code, read.json()["code"]) == (503, "service-away")


async def test_an_owner_that_never_answers_is_not_asked_twice(
    database_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.door._TIMEOUT", httpx.Timeout(0.5, connect=5.0))
    async with an_owner(say_nothing) as owner, door_to(owner.url, database_url) as gateway:
        path = f"{BASE}/tps/{TPS}/turnout-reports"
        lost = await gateway.client.post(path, json=report(21), headers=bearer(Role.KPPS))
        assert (lost.status_code, lost.json()["code"]) == (504, "outcome-unknown")
        assert len(owner.requests) == 1


async def test_an_owner_that_refuses_the_connection_got_nothing(database_url: Callable[[str], str]) -> None:
    async with an_owner(hang_up) as gone:
        pass
    async with door_to(gone.url, database_url) as gateway:
        path = f"{BASE}/tps/{TPS}/turnout-reports"
        shut = await gateway.client.post(path, json=report(22), headers=bearer(Role.KPPS))
        assert (shut.status_code, shut.json()["code"]) == (503, "service-away")
        assert int(shut.headers["Retry-After"]) > 0
        assert shut.json()["retryable"]


async def test_who_repeats_after_a_lost_answer_gets_the_first_one(
    database_url: Callable[[str], str], turnout: RunningService
) -> None:
    path, headers = f"{BASE}/tps/{TPS}/turnout-reports", bearer(Role.KPPS)
    body = report(23) | {"slot": "08:30"}
    async with (
        on_a_socket(turnout.app) as url,
        an_owner(losing_answers(url, times=2)) as owner,
        door_to(owner.url, database_url) as gateway,
    ):
        lost = await gateway.client.post(path, json=body, headers=headers)
        assert (lost.status_code, lost.json()["code"]) == (504, "outcome-unknown")
        again = await gateway.client.post(path, json=body, headers=headers)
    assert (again.status_code, again.json()["outcome"]) == (201, "created"), again.text
    assert again.headers["Idempotent-Replayed"] == "true"
    rows = await turnout.sql("select from outbox where body like '%08:30%'")
    assert len(rows) == 1


async def test_an_answer_that_is_lost_once_is_asked_for_again(
    database_url: Callable[[str], str], turnout: RunningService
) -> None:
    path, body = f"{BASE}/tps/{TPS}/turnout-reports", report(24) | {"slot": "08:45"}
    async with (
        on_a_socket(turnout.app) as url,
        an_owner(losing_answers(url, times=1)) as owner,
        door_to(owner.url, database_url) as gateway,
    ):
        answer = await gateway.client.post(path, json=body, headers=bearer(Role.KPPS))
    assert (answer.status_code, len(owner.requests)) == (201, 2), answer.text
