"""Owners behind the door that fail in one way each: on a socket of their own, for a lost answer is a matter of connections."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

Conversation = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What an owner does with one whole request: it writes an answer, a part of one, or nothing."""


class Owner:
    """An owner on a socket; `requests` are those that reached it whole, as bytes."""

    def __init__(self, conversation: Conversation) -> None:
        self.requests: list[bytes] = []
        self.url = ""
        self._conversation = conversation

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request of a connection, and close it."""
        request = await _message(reader)
        self.requests.append(request)
        try:
            await self._conversation(request, writer)
        finally:
            writer.close()


@asynccontextmanager
async def an_owner(conversation: Conversation) -> AsyncGenerator[Owner]:
    """Let an owner listen on a free port until the block ends."""
    owner = Owner(conversation)
    server = await asyncio.start_server(owner.meet, "127.0.0.1", 0)
    owner.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield owner
    finally:
        server.close()


async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Close without a word."""
    writer.close()


async def half_an_answer(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Promise more than what comes."""
    writer.write(
        b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":'
    )
    await writer.drain()


async def say_nothing(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Keep the connection, and never answer; the other side gives up."""
    await asyncio.sleep(5)
    writer.close()


async def had_enough(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Refuse the address for a minute."""
    await _refuse_for_a_minute(writer, "too-many-requests")


async def had_enough_of_it(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Refuse what is asked about for a minute, whoever asks."""
    await _refuse_for_a_minute(writer, "nik-asked-too-often")


async def _refuse_for_a_minute(writer: asyncio.StreamWriter, code: str) -> None:
    head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Type: application/problem+json\r\n"
    body = json.dumps({"code": code})
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()


def losing_answers(url: str, *, times: int) -> Conversation:
    """Return an owner that lets another one do the work and loses its first answers."""
    lost = 0

    async def converse(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal lost
        address = urlsplit(url)
        upstream, sending = await asyncio.open_connection(address.hostname, address.port)
        sending.write(request)
        answer = await _message(upstream)
        sending.close()
        if lost < times:
            lost += 1
            return
        writer.write(answer)
        await writer.drain()

    return converse


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Return a request or an answer as it came, with the body that its head promises."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)
