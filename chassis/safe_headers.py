"""Headers that every answer has unless its route says otherwise: what a browser may do with it is nothing.

`SafeHeadersMiddleware` adds them to what comes from inside. A problem adds them by itself, because some refusals are made
outside of it: a spent budget, a full lane, a fault of ours.
"""

from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]

_SAFE: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"private, no-cache"),
    (
        b"content-security-policy",
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
)
_ONLY_BY_TLS: Final[Header] = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""RFC 6797 forbids it on an answer that went without TLS. Whether one did says the proxy that is trusted to."""

_NOT_KEPT: Final[Header] = (b"cache-control", b"no-store")
_SHOWN: Final = "desk.shown"


def show_once(scope: Scope) -> None:
    """Note that the answer to a request holds personal or withheld data: no browser and no proxy may keep it."""
    scope[_SHOWN] = True


def safe_headers(scope: Scope, told: Collection[bytes]) -> list[Header]:
    """Return the headers that an answer lacks.

    Args:
        scope: of the request.
        told: names of the headers that it has, in lower case.
    """
    wanted = (*_SAFE, _ONLY_BY_TLS) if scope.get("scheme") == "https" else _SAFE
    return [header for header in wanted if header[0] not in told]


class SafeHeadersMiddleware:
    """Adds them; a page's own policy, and what a route says of caching, stand."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[Header] = list(message["headers"])
                if scope.get(_SHOWN):
                    headers = [*(each for each in headers if each[0] != _NOT_KEPT[0]), _NOT_KEPT]
                message["headers"] = [*headers, *safe_headers(scope, {name for name, _ in headers})]
            await send(message)

        await self._app(scope, receive, send_safe)
