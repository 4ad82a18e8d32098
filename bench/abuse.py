"""`python -m bench.abuse`: a quarter of an hour of ten times a province's peak, beside clients that stall and crawl.

Turnout reports come at a steady pace that no machine with two cores can take; a thousand clients open the event stream and
never read it, and five hundred send a body byte by byte. What is not accepted must be told so (503 with Retry-After), what is
accepted must be answered within a second, memory must stay what it was, and nothing that was acknowledged may be missing.
"""

import argparse
import asyncio
import itertools
import random
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import uvloop

from bench import requests
from bench.desk import BenchDesk, bench_desk
from bench.ground import GROUNDS, prepare
from bench.pacing import header, send_paced, status
from chassis.listening import allow_many_connections

PER_S = 2_000
STALLED = 1_000
SLOW = 500
CONNECTIONS = 1_000
SETTLED_S = 60
"""From the beginning until memory is what it has to stay."""
_SAMPLE_S = 5.0
_CHANCE = random.Random(20241127)


@dataclass
class Seen:
    """What the clients were told.

    Attributes:
        statuses: answers by status.
        took_s: of each accepted report, from its turn to its answer.
        positions: versions that accepted reports made, each of which its service must have.
        refused: answers that are neither a success nor a 503 with Retry-After.
        memory: megabytes by process, at the seconds of each sample.
        cut: how many slow senders were cut off by the desk.
    """

    statuses: Counter[int] = field(default_factory=Counter[int])
    took_s: list[float] = field(default_factory=list[float])
    positions: dict[str, int] = field(default_factory=dict[str, int])
    refused: list[str] = field(default_factory=list[str])
    memory: list[tuple[float, Mapping[str, float]]] = field(
        default_factory=list[tuple[float, Mapping[str, float]]]
    )
    cut: int = 0
    sent_per_s: float = 0.0

    def take(self, head: bytes, turn: float) -> None:
        """Take the head of an answer."""
        found = status(head)
        self.statuses[found] += 1
        if found in (200, 201):
            self.took_s.append(asyncio.get_running_loop().time() - turn)
            day, _, version = header(head, b"desk-position").decode().partition("@")
            self.positions[day] = max(int(version or 0), self.positions.get(day, 0))
        elif found != 503 or not header(head, b"retry-after"):
            self.refused.append(head.decode(errors="replace")[:300])


async def abuse(desk: BenchDesk, tps: list[str], *, seconds: float, per_s: float) -> Seen:
    """Do it all at once, and return what was seen."""
    port, seen = desk.folder.port("gateway"), Seen()
    kpps = desk.token("kpps", regions=["32.71"], person="bench-kpps")
    observer = desk.token("observer", regions=["*"])
    others = [
        *(asyncio.ensure_future(_stall(port, observer)) for _ in range(STALLED)),
        *(asyncio.ensure_future(_crawl(port, kpps, tps[0], seen)) for _ in range(SLOW)),
        asyncio.ensure_future(_weigh(desk, seen)),
    ]
    try:
        load = _reports(tps, kpps, count=int(per_s * seconds))
        seen.sent_per_s = await send_paced(port, load, per_s, seen.take, connections=CONNECTIONS)
    finally:
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    return seen


