"""Commands at a steady pace, whatever the answers do (open loop), and the time until each one's event is on a stream.

python -m bench.latency --port 8004 --stream-port 8000 --per-s 300 --warm-up-s 10 --token … --election … < requests
python -m bench.latency --flow --port 8004 --per-s 50 < requests      only the commands
"""

import argparse
import asyncio
import json
import statistics

import uvloop

from bench.client import read_requests
from bench.pacing import header, send_paced, status

_CONNECTIONS = 64


class Answers:
    """When each command was answered, by the version that it made: `voting_day/<id>@7`."""

    def __init__(self) -> None:
        self.answered: dict[str, float] = {}
        self.arrived: dict[str, float] = {}


async def send_all(port: int, requests: list[bytes], per_s: float, answers: Answers) -> float:
    """Send requests at a steady pace, note when each was answered, and return how many a second were sent."""
    loop = asyncio.get_running_loop()

    def answered(head: bytes, _: float) -> None:
        position = header(head, b"desk-position").decode()
        if status(head) in (200, 201) and position and not header(head, b"idempotent-replayed"):
            answers.answered.setdefault(position, loop.time())

    return await send_paced(port, requests, per_s, answered, connections=_CONNECTIONS)


async def _follow(port: int, *, token: str, election: str, answers: Answers, ready: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    path = f"/v1/elections/{election}/stream?interval_s=0"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(head.decode()[:300])
    waiting = b""
    while size := int(await reader.readline() or b"0", 16):  # a frame may come in several chunks
        waiting += (await reader.readexactly(size + 2))[:size]
        ready.set()
        *lines, waiting = waiting.split(b"\n")
        for line in lines:
            if line.startswith(b"data:") and b'"items"' in line:
                now = loop.time()
                for event in json.loads(line[5:])["items"]:
                    answers.arrived[f"{event['subject']}@{event['aggregateversion']}"] = now
    raise RuntimeError("the stream ended")


async def _measure(asked: argparse.Namespace, requests: list[bytes]) -> dict[str, float]:
    answers, ready = Answers(), asyncio.Event()
    following = asyncio.ensure_future(
        _follow(asked.stream_port, token=asked.token, election=asked.election, answers=answers, ready=ready)
    )
    await asyncio.wait_for(ready.wait(), 10)
    began = asyncio.get_running_loop().time()
    rate = await send_all(asked.port, requests, asked.per_s, answers)
    await asyncio.sleep(3)
    following.cancel()
    counted = [position for position, at in answers.answered.items() if at - began > asked.warm_up_s]
    waits = sorted(
        (answers.arrived[p] - answers.answered[p]) * 1_000 for p in counted if p in answers.arrived
    )
    return {
        "p50_ms": statistics.median(waits),
        "p99_ms": waits[int(len(waits) * 0.99)],
        "matched": len(waits),
        "expected": len(counted),
        "sent_per_s": rate,
    }


def main() -> None:
    """Run what the command line and standard input describe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stream-port", type=int, default=0)
    parser.add_argument("--per-s", type=float, required=True)
    parser.add_argument("--warm-up-s", type=float, default=0)
    parser.add_argument("--token", default="")
    parser.add_argument("--election", default="")
    parser.add_argument("--flow", action="store_true")
    asked = parser.parse_args()
    requests = read_requests()
    if asked.flow:
        uvloop.run(send_all(asked.port, requests, asked.per_s, Answers()))
    else:
        print(json.dumps(uvloop.run(_measure(asked, requests))), flush=True)


if __name__ == "__main__":
    main()
