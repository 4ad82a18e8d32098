"""The feed and the stream: resume, reset, filters, tickets, and clients that read too slowly."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from chassis.actor import RegionGroups
from chassis.listening import PatientProtocol
from contracts.access import Role
from contracts.turnout_events import TurnoutRecorded
from gateway.feed import View, end_of_feed
from gateway.routes.events import Stream
from gateway.streams import Hub, frames
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.conftest import play
from tests.story import KELURAHAN, OPENS, Place, Story, whole_story

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"


@pytest.fixture
def story() -> Story:
    return whole_story()


@pytest.fixture
async def gateway(database_url: Callable[[str], str], story: Story) -> AsyncIterator[RunningService]:
    """A gateway per test: what one test adds to the feed, another would have to read."""
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
    ) as service:
        async with service.app.state.database.transaction() as uow:
            await uow.execute(
                "truncate projected, region_total, event_feed, consumer_aggregate, stream_ticket"
            )
        yield service


class Hasty(PatientProtocol):
    """As in production, without the long wait."""

    drain_deadline_s = 1.0


@pytest.fixture
async def server(gateway: RunningService) -> AsyncIterator[uvicorn.Server]:
    """The gateway on a socket: only there does a stream come in pieces, and only so does it stall."""
    config = uvicorn.Config(
        gateway.app,
        port=0,
        http=Hasty,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    listener = config.bind_socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield server
    server.should_exit = server.force_exit = True
    await task


@pytest.fixture
def url(server: uvicorn.Server) -> str:
    return f"http://127.0.0.1:{port_of(server)}"


def port_of(server: uvicorn.Server) -> int:
    return server.servers[0].sockets[0].getsockname()[1]


def report(place: Place, total: int) -> TurnoutRecorded:
    return TurnoutRecorded(
        tps_id=place.id, tps_code=place.code, slot="11:00", men=total, women=0, total=total, findings=[]
    )


async def tell(gateway: RunningService, story: Story, place: Place, *totals: int) -> None:
    await play(
        gateway, [story.tell(report(place, total), place.id, tps=place) for total in totals], batch=1_000
    )


@asynccontextmanager
async def following(
    url: str, *, role: Role = Role.DESK, headers: dict[str, str] | None = None, **query: str | float
) -> AsyncGenerator[AsyncIterator[tuple[str, str, Any]]]:
    """Open a stream and give its frames as `(event, id, data)`."""
    sent = headers if headers is not None else bearer(role)
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", f"{url}{BASE}/stream", params=query, headers=sent) as answer,
    ):
        assert answer.status_code == 200, (answer.status_code, await answer.aread())
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield _frames(answer)


async def _frames(answer: httpx.Response) -> AsyncIterator[tuple[str, str, Any]]:
    frame: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            frame[name] = value
        elif frame:
            if "event" in frame:
                yield frame["event"], frame.get("id", ""), json.loads(frame["data"])
            frame = {}


async def until(stream: AsyncIterator[tuple[str, str, Any]], kind: str) -> tuple[str, Any]:
    async for event, cursor, data in stream:
        if event == kind:
            return cursor, data
    raise AssertionError(f"the stream ended without {kind}")


async def totals_from(stream: AsyncIterator[tuple[str, str, Any]], count: int) -> tuple[str, list[int]]:
    found: list[int] = []
    cursor = ""
    while len(found) < count:
        cursor, data = await until(stream, "events")
        found += [item["data"]["total"] for item in data["items"] if "total" in item["data"]]
    return cursor, found


async def test_a_change_reaches_the_stream_and_a_resume_misses_nothing(
    gateway: RunningService, story: Story, url: str
) -> None:
    place = Place(f"{KELURAHAN[0]}.001")
    async with following(url, interval_s=0) as stream:
        await until(stream, "hello")
        await tell(gateway, story, place, 1, 2)
        cursor, found = await totals_from(stream, 2)
        assert found == [1, 2]
    await tell(gateway, story, place, 3, 4)
    headers = bearer(Role.DESK) | {"Last-Event-ID": cursor}
    async with following(url, headers=headers, interval_s=0) as stream:
        await tell(gateway, story, place, 5)
        _, found = await totals_from(stream, 3)
        assert found == [3, 4, 5]
    async with following(url, after=cursor) as stream:
        assert (await totals_from(stream, 3))[1] == [3, 4, 5]


async def test_a_snapshot_and_the_stream_after_it_leave_no_gap(
    gateway: RunningService, story: Story, url: str
) -> None:
    await play(gateway, story.events)
    path = f"{BASE}/regions/32.71/overview"
    cursor = (await gateway.client.get(path, headers=bearer(Role.DESK))).json()["cursor"]
    await tell(gateway, story, Place(f"{KELURAHAN[0]}.001"), 77)
    async with following(url, after=cursor) as stream:
        assert (await totals_from(stream, 1))[1] == [77]


async def test_a_long_absence_is_replayed_and_a_longer_one_is_reset(
    gateway: RunningService, story: Story, url: str
) -> None:
    place = Place(f"{KELURAHAN[0]}.001")
    await tell(gateway, story, place, 0)
    async with gateway.app.state.database.reading() as connection:
        cursor = (await end_of_feed(connection)).pack()
    await tell(gateway, story, place, *range(1, 4_001))
    async with following(url, after=cursor) as stream:
        assert (await totals_from(stream, 4_000))[1] == list(range(1, 4_001))
    await tell(gateway, story, place, *range(4_001, 10_100))
    async with following(url, after=cursor) as stream:
        await until(stream, "reset")


async def test_after_a_rebuild_everybody_is_told_to_start_over(
    gateway: RunningService, story: Story, url: str
) -> None:
    place = Place(f"{KELURAHAN[0]}.001")
    await tell(gateway, story, place, 1)
    page = (await gateway.client.get(f"{BASE}/events", headers=bearer(Role.DESK))).json()
    async with following(url) as stream:
        await until(stream, "hello")
        made = await gateway.client.post("/v1/desk/projections:rebuild", headers=bearer(Role.ADMIN))
        assert made.status_code == 202
        await until(stream, "reset")
    async with following(url, after=page["next_cursor"]) as stream:
        await until(stream, "reset")
    again = await gateway.client.get(
        f"{BASE}/events", params={"after": page["next_cursor"]}, headers=bearer(Role.DESK)
    )
    assert again.json()["reset"] is True


async def test_streams_keep_to_regions_classes_and_types(
    gateway: RunningService, story: Story, url: str
) -> None:
    headers = bearer(Role.OBSERVER, regions=["32.71.06"])
    async with (
        following(url, headers=headers, interval_s=0) as observer,
        following(url, role=Role.POLICE, types="desk.turnout.") as police,
        following(url, role=Role.DESK, region="32.71.01", types="desk.turnout.tally.verified") as desk,
    ):
        for stream in (observer, police, desk):
            await until(stream, "hello")
        await play(gateway, story.events, batch=500)
        _, data = await until(observer, "events")
        assert {item["dataclass"] for item in data["items"]} == {"public"}
        places = {
            item["data"].get("tps_code", KELURAHAN[0]) for item in data["items"] if "tps_code" in item["data"]
        }
        assert places
        assert all(code.startswith("32.71.06") for code in places)
        _, data = await until(police, "events")
        types = {item["type"] for item in data["items"]}
        assert types
        assert not [name for name in types if name.startswith("desk.turnout.tally.verified")], "D34"
        _, data = await until(desk, "events")
        assert {item["type"] for item in data["items"]} == {"desk.turnout.tally.verified.v1"}
        assert all(item["data"]["tps_code"].startswith("32.71.01") for item in data["items"])


async def test_a_stream_wants_a_caller_who_may(gateway: RunningService, url: str) -> None:
    async with httpx.AsyncClient() as client:
        path = f"{url}{BASE}/stream"
        assert (await client.get(path)).status_code == 401
        for params, headers, status in (
            ({"region": "32.73"}, bearer(Role.DESK, regions=["32.71"]), 403),
            ({}, bearer(Role.DESK, election="another-one"), 403),
            ({"after": "nonsense"}, bearer(Role.DESK), 400),
        ):
            assert (await client.get(path, params=params, headers=headers)).status_code == status


async def test_a_ticket_opens_one_stream(gateway: RunningService, story: Story, url: str) -> None:
    headers = bearer(Role.OBSERVER, regions=["32.71.06"])
    made = await gateway.client.post(f"{BASE}/stream-tickets", headers=headers)
    assert made.status_code == 201
    ticket = made.json()["ticket"]
    async with following(url, headers={}, ticket=ticket) as stream:
        await until(stream, "hello")
        await tell(gateway, story, Place(f"{KELURAHAN[1]}.001"), 1)
        await tell(gateway, story, Place(f"{KELURAHAN[0]}.001"), 2)
        assert (await totals_from(stream, 1))[1] == [2], "a ticket carries its caller's regions"
    async with httpx.AsyncClient() as client:
        again = await client.get(f"{url}{BASE}/stream", params={"ticket": ticket})
        assert (again.status_code, again.json()["code"]) == (401, "ticket-invalid")
        late = (await gateway.client.post(f"{BASE}/stream-tickets", headers=headers)).json()["ticket"]
        async with gateway.app.state.database.transaction() as uow:
            await uow.execute("update stream_ticket set expires_at = now() - interval '1 second'")
        assert (await client.get(f"{url}{BASE}/stream", params={"ticket": late})).status_code == 401


async def test_a_stream_ends_with_its_token(gateway: RunningService, story: Story, url: str) -> None:
    place = Place(f"{KELURAHAN[0]}.001")
    headers = bearer(Role.DESK, lifetime_s=1)  # and the five seconds that clocks may differ by
    ticket = (await gateway.client.post(f"{BASE}/stream-tickets", headers=headers)).json()["ticket"]
    async with (
        following(url, headers={}, ticket=ticket, interval_s=60) as by_ticket,
        following(url, headers=headers, interval_s=60) as by_token,
        following(url, interval_s=0) as other,
    ):
        for stream in (by_ticket, by_token, other):
            await until(stream, "hello")
        for total in (1, 2):
            await tell(gateway, story, place, total)
            await totals_from(other, 1)
        for stream in (by_ticket, by_token):
            assert (await totals_from(stream, 2))[1] == [1, 2], "what waits is told before the end"
            cursor, told = await until(stream, "token-expired")
            assert cursor == told["cursor"]
            assert [frame async for frame in stream] == []
        await tell(gateway, story, place, 3)
        assert (await totals_from(other, 1))[1] == [3], "the others go on"
    async with following(url, after=cursor) as again:
        assert (await totals_from(again, 1))[1] == [3]


async def test_a_ticket_does_not_outlive_its_token(gateway: RunningService) -> None:
    headers = bearer(Role.DESK, lifetime_s=1)
    ticket = (await gateway.client.post(f"{BASE}/stream-tickets", headers=headers)).json()["ticket"]
    rows = await gateway.sql("select expires_at - now() < interval '7 seconds' as soon from stream_ticket")
    assert ticket
    assert [row["soon"] for row in rows] == [True]


async def test_a_changed_group_of_regions_bites_on_open_streams(gateway: RunningService, url: str) -> None:
    groups: RegionGroups = gateway.app.state.groups
    groups.replace({"patrol": ["32.71.06"], "other": ["32.71.01"]})
    patrol = bearer(Role.DESK, regions=["group:patrol"])
    ticket = (await gateway.client.post(f"{BASE}/stream-tickets", headers=patrol)).json()["ticket"]
    async with (
        following(url, headers=patrol, region="32.71.06") as changed,
        following(url, headers=bearer(Role.DESK, regions=["group:other"])) as unchanged,
    ):
        await until(changed, "hello")
        await until(unchanged, "hello")
        groups.replace({"patrol": ["32.71.02"], "other": ["32.71.01"]})
        await until(changed, "regions-changed")
        assert gateway.app.state.hub.open_streams == 1
    async with httpx.AsyncClient() as client:
        for params, headers in (({"ticket": ticket}, {}), ({}, patrol)):
            asked = params | {"region": "32.71.06"}
            assert (await client.get(f"{url}{BASE}/stream", params=asked, headers=headers)).status_code == 403


async def test_a_client_that_reads_too_slowly_is_let_go(gateway: RunningService, story: Story) -> None:
    hub: Hub = gateway.app.state.hub
    view = View(ELECTION, ("*",), frozenset({"public"}))
    slow = await hub.open(view, after=None, interval_s=0)
    reading = frames(hub, slow)
    assert (await anext(reading)).startswith(b"event: hello")
    await tell(gateway, story, Place(f"{KELURAHAN[0]}.001"), *range(6_000))
    while slow.ending is None:
        await asyncio.sleep(0.02)
    assert [frame async for frame in reading][-1].startswith(b"event: reset")
    hub.close(slow)
    assert hub.open_streams == 0


async def test_clients_that_never_read_hold_up_nobody_and_are_cut(
    gateway: RunningService, story: Story, server: uvicorn.Server, url: str
) -> None:
    hub: Hub = gateway.app.state.hub
    place = Place(f"{KELURAHAN[0]}.001")
    with ExitStack() as stalled:
        for n in range(STALLED):
            view = {"interval_s": "0", "region": KELURAHAN[0]} if n % 2 else {"interval_s": "0"}
            stalled.enter_context(mute_client(port_of(server), view))
        async with following(url, interval_s=0) as stream:
            await until(stream, "hello")
            while hub.open_streams < STALLED + 1:
                await asyncio.sleep(0.01)
            for start in range(0, 4_000, 500):
                await tell(gateway, story, place, *range(start, start + 500))
                async with asyncio.timeout(30):
                    assert (await totals_from(stream, 500))[1] == list(range(start, start + 500))
                assert max(map(waiting_for, server.server_state.connections)) < MOST_WAITING
            while hub.open_streams > 1:
                await tell(gateway, story, place, 1)
                await totals_from(stream, 1)


STALLED = 30
MOST_WAITING = 3 * 65_536
"""Full at 64 KB, and a piece of a frame more; nothing of the rest is made for a client that takes nothing."""


@contextmanager
def mute_client(port: int, query: dict[str, str]) -> Generator[socket.socket]:
    """Open a stream and never read a byte of it."""
    with socket.socket() as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        mute.connect(("127.0.0.1", port))
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        token = bearer(Role.DESK)["Authorization"]
        head = f"GET {BASE}/stream?{asked} HTTP/1.1\r\nHost: desk\r\nAuthorization: {token}\r\n\r\n"
        mute.sendall(head.encode())
        yield mute


def waiting_for(connection: object) -> int:
    assert isinstance(connection, Hasty)
    return connection.transport.get_write_buffer_size()


async def test_a_stream_that_is_cut_before_its_first_frame_is_forgotten(gateway: RunningService) -> None:
    async def cut(scope: object = None) -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        await asyncio.sleep(0)

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET", "headers": [], "path": "/"}
    hub: Hub = gateway.app.state.hub
    client = await hub.open(View(ELECTION, ("*",), frozenset({"public"})), after=None)
    await Stream(hub, client)(scope, cut, send)
    assert hub.open_streams == 0


async def test_a_full_gateway_says_so(gateway: RunningService) -> None:
    hub = Hub(gateway.app.state.database, clients=1)
    view = View(ELECTION, ("*",), frozenset({"public"}))
    await hub.open(view, after=None)
    gateway.app.state.hub, before = hub, gateway.app.state.hub
    answer = await gateway.client.get(f"{BASE}/stream", headers=bearer(Role.DESK))
    gateway.app.state.hub = before
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert "Retry-After" in answer.headers


async def test_the_feed_waits_for_what_comes_next(gateway: RunningService, story: Story) -> None:
    place = Place(f"{KELURAHAN[0]}.001")
    await tell(gateway, story, place, 1)
    first = (await gateway.client.get(f"{BASE}/events", headers=bearer(Role.OBSERVER))).json()
    waiting = asyncio.create_task(
        gateway.client.get(
            f"{BASE}/events",
            params={"after": first["next_cursor"], "wait_s": 10},
            headers=bearer(Role.OBSERVER),
        )
    )
    await asyncio.sleep(0.1)
    await tell(gateway, story, place, 2)
    found = (await waiting).json()
    assert [item["data"]["total"] for item in found["items"]] == [2]
    wrong = await gateway.client.get(f"{BASE}/events?wait=1", headers=bearer(Role.OBSERVER))
    assert (wrong.status_code, wrong.json()["code"]) == (400, "unknown-parameter")


async def test_pages_of_the_feed_are_the_whole_feed(gateway: RunningService, story: Story) -> None:
    await play(gateway, story.events)
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (
            await gateway.client.get(
                f"{BASE}/events", params={"limit": "7", **after}, headers=bearer(Role.DESK)
            )
        ).json()
        seen += [item["id"] for item in page["items"]]
        after = {"after": page["next_cursor"]}
        if not page["items"]:
            break
    assert sorted(seen) == sorted(str(event.envelope.event_id) for event in story.events)
    by_aggregate: dict[str, list[int]] = {}
    everything = (await gateway.client.get(f"{BASE}/events?limit=1000", headers=bearer(Role.DESK))).json()[
        "items"
    ]
    for item in everything:
        by_aggregate.setdefault(item["subject"], []).append(item["aggregateversion"])
    assert all(versions == sorted(versions) for versions in by_aggregate.values())
