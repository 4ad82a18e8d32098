"""Group commit: single commands in flight are joined into one transaction, and each gets its own answer.

A commit costs the same for one command as for fifty. While one group commits, the next one gathers; so a quiet desk
answers at once and a busy one answers many with each commit. Behind a group of many the next one gathers for as long
again, so that those who were just answered can be in it. The coalescer owns the transaction, the keys and the order of
locks; a command written for lists does the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from chassis.clock import DeskClock
from chassis.crash import crash_point
from chassis.database import Database, UnitOfWork
from chassis.idempotency import Answer, Claim, KeyTaken, Receipt, answer_of, find_answers, store_answers
from chassis.metrics import Metrics
from chassis.outbox import Origin
from chassis.problems import Forbidden, Overloaded, Problem
from chassis.row_security import Remit, shared
from contracts.access import place_code

log = structlog.get_logger(__name__)

_MANY = 8
"""Commands in a group behind which the next one gathers for as long as that one took."""
_LONGEST_GATHERING_S = 0.01

_ADMIT = "select desk_admit($1::text[], $2::text[])"
"""A group works for the regions of all its callers, and for the purposes that they share: the database judges each item by
its own caller's grant first."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One command of a group.

    Attributes:
        aggregate: what it locks; two items of one aggregate never share a group.
        remit: of its caller.
        place: code of the TPS or region that it names; its origin has the grant that covers it.
        claim: its idempotency key.
        refusal: the stored form of a refusal that is final, None for one that a repeat may not get again.
    """

    command: T
    aggregate: str
    claim: Claim
    origin: Origin
    remit: Remit
    place: str
    refusal: Callable[[Problem], Answer | None]


RunGroup = Callable[[UnitOfWork, Sequence[Item[T]]], Awaitable[Sequence[Receipt | Problem]]]
"""A command written for a list: one result per item, in order; a refusal is a result and changes nothing."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    item: Item[T]
    answer: "asyncio.Future[tuple[Answer, bool]]"


