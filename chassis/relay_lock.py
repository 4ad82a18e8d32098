"""Which instance of a service relays: the one that holds a session lock of PostgreSQL; the others poke it.

The holder says in its database where it is reached. An instance that waits for the lock and commits pokes it over the
internal port, so that an event need not wait for the holder's poll; a poke that fails is left to that poll.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from chassis.database import Row

Poke = Callable[[str], Awaitable[bool]]
"""Pokes the relay of the instance at a base URL, and says whether it answered."""

_TRY_EVERY_S = 0.5
_REST_S = 0.02
"""So long after a poke, commits go together with the next one."""

_TRY = (
    "select pg_try_advisory_lock(hashtext('desk.relay')) as taken, (select url from relay_holder) as holder"
)
_SAY_WHERE = """
insert into relay_holder (url) values ($1) on conflict (single) do update set url = excluded.url
"""


class RelayLock:
    """The lock of one service's relay, as one of its instances sees it.

    Args:
        url: where the other instances reach this one.

    Attributes:
        waits: whether another instance holds it.
    """

    def __init__(self, url: str, *, poke: Poke) -> None:
        self._url = url
        self._poke = poke
        self.waits = False

    async def take(self, connection: "asyncpg.Connection[Row]", *, committed: asyncio.Event) -> None:
        """Wait until no other instance holds the lock, and poke the one that does when something is committed here.

        The lock lasts as long as the connection.
        """
        try:
            while True:
                found = await connection.fetchrow(_TRY)
                assert found is not None
                if found["taken"]:
                    break
                self.waits = True
                await self._poke_holder(found["holder"], committed)
        finally:
            self.waits = False
        await connection.execute(_SAY_WHERE, self._url)

    async def _poke_holder(self, url: str | None, committed: asyncio.Event) -> None:
        """Poke the holder for half a second, one poke at a time; where it does not answer, not a second time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _TRY_EVERY_S
        while (left := until - loop.time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(committed.wait(), left)
            if committed.is_set():
                committed.clear()
                answered = url is not None and await self._poke(url)
                await asyncio.sleep(_REST_S if answered else max(0.0, until - loop.time()))
