"""Streams: each gateway reads the feed once, as it grows, and hands new events to its own clients.

The projector notifies once a batch. A client that reads too slowly is told `reset` and let go: nothing waits for it.
The first change after a pause goes out at once; what follows is merged into one frame a second (or as the client asks).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
import structlog

from chassis.database import Database
from chassis.problems import Overloaded, Problem
from gateway.feed import RESUME_AT_MOST, Cursor, Entry, View, advance, end_of_feed, epoch_of, read_after
from gateway.projections.engine import NOTIFY

log = structlog.get_logger(__name__)

QUEUE = 256
_POLL_S = 1.0
_BATCH = 2_000
KEEPALIVE_S = 15.0


@dataclass(slots=True, eq=False)
class Client:
    """One open stream: what it may see, and the events that wait for it.

    `floor` is what the client had seen when it came, which may be more than this process has.
    """

    view: View
    cursor: Cursor
    floor: Mapping[str, int] = field(default_factory=dict[str, int])
    waiting: list[Entry] = field(default_factory=list[Entry])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False
    leaving: bool = False
    """This process ends: what waits is sent, and the client comes again with its cursor, to another one."""
    most_waiting: int = QUEUE * 8

    def offer(self, entries: Sequence[Entry], cursor: Cursor) -> None:
        """Give the client new events; one whose queue is full loses its place."""
        shown = [
            entry
            for entry in entries
            if entry.number > self.floor.get(entry.lane, 0) and self.view.shows(entry)
        ]
        self.cursor = cursor
        if not shown:
            return
        if len(self.waiting) + len(shown) > self.most_waiting:
            self.lost = True
        else:
            self.waiting.extend(shown)
        self.arrived.set()

    def resume(self, entries: Sequence[Entry], cursor: Cursor) -> None:
        """Give the client what it has missed, however much: it may wait beside what is new until it is sent."""
        self.most_waiting = QUEUE * 8 + len(entries)
        self.offer(entries, cursor)

    def take(self) -> list[Entry]:
        """Return what waits, and let the client wait no longer for more than the usual."""
        entries, self.waiting, self.most_waiting = self.waiting, [], QUEUE * 8
        return entries


class Hub:
    """Follows the feed and serves the streams of one process."""

    def __init__(self, database: Database, *, clients: int) -> None:
        self._database = database
        self._most = clients
        self._clients: set[Client] = set()
        self._cursor: Cursor | None = None
        self._leaving = False
        self._notified = asyncio.Event()
        self._moving = asyncio.Lock()
        """Held while the hub moves on, and while a client comes in: what one has seen the other need not send."""

    @property
    def open_streams(self) -> int:
        """Return how many streams are open."""
        return len(self._clients)

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        while True:
            try:
                await self._follow()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Problem, TimeoutError) as error:
                log.info("hub_restarts", error=type(error).__name__)
            await asyncio.sleep(0.3)

    async def _follow(self) -> None:
        listener = await self._database.connect_alone()
        try:
            await listener.add_listener(NOTIFY, self._notice)
            if self._cursor is None:
                async with self._database.reading() as connection:
                    self._cursor = await end_of_feed(connection)
            while True:
                self._notified.clear()
                await self._take()
                try:
                    await asyncio.wait_for(self._notified.wait(), _POLL_S)
                except TimeoutError:
                    await listener.execute("select 1", timeout=5)
        finally:
            listener.terminate()

    def _notice(self, *_: object) -> None:
        self._notified.set()

    async def _take(self) -> None:
        assert self._cursor is not None
        more = True
        while more:
            async with self._moving, self._database.reading() as connection:
                epoch = await epoch_of(connection)
                if epoch != self._cursor.epoch:
                    self._cursor = await end_of_feed(connection)
                    self._reset_all()
                entries = await read_after(connection, self._cursor, limit=_BATCH)
                if entries:
                    self._cursor = advance(self._cursor, entries)
                    for client in self._clients:
                        client.offer(entries, self._cursor)
                more = len(entries) == _BATCH

    def _reset_all(self) -> None:
        for client in self._clients:
            client.lost = True
            client.arrived.set()

    def send_away(self) -> None:
        """Have every stream end behind what waits for it, because this process ends."""
        self._leaving = True
        for client in self._clients:
            client.leaving = True
            client.arrived.set()

    async def open(self, view: View, *, after: Cursor | None) -> Client:
        """Open a stream: from now, or from a cursor where no more than 10,000 events have passed since.

        Raises:
            Overloaded: this process serves as many as it may.
        """
        if self._leaving:
            raise Overloaded("This gateway is being renewed: come again.", retry_after_s=1)
        if len(self._clients) >= self._most:
            raise Overloaded("This gateway serves as many streams as it may.", retry_after_s=5)
        async with self._moving:
            async with self._database.reading() as connection:
                here = self._cursor or await end_of_feed(connection)
                if after is None:
                    return self._add(Client(view, here))
                known = after.epoch == here.epoch
                missed = await read_after(connection, after, limit=RESUME_AT_MOST + 1) if known else []
            if not known or len(missed) > RESUME_AT_MOST:
                client = Client(view, here, lost=True)
                client.arrived.set()
                return client
            client = self._add(Client(view, after, floor=after.lanes))
            client.resume([entry for entry in missed if entry.number <= here.lanes.get(entry.lane, 0)], here)
            return client

    def _add(self, client: Client) -> Client:
        self._clients.add(client)
        return client

    def close(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)


async def frames(hub: Hub, client: Client, *, interval_s: float) -> AsyncIterator[tuple[str, str, str]]:
    """Yield `(event, id, data)` for each frame of a stream until the client is lost.

    Args:
        interval_s: least time between two frames that carry events.
    """
    try:
        yield "hello", client.cursor.pack(), json.dumps({"cursor": client.cursor.pack()})
        while True:
            try:
                await asyncio.wait_for(client.arrived.wait(), KEEPALIVE_S)
            except TimeoutError:
                yield "keepalive", client.cursor.pack(), "{}"
                continue
            client.arrived.clear()
            if client.lost:
                yield "reset", "", json.dumps({"why": "fetch the snapshot again and go on from its cursor"})
                return
            entries = client.take()
            if entries:
                yield "events", client.cursor.pack(), '{"items":[' + ",".join(e.event for e in entries) + "]}"
            if client.leaving:
                return
            if entries and interval_s:
                await asyncio.sleep(interval_s)
    finally:
        hub.close(client)
