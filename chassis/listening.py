"""Connections, below the application: what it never sees may not last for ever either.

uvicorn waits without end for a request that does not come whole, holds headers and trailers of any size, and keeps a
connection whose other side has stopped reading. Here the head of a request has a deadline, what is no body has a largest
size, what waits to be sent has a deadline too, and the kernel cuts a connection that acknowledges nothing more. What is
refused here gets a problem document like anything else.
"""

import asyncio
import json
import resource
import socket
from typing import Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from chassis.problem_responses import MEDIA_TYPE, problem_document
from chassis.problems import BadRequest, HeadTooLarge, Problem

MOST_FILES: Final = 65_536
HEAD_DEADLINE_S: Final = 20.0
"""From the connection, or the first byte of a further request, to the end of its headers."""

MOST_HEAD_BYTES: Final = 65_536
"""So much may come without a byte of a body in it: a head, the sizes of a body's pieces, and what follows the last of them.

The parser holds all of it and has no limit of its own.
"""

PIECE_BYTES: Final = 16_384
"""The parser is given so much at once, and what has come is counted before it gets more: a read is up to 256 KB."""

STALLED_MS: Final = 60_000
"""How long a connection may take none of what is sent to it; streams send something every fifteen seconds."""

MOST_BUFFERED_BYTES: Final = 16_384
"""So much of an answer waits in our own memory before whoever writes it has to wait, beside what the kernel holds."""

DRAIN_DEADLINE_S: Final = 30.0
"""How long the other side may take for what makes room in a full buffer."""

MOST_UNSENT_BYTES: Final = 131_072
"""So much of an answer waits in the kernel until the other side has room for it; left alone, it keeps megabytes for each."""

BACKLOG: Final = 4_096


class PatientProtocol(HttpToolsProtocol):
    """A connection whose request has to come, and whose answer has to be taken, within a deadline each and a size."""

    head_deadline_s = HEAD_DEADLINE_S
    drain_deadline_s = DRAIN_DEADLINE_S

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Wait for the first request."""
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._drain_timer: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=MOST_BUFFERED_BYTES)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._head_came()
        self._drained()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; those that are no body are counted."""
        for start in range(0, len(data), PIECE_BYTES):
            if self.transport.is_closing():
                return
            piece = data[start : start + PIECE_BYTES]
            super().data_received(piece)
            self._head_bytes += len(piece)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Wait for the end of the head of the next request."""
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._head_came()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; what may come without one is counted from here."""
        self._head_bytes = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        """Hold the answer back while the buffer is full, and hang up where it stays so."""
        super().pause_writing()
        self._drained()
        self._drain_timer = self.loop.call_later(self.drain_deadline_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Let the answer go on."""
        self._drained()
        super().resume_writing()

    def _drained(self) -> None:
        if self._drain_timer is not None:
            self._drain_timer.cancel()
            self._drain_timer = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - a problem says it in our words
        """Refuse what is no request, and hang up."""
        self._refuse(_NO_REQUEST)

    def _refuse(self, answer: bytes) -> None:
        self._head_came()
        cycle = cast(RequestResponseCycle | None, self.cycle)  # None before the first request
        if cycle is None or cycle.response_complete or (cycle.more_body and not cycle.response_started):
            self.transport.write(answer)  # else it would be read as the answer to the request before
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_deadline_s, self.transport.abort)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _refusal(problem: Problem, phrase: str) -> bytes:
    """Return an answer to somebody of whom nothing was read, a language neither."""
    document = problem_document(problem, instance="", trace_id=None, language="en")
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {problem.status} {phrase}\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
    )
    safe = b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    return head.encode() + safe + body


_NO_REQUEST: Final = _refusal(
    BadRequest("This is no HTTP request.", detail_id="Ini bukan permintaan HTTP."), "Bad Request"
)
_TOO_LARGE: Final = _refusal(HeadTooLarge(), "Request Header Fields Too Large")


def serve_on(server: uvicorn.Server, listener: socket.socket, *, stalled_ms: int = STALLED_MS) -> None:
    """Serve until told to stop, on a socket whose stalled connections the kernel cuts."""
    allow_many_connections()
    cut_when_stalled(listener, after_ms=stalled_ms)
    hold_back_unsent(listener)
    server.run(sockets=[listener])


def cut_when_stalled(listener: socket.socket, *, after_ms: int) -> None:
    """Let the kernel end accepted connections that acknowledge, or take, nothing for so long (Linux; RFC 5482)."""
    option: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, after_ms)


def hold_back_unsent(listener: socket.socket) -> None:
    """Let the kernel take no more of an answer than the other side will soon have room for (Linux, macOS)."""
    option: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, MOST_UNSENT_BYTES)


def allow_many_connections() -> None:
    """Take as many open files as the machine lets this process have: shells give 1,024, and streams want more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
