"""What a consumer remembers in its own database: versions, positions, what waits, and what died.

An event is applied only when its version is the next of its aggregate. Lower is a duplicate; higher waits. The position
row is the fence: a process that lost its partition finds the row moved, and lets go.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chassis.clock import wall_now
from chassis.database import Row, UnitOfWork
from chassis.problems import Conflict, NotFound
from chassis.wire import decode_headers
from contracts.envelope import Envelope


class ZombieFenced(Exception):
    """Another process has taken this partition over; what this one did is rolled back."""


class Fate(StrEnum):
    """What becomes of a dead letter."""

    REPLAY = "replay"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Position:
    """The next record to take from a partition, and the epoch of the ledger that it belongs to."""

    next_offset: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Move:
    """A step of one partition's position."""

    topic: str
    partition: int
    before: Position
    after: Position


@dataclass(slots=True)
class Decoded:
    """A record read from a topic. `envelope` is None where it cannot be taken; `raw_envelope` is what could be read."""

    envelope: Envelope | None
    headers: Sequence[tuple[str, bytes]]
    body: bytes
    topic: str
    partition: int
    offset: int
    reason: str = ""
    raw_envelope: Envelope | None = None


@dataclass(slots=True)
class Plan:
    """What is to be done with a batch: apply in this order, park, and the versions that result."""

    apply: list[Decoded] = field(default_factory=list)
    park: list[Decoded] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    unparked: list[tuple[str, int]] = field(default_factory=list)
    settled: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """An aggregate of which events are missing after a version."""

    aggregate: str
    after: int
    topic: str
    partition: int


