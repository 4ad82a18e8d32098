"""`python -m tests.campaigns interleavings|races`: long seeded runs on a PostgreSQL of their own, resumed where they stopped.

The last line is the sum as one sentence; the exit code is 0 only when nothing differs and nothing was done twice.
"""

import argparse
import asyncio
import logging
import sys
from typing import TypedDict, cast

import structlog

from tests import infrastructure
from tests.campaigns import interleavings, races
from tests.campaigns.records import Record, machine

PART = 40
"""Rounds of races on one database."""

WORKERS = 3
"""Seeds of one consumer that are run at once: most of the time goes into waiting for the database."""


class _Part(TypedDict):
    races: int
    wrong: list[str]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    campaigns = parser.add_subparsers(dest="campaign", required=True)
    shuffles = campaigns.add_parser("interleavings", help="every consumer against its ordered feed")
    shuffles.add_argument("--seeds", type=int, default=1_000)
    shuffles.add_argument("--first", type=int, default=0, help="the first seed; a failure prints its own")
    raced = campaigns.add_parser("races", help="two replicas, two requests for what only one can have")
    raced.add_argument("--races", type=int, default=100_000)
    asked = parser.parse_args()
    # There is no broker, and every replica says so all the time.
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    lock = infrastructure.begin_run()
    try:
        if asked.campaign == "races":
            return asyncio.run(_races(asked.races))
        return asyncio.run(_interleavings(asked.first, asked.seeds))
    finally:
        infrastructure.end_run(lock)


async def _interleavings(first: int, seeds: int) -> int:
    record = Record.of("interleavings")
    done = {(line["consumer"], line["seed"]) for line in record.lines()}
    queues = {
        name: [seed for seed in range(first, first + seeds) if (name, seed) not in done]
        for name in interleavings.CONSUMERS
    }
    await asyncio.gather(
        *(_work(name, queue, record) for name, queue in queues.items() for _ in range(WORKERS) if queue)
    )
    return _sum(record, range(first, first + seeds))


async def _work(name: str, queue: list[int], record: Record) -> None:
    """Run the seeds of a queue that others take from too, each worker on a database of its own."""
    async with interleavings.course(name) as course:
        while queue:
            seed = queue.pop(0)
            found = await course.run(seed)
            record.add(found.line())
            for line in await course.explain(found):
                print(line, flush=True)


def _sum(record: Record, seeds: range) -> int:
    lines = [line for line in record.lines() if line["seed"] in seeds]
    total = {
        name: sum(int(str(line[name])) for line in lines)
        for name in ("records", "batches", "crashes", "fenced", "filled")
    }
    different = [line for line in lines if line["differences"]]
    print(
        f"{len({line['seed'] for line in lines}):,} seeds of {len({line['consumer'] for line in lines})} consumers: "
        f"{total['records']:,} records in {total['batches']:,} transactions, {total['crashes']:,} rolled back, "
        f"{total['fenced']:,} zombies fenced, {total['filled']:,} fetched from the ledger: "
        f"{len(different)} differences ({machine()})."
    )
    return 1 if different else 0


async def _races(wanted: int) -> int:
    """Race until so many are done, in parts; each part begins with empty databases and is a line of the file."""
    record = Record.of("races")
    while (left := wanted - _raced(record)) > 0:
        for name in races.SERVICES:
            async with races.replicas_of(name) as replicas:
                await races.run(replicas, name, rounds=min(PART, 1 + left // (9 * races.PLACES)))
                await races.look(replicas, name)
                record.add({"service": name, "races": replicas.races, "wrong": replicas.wrong})
                print(*replicas.wrong[:20], sep="\n", end="\n" if replicas.wrong else "", flush=True)
    wrong = sum(len(line["wrong"]) for line in _parts(record))
    print(
        f"{_raced(record):,} races between two replicas (forms, boxes, incidents and idempotency keys): "
        f"{wrong} promises broken ({machine()})."
    )
    return 1 if wrong else 0


def _parts(record: Record) -> list[_Part]:
    return cast(list[_Part], list(record.lines()))


def _raced(record: Record) -> int:
    return sum(part["races"] for part in _parts(record))


if __name__ == "__main__":
    sys.exit(main())
