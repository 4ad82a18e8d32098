"""A TCP proxy that can be cut, stalled and slowed down."""

import asyncio
from contextlib import suppress

_CHUNK = 65_536
_LOOK_EVERY_S = 0.05


class Proxy:
    """Passes connections on to one port of this machine.

    Attributes:
        latency_s: so long each piece of data is kept, in either direction.
        stalled: nothing passes, and no connection is cut: packets are lost, and nobody says so.
        refuses: new connections are cut at once.
    """

    def __init__(self, *, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self.latency_s = 0.0
        self.stalled = False
        self.refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def stop(self) -> None:
        """Listen no longer, and cut what is open."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Cut every open connection, in the middle of whatever is under way."""
        for writer in self._open:
            writer.transport.abort()

    def heal(self) -> None:
        """Pass everything on, at once."""
        self.latency_s, self.stalled, self.refuses = 0.0, False, False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        there = asyncio.ensure_future(self._pump(reader, far_writer))
        back = asyncio.ensure_future(self._pump(far_reader, writer))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= {writer, far_writer}
            for task in (there, back):
                task.cancel()
            for side in (writer, far_writer):
                side.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.latency_s:
                    await asyncio.sleep(self.latency_s)
                while self.stalled:
                    await asyncio.sleep(_LOOK_EVERY_S)
                writer.write(data)
                await writer.drain()