class Inbox:
    """The consumer's tables within one transaction."""

    def __init__(self, uow: UnitOfWork, consumer: str) -> None:
        self._uow = uow
        self._consumer = consumer

    async def position(self, topic: str, partition: int) -> Position:
        """Return how far a partition was taken in; its beginning when it never was."""
        row = await self._uow.fetch_row(
            """insert into consumer_position (consumer, topic, partition, next_offset, epoch) values ($1, $2, $3, 0, 1)
               on conflict (consumer, topic, partition) do update set epoch = consumer_position.epoch
               returning next_offset, epoch""",
            self._consumer,
            topic,
            partition,
        )
        assert row is not None
        return Position(row["next_offset"], row["epoch"])

    async def move(self, moves: Sequence[Move]) -> None:
        """Store new positions where the old ones still stand, in one order for all.

        Raises:
            ZombieFenced: another process has moved one.
        """
        tag = await self._uow.execute(
            """update consumer_position p set next_offset = h.next_offset, epoch = h.epoch
               from (select w.* from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[])
                         w(topic, partition, before, next_offset, epoch)
                     join consumer_position o on o.consumer = $1 and o.topic = w.topic and o.partition = w.partition
                         and o.next_offset = w.before
                     order by o.topic, o.partition for update of o) h
               where p.consumer = $1 and p.topic = h.topic and p.partition = h.partition""",
            self._consumer,
            [move.topic for move in moves],
            [move.partition for move in moves],
            [move.before.next_offset for move in moves],
            [move.after.next_offset for move in moves],
            [move.after.epoch for move in moves],
        )
        if tag != f"UPDATE {len(moves)}":
            raise ZombieFenced(", ".join(f"{move.topic}/{move.partition}" for move in moves))

    async def judge(self, events: Sequence[Decoded]) -> Plan:
        """Say what to do with each event: next version applies, lower is dropped, higher or blocked waits.

        The rows are read without a lock: whoever changes them holds the position of their partition.
        """
        names = sorted({e.envelope.aggregate for e in events if e.envelope})
        rows = await self._uow.fetch(
            """select aggregate, version, waiting, blocked from consumer_aggregate
               where consumer = $1 and aggregate = any($2::text[])""",
            self._consumer,
            names,
        )
        plan = Plan(versions={row["aggregate"]: row["version"] for row in rows})
        blocked = {row["aggregate"] for row in rows if row["blocked"]}
        waiting = {row["aggregate"] for row in rows if row["waiting"] > 0}
        held = await self._held(sorted(waiting - blocked))
        for event in events:
            assert event.envelope is not None
            name, version = event.envelope.aggregate, event.envelope.version
            known = plan.versions.setdefault(name, 0)
            if version <= known:
                continue
            if name in blocked or version > known + 1:
                plan.park.append(event)
                held.setdefault(name, {})[version] = event
                continue
            self._apply_with_followers(plan, event, held.get(name, {}))
        applied = {(e.envelope.aggregate, e.envelope.version) for e in plan.apply if e.envelope}
        plan.park = [
            e for e in plan.park if e.envelope and (e.envelope.aggregate, e.envelope.version) not in applied
        ]
        return plan

    @staticmethod
    def _apply_with_followers(plan: Plan, event: Decoded, held: dict[int, Decoded]) -> None:
        follower: Decoded | None = event
        while follower is not None and follower.envelope is not None:
            name, version = follower.envelope.aggregate, follower.envelope.version
            plan.apply.append(follower)
            plan.versions[name] = version
            if version in held:
                plan.unparked.append((name, version))
            follower = held.get(version + 1)

    async def _held(self, aggregates: Sequence[str]) -> dict[str, dict[int, Decoded]]:
        if not aggregates:
            return {}
        rows = await self._uow.fetch(
            "select * from consumer_waiting where consumer = $1 and aggregate = any($2::text[])",
            self._consumer,
            aggregates,
        )
        held: dict[str, dict[int, Decoded]] = {}
        for row in rows:
            event = _thawed(row, row["body"].encode())
            held.setdefault(row["aggregate"], {})[row["version"]] = event
        return held

    async def store(self, plan: Plan) -> None:
        """Write the versions, what is parked now and what no longer is."""
        now = wall_now()
        if plan.park:
            waiting = [(e, e.envelope) for e in plan.park if e.envelope]
            await self._uow.execute(
                """insert into consumer_waiting (consumer, aggregate, version, topic, headers, body, partition, parked_at)
                   select $1, u.*, $8 from unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::int[]) u
                   on conflict do nothing""",
                self._consumer,
                [v.aggregate for _, v in waiting],
                [v.version for _, v in waiting],
                [e.topic for e, _ in waiting],
                [_frozen(e.headers) for e, _ in waiting],
                [e.body.decode() for e, _ in waiting],
                [e.partition for e, _ in waiting],
                now,
            )
        if plan.unparked:
            await self._uow.execute(
                """delete from consumer_waiting w using unnest($2::text[], $3::bigint[]) u(aggregate, version)
                   where w.consumer = $1 and w.aggregate = u.aggregate and w.version = u.version""",
                self._consumer,
                [name for name, _ in plan.unparked],
                [version for _, version in plan.unparked],
            )
        touched = bool(plan.park or plan.unparked or plan.settled)
        await self._store_versions(plan, touched=touched)

    async def _store_versions(self, plan: Plan, *, touched: bool) -> None:
        names = sorted(plan.versions)
        if not names:
            return
        await self._uow.execute(
            """insert into consumer_aggregate (consumer, aggregate, version)
               select $1, u.* from unnest($2::text[], $3::bigint[]) u
               on conflict (consumer, aggregate) do update set version = excluded.version
               where consumer_aggregate.version < excluded.version""",
            self._consumer,
            names,
            [plan.versions[name] for name in names],
        )
        if touched:
            await self._uow.execute(
                """update consumer_aggregate a set waiting = (select count(*) from consumer_waiting w
                       where w.consumer = a.consumer and w.aggregate = a.aggregate),
                       blocked = exists (select 1 from consumer_dead_letter d
                       where d.consumer = a.consumer and d.aggregate = a.aggregate and d.settled_at is null)
                   where a.consumer = $1 and a.aggregate = any($2::text[])""",
                self._consumer,
                names,
            )

    async def bury(self, event: Decoded, *, reason: str) -> None:
        """Keep a record that cannot be taken as a dead letter; its aggregate, where it names one, is blocked."""
        envelope = event.raw_envelope or event.envelope
        await self._uow.execute(
            """insert into consumer_dead_letter
                   (consumer, topic, partition, record_offset, aggregate, version, headers, body, reason, died_at)
               select $1::text, $2::text, $3::int, $4::bigint, $5::text, $6::bigint, $7::text, $8::bytea, $9::text,
                      $10::timestamptz
               where not exists (
                   select 1 from consumer_dead_letter where consumer = $1 and topic = $2
                   and (aggregate = $5 and version = $6 or $5 is null and partition = $3 and record_offset = $4))""",
            self._consumer,
            event.topic,
            event.partition,
            event.offset,
            envelope.aggregate if envelope else None,
            envelope.version if envelope else None,
            _frozen(event.headers),
            event.body,
            reason[:500],
            wall_now(),
        )
        if envelope:
            await self._uow.execute(
                """insert into consumer_aggregate (consumer, aggregate, version, blocked) values ($1, $2, 0, true)
                   on conflict (consumer, aggregate) do update set blocked = exists (
                       select 1 from consumer_dead_letter d
                       where d.consumer = $1 and d.aggregate = $2 and d.settled_at is null)""",
                self._consumer,
                envelope.aggregate,
            )

    async def settle(self, dead_letter: int, *, fate: Fate, actor: str, reason: str) -> Plan:
        """Take a dead letter up again, or skip it, and with it all that waited behind it.

        Raises:
            NotFound: there is no such dead letter.
            Conflict: it is settled already.
        """
        row = await self._uow.fetch_row(
            "select * from consumer_dead_letter where id = $1 and consumer = $2 for update",
            dead_letter,
            self._consumer,
        )
        if row is None:
            raise NotFound(
                "There is no such dead letter.", detail_id="Tidak ada surat mati dengan nomor ini."
            )
        if row["settled_at"] is not None:
            raise Conflict(
                "The dead letter is settled already.",
                detail_id="Surat mati ini sudah diselesaikan.",
                current_state="settled",
                allowed=[],
            )
        await self._uow.execute(
            "update consumer_dead_letter set settled_at = $2, settlement = $3 where id = $1",
            dead_letter,
            wall_now(),
            f"{fate} by {actor}: {reason}"[:500],
        )
        if row["aggregate"] is None:
            return Plan()
        await self.position(row["topic"], row["partition"])
        return await self._resume(_thawed(row, row["body"]), fate)

    async def _resume(self, event: Decoded, fate: Fate) -> Plan:
        envelope = event.raw_envelope
        assert envelope is not None
        name = envelope.aggregate
        known = await self._uow.fetch_row(
            "select version from consumer_aggregate where consumer = $1 and aggregate = $2 for update",
            self._consumer,
            name,
        )
        plan = Plan(versions={name: known["version"] if known else 0}, settled={name: True})
        held = (await self._held([name])).get(name, {})
        if envelope.version == plan.versions[name] + 1:
            if fate is Fate.REPLAY:
                self._apply_with_followers(plan, _taken(event), held)
            else:
                plan.versions[name] = envelope.version
                if envelope.version + 1 in held:
                    self._apply_with_followers(plan, held[envelope.version + 1], held)
        return plan

    async def gaps(self, *, older_than_s: float) -> list[Gap]:
        """Return the aggregates that wait for an event which has not come for so long."""
        rows = await self._uow.fetch(
            """select w.aggregate, a.version, min(w.topic) as topic, min(w.partition) as partition from consumer_waiting w
               join consumer_aggregate a using (consumer, aggregate)
               where w.consumer = $1 and not a.blocked and w.parked_at < now() - make_interval(secs => $2)
               group by 1, 2 limit 50""",
            self._consumer,
            older_than_s,
        )
        return [Gap(row["aggregate"], row["version"], row["topic"], row["partition"]) for row in rows]


def _frozen(headers: Sequence[tuple[str, bytes]]) -> str:
    return json.dumps([[name, base64.b64encode(value or b"").decode()] for name, value in headers])


def _thawed(row: Row, body: bytes) -> Decoded:
    pairs = [(str(name), base64.b64decode(value)) for name, value in json.loads(row["headers"])]
    envelope = decode_headers(pairs)
    return Decoded(envelope, pairs, body, row["topic"], row["partition"], -1, raw_envelope=envelope)


def _taken(event: Decoded) -> Decoded:
    return Decoded(event.raw_envelope, event.headers, event.body, event.topic, event.partition, event.offset)
