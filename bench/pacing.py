"""Requests at a steady pace, whatever the answers do (open loop)."""

import asyncio
from collections.abc import Callable, Iterable

Answered = Callable[[bytes, float], None]
"""Takes the head of an answer, and the loop's time at which its request had its turn; the answer has just come whole."""


async def send_paced(
    port: int, load: Iterable[bytes], per_s: float, answered: Answered, *, connections: int
) -> float:
    """Send each request at its turn, over connections that are kept, and return how many a second were sent.

    A request that finds every connection busy waits for one, and that wait counts: its turn is when it was due. A
    connection that the server has closed is opened again, and its request sent once more.
    """
    loop = asyncio.get_running_loop()
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    waiting: set[asyncio.Task[None]] = set()

    async def one(request: bytes, turn: float) -> None:
        reader, writer = await idle.get()
        try:
            head = await _exchange(reader, writer, request)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = await _exchange(reader, writer, request)
        idle.put_nowait((reader, writer))
        answered(head, turn)

    began, sent = loop.time(), 0
    for sent, request in enumerate(load, start=1):
        turn = began + (sent - 1) / per_s
        if (delay := turn - loop.time()) > 0:
            await asyncio.sleep(delay)
        task = asyncio.ensure_future(one(request, turn))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    rate = sent / (loop.time() - began)
    await asyncio.gather(*waiting)
    return rate


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """Send a request and return the head of its answer."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(header(head, b"content-length") or b"0"))
    return head


def status(head: bytes) -> int:
    """Return the status of an answer."""
    return int(head[9:12])


def header(head: bytes, name: bytes) -> bytes:
    """Return a header of an answer, empty where it has none.

    Args:
        name: in lower case.
    """
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    return head[at + len(name) + 3 : head.index(b"\r\n", at + 2)].strip()
