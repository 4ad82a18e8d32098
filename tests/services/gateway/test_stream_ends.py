"""Streams that end: with their token, with their regions, for want of reading, and for want of room."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn

from chassis.access_changes import AccessChanges, Change
from chassis.actor import RegionGroups
from chassis.listening import MOST_BUFFERED_BYTES
from contracts.access import Role
from gateway.feed import View
from gateway.routes.events import Stream
from gateway.streams import Hub, frames
from tests.harness import ELECTION, RunningService, bearer
from tests.services.gateway.streaming import (
    BASE,
    Hasty,
    following,
    fresh_gateway,
    on_a_socket,
    port_of,
    tell,
    totals_from,
    until,
)
from tests.story import KELURAHAN, Place, Story, whole_story

pytestmark = pytest.mark.anyio


@pytest.fixture
def story() -> Story:
    return whole_story()


@pytest.fixture
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with fresh_gateway(database_url) as service:
        yield service


@pytest.fixture
async def server(gateway: RunningService) -> AsyncIterator[uvicorn.Server]:
    async with on_a_socket(gateway) as server:
        yield server


@pytest.fixture
def url(server: uvicorn.Server) -> str:
    return f"http://127.0.0.1:{port_of(server)}"


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
        following(url, headers=bearer(Role.DESK, regions=["*"]), region="group:patrol") as asked_for,
        following(url, headers=bearer(Role.DESK, regions=["group:other"])) as unchanged,
    ):
        for stream in (changed, asked_for, unchanged):
            await until(stream, "hello")
        groups.replace({"patrol": ["32.71.02"], "other": ["32.71.01"]})
        for stream in (changed, asked_for):
            await until(stream, "regions-changed")
        assert gateway.app.state.hub.open_streams == 1
    async with httpx.AsyncClient() as client:
        for params, headers in (({"ticket": ticket}, {}), ({}, patrol)):
            asked = params | {"region": "32.71.06"}
            assert (await client.get(f"{url}{BASE}/stream", params=asked, headers=headers)).status_code == 403


async def test_a_change_of_what_a_token_rests_upon_bites_on_open_streams(
    gateway: RunningService, url: str
) -> None:
    changes: AccessChanges = gateway.app.state.access_changes
    lost, kept = bearer(Role.DESK, device="hp-hilang"), bearer(Role.DESK, device="hp-lain")
    ticket = (await gateway.client.post(f"{BASE}/stream-tickets", headers=lost)).json()["ticket"]
    async with following(url, headers=lost) as ending, following(url, headers=kept) as going_on:
        for stream in (ending, going_on):
            await until(stream, "hello")
        changes.replace({"device:hp-hilang": Change(1, datetime.now(UTC) + timedelta(seconds=1))})
        await until(ending, "token-revoked")
        assert gateway.app.state.hub.open_streams == 1
    async with httpx.AsyncClient() as client:
        for params, headers, code in (
            ({"ticket": ticket}, {}, "ticket-invalid"),
            ({}, lost, "token-revoked"),
        ):
            refused = await client.get(f"{url}{BASE}/stream", params=params, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (401, code)
    changes.replace({})


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
MOST_WAITING = 3 * MOST_BUFFERED_BYTES
"""A full buffer, and a piece of a frame more; nothing of the rest is made for a client that takes nothing."""


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
