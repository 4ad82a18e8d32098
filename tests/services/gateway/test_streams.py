"""The feed and the stream: resume, reset, filters, and tickets."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import uvicorn

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from gateway.feed import end_of_feed
from tests.harness import RunningService, bearer
from tests.services.gateway.conftest import play
from tests.services.gateway.streaming import (
    BASE,
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
    async with gateway.app.state.database.reading(EVERYWHERE) as connection:
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
        async with gateway.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute("update stream_ticket set expires_at = now() - interval '1 second'")
        assert (await client.get(f"{url}{BASE}/stream", params={"ticket": late})).status_code == 401


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
