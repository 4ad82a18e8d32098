"""Whose tokens no longer count, in every process: taken in from the service that knows, and read again every two seconds.

A token rests upon an application, a person or an officer of a roster, and a device, each by a *tie* and its version
(`{"client:bpbd-jabar": 3, "person:bpbd-jabar:p-17": 1}`). When one of them changes or ends, its version goes up, and tokens that
carry an older one are refused although they are not over: no two clocks are compared. A token without versions, of another
issuer, is judged by its `iat`. The events of changes fill a table of each service's own database, and every replica reads it,
for only one of them takes an event in.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from chassis.clock import wall_now
from chassis.consumer import Received
from chassis.database import Connection, Database, UnitOfWork
from chassis.problems import Problem
from contracts.registry_events import AccessChanged

log = structlog.get_logger(__name__)

REFRESH_EVERY_S = 2.0
_AWAY = (Problem, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of what tokens rest upon: its version since then, and the second from which on tokens count."""

    version: int
    changed_at: datetime


ReadChanges = Callable[[Connection, datetime], Awaitable[Mapping[str, Change]]]
"""Reads, where a service keeps them, the changes after a moment, by tie; older ones concern no token that lives."""


class AccessChanges:
    """The last changes of what tokens rest upon. Empty until filled; a look is a probe of a dictionary or two."""

    def __init__(self) -> None:
        self._known: Mapping[str, Change] = {}
        self.generation = 0

    def replace(self, found: Mapping[str, Change]) -> None:
        """Put other changes in the place of all."""
        self._known = found
        self.generation += 1

    def cut(self, ties: Sequence[tuple[str, int | None]], issued_at: int) -> bool:
        """Say whether a token no longer counts.

        Args:
            ties: what it rests upon, with the versions that it was issued by; None where it does not say.
            issued_at: its `iat`.
        """
        known = self._known
        if not known:
            return False
        for tie, version in ties:
            change = known.get(tie)
            if change is not None and (
                change.changed_at.timestamp() > issued_at if version is None else change.version > version
            ):
                return True
        return False


async def know_access_changes(uow: UnitOfWork, events: Sequence[Received[AccessChanged]]) -> None:
    """Know changes as their events tell of them; an older one never replaces a newer one.

    Every consumer of the service that knows who may do what handles their events with this.
    """
    await uow.execute(
        """insert into consumer_access_change (tie, version, changed_at)
           select * from unnest($1::text[], $2::bigint[], $3::timestamptz[])
           on conflict (tie) do update set version = excluded.version, changed_at = excluded.changed_at
           where consumer_access_change.version < excluded.version""",
        [f"{event.data.kind.value}:{event.data.subject}" for event in events],
        [event.envelope.version for event in events],
        [event.data.changed_at for event in events],
    )


async def known_access_changes(connection: Connection, since: datetime) -> Mapping[str, Change]:
    """Return the changes that this service knows by the events of their owner."""
    rows = await connection.fetch("select * from consumer_access_change where changed_at > $1", since)
    return {row["tie"]: Change(row["version"], row["changed_at"]) for row in rows}


async def follow_access_changes(
    changes: AccessChanges, *, database: Database, read: ReadChanges, longest_token_s: float
) -> None:
    """Keep the changes as the database has them, until cancelled.

    Args:
        longest_token_s: life of a token; what changed before the oldest that can be about concerns none.
    """
    known: Mapping[str, Change] = {}
    while True:
        try:
            since = wall_now() - timedelta(seconds=longest_token_s + 60)
            async with database.reading() as connection:
                found = await read(connection, since)
            if found != known:
                known = found
                changes.replace(found)
        except _AWAY as error:
            log.info("access_changes_not_read", error=type(error).__name__)
        await asyncio.sleep(REFRESH_EVERY_S)
