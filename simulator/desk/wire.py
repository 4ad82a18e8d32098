"""HTTP/1.1 over connections that are kept open, as small as it goes.

A rehearsal sends hundreds of requests a second from the machine that also runs the whole desk, so the sender has to cost
a fraction of what it asks for: httpx takes about a millisecond of processor time per request, this a tenth of it. And a
simulated telephone must be able to do what no decent client offers: hang up before the answer.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0
HANG_UP_AFTER_S = 0.02
"""How long a telephone that loses its network had it after the last byte went out."""

LONGEST_HEAD_BYTES = 65_536


class ConnectionLostError(Exception):
    """No answer came: the desk could not be reached, or the connection broke, or nothing came in time."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole.

    Attributes:
        headers: by name in lower case; of several with one name the last.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Say whether the request was granted."""
        return 200 <= self.status < 300

    def document(self) -> dict[str, object]:
        """Return the body as a JSON object; empty where it is none."""
        try:
            found: object = json.loads(self.body)
        except ValueError:
            return {}
        return cast(dict[str, object], found) if isinstance(found, dict) else {}


class Wire:
    """Connections to one server: as many as are used at the same time, kept open between requests.

    Args:
        url: the server's address, `http://host:port`.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url} is no address of the form http://host:port")
        self._host, self._port = parts.hostname, parts.port or 80
        self._name = f"{self._host}:{self._port}"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: Request) -> Answer:
        """Send a request and return its answer.

        Raises:
            ConnectionLostError: no answer came.
        """
        reader, writer = await self._connection()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                writer.write(self._rendered(request))
                answer = await _read_answer(reader)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
            _abort(writer)
            raise ConnectionLostError(type(error).__name__) from error
        except BaseException:
            _abort(writer)
            raise
        if answer.headers.get("connection", "").lower() == "close":
            _abort(writer)
        else:
            self._idle.append((reader, writer))
        return answer

    async def send_and_hang_up(self, request: Request) -> None:
        """Send a request over a connection of its own and break that before the answer comes.

        Raises:
            ConnectionLostError: the desk could not be reached at all.
        """
        _, writer = await self._connect()
        try:
            writer.write(self._rendered(request))
            await writer.drain()
            await asyncio.sleep(HANG_UP_AFTER_S)
        except OSError as error:
            raise ConnectionLostError(type(error).__name__) from error
        finally:
            _abort(writer)

    async def close(self) -> None:
        """Close every connection."""
        for _, writer in self._idle:
            writer.close()
        for _, writer in self._idle:
            try:
                await writer.wait_closed()
            except OSError:
                continue
        self._idle.clear()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            _abort(writer)
        return await self._connect()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await asyncio.open_connection(self._host, self._port, limit=LONGEST_HEAD_BYTES)
        except (OSError, TimeoutError) as error:
            raise ConnectionLostError(type(error).__name__) from error

    def _rendered(self, request: Request) -> bytes:
        lines = [f"{request.method} {request.path} HTTP/1.1", f"host: {self._name}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        if request.body or request.method not in {"GET", "HEAD"}:
            lines.append(f"content-length: {len(request.body)}")
        return "\r\n".join((*lines, "", "")).encode("ascii") + request.body


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    status = int(first.split(" ", 2)[1])
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, headers, await _read_chunks(reader))
    if "content-length" in headers:
        return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))
    return Answer(status, headers, b"")


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass
    return b"".join(parts)


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
