"""Streams: each gateway reads the feed once, as it grows, and hands new events to the channels of its own clients.

The projector notifies once a batch. A client that reads too slowly is told `reset` and let go: nothing waits for it. One that
comes again with its cursor first gets what it has missed, page by page from the feed, and then its place in a channel.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping

import asyncpg
import structlog
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from chassis.access_changes import AccessChanges
from chassis.actor import Actor, RegionGroups
from chassis.clock import wall_now
from chassis.database import Database
from chassis.problems import Overloaded, Problem
from contracts.access import GROUP_PREFIX
from gateway.channels import Channels, Client, Ending, events_frame
from gateway.feed import (
    RESUME_AT_MOST,
    Cursor,
    Entry,
    View,
    advance,
    count_after,
    end_of_feed,
    epoch_of,
    read_after,
)
from gateway.projections.engine import NOTIFY

log = structlog.get_logger(__name__)

_POLL_S = 1.0
_BATCH = 2_000
_PAGE = 1_000
_READERS = 4
"""So many streams read what they have missed at once; when all come again together, the others still get connections."""

KEEPALIVE_S = 15.0


class Hub:
    """Follows the feed and serves the streams of one process."""

    def __init__(
        self,
        database: Database,
        *,
        clients: int,
        groups: RegionGroups | None = None,
        changes: AccessChanges | None = None,
    ) -> None:
        self._database = database
        self._most = clients
        self._clients: set[Client] = set()
        self._groups = groups or RegionGroups()
        self._generation = self._groups.generation
        self._changes = changes or AccessChanges()
        self._changes_seen = self._changes.generation
        self._channels = Channels(lambda: self.cursor)
        self._cursor: Cursor | None = None
        self._leaving = False
        self._notified = asyncio.Event()
        self._moving = asyncio.Lock()
        self._catching_up = asyncio.Semaphore(_READERS)

    @property
    def open_streams(self) -> int:
        """Return how many streams are open."""
        return len(self._clients)

    @property
    def cursor(self) -> Cursor:
        """Return the place up to which every event of the feed has been handed to the channels."""
        assert self._cursor is not None, "the hub has not looked yet"
        return self._cursor

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
            while True:
                self._notified.clear()
                while await self._move():
                    pass
                self._judge_regions()
                self._judge_tokens()
                try:
                    await asyncio.wait_for(self._notified.wait(), _POLL_S)
                except TimeoutError:
                    await listener.execute("select 1", timeout=5)
        finally:
            listener.terminate()

    def _notice(self, *_: object) -> None:
        self._notified.set()

    async def _move(self) -> bool:
        """Hand the next events of the feed to the channels, and say whether there may be more."""
        async with self._moving, self._database.reading() as connection:
            if self._cursor is None:
                self._cursor = await end_of_feed(connection)
            elif await epoch_of(connection) != self._cursor.epoch:
                self._cursor = await end_of_feed(connection)
                self._end_all(Ending.RESET)
            elif not self._clients:
                end = await end_of_feed(connection)
                if not self._clients:  # still: whoever came meanwhile is told from where the hub stood then
                    self._cursor = end
                    return False
            entries = await read_after(connection, self._cursor, limit=_BATCH)
            self._cursor = advance(self._cursor, entries)
            self._channels.hand_out(entries)
            return len(entries) == _BATCH

    def _judge_regions(self) -> None:
        """End the streams where a named group, of the token or the one asked for, has other regions than when they began."""
        if self._generation == self._groups.generation:
            return
        self._generation = self._groups.generation
        for client in self._clients:
            if self._has_changed(client):
                client.end(Ending.REGIONS_CHANGED)

    def _judge_tokens(self) -> None:
        """End the streams whose token no longer counts."""
        if self._changes_seen == self._changes.generation:
            return
        self._changes_seen = self._changes.generation
        for client in self._clients:
            if (actor := client.actor) and self._changes.cut(actor.ties, actor.issued_at):
                client.end(Ending.TOKEN_REVOKED)

    def _has_changed(self, client: Client) -> bool:
        asked, actor = client.region or "", client.actor
        if asked.startswith(GROUP_PREFIX) and self._groups.members(asked) != client.view.regions:
            return True
        return actor is not None and actor.as_of(self._groups) != actor

    def _end_all(self, why: Ending) -> None:
        for client in self._clients:
            client.end(why)

    def send_away(self) -> None:
        """Have every stream end behind what waits for it, because this process ends."""
        self._leaving = True
        self._end_all(Ending.LEAVING)

    async def open(
        self,
        view: View,
        *,
        after: Cursor | None,
        interval_s: float = 1,
        actor: Actor | None = None,
        region: str | None = None,
    ) -> Client:
        """Open a stream: from now, or from a cursor where no more than 10,000 events have passed since.

        Args:
            interval_s: least time between two frames; 0: each change at once.
            actor: whose stream it is: it ends with the caller's token, and when its regions change.
            region: the region or group that was asked for; where it is a group, the stream ends when its regions change.

        Raises:
            Overloaded: this process serves as many as it may.
        """
        if self._leaving:
            raise Overloaded(
                "This gateway is being renewed: come again.",
                detail_id="Gerbang ini sedang diperbarui: silakan datang lagi.",
                retry_after_s=1,
            )
        if len(self._clients) >= self._most:
            raise Overloaded(
                "This gateway serves as many streams as it may.",
                detail_id="Gerbang ini sudah melayani aliran sebanyak yang diperbolehkan.",
                retry_after_s=5,
            )
        if self._cursor is None:
            await self._move()
        client = Client(view, interval_s, after or self.cursor, actor, region)
        if actor and actor.expires_at is not None:
            left_s = actor.expires_at - wall_now().timestamp()
            client.expiry = asyncio.get_running_loop().call_later(left_s, client.end, Ending.TOKEN_EXPIRED)
        self._clients.add(client)
        try:
            if after is None:
                client.cursor = self.cursor
                self._channels.join(client)
            elif not await self._can_resume(after):
                client.end(Ending.RESET)
        except BaseException:
            self.close(client)
            raise
        return client

    async def _can_resume(self, after: Cursor) -> bool:
        async with self._catching_up, self._database.reading() as connection:
            if after.epoch != await epoch_of(connection):
                return False
            return await count_after(connection, after, limit=RESUME_AT_MOST + 1) <= RESUME_AT_MOST

    async def catch_up(self, client: Client) -> AsyncIterator[bytes]:
        """Yield what a client has missed since its cursor as frames, and give it its place in a channel at the end."""
        full = client.channel is None
        while full and client.ending is None:
            entries = await self._read(client, limit=_PAGE)
            full = len(entries) == _PAGE
            if frame := _passed(client, entries):
                yield frame
        if client.channel is None and client.ending is None and (frame := await self._arrive(client)):
            yield frame

    async def _read(self, client: Client, *, limit: int) -> list[Entry]:
        async with self._catching_up, self._database.reading() as connection:
            entries = await read_after(connection, client.cursor, limit=limit)
            if await epoch_of(connection) == client.cursor.epoch:
                return entries
        client.end(Ending.RESET)
        return []

    async def _arrive(self, client: Client) -> bytes | None:
        """Give a client its place in a channel, and return as a frame what lies between its cursor and that place.

        A cursor of another process may be ahead of this one, which then moves on; one that is still ahead is of no feed
        of ours. Once the client has its place, its channel tells it whatever this process has not handed out yet.
        """
        while not client.cursor.is_within(self.cursor) and await self._move():
            pass
        if not client.cursor.is_within(self.cursor):
            client.end(Ending.RESET)
        if client.ending:
            return None
        here = self.cursor
        self._channels.join(client)
        entries = await self._read(client, limit=RESUME_AT_MOST + 1)
        if len(entries) > RESUME_AT_MOST:
            client.end(Ending.RESET)
            return None
        return _passed(client, [entry for entry in entries if entry.number <= here.lanes.get(entry.lane, 0)])

    def close(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)
        self._channels.leave(client)
        if client.expiry is not None:
            client.expiry.cancel()


def _passed(client: Client, entries: list[Entry]) -> bytes | None:
    """Move a client past events of the feed, and return as a frame those that it may see."""
    client.cursor = advance(client.cursor, entries)
    shown = [entry for entry in entries if client.view.shows(entry)]
    return events_frame(shown, client.cursor) if shown else None


async def frames(hub: Hub, client: Client) -> AsyncIterator[bytes]:
    """Yield the frames of a stream, as they go over the wire, until it ends."""
    hello = client.cursor.pack()
    yield format_sse_event(data_str=json.dumps({"cursor": hello}), event="hello", id=hello)
    async for frame in hub.catch_up(client):
        yield frame
    while client.ending is None:
        try:
            await asyncio.wait_for(client.arrived.wait(), KEEPALIVE_S)
        except TimeoutError:
            yield KEEPALIVE_COMMENT
            continue
        client.arrived.clear()
        if client.ending is None and client.channel and (frame := client.channel.take(client)):
            yield frame
    for frame in _farewell(hub, client):
        yield frame


def _farewell(hub: Hub, client: Client) -> Iterator[bytes]:
    """Give what is still to be told, and why the stream ends, where the client has to do more than to come again."""
    if client.ending is Ending.RESET:
        yield _last(Ending.RESET, {"why": "fetch the snapshot again and go on from its cursor"})
        return
    cursor = client.cursor
    if client.channel is not None:
        cursor = hub.cursor
        if rest := client.channel.take_rest(client):
            yield rest
    if client.ending is not None and client.ending in _WHY:
        packed = cursor.pack()
        yield _last(client.ending, {"why": _WHY[client.ending], "cursor": packed}, cursor=packed)


_WHY = {
    Ending.TOKEN_EXPIRED: "the token is over: come again with a new one, or a new ticket, and this cursor",
    Ending.TOKEN_REVOKED: "what the token rests upon has changed: come again with a new one, and this cursor",
    Ending.REGIONS_CHANGED: "the regions of the token's groups have changed: come again with this cursor",
}


def _last(ending: Ending, data: Mapping[str, str], *, cursor: str | None = None) -> bytes:
    return format_sse_event(data_str=json.dumps(data), event=ending.value, id=cursor)
