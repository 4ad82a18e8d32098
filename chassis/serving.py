"""Serves an application, and takes its leave: nobody who is being answered is cut off when a process is told to stop.

A process that is told to stop goes on for a moment and closes each connection behind its next answer, streams are told to
come again, requests under way are answered; then it ends. Where the listening socket is handed in from outside and held
there (`DESK_HTTP_FD`), the next process takes the connections that come meanwhile: none is refused.
"""

import asyncio
import gc
import os
import signal
import socket
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.listening import BACKLOG, PatientProtocol, serve_on
from chassis.settings import ServiceSettings
from chassis.telemetry import configure_logging

log = structlog.get_logger(__name__)

LEAVE_TAKES_S = 0.5
"""How long connections that are kept open have for one more request, whose answer closes them."""


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve an application until it is told to stop; requests under way are answered first."""
    configure_logging(app.state.parts.name, settings.log_level)
    config = served_by(app, settings)
    # What is there by now stays for good: to look through it for garbage would hold everybody up for 80 ms, again and again.
    gc.collect()
    gc.freeze()
    handed_in = None if settings.http_fd is None else socket.socket(fileno=settings.http_fd)
    serve_on(_Server(config, leaving=app.state.leaving), handed_in or config.bind_socket())


def served_by(app: FastAPI, settings: ServiceSettings) -> uvicorn.Config:
    """Return how an application is served: whom it believes, how long it waits, what it says of itself."""
    return uvicorn.Config(
        _closing_when(app.state.leaving, app),
        host=settings.http_host,
        port=settings.http_port,
        loop="uvloop",
        http=PatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[("Desk-Rehearsal", "true")] if settings.rehearsal else [],
        timeout_graceful_shutdown=10,
        timeout_keep_alive=65,
        backlog=BACKLOG,
        forwarded_allow_ips=settings.trusted_proxies,
    )


class _Server(uvicorn.Server):
    """Says that it leaves before it stops to listen."""

    def __init__(self, config: uvicorn.Config, *, leaving: asyncio.Event) -> None:
        super().__init__(config)
        self._leaving = leaving
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Note the loop that serves, and start."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take leave at the first signal; stop at once at the second, or where nothing is served yet."""
        if self._loop is None or not self.started or self._leaving.is_set():
            super().handle_exit(sig, frame)
        else:
            self._loop.call_soon_threadsafe(self._take_leave, sig)

    def _take_leave(self, sig: int) -> None:
        self._leaving.set()
        for server in self.servers:
            server.close()  # here alone: whoever handed the socket in still listens
        asyncio.get_running_loop().call_later(LEAVE_TAKES_S, super().handle_exit, sig, None)


def _closing_when(leaving: asyncio.Event, app: ASGIApp) -> ASGIApp:
    """Return the application; once it is leaving, each of its answers closes its connection."""

    async def serving(scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and leaving.is_set():
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await app(scope, receive, closing if scope["type"] == "http" else send)

    return serving


def end_this_process() -> None:
    """Stop in good order, so that whoever supervises this process starts a new one."""
    log.error("process_gives_up")
    os.kill(os.getpid(), signal.SIGTERM)
