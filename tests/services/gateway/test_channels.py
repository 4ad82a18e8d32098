"""Channels: whoever joins when, with whatever view and pace, is told its part of the feed, each event once and in order."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

import pytest

from chassis.row_security import EVERYWHERE
from gateway.channels import MOST_IN_FRAME, Channels, Client
from gateway.feed import Cursor, Entry, View, end_of_feed, epoch_of, read_after, unpack
from gateway.streams import Hub, frames
from tests.harness import ELECTION, RunningService, running_service
from tests.services.gateway.conftest import play
from tests.story import KELURAHAN, OPENS, whole_story

pytestmark = pytest.mark.anyio
PUBLIC = frozenset({"public"})
ALL = frozenset({"public", "operational", "restricted"})


@pytest.fixture
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway", database_url=database_url("gateway"), kafka=None, desk_time=OPENS + timedelta(hours=4)
    ) as service:
        async with service.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute("truncate projected, region_total, event_feed, consumer_aggregate")
            await uow.execute("update feed_epoch set epoch = uuidv7()")
        yield service


@dataclass
class Follower:
    """Follows the feed through one stream after the other, of either gateway, always from its last cursor."""

    view: View
    interval_s: float
    chance: random.Random
    begins: Cursor | None = None
    cursor: Cursor | None = None
    seen: list[str] = field(default_factory=list[str])
    opened: int = 0

    async def run(self, hubs: Sequence[Hub]) -> None:
        while True:
            hub = self.chance.choice(hubs)
            client = await hub.open(self.view, after=self.cursor, interval_s=self.interval_s)
            self.opened += 1
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.chance.uniform(0.01, 0.6)):
                        await self._read(frames(hub, client))
            finally:
                hub.close(client)
            await asyncio.sleep(self.chance.uniform(0, 0.1))

    async def _read(self, stream: AsyncIterator[bytes]) -> None:
        async for frame in stream:
            kind, data, cursor = fields(frame)
            assert kind in ("hello", "events"), kind
            self.cursor = unpack(cursor)
            self.begins = self.begins or self.cursor
            self.seen += [item["id"] for item in data.get("items", ())]


def fields(frame: bytes) -> tuple[str, dict[str, list[dict[str, str]]], str]:
    found = dict(line.split(": ", 1) for line in frame.decode().strip().split("\n"))
    return found["event"], json.loads(found["data"]), found["id"]


def some_followers(chance: random.Random, count: int) -> list[Follower]:
    """Return followers of which many have equal views, and some have one of their own."""
    views = [
        View(ELECTION, regions, classes, types)
        for regions in (
            ("*",),
            ("32.71",),
            (KELURAHAN[0],),
            ("32.71.01", "32.71.06"),
            ("33",),
            ("32", "32.71.06"),
        )
        for classes in (PUBLIC, ALL)
        for types in ((), ("desk.turnout.",))
    ]
    return [
        Follower(chance.choice(views), chance.choice((0, 0.05, 0.3)), random.Random(chance.random()))
        for _ in range(count)
    ]


def expected(follower: Follower, feed: Sequence[Entry]) -> list[Entry]:
    assert follower.begins is not None
    lanes = follower.begins.lanes
    return [entry for entry in feed if entry.number > lanes.get(entry.lane, 0) and follower.view.shows(entry)]


@pytest.mark.parametrize("_", range(3))
async def test_everybody_is_told_its_part_of_the_feed_once_and_in_order(
    gateway: RunningService, _: int
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    hubs: list[Hub] = [gateway.app.state.hub, Hub(gateway.app.state.database, clients=1_000)]
    await until_here(gateway, hubs[0])
    second = asyncio.create_task(hubs[1].run())
    followers = some_followers(chance, 60)
    running: list[asyncio.Task[None]] = []
    begun = iter(followers)
    events = whole_story().events
    while events:
        running += [asyncio.create_task(one.run(hubs)) for one in islice(begun, chance.randrange(4))]
        size = chance.randrange(1, 40)
        await play(gateway, events[:size])
        events = events[size:]
        await asyncio.sleep(chance.uniform(0, 0.03))
    running += [asyncio.create_task(one.run(hubs)) for one in begun]
    async with gateway.app.state.database.reading(EVERYWHERE) as connection:
        feed = await read_after(connection, Cursor(""), limit=100_000)
        end = await end_of_feed(connection)
    assert await until_all_have_seen(followers, feed, running), "somebody waits for events that never come"
    for task in (*running, second):
        task.cancel()
    await asyncio.gather(*running, second, return_exceptions=True)
    for one in followers:
        compare(one, feed)
        assert one.cursor is not None
        assert one.cursor.is_within(end)
    assert sum(one.opened for one in followers) > len(followers)
    assert len(hubs[0]._channels) == hubs[0].open_streams == 0


async def until_here(gateway: RunningService, hub: Hub) -> None:
    """Wait until a hub knows the epoch that the fixture began."""
    async with gateway.app.state.database.reading(EVERYWHERE) as connection:
        epoch = await epoch_of(connection)
    while (client := await hub.open(View(ELECTION, (), PUBLIC), after=None)).cursor.epoch != epoch:
        hub.close(client)
        await asyncio.sleep(0.05)
    hub.close(client)


async def until_all_have_seen(
    followers: Sequence[Follower], feed: Sequence[Entry], running: Sequence[asyncio.Task[None]]
) -> bool:
    deadline = asyncio.get_running_loop().time() + 30
    while asyncio.get_running_loop().time() < deadline:
        for task in running:
            if task.done():
                task.result()
        if all(one.begins and len(one.seen) >= len(expected(one, feed)) for one in followers):
            await asyncio.sleep(0.4)  # what comes twice comes now
            return True
        await asyncio.sleep(0.05)
    return False


def compare(follower: Follower, feed: Sequence[Entry]) -> None:
    """Compare by lanes: within one, order is promised."""
    wanted = expected(follower, feed)
    lane_of = {json.loads(entry.event)["id"]: entry.lane for entry in wanted}
    assert sorted(follower.seen) == sorted(lane_of), "missed, told twice, or not its own"
    by_lane: dict[str, list[str]] = {}
    for seen in follower.seen:
        by_lane.setdefault(lane_of[seen], []).append(seen)
    for entry in wanted:
        assert by_lane[entry.lane].pop(0) == json.loads(entry.event)["id"]


@dataclass
class Hand:
    """Channels, and the place up to which they have been handed everything."""

    cursor: Cursor = field(default_factory=lambda: Cursor("e"))
    numbers: int = 0

    def __post_init__(self) -> None:
        self.channels = Channels(lambda: self.cursor)

    def client(self, *regions: str, interval_s: float = 0, classes: frozenset[str] = PUBLIC) -> Client:
        client = Client(View(ELECTION, regions, classes), interval_s, self.cursor)
        self.channels.join(client)
        return client

    def out(self, *regions: str) -> None:
        entries: list[Entry] = []
        for region in regions:
            self.numbers += 1
            self.cursor = self.cursor.after("l", self.numbers)
            event = f'{{"id":"{self.numbers}"}}'
            entries.append(Entry("l", self.numbers, ELECTION, region, "public", "desk.x", event))
        self.channels.hand_out(entries)


def took(client: Client) -> list[int] | None:
    assert client.channel is not None
    frame = client.channel.take(client)
    return None if frame is None else [int(item["id"]) for item in fields(frame)[1]["items"]]


async def test_equal_clients_are_given_the_very_same_frame() -> None:
    hand = Hand()
    first, second, other = hand.client("32.71"), hand.client("32.71"), hand.client("32.71.06")
    assert len(hand.channels) == 2
    hand.out("32.71.06", "32.71.01")
    channel = first.channel
    assert channel is not None
    assert channel.take(first) is channel.take(second) is not None
    assert took(other) == [1]


async def test_an_event_touches_the_channels_that_cover_its_region_alone() -> None:
    hand = Hand()
    clients = {place: hand.client(place) for place in ("*", "32", "32.71", "32.7", "32.71.06", "32.71.061")}
    two = hand.client("33", "32.71.06", "32.71")
    hand.out("32.71.06.1002")
    assert [place for place, client in clients.items() if took(client)] == ["*", "32", "32.71", "32.71.06"]
    assert took(two) == [1], "covered twice, told once"
    hand.out("*")
    assert all(took(client) == [2] for client in (*clients.values(), two)), (
        "what is of the nation is everybody's"
    )


async def test_the_first_change_goes_at_once_and_the_next_ones_as_one_frame() -> None:
    hand = Hand()
    early = hand.client("32.71", interval_s=0.2)
    hand.out("32.71")
    assert took(early) == [1]
    hand.out("32.71")
    late = hand.client("32.71", interval_s=0.2)
    hand.out("32.71")
    assert took(early) is None
    assert took(late) is None
    early.arrived.clear()
    await asyncio.wait_for(early.arrived.wait(), 10)
    assert took(early) == [2, 3]
    assert took(late) == [3], "from when it came"
    await asyncio.sleep(0.5)  # a pause
    hand.out("32.71")
    assert (took(early), took(late)) == ([4], [4])


async def test_a_client_that_takes_nothing_loses_its_place_and_what_it_held() -> None:
    hand = Hand()
    slow, quick = hand.client("32.71"), hand.client("32.71")
    for _ in range(MOST_IN_FRAME // 500 + 3):
        hand.out(*["32.71"] * 500)
        assert took(quick)
    assert slow.ending == "reset"
    assert slow.place is None
    assert quick.ending is None


async def test_a_frame_does_not_grow_without_end() -> None:
    hand = Hand()
    client = hand.client("32.71", interval_s=60)
    hand.out("32.71")
    assert took(client) == [1]
    hand.out(*["32.71"] * (MOST_IN_FRAME - 1))
    assert took(client) is None
    hand.out("32.71")
    assert len(took(client) or []) == MOST_IN_FRAME
    hand.channels.leave(client)
    assert len(hand.channels) == 0
