"""A stream as a client sees it, over a real socket, and a gateway of which nobody else has seen the feed."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import uvicorn

from chassis.listening import PatientProtocol
from contracts.access import Role
from contracts.turnout_events import TurnoutRecorded
from gateway.projections.engine import NOTIFY
from gateway.streams import Hub
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.conftest import play
from tests.story import OPENS, Place, Story

BASE = f"/v1/elections/{ELECTION}"


@asynccontextmanager
async def fresh_gateway(database_url: Callable[[str], str]) -> AsyncGenerator[RunningService]:
    """Run a gateway with an empty feed: what one test adds to the feed, another would have to read."""
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
    ) as service:
        await begin_anew(service)
        yield service


async def begin_anew(gateway: RunningService) -> None:
    """Empty the feed as a rebuild does, and wait until the streams know: a cursor of before would name what is gone."""
    async with gateway.app.state.database.transaction() as uow:
        await uow.execute("truncate projected, region_total, event_feed, consumer_aggregate, stream_ticket")
        row = await uow.fetch_row("update feed_epoch set epoch = uuidv7() returning epoch")
        await uow.execute("select pg_notify($1, '')", NOTIFY)
    assert row is not None
    hub: Hub = gateway.app.state.hub
    deadline = asyncio.get_running_loop().time() + 20
    while hub._cursor is None or hub.cursor.epoch != str(row["epoch"]):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


class Hasty(PatientProtocol):
    """As in production, without the long wait."""

    drain_deadline_s = 1.0


@asynccontextmanager
async def on_a_socket(gateway: RunningService) -> AsyncGenerator[uvicorn.Server]:
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
