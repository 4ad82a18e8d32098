"""Thousands of clients on the stream of one gateway: when each of them is told of an event, after its command was answered.

    python -m bench.streams --port 8004 --stream-port 8000 --clients 2000 --regions 32,32.71 --token … --election … < requests

Each client is a raw connection with one region; frames that are equal byte for byte are read once. Prints one JSON line.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop

from bench import requests
from bench.client import read_requests
from bench.desk import ELECTION, ROOT, BenchDesk
from bench.latency import Answers, send_all
from bench.measures import Figure, Loaded
from chassis.listening import allow_many_connections
from contracts.access import NATION, covers

INTERVAL_S = 1.0
IN_TIME_S = INTERVAL_S + 1.0
TRIES = (2_000, 1_500, 1_000, 500, 250)
_OPENING = 32
_Event = tuple[str, str]
"""Position (`voting_day/<id>@7`) and TPS."""


class Frames:
    """Reads frames; what many clients are sent alike is read once."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[_Event, ...]] = {}

    def events(self, raw: bytes) -> tuple[_Event, ...]:
        """Return the events in bytes of a chunked answer that end with a frame."""
        found = self._known.get(raw)
        if found is None:
            if len(self._known) > 500:
                self._known.clear()
            found = self._known[raw] = tuple(_events(raw))
        return found


def _events(raw: bytes) -> Iterator[_Event]:
    for line in _unchunked(raw).split(b"\n"):
        if line.startswith(b"data:") and b'"items"' in line:
            for event in json.loads(line[5:])["items"]:
                yield f"{event['subject']}@{event['aggregateversion']}", event["data"].get("tps_code", NATION)


