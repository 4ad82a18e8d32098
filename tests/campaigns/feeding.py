"""Feeds topics to a service's consumer without a broker between: its own decoding, positions, inbox and handlers, one
transaction a batch, on a real database.

Members of a consumer group work at once, each with partitions of its own; now and then one of them dies with its transaction
open, and once an old member comes back and must be fenced out.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition

from chassis.broker import Broker
from chassis.consumer import Consumer, Handler, Ignore, Received, Subscription
from chassis.database import Database, UnitOfWork
from chassis.inbox import Decoded, Inbox, ZombieFenced
from chassis.metrics import Metrics
from chassis.row_security import EVERYWHERE
from contracts.envelope import EventData
from tests.campaigns.shuffling import Lane, Topics, decoded

CRASHES = 0.15
"""Share of batches that are rolled back once before they pass."""

MOST_PARTITIONS, MOST_RECORDS = 4, 40
"""In one batch."""


class Died(Exception):
    """The process ended here: what it did in this transaction never was."""


@dataclass
class Told:
    """What happened while topics were taken in."""

    records: int = 0
    batches: int = 0
    crashes: int = 0
    fenced: int = 0
    filled: int = 0


@dataclass
class _Fate:
    """Whether the batch that is taken in ends with its process; `Died` is raised among or after its handlers."""

    calls_left: int | None = None

    def pass_by(self) -> None:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise Died


@dataclass
class Member:
    """A process of the consumer's group: the real consumer, its partitions, and its fate."""

    consumer: Consumer
    fate: _Fate
    lanes: dict[Lane, list[ConsumerRecord]]
    taken: dict[Lane, int] = field(default_factory=dict[Lane, int])

    async def assign(self, database: Database) -> None:
        """Take up where the stored positions are, as after a restart."""
        async with database.transaction(EVERYWHERE) as uow:
            inbox = Inbox(uow, self.consumer.name)
            for topic, partition in sorted(self.lanes):
                position = await inbox.position(topic, partition)
                self.consumer._positions[TopicPartition(topic, partition)] = position
                self.taken[topic, partition] = position.next_offset

    def next_batch(self, rng: random.Random) -> list[ConsumerRecord]:
        """Return some records of some partitions, those of each in order."""
        left = [lane for lane in sorted(self.lanes) if self.taken[lane] < len(self.lanes[lane])]
        chosen = rng.sample(left, min(len(left), rng.randint(1, MOST_PARTITIONS)))
        batch: list[ConsumerRecord] = []
        for lane in chosen:
            at = self.taken[lane]
            batch += self.lanes[lane][at : at + rng.randint(1, MOST_RECORDS // len(chosen))]
        return batch

    async def take(self, batch: Sequence[ConsumerRecord], *, dies_after: int | None = None) -> None:
        """Take a batch in, or die after so many handlers were called, the transaction open."""
        self.fate.calls_left = dies_after
        await self.consumer._apply(batch)
        for record in batch:
            self.taken[record.topic, record.partition] = record.offset + 1


@dataclass(frozen=True)
class Group:
    """A consumer group and its database."""

    subscription: Subscription
    database: Database
    rehearsal: bool = True

    def member(
        self, lanes: dict[Lane, list[ConsumerRecord]], ledger: Sequence[Received[EventData]]
    ) -> Member:
        """Start a process of the group."""
        fate = _Fate()

        async def gaps(aggregate: str, after: int, topic: str) -> Sequence[Decoded]:
            return [
                decoded(event)
                for event in ledger
                if (event.topic, event.envelope.aggregate) == (topic, aggregate)
                and event.envelope.version > after
            ]

        consumer = Consumer(
            _mortal(self.subscription, fate),
            database=self.database,
            broker=Broker("127.0.0.1:9"),
            metrics=Metrics(),
            rehearsal=self.rehearsal,
            gaps=gaps,
            newest_mark=lambda _: None,
        )
        return Member(consumer, fate, lanes)


def _mortal(subscription: Subscription, fate: _Fate) -> Subscription:
    """Return the subscription with a place to die before each handler and after the last one."""

    def guarded(handler: Handler) -> Handler:
        async def handle(uow: UnitOfWork, events: Sequence[Received[EventData]]) -> None:
            fate.pass_by()
            await handler(uow, events)
            fate.pass_by()

        return handle

    handlers = {
        name: handler if isinstance(handler, Ignore) else guarded(handler)
        for name, handler in subscription.handlers.items()
    }
    after = guarded(subscription.after) if subscription.after else None
    return replace(subscription, handlers=handlers, after=after)


async def feed(
    group: Group, topics: Topics, rng: random.Random, *, members: int, steady: bool = False
) -> Told:
    """Let a group of members take topics in, at the same time, until nothing is left, gaps included.

    Args:
        steady: without crashes and zombies, and in batches as they come.
    """
    told = Told()
    wanted = {lane: records for lane, records in topics.lanes.items() if _reads(group.subscription, lane)}
    shares: list[dict[Lane, list[ConsumerRecord]]] = [{} for _ in range(members)]
    for lane in sorted(wanted):
        rng.choice(shares)[lane] = wanted[lane]
    crew = [group.member(share, topics.ledger) for share in shares if share]
    for member in crew:
        await member.assign(group.database)
    # Each draws from a generator of its own, so that what it does rests on the seed and not on who comes first.
    seeds = [random.Random(rng.random()) for _ in crew]
    await asyncio.gather(
        *(_work(group, member, own, told, steady=steady) for member, own in zip(crew, seeds, strict=True))
    )
    if topics.missing and crew:
        told.filled = await _fill_gaps(group, crew[0])
    return told


def _reads(subscription: Subscription, lane: Lane) -> bool:
    return lane[0].rsplit(".", 2)[-2] in subscription.services


async def _taken(
    group: Group, member: Member, batch: Sequence[ConsumerRecord], *, dies_after: int | None = None
) -> bool:
    """Have a batch taken in; where the member died, or waited in vain for a lock, it starts from where it was."""
    try:
        await member.take(batch, dies_after=dies_after)
    except (Died, asyncpg.LockNotAvailableError):
        await member.assign(group.database)
        return False
    return True


async def _work(group: Group, member: Member, rng: random.Random, told: Told, *, steady: bool) -> None:
    zombie: Member | None = None
    while batch := member.next_batch(rng):
        if zombie is None and not steady and rng.random() < 0.2:
            zombie = group.member(member.lanes, ())
            await zombie.assign(group.database)
            stale = zombie.next_batch(rng)
            if await _taken(group, member, stale):
                await _must_be_fenced(zombie, stale)
                told.fenced += 1
            continue
        dies_after = rng.randint(0, 4) if not steady and rng.random() < CRASHES else None
        if not await _taken(group, member, batch, dies_after=dies_after):
            told.crashes += 1
            continue
        told.batches += 1
        told.records += len(batch)


async def _must_be_fenced(zombie: Member, batch: Sequence[ConsumerRecord]) -> None:
    try:
        await zombie.take(batch)
    except ZombieFenced:
        return
    raise AssertionError("a member that had lost its partitions wrote all the same")


async def _fill_gaps(group: Group, member: Member) -> int:
    """Let what waits for a record that never came get it from the ledger: the patience of ten seconds is over."""
    before = await _waiting(group)
    left, last = before, -1
    while left and left != last:
        async with group.database.transaction(EVERYWHERE) as uow:
            await uow.execute("update consumer_waiting set parked_at = parked_at - interval '1 minute'")
        member.fate.calls_left = None
        await member.consumer._fill_gaps()
        last, left = left, await _waiting(group)
    return before - left


async def _waiting(group: Group) -> int:
    async with group.database.reading(EVERYWHERE) as connection:
        return await connection.fetchval("select count(*) from consumer_waiting")
