"""What a flood of the public's incident reports does to the TPS' own reports, both through the door.

python -m bench.flood --port 8000 --per-s 100 < requests      sends at a steady pace, prints percentiles of the answers' time
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections import Counter

import uvloop

from bench import requests
from bench.client import read_requests
from bench.desk import ROOT, BenchDesk
from bench.measures import Figure, Loaded, Pace
from bench.pacing import send_paced, status

REPORTS_PER_S = 100
FLOOD_PER_S = 300
_CONNECTIONS = 48


async def _send(port: int, load: list[bytes], per_s: float) -> dict[str, object]:
    """Send requests at a steady pace, whatever the answers do; return percentiles of the time from turn to answer."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    statuses: Counter[str] = Counter()

    def answered(head: bytes, turn: float) -> None:
        took.append((loop.time() - turn) * 1_000)
        statuses[str(status(head))] += 1

    await send_paced(port, load, per_s, answered, connections=_CONNECTIONS)
    took.sort()
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    return {"p50_ms": p50, "p99_ms": p99, "statuses": dict(statuses)}


def reports_under_flood(desk: BenchDesk, city: Loaded, pace: Pace) -> Figure:
    """Time of 99 % of turnout reports through the door, beside a flood of public incident reports, over the time without."""
    found: list[float] = []
    said = ""
    for _ in range(pace.rounds):
        alone, flooded = _reports(desk, city, pace.seconds), _flooded(desk, city, pace.seconds)
        flooded_again, alone_again = _flooded(desk, city, pace.seconds), _reports(desk, city, pace.seconds)
        calm, busy = (alone["p99_ms"], alone_again["p99_ms"]), (flooded["p99_ms"], flooded_again["p99_ms"])
        found.append(sum(busy) / sum(calm))
        said = f"p99 {sum(busy) / 2:.1f} ms beside {FLOOD_PER_S} a second, {sum(calm) / 2:.1f} ms alone"
    return Figure(sorted(found)[len(found) // 2], found, said)


def _reports(desk: BenchDesk, city: Loaded, seconds: float) -> dict[str, float]:
    load = requests.reports(city.tps, city.kpps, count=int(REPORTS_PER_S * seconds))
    return _ended(_started(desk, load, per_s=REPORTS_PER_S), success=True)


def _flooded(desk: BenchDesk, city: Loaded, seconds: float) -> dict[str, float]:
    flood = _started(
        desk, requests.public_incidents(city.tps, count=int(FLOOD_PER_S * seconds)), per_s=FLOOD_PER_S
    )
    try:
        return _reports(desk, city, seconds)
    finally:
        _ended(flood, success=False)


def _started(desk: BenchDesk, load: list[bytes], *, per_s: int) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "bench.flood", "--port", str(desk.folder.port("gateway"))]
    sender = subprocess.Popen(
        [*words, "--per-s", str(per_s)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert sender.stdin is not None
    sender.stdin.write(requests.packed(load))
    sender.stdin.close()
    return sender


def _ended(sender: "subprocess.Popen[bytes]", *, success: bool) -> dict[str, float]:
    """Wait for a sender and return what it told.

    Raises:
        RuntimeError: a report was refused; or the flood was answered with anything but success, "too many" and "overloaded".
    """
    assert sender.stdout is not None
    told = json.loads(sender.stdout.read())
    sender.wait()
    wrong = set(told["statuses"]) - ({"200", "201"} if success else {"201", "429", "503"})
    if wrong:
        raise RuntimeError(f"answers that should not be: {told['statuses']}")
    return told


def main() -> None:
    """Send what standard input holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--per-s", type=float, required=True)
    asked = parser.parse_args()
    print(json.dumps(uvloop.run(_send(asked.port, read_requests(), asked.per_s))), flush=True)


if __name__ == "__main__":
    main()
