"""HEAD, wherever there is GET (RFC 9110 section 9.3.2): FastAPI's routes know only the methods that they name."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """Answers HEAD as GET, and keeps the body back; documents and routes name GET alone.

    It stands around everything else, so that the rest of the process knows no HEAD; the server around it still does, and
    expects no body for the Content-Length that is told. The answer ends with its head: a stream is told that its caller
    has gone.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app({**scope, "method": "GET"}, receive, send_head)
