"""The load: a raw asyncio HTTP/1.1 client with prepared bytes, in a process of its own, so that it is cheap beside the server.

    python -m bench.client --port 8004 --seconds 10 --connections 32 < requests

Reads the requests to send from standard input as frames (four bytes of length, then the bytes), sends each once, in order,
spread over the connections, and prints one JSON line: answers by status, seconds, and its own CPU seconds.
"""

import argparse
import asyncio
import json
import resource
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from typing import cast

import uvloop


class _Connection(asyncio.Protocol):
    """One connection that sends the next request as soon as the last answer is whole."""

    def __init__(self, requests: Iterator[bytes], counts: Counter[int], done: "asyncio.Future[None]") -> None:
        self._requests = requests
        self._counts = counts
        self._done = done
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.stop = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are none of asyncio's
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _content_length(self._buffer[:head])
        if len(self._buffer) < head + 4 + length:
            return
        self._counts[int(self._buffer[9:12])] += 1
        self._buffer = self._buffer[head + 4 + length :]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._counts[0] += exc is not None
            self._done.set_result(None)

    def _next(self) -> None:
        assert self._transport is not None
        request = None if self.stop else next(self._requests, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    if at < 0:
        return 0
    end = head.find(b"\r\n", at)
    return int(head[at + 15 : end if end > 0 else None])


async def _run(port: int, seconds: float, connections: int, requests: list[bytes]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    counts: Counter[int] = Counter()
    source = iter(requests)
    waits: list[asyncio.Future[None]] = []
    protocols: list[_Connection] = []
    cpu_before = resource.getrusage(resource.RUSAGE_SELF)
    began = loop.time()
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        protocol = _Connection(source, counts, done)
        await loop.create_connection(lambda protocol=protocol: protocol, "127.0.0.1", port)
        waits.append(done)
        protocols.append(protocol)
    await asyncio.wait(waits, timeout=seconds)
    for protocol in protocols:
        protocol.stop = True
    await asyncio.wait(waits, timeout=10)
    took = loop.time() - began
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    spent = cpu.ru_utime + cpu.ru_stime - cpu_before.ru_utime - cpu_before.ru_stime
    statuses = {str(status): count for status, count in sorted(counts.items())}
    return {"seconds": took, "answers": sum(counts.values()), "statuses": statuses, "client_cpu_s": spent}


def read_requests() -> list[bytes]:
    """Return the requests that stand on standard input."""
    raw = sys.stdin.buffer.read()
    requests: list[bytes] = []
    at = 0
    while at < len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        requests.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    return requests


def main() -> None:
    """Run the load that the command line and standard input describe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=32)
    asked = parser.parse_args()
    requests = read_requests()
    print(json.dumps(uvloop.run(_run(asked.port, asked.seconds, asked.connections, requests))), flush=True)


if __name__ == "__main__":
    main()
