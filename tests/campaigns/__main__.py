"""`python -m tests.campaigns interleavings|races`: long seeded runs on a PostgreSQL of their own, resumed where they stopped.

The last line is the sum as one sentence; the exit code is 0 only when nothing differs and nothing was done twice.
"""

import argparse
import asyncio
import sys

from tests import infrastructure
from tests.campaigns import interleavings
from tests.campaigns.records import Record, machine

WORKERS = 3
"""Seeds of one consumer that are run at once: most of the time goes into waiting for the database."""


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    campaigns = parser.add_subparsers(dest="campaign", required=True)
    shuffles = campaigns.add_parser("interleavings", help="every consumer against its ordered feed")
    shuffles.add_argument("--seeds", type=int, default=1_000)
    shuffles.add_argument("--first", type=int, default=0, help="the first seed; a failure prints its own")
    asked = parser.parse_args()
    lock = infrastructure.begin_run()
    try:
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


if __name__ == "__main__":
    sys.exit(main())
