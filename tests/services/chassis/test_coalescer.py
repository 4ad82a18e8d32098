"""Group commit: one transaction for many, one answer each, and nobody's fate is another's."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
from pydantic_core import from_json

from chassis.clock import DeskClock
from chassis.coalescer import Coalescer, Item, RunGroup
from chassis.database import Database, UnitOfWork
from chassis.idempotency import Answer, Receipt
from chassis.metrics import Metrics
from chassis.problems import IdempotencyKeyReused, Overloaded, Problem, WrongState
from tests.services.chassis.machine import BROKEN, FULL, add_all, counters, machine, order

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    async with machine() as made:
        yield made


class Groups:
    """Runs groups and remembers who was in each; while `gate` is closed they wait in the middle of their transaction."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, uow: UnitOfWork, items: Sequence[Item[int]]) -> list[Receipt | Problem]:
        self.seen.append([item.aggregate for item in items])
        results = await add_all(uow, items)
        self.entered.set()
        await self.gate.wait()
        return results


@asynccontextmanager
async def coalescing(
    database: Database, run: RunGroup[int], *, queue: int = 100, group: int = 128
) -> AsyncGenerator[Coalescer[int]]:
    coalescer = Coalescer(
        run,
        name="counters",
        database=database,
        clock=DeskClock(None),
        metrics=Metrics(),
        queue=queue,
        group=group,
    )
    task = asyncio.ensure_future(coalescer.run())
    try:
        yield coalescer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def busy(coalescer: Coalescer[int], groups: Groups) -> "asyncio.Task[tuple[Answer, bool]]":
    """Let a group of one stand in its transaction, so that whoever comes now waits for the next."""
    groups.gate.clear()
    first = asyncio.create_task(coalescer.submit(order("first")))
    await asyncio.wait_for(groups.entered.wait(), 10)
    return first


async def at_once(*waiting: Awaitable[Any]) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 20)


async def hand_in(coalescer: Coalescer[int], *items: Item[int]) -> list["asyncio.Task[tuple[Answer, bool]]"]:
    """Put commands into the queue, in this order."""
    tasks = [asyncio.create_task(coalescer.submit(item)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_those_who_wait_share_the_next_group_in_one_order(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups) as coalescer:
        first = await busy(coalescer, groups)
        others = await hand_in(coalescer, order("c"), order("a"), order("b", FULL + 1))
        groups.gate.set()
        answers = await at_once(first, *others)
    assert groups.seen == [["first"], ["a", "b", "c"]]
    assert [isinstance(answer, WrongState) for answer in answers] == [False, False, False, True]
    assert from_json(answers[1][0].body) == {"name": "c", "value": 1}
    assert await counters(database) == {"first": 1, "a": 1, "c": 1}


async def test_the_queue_is_bounded(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups, queue=2) as coalescer:
        first = await busy(coalescer, groups)
        others = await hand_in(coalescer, order("a"), order("b"), order("c"))
        groups.gate.set()
        answers = await at_once(first, *others)
        assert isinstance(answers[3], Overloaded)
        assert (answers[3].status, answers[3].retryable, answers[3].retry_after_s) == (503, True, 1)
        await coalescer.submit(order("c"))
    assert await counters(database) == {"first": 1, "a": 1, "b": 1, "c": 1}


async def test_a_group_is_no_larger_than_it_may_be(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups, group=2) as coalescer:
        first = await busy(coalescer, groups)
        others = await hand_in(coalescer, *(order(name) for name in "abc"))
        groups.gate.set()
        await at_once(first, *others)
    assert groups.seen == [["first"], ["a", "b"], ["c"]]


async def test_a_group_is_taken_apart_when_the_statement_of_one_fails(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups) as coalescer:
        first = await busy(coalescer, groups)
        others = await hand_in(coalescer, order("a"), order("b", BROKEN), order("c"))
        groups.gate.set()
        answers = await at_once(first, *others)
        assert isinstance(answers[2], asyncpg.CheckViolationError)
        assert (answers[1][1], answers[3][1]) == (False, False)
        await coalescer.submit(order("b"))
    assert groups.seen == [["first"], ["a", "b", "c"], ["a"], ["b"], ["c"], ["b"]]
    assert await counters(database) == {"first": 1, "a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize("same", ["aggregate", "key"])
async def test_two_of_one_aggregate_or_key_never_share_a_group(database: Database, same: str) -> None:
    groups = Groups()
    twins = [order("a"), order("a")] if same == "aggregate" else [order("a", key="k"), order("b", key="k")]
    async with coalescing(database, groups) as coalescer:
        first = await busy(coalescer, groups)
        others = await hand_in(coalescer, *twins, order("z"))
        groups.gate.set()
        answers = await at_once(first, *others)
    assert groups.seen[:2] == [["first"], ["a", "z"]]
    if same == "aggregate":
        assert groups.seen[2] == ["a"]
        assert from_json(answers[2][0].body) == {"name": "a", "value": 2}
    else:
        assert isinstance(answers[2], IdempotencyKeyReused)
        assert await counters(database) == {"first": 1, "a": 1, "z": 1}


async def test_a_caller_that_hangs_up_does_not_cancel_the_group(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups) as coalescer:
        first = await busy(coalescer, groups)
        left, stays = await hand_in(coalescer, order("a", key="mine"), order("b"))
        first.cancel()
        left.cancel()
        groups.gate.set()
        found = await at_once(first, left, stays)
        assert [isinstance(one, asyncio.CancelledError) for one in found] == [True, True, False]
        answer, replayed = await coalescer.submit(order("a", key="mine"))
    assert (from_json(answer.body), replayed) == ({"name": "a", "value": 1}, True)
    assert await counters(database) == {"first": 1, "a": 1, "b": 1}


async def test_a_batch_is_a_group_of_its_own(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups) as coalescer:
        once = order("b", key="k")
        found = await coalescer.submit_many([once, order("a", FULL + 1), order("c"), once])
        assert await coalescer.submit_many([]) == []
    assert [one if isinstance(one, Problem) else one[1] for one in found] == [False, found[1], False, True]
    assert isinstance(found[1], WrongState)
    assert groups.seen == [["a", "b", "c"]]
    assert await counters(database) == {"b": 1, "c": 1}


async def test_two_processes_with_one_key_do_it_once(database: Database) -> None:
    groups = Groups()
    async with coalescing(database, groups) as one, coalescing(database, groups) as other:
        answers = await at_once(*(each.submit(order("a", key="k")) for each in (one, other)))
    assert sorted(replayed for _, replayed in answers) == [False, True]
    assert len({answer.body for answer, _ in answers}) == 1
    assert await counters(database) == {"a": 1}