class Coalescer(Generic[T]):
    """Joins commands of one kind into groups; runs until cancelled."""

    def __init__(
        self,
        run: RunGroup[T],
        *,
        name: str,
        database: Database,
        clock: DeskClock,
        metrics: Metrics,
        queue: int,
        group: int = 128,
    ) -> None:
        self._run = run
        self._name = name
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._capacity = queue
        self._group = group
        self._queue: list[_Waiting[T]] = []
        self._arrived = asyncio.Event()
        metrics.group_capacity.labels(name).set(queue)
        metrics.group_refused.labels(name)
        metrics.group_queue.labels(name).set_function(lambda: len(self._queue))

    async def submit(self, item: Item[T]) -> tuple[Answer, bool]:
        """Put a command into a group and return its answer, and whether its key had it already.

        The answer may be a refusal that is final. A caller that hangs up does not cancel the group.

        Raises:
            Problem: the command was refused, and a repeat may fare better.
            Overloaded: too many commands wait already.
        """
        if len(self._queue) >= self._capacity:
            self._metrics.group_refused.labels(self._name).inc()
            raise Overloaded(
                "Too many commands are waiting.",
                detail_id="Terlalu banyak perintah menunggu.",
                retry_after_s=1,
            )
        waiting = _Waiting(item, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._arrived.set()
        return await waiting.answer

    async def submit_many(self, items: Sequence[Item[T]]) -> list[tuple[Answer, bool] | Problem]:
        """Run a list of commands as a group of its own and return one result each, in their order.

        Where a list has a key twice, the second waits for a group after the first.
        """
        results: dict[int, tuple[Answer, bool] | Problem] = {}
        for numbers in _rounds(items):
            found = await self._insist([items[n] for n in numbers])
            results.update(zip(numbers, found, strict=True))
        return [results[n] for n in range(len(items))]

    async def _insist(self, items: Sequence[Item[T]]) -> list[tuple[Answer, bool] | Problem]:
        for _ in range(3):
            try:
                return await self._transact(items)
            except KeyTaken:
                continue
            except Forbidden as refusal:
                if len(items) == 1:
                    return [refusal]
                return [result for item in items for result in await self._insist([item])]
        raise Overloaded(
            "Other requests use the same keys.",
            detail_id="Permintaan lain memakai kunci yang sama.",
            retry_after_s=1,
        )

    async def run(self) -> None:
        """Commit group after group until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            group = self._gather()
            if not self._queue:
                self._arrived.clear()
            self._metrics.group_size.labels(self._name).observe(len(group))
            began = loop.time()
            await self._commit(group)
            if len(group) >= _MANY:
                await asyncio.sleep(min(loop.time() - began, _LONGEST_GATHERING_S))

    def _gather(self) -> list[_Waiting[T]]:
        """Take the next group: the first of each aggregate and key, locks in one order."""
        group: list[_Waiting[T]] = []
        later: list[_Waiting[T]] = []
        aggregates: set[str] = set()
        keys: set[tuple[str, str, str]] = set()
        for waiting in self._queue:
            item = waiting.item
            key = _key_of(item)
            if len(group) >= self._group or item.aggregate in aggregates or key in keys:
                later.append(waiting)
                continue
            aggregates.add(item.aggregate)
            keys.add(key)
            group.append(waiting)
        self._queue = later
        group.sort(key=lambda w: w.item.aggregate)
        return group

    async def _commit(self, group: Sequence[_Waiting[T]]) -> None:
        try:
            results = await self._transact([w.item for w in group])
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers who wait
            if len(group) == 1 and not isinstance(error, KeyTaken):
                if not group[0].answer.done():
                    group[0].answer.set_exception(error)
                return
            if len(group) > 1:
                log.info(
                    "group_taken_apart", coalescer=self._name, size=len(group), error=type(error).__name__
                )
            for waiting in group:
                await self._commit([waiting])
            return
        for waiting, result in zip(group, results, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(result, Problem):
                waiting.answer.set_exception(result)
            else:
                waiting.answer.set_result(result)

    async def _transact(self, items: Sequence[Item[T]]) -> list[tuple[Answer, bool] | Problem]:
        results: dict[int, tuple[Answer, bool] | Problem] = {}
        remit = shared(item.remit for item in items)
        async with self._database.transaction(remit, grouped=True) as uow:
            await uow.fetch(_ADMIT, *_told(items))
            known = await find_answers(uow, [item.claim for item in items])
            fresh: list[tuple[int, Item[T]]] = []
            for n, item in enumerate(items):
                answer = known.get(item.claim)
                if answer is None:
                    fresh.append((n, item))
                else:
                    results[n] = answer if isinstance(answer, Problem) else (answer, True)
            if fresh:
                made = await self._run(uow, [item for _, item in fresh])
                stored: list[tuple[Claim, Answer]] = []
                refused: list[tuple[int, Claim]] = []
                for (n, item), result in zip(fresh, made, strict=True):
                    answer = answer_of(result) if isinstance(result, Receipt) else item.refusal(result)
                    if answer is None:
                        assert isinstance(result, Problem)
                        results[n] = result
                        refused.append((n, item.claim))
                        continue
                    results[n] = (answer, False)
                    stored.append((item.claim, answer))
                if stored:
                    await store_answers(uow, stored, now=self._clock.now())
                results.update(await _answered_meanwhile(uow, refused))
            crash_point("before_commit")
        crash_point("after_commit")
        return [results[n] for n in range(len(items))]


async def _answered_meanwhile(
    uow: UnitOfWork, refused: Sequence[tuple[int, Claim]]
) -> dict[int, tuple[Answer, bool] | Problem]:
    """Return what keys were answered while their commands waited for a lock, for those that were refused.

    Where another replica ran the same request first, this one found its effect and was refused because of it.
    """
    if not refused:
        return {}
    known = await find_answers(uow, [claim for _, claim in refused])
    found = ((n, known[claim]) for n, claim in refused if claim in known)
    return {n: answer if isinstance(answer, Problem) else (answer, True) for n, answer in found}


def _told(items: Sequence[Item[T]]) -> tuple[list[str], list[str | None]]:
    """Return the places that items name, in the desk's form, and the grants of their own callers that cover them."""
    places = [place_code(item.place) or item.place for item in items]
    return places, [item.origin.granted_region for item in items]


def _key_of(item: Item[T]) -> tuple[str, str, str]:
    return (item.claim.principal, item.claim.route, item.claim.key)


def _rounds(items: Sequence[Item[T]]) -> list[list[int]]:
    """Deal items out into groups in which no key is twice, each in the order of locks."""
    rounds: list[list[int]] = []
    times: dict[tuple[str, str, str], int] = {}
    for n, item in enumerate(items):
        key = _key_of(item)
        turn = times[key] = times.get(key, -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(n)
    return [sorted(numbers, key=lambda n: items[n].aggregate) for numbers in rounds]
