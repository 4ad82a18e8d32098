"""Headers that every answer has unless its route says otherwise: what a browser may do with it is nothing."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"private, no-cache"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


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
                told = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in _SAFE if header[0] not in told),
                ]
            await send(message)

        await self._app(scope, receive, send_safe)
