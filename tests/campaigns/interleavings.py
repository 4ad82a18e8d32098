"""Whatever order topics are taken in, the state is the same: every consumer of the desk, against the ordered feed.

One seed is one bad day for each consumer: 30 % of the records twice, 30 % out of place, 10 % late, some that only the
ledger has; two members of the group at once, batches cut anyhow, some rolled back, a zombie among them. After it every row
of every table equals what the ordered feed left.
"""

import asyncio
import importlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta

from chassis.consumer import Received, Subscription
from chassis.database import Database
from chassis.migrations import migrate
from chassis.row_security import EVERYWHERE
from contracts.envelope import EventData
from services.logistics.commands.supplies import compute_needs
from tests.campaigns.feeding import Group, Told, feed
from tests.campaigns.shuffling import BAD, FINE, Weather, topics_of
from tests.campaigns.states import Columns, Tables, empty, rows_of, state_of, tables_of
from tests.harness import package_of
from tests.infrastructure import drop_database, exclusive, make_database, postgres_server
from tests.story import OPENS
from tests.story.retold import retold_story

CONSUMERS = ("gateway", "turnout", "logistics", "incidents")
MEMBERS = 2

Chore = Callable[[Database], Awaitable[None]]


@dataclass(frozen=True)
class Subject:
    """A consumer under test: its group, and what its service does by itself after events have come."""

    name: str
    group: Group
    tables: Tables
    chore: Chore | None


async def _needs(database: Database) -> None:
    """Compute what TPS need, as logistics does within half a second after anything changed."""
    left = 1
    while left:
        async with database.transaction(EVERYWHERE) as uow:
            left = await compute_needs(uow, now=OPENS - timedelta(days=2), rehearsal=True)


_CHORES: Mapping[str, Chore] = {"logistics": _needs}
# How often needs were computed on the way, and so how often they were told, is not promised; what they are, and were last
# told to be, is.
_BESIDES: Mapping[str, Mapping[str, Columns]] = {
    "logistics": dict.fromkeys(("tps_supply", "kecamatan_need", "outbox"), ("version",))
}
_TOLD_LAST: Mapping[str, Mapping[str, str]] = {
    "logistics": {
        "outbox": "not exists (select 1 from outbox o where o.aggregate = t.aggregate and o.version > t.version)"
    }
}


def migrated(name: str) -> str:
    """Make a database of a service and return its address; one at a time, for Alembic knows one context a process."""
    with exclusive("migrations"):
        url = make_database(name)
        migrate(postgres_server().owner_url(url), package=package_of(name))
    return url


@asynccontextmanager
async def subject(name: str) -> AsyncGenerator[Subject]:
    """Make the database of a service by its migrations, for its consumer alone."""
    url = await asyncio.to_thread(migrated, name)
    database = Database(url, pool_size=6)
    try:
        tables = await tables_of(database, besides=_BESIDES.get(name), telling=_TOLD_LAST.get(name))
        yield Subject(name, Group(_subscription(name), database), tables, _CHORES.get(name))
    finally:
        await database.close()
        await asyncio.to_thread(drop_database, url)


def _subscription(name: str) -> Subscription:
    place = "gateway.projections.engine" if name == "gateway" else f"{package_of(name)}.consumers"
    return importlib.import_module(place).SUBSCRIPTION


async def ordered(one: Subject, events: Sequence[Received[EventData]]) -> dict[str, str]:
    """Return the state that the events leave when each comes once and in order."""
    await empty(one.group.database, one.tables)
    rng = random.Random(0)
    await feed(one.group, topics_of(events, rng, FINE), rng, members=1, steady=True)
    if one.chore:
        await one.chore(one.group.database)
    return await state_of(one.group.database, one.tables)


async def shuffled(
    one: Subject, events: Sequence[Received[EventData]], seed: int, weather: Weather = BAD
) -> tuple[dict[str, str], Told]:
    """Return the state that the events leave after the bad day of this seed, and what happened on it."""
    await empty(one.group.database, one.tables)
    rng = random.Random(f"{one.name} {seed}")
    topics = topics_of(events, rng, weather)
    day = asyncio.ensure_future(feed(one.group, topics, rng, members=MEMBERS))
    while one.chore and not day.done():
        await one.chore(one.group.database)
        await asyncio.wait({day}, timeout=0.02)
    told = await day
    if one.chore:
        await one.chore(one.group.database)
    return await state_of(one.group.database, one.tables), told


@dataclass(frozen=True)
class Found:
    """What one seed came to.

    Attributes:
        differences: tables that are not as the ordered feed left them.
    """

    consumer: str
    seed: int
    differences: list[str]
    told: Told

    def line(self) -> dict[str, object]:
        """Return it as a line of the campaign's file."""
        told = asdict(self.told)
        return {"consumer": self.consumer, "seed": self.seed, "differences": self.differences, **told}


@dataclass
class Course:
    """One consumer with the state that every interleaving must leave."""

    subject: Subject
    events: Sequence[Received[EventData]]
    expected: dict[str, str]

    async def run(self, seed: int) -> Found:
        """Run one seed."""
        state, told = await shuffled(self.subject, self.events, seed)
        wrong = [name for name in self.expected if self.expected[name] != state[name]]
        return Found(self.subject.name, seed, wrong, told)

    async def explain(self, found: Found) -> list[str]:
        """Return some rows that a seed left and should not have, and some that it should have left; to be asked at once."""
        one = self.subject
        left = {table: await rows_of(one.group.database, one.tables, table) for table in found.differences}
        if left:
            await ordered(one, self.events)
        told: list[str] = []
        for table, rows in left.items():
            wanted = await rows_of(one.group.database, one.tables, table)
            told.append(f"{found.consumer} seed {found.seed}: {table}")
            told += [f"  is     {row}" for row in sorted(set(rows) - set(wanted))[:3]]
            told += [f"  wanted {row}" for row in sorted(set(wanted) - set(rows))[:3]]
        return told


@asynccontextmanager
async def course(name: str) -> AsyncGenerator[Course]:
    """Prepare a consumer: its database, the retold story, and what the ordered feed makes of it."""
    events = retold_story().events
    async with subject(name) as one:
        yield Course(one, events, await ordered(one, events))
