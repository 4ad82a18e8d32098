"""What a caller may take of the desk: bytes of a body as they are, and time to send them.

uvicorn waits for a body for ever, and Starlette's own limit answers in plain text; this middleware does both
parts, pure ASGI. A slow caller may take `receive_deadline_s`, and longer only as long as its bytes keep
coming at a modest rate. Headers are outside an application's sight: `chassis.listening` bounds those.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from fastapi import FastAPI
from starlette.exceptions import HTTPException  # noqa: TID251 - the one thing FastAPI lets through here
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SLOWEST_BYTES_PER_S: Final = 4_096
"""A 3G uplink on a bad day does ten times as much."""

PACKED: Final = "packed"
OTHER_CHARSET: Final = "other-charset"
"""Why a body is not read at all, for the words of its problem."""

_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([^"';,\s]*)""", re.IGNORECASE)
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})

_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})


class LimitsMiddleware:
    """Refuses a body that is too large (413), does not arrive in time (408), is packed, or says that it is not UTF-8 (415).

    Nothing is ever unpacked or read in another encoding here, so there is no bomb, and no two ways to read one body; what cannot
    be read is said to be so.

    Args:
        app: the application inside.
        body_limit_bytes: largest body, in bytes.
        receive_deadline_s: seconds in which a small body has to have arrived.
        larger_bodies: largest body of routes whose path ends so (`{"/imports": 64_000_000}`).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_limit_bytes: int,
        receive_deadline_s: float,
        larger_bodies: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._limit = body_limit_bytes
        self._deadline_s = receive_deadline_s
        self._larger = dict(larger_bodies or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or (scope["method"] in _BODILESS and not _declares_body(scope)):
            await self._app(scope, receive, send)
            return
        if unread := PACKED if _is_packed(scope) else OTHER_CHARSET if _is_of_another_charset(scope) else "":
            await self._app(scope, _refusing(unread), send)
            return
        body = _Body(
            receive, declared=_declared_bytes(scope), limit=self._limit_of(scope), grace_s=self._deadline_s
        )
        await self._app(scope, body.receive, send)

    def _limit_of(self, scope: Scope) -> int:
        path: str = scope["path"]
        return next((limit for end, limit in self._larger.items() if path.endswith(end)), self._limit)


class _Body:
    """The body of one request on its way in."""

    __slots__ = ("_began", "_declared", "_done", "_expired", "_grace_s", "_limit", "_receive", "_seen")

    def __init__(self, receive: Receive, *, declared: int | None, limit: int, grace_s: float) -> None:
        self._receive = receive
        self._declared = declared
        self._limit = limit
        self._grace_s = grace_s
        self._seen = 0
        self._began: float | None = None
        self._done = False
        self._expired = False

    async def receive(self) -> Message:
        """Give the next message of the request; once the body is in, whatever else comes passes untouched."""
        if self._done:
            return await self._receive()
        if self._declared is not None and self._declared > self._limit:
            self._refuse(413)
        message = await self._in_time()
        if message["type"] != "http.request":
            self._done = True
            return message
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            self._refuse(413)
        self._done = not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        # asyncio.timeout does the same in twice the time, and this is on the path of every command.
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        if self._began is None:
            self._began = loop.time()
        due = self._began + self._grace_s + self._seen / SLOWEST_BYTES_PER_S
        timer = loop.call_at(due, self._expire, task)
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if self._expired and task is not None and task.uncancel() == 0:
                self._refuse(408)
            raise
        finally:
            timer.cancel()

    def _expire(self, task: asyncio.Task[object] | None) -> None:
        self._expired = True
        if task is not None:
            task.cancel()

    def _refuse(self, status: int) -> NoReturn:
        self._done = True
        # The rest of the body stays unread, so the connection cannot be used again.
        raise HTTPException(status, headers={"Connection": "close"})


def _is_packed(scope: Scope) -> bool:
    return any(
        name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}
        for name, value in scope["headers"]
    )


def _is_of_another_charset(scope: Scope) -> bool:
    told = (value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type")
    return any(charset.lower() not in _CHARSETS for value in told for charset in _CHARSET.findall(value))


def _refusing(why: str) -> Receive:
    accepted = {"Accept-Encoding": "identity"} if why == PACKED else {}

    async def receive() -> Message:
        raise HTTPException(415, why, headers={"Connection": "close", **accepted})

    return receive


def _declares_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _declared_bytes(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


def allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins call the API from a browser; without any, none may.

    Args:
        app: the application.
        origins: `https://desk.example` each, exactly; never `*`, because callers carry tokens.

    Raises:
        ValueError: one of them is `*`.
    """
    if "*" in origins:
        raise ValueError("DESK_CORS_ORIGINS takes exact origins, not *")
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                "Desk-After",
                "traceparent",
            ],
            expose_headers=[
                "ETag",
                "Location",
                "Content-Location",
                "Link",
                "Retry-After",
                "Desk-Position",
                "Idempotent-Replayed",
            ],
            max_age=600,
        )