def _reports(tps: list[str], token: str, *, count: int) -> Iterator[bytes]:
    """Give reports, a second's worth made at a time."""
    for _ in range(-(-count // PER_S)):
        yield from requests.reports(tps, token, count=PER_S)


async def _stall(port: int, token: str) -> None:
    """Open the stream of everything at once, never read it, and open it anew after a while."""
    while True:
        await asyncio.sleep(_CHANCE.uniform(0, 20))
        stalled = socket.socket()
        stalled.settimeout(0)
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        loop = asyncio.get_running_loop()
        with suppress(OSError), stalled:
            await loop.sock_connect(stalled, ("127.0.0.1", port))
            await loop.sock_sendall(
                stalled, requests.get(f"{requests.BASE}/stream?interval_s=0", token=token)
            )
            await asyncio.sleep(_CHANCE.uniform(40, 80))


async def _crawl(port: int, token: str, tps: str, seen: Seen) -> None:
    """Send a report byte by byte, a second apart, until the desk has had enough; and again."""
    whole = requests.reports([tps], token, count=1)[0]
    body = whole.index(b"\r\n\r\n") + 4
    while True:
        await asyncio.sleep(_CHANCE.uniform(0, 20))
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(whole[:body])
                for n in range(body, len(whole)):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 1)
                        seen.cut += 1
                        break
                    writer.write(whole[n : n + 1])
            finally:
                writer.close()


async def _weigh(desk: BenchDesk, seen: Seen) -> None:
    began = time.monotonic()
    while True:
        seen.memory.append((time.monotonic() - began, await asyncio.to_thread(desk.pss_mb)))
        await asyncio.sleep(_SAMPLE_S)


def missing(desk: BenchDesk, seen: Seen) -> list[str]:
    """Return the acknowledged versions that their service does not have."""
    rows = desk.sql(
        "turnout", "select 'voting_day/' || tps_id || ' ' || version from voting_day;"
    ).splitlines()
    found = dict(row.rsplit(" ", 1) for row in rows)
    return [f"{day}@{version}" for day, version in seen.positions.items() if int(found.get(day, 0)) < version]


def growth(seen: Seen) -> dict[str, tuple[float, float]]:
    """Return the memory of each process in the minute after it had settled, and in the last one."""
    end = seen.memory[-1][0]
    sides = (
        [shares for at, shares in seen.memory if SETTLED_S <= at <= 2 * SETTLED_S],
        [shares for at, shares in seen.memory if at >= end - SETTLED_S],
    )
    # The program that loads the city ends: it is not in every sample.
    names = {name for name in sides[0][0] if all(name in one for side in sides for one in side)}
    first, last = ({name: statistics.median(one[name] for one in side) for name in names} for side in sides)
    return {name: (first[name], last[name]) for name in names}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.abuse", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--per-s", type=float, default=PER_S)
    parser.add_argument("--port", type=int, default=27_100, help="first of ten free ports")
    asked = parser.parse_args()
    allow_many_connections()
    with bench_desk(asked.port) as desk:
        prepare(desk, GROUNDS["city"])
        tps = desk.sql("turnout", "select tps_code from tps_ref order by tps_code;").split()
        seen = uvloop.run(abuse(desk, tps, seconds=asked.minutes * 60, per_s=asked.per_s))
        desk.settle(patience_s=120)
        lost = missing(desk, seen)
    return _tell(seen, lost, minutes=asked.minutes)


def _tell(seen: Seen, lost: list[str], *, minutes: float) -> int:
    """Print what came of it; 0 where everything held."""
    took = sorted(seen.took_s)
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    weights = growth(seen)
    before, after = (sum(side) for side in zip(*weights.values(), strict=True))
    for line in itertools.islice(seen.refused, 5):
        sys.stderr.write(f"{line}\n")
    for name, (first, last) in sorted(weights.items()):
        sys.stderr.write(f"{name}: {first:.0f} -> {last:.0f} MB\n")
    accepted = seen.statuses[200] + seen.statuses[201]
    print(
        f"{minutes:g} minutes, {STALLED:,} stalled streams and {SLOW} slow senders ({seen.cut:,} cut off): "
        f"{sum(seen.statuses.values()):,} reports sent ({seen.sent_per_s:,.0f}/s), "
        f"{accepted:,} accepted (p50 {p50 * 1_000:.0f} ms, p99 {p99 * 1_000:.0f} ms), "
        f"{seen.statuses[503]:,} told to come again, {len(seen.refused)} answered otherwise, {len(lost)} lost, "
        f"memory {before:,.0f} -> {after:,.0f} MB ({after / before - 1:+.1%})."
    )
    return 0 if not seen.refused and not lost and p99 < 1 and after < before * 1.05 else 1


if __name__ == "__main__":
    sys.exit(main())
