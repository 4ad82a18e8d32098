"""Channels: clients that see the same events at the same pace share one, which filters and packs for all of them at once.

A channel is a chain of batches of events; a client is a place in it, and what the last place has passed is freed. The first
change after a pause is told at once; what follows waits until the interval is over, and is then told as one frame.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fastapi.sse import format_sse_event

from chassis.actor import Actor
from contracts.access import NATION
from gateway.feed import Cursor, Entry, View

MOST_BEHIND = 2_048
"""Events that a client may have left standing of what was told before, at the next frame; beyond, it loses its place."""

MOST_IN_FRAME = 2_048
"""So many events are told although the interval is not over."""


class Ending(StrEnum):
    """Why a stream ends; the name of its last event, where it has one."""

    RESET = "reset"
    """What the client has missed is more than is kept for it, or not known any more."""

    TOKEN_EXPIRED = "token-expired"  # noqa: S105 - the name of an event
    """The token with which the stream was opened is over: the client comes again with its cursor and a new one."""

    REGIONS_CHANGED = "regions-changed"
    """A named group of the token has other regions now: the client comes again, and is judged anew."""

    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - the name of an event
    """What the token rests upon has changed: the client comes again with its cursor and a new one, if it gets one."""

    LEAVING = "leaving"
    """This process ends: what waits is sent, and the client comes again with its cursor, to another one."""


@dataclass(slots=True, eq=False)
class Batch:
    """Events that came together; `count` is how many the channel has had with them."""

    entries: Sequence[Entry]
    count: int
    next: "Batch | None" = None


@dataclass(slots=True, eq=False)
class Client:
    """One open stream: what it may see, how often, and its place.

    Attributes:
        cursor: where it stood when it came.
        region: the region or the group that was asked for, None for all of the caller's.
    """

    view: View
    interval_s: float
    cursor: Cursor
    actor: Actor | None = None
    region: str | None = None
    channel: "Channel | None" = None
    place: Batch | None = None
    ending: Ending | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    expiry: asyncio.TimerHandle | None = None

    def end(self, why: Ending) -> None:
        """Have the stream end; the first reason stays."""
        self.ending = self.ending or why
        if self.ending is Ending.RESET:
            self.place = None
        self.arrived.set()


class Channel:
    """What all clients of one view and one interval are told.

    Args:
        cursor: gives the place in the feed up to which every event has been appended where it belongs.
    """

    def __init__(self, view: View, interval_s: float, *, cursor: Callable[[], Cursor]) -> None:
        self.view = view
        self.interval_s = interval_s
        self._now = cursor
        self._clients: set[Client] = set()
        self._before = self._told = self._end = Batch((), 0)
        self._cursor = cursor()
        self._frame: bytes | None = None
        self._resting: asyncio.TimerHandle | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether nobody listens."""
        return not self._clients

    def join(self, client: Client) -> None:
        """Give a client its place behind everything that is here."""
        self._clients.add(client)
        client.channel, client.place = self, self._end

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)
        client.channel = client.place = None
        if self._resting is not None and not self._clients:
            self._resting.cancel()

    def append(self, entries: Sequence[Entry]) -> None:
        """Take events that the view shows: tell them now, or when the interval is over."""
        self._end.next = Batch(entries, self._end.count + len(entries))
        self._end = self._end.next
        if self._resting is None or self._end.count - self._told.count >= MOST_IN_FRAME:
            self._tell()

    def take(self, client: Client) -> bytes | None:
        """Return what was told since the client's place as one frame, None where that is nothing; and move the client."""
        start = client.place
        if start is None or start.count >= self._told.count:
            return None
        client.place = self._told
        if start is not self._before:
            return events_frame(_between(start, self._told), self._cursor)
        if self._frame is None:
            self._frame = events_frame(_between(start, self._told), self._cursor)
        return self._frame

    def take_rest(self, client: Client) -> bytes | None:
        """Return as one frame whatever the client has not seen, told or not."""
        start, client.place = client.place, self._end
        if start is None or start is self._end:
            return None
        return events_frame(_between(start, self._end), self._now())

    def _tell(self) -> None:
        self._before, self._told, self._cursor, self._frame = self._told, self._end, self._now(), None
        for client in self._clients:
            if client.place is not None and self._before.count - client.place.count > MOST_BEHIND:
                client.end(Ending.RESET)
            client.arrived.set()
        if self._resting is not None:
            self._resting.cancel()
        if self.interval_s:
            self._resting = asyncio.get_running_loop().call_later(self.interval_s, self._rested)

    def _rested(self) -> None:
        self._resting = None
        if self._end is not self._told:
            self._tell()


class Channels:
    """The channels of a process, found by the regions that they cover."""

    def __init__(self, cursor: Callable[[], Cursor]) -> None:
        self._cursor = cursor
        self._channels: dict[tuple[View, float], Channel] = {}
        self._covering: dict[tuple[str, str], set[Channel]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._channels)

    def join(self, client: Client) -> None:
        """Give a client its place in the channel that is its own, or was there."""
        key = (client.view, client.interval_s)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(*key, cursor=self._cursor)
            for region in client.view.regions:
                self._covering.setdefault((client.view.election, region), set()).add(channel)
        channel.join(client)

    def leave(self, client: Client) -> None:
        """Forget a client, and the channel that is empty without it."""
        channel = client.channel
        if channel is None:
            return
        channel.leave(client)
        if channel.is_empty:
            del self._channels[channel.view, channel.interval_s]
            for place in {(channel.view.election, region) for region in channel.view.regions}:
                self._covering[place].discard(channel)
                if not self._covering[place]:
                    del self._covering[place]

    def hand_out(self, entries: Iterable[Entry]) -> None:
        """Append events to every channel whose view shows them."""
        shown: dict[Channel, list[Entry]] = {}
        for entry in entries:
            for channel in self._that_may_show(entry):
                if channel.view.shows(entry):
                    shown.setdefault(channel, []).append(entry)
        for channel, its_own in shown.items():
            channel.append(its_own)

    def _that_may_show(self, entry: Entry) -> set[Channel]:
        if entry.region == NATION:
            return set(self._channels.values())
        places = ((entry.election, region) for region in _upwards(entry.region))
        found: set[Channel] = set()
        for place in places:
            found.update(self._covering.get(place, ()))
        return found


def _upwards(region: str) -> Iterator[str]:
    """Give the codes that cover a region, from the nation to itself."""
    yield NATION
    end = region.find(".")
    while end > 0:
        yield region[:end]
        end = region.find(".", end + 1)
    yield region


def _between(start: Batch, end: Batch) -> Iterator[Entry]:
    batch = start
    while batch is not end:
        assert batch.next is not None
        batch = batch.next
        yield from batch.entries


def events_frame(entries: Iterable[Entry], cursor: Cursor) -> bytes:
    """Return the frame that tells events; its id is the cursor behind them."""
    items = '{"items":[' + ",".join(entry.event for entry in entries) + "]}"
    return format_sse_event(data_str=items, event="events", id=cursor.pack())