def _unchunked(raw: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < len(raw):
        end = raw.index(b"\r\n", at)
        length = int(raw[at:end], 16)
        parts.append(raw[end + 2 : end + 2 + length])
        at = end + 2 + length + 2
    return b"".join(parts)


class Listener(asyncio.Protocol):
    """One client: what it was told, and when."""

    def __init__(self, request: bytes, region: str, frames: Frames) -> None:
        self.region = region
        self.told: list[tuple[float, tuple[_Event, ...]]] = []
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = False
        self._request = request
        self._frames = frames
        self._parts: list[bytes] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports are none of asyncio's
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the time of each frame that is whole."""
        self._parts.append(data)
        if not data.endswith(b"\n\n\r\n"):
            return
        raw = b"".join(self._parts)
        self._parts.clear()
        if self.ready.done():
            if events := self._frames.events(raw):
                self.told.append((asyncio.get_running_loop().time(), events))
        elif raw.startswith(b"HTTP/1.1 200"):
            self.ready.set_result(None)
        else:
            self.ready.set_exception(RuntimeError(raw.decode(errors="replace")[:300]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the stream ended before its time."""
        self.ended = True
        if not self.ready.done():
            self.ready.set_exception(exc or RuntimeError("the stream ended before its first frame"))


async def _open(asked: argparse.Namespace) -> list[Listener]:
    frames, slots = Frames(), asyncio.Semaphore(_OPENING)
    regions = [NATION, *asked.regions.split(",")]

    async def one(n: int) -> Listener:
        region = regions[n % len(regions)]
        request = _request(asked, region, interval_s=INTERVAL_S)
        async with slots:
            _, made = await asyncio.get_running_loop().create_connection(
                lambda: Listener(request, region, frames), "127.0.0.1", asked.stream_port
            )
            await asyncio.wait_for(made.ready, 60)
        return made

    return list(await asyncio.gather(*(one(n) for n in range(asked.clients))))


def _request(asked: argparse.Namespace, region: str, *, interval_s: float) -> bytes:
    path = f"/v1/elections/{asked.election}/stream?interval_s={interval_s:g}"
    path += "" if region == NATION else f"&region={region}"
    return f"GET {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {asked.token}\r\n\r\n".encode()


def _stall(asked: argparse.Namespace) -> socket.socket:
    """Open a stream that asks for everything at once, and never read it."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.connect(("127.0.0.1", asked.stream_port))
    made.sendall(_request(asked, NATION, interval_s=0))
    made.settimeout(0)
    return made


def _is_cut(stalled: socket.socket) -> bool:
    """Read what is there, and say whether the other side has hung up behind it."""
    try:
        while stalled.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


@dataclass
class _Told:
    """What one client was told of the events that count."""

    frames: int
    late: int
    missed: int


def _judge(
    listener: Listener, answered: dict[str, float], where: dict[str, str]
) -> tuple[_Told, list[float]]:
    """Return what a client was told, and for each of its frames how long its oldest event had waited."""
    waits: list[float] = []
    seen: set[str] = set()
    for at, events in listener.told:
        ages = [at - answered[position] for position, _ in events if position in answered]
        seen.update(position for position, _ in events)
        if ages:
            waits.append(max(ages))
    due = {position for position in answered if covers(listener.region, where.get(position, NATION))}
    late = sum(wait > IN_TIME_S for wait in waits)
    return _Told(len(waits), late, len(due - seen)), waits


async def _measure(asked: argparse.Namespace, load: list[bytes]) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    before_mb = _resident_mb(asked.pid)
    stalled = [await asyncio.to_thread(_stall, asked) for _ in range(asked.stalled)]
    opening = loop.time()
    listeners = await _open(asked)
    opened_s = loop.time() - opening
    answers, most_mb = Answers(), before_mb
    began, spent = loop.time(), _cpu_s(asked.pid)
    sending = asyncio.ensure_future(send_all(asked.port, load, asked.per_s, answers))
    while not sending.done():
        await asyncio.sleep(0.5)
        most_mb = max(most_mb, _resident_mb(asked.pid))
    share = (_cpu_s(asked.pid) - spent) / (loop.time() - began)
    rate = await sending
    await asyncio.sleep(IN_TIME_S + 1)
    answered = {position: at for position, at in answers.answered.items() if at - began > asked.warm_up_s}
    where = {position: tps for one in listeners for _, events in one.told for position, tps in events}
    judged = [_judge(one, answered, where) for one in listeners]
    waits = sorted(wait for _, own in judged for wait in own)
    hold = sum(told.missed == 0 and told.late <= told.frames * 0.01 for told, _ in judged)
    return {
        "hold": hold,
        "ended": sum(one.ended for one in listeners),
        "missed": sum(told.missed for told, _ in judged),
        "frames": len(waits),
        "frames_per_s": len(waits) / max(0.001, len(load) / asked.per_s - asked.warm_up_s),
        "p50_ms": statistics.median(waits) * 1_000,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1_000,
        "most_ms": waits[-1] * 1_000,
        "sent_per_s": rate,
        "gateway_cpu": share,
        "opened_s": opened_s,
        "resident_before_mb": before_mb,
        "resident_most_mb": most_mb,
        "stalled_cut": sum(map(_is_cut, stalled)),
    }


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def sse_clients(desk: BenchDesk, city: Loaded, *, seconds: float = 20) -> Figure:
    """How many clients of one gateway are told in time, with reports coming in at 100 a second."""
    best = Figure(0, [], "")
    for clients in TRIES:
        told = follow(desk, city, clients=clients, seconds=seconds)
        note = (
            f"of {clients:,}: frames p50 {told['p50_ms']:.0f}, p99 {told['p99_ms']:.0f} ms, {told['frames_per_s']:,.0f}/s,"
            f" {told['missed']:.0f} events missed, gateway {told['gateway_cpu']:.0%} of a core,"
            f" {told['sent_per_s']:.0f} reports/s"
        )
        if told["hold"] > best.value:
            best = Figure(told["hold"], [], note)
        if told["hold"] == clients:
            break
    return best


def follow(
    desk: BenchDesk, city: Loaded, *, clients: int, seconds: float, stalled: int = 0, warm_up_s: float = 3
) -> dict[str, float]:
    """Let so many clients follow, and return what they were told, and what it cost the gateway.

    Raises:
        RuntimeError: a stream was refused, or the client failed in some other way.
    """
    per_s = 100
    load = requests.reports(city.tps, city.kpps, count=int(per_s * (seconds + warm_up_s)))
    pid = next(p.pid for p in desk.folder.read_state().processes if p.name == "gateway")
    words = [sys.executable, "-m", "bench.streams", "--per-s", str(per_s), "--warm-up-s", str(warm_up_s)]
    words += ["--port", str(desk.folder.port("turnout")), "--stream-port", str(desk.folder.port("gateway"))]
    words += ["--clients", str(clients), "--stalled", str(stalled), "--pid", str(pid), "--election", ELECTION]
    words += ["--regions", ",".join(regions_of(city.tps)), "--token", desk.token("observer", regions=["*"])]
    ran = subprocess.run(words, input=requests.packed(load), capture_output=True, check=False, cwd=ROOT)
    if ran.returncode:
        raise RuntimeError(ran.stderr.decode()[-400:])
    return json.loads(ran.stdout)


def regions_of(tps: Sequence[str]) -> list[str]:
    """Return the codes of all regions that TPS lie in, from the province to the kelurahan."""
    parts = [code.split(".") for code in tps]
    return sorted(
        {".".join(code[:n]) for code in parts for n in range(1, 5)}, key=lambda code: (len(code), code)
    )


def main() -> None:
    """Run what the command line and standard input describe."""
    parser = argparse.ArgumentParser(prog="python -m bench.streams")
    for name in ("--port", "--stream-port", "--clients", "--pid"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--stalled", type=int, default=0)
    parser.add_argument("--per-s", type=float, default=100)
    parser.add_argument("--warm-up-s", type=float, default=3)
    for name in ("--regions", "--token", "--election"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    allow_many_connections()
    print(json.dumps(uvloop.run(_measure(asked, read_requests()))), flush=True)


if __name__ == "__main__":
    main()
