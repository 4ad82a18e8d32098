"""A server that answers as a test tells it to, over real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Server:
    """What was asked of it, and what it answers: bytes, or None to hang up."""

    answer: Callable[[Asked], bytes | None]
    asked: list[Asked] = field(default_factory=list[Asked])
    connections: int = 0
    url: str = ""


def told(status: int, body: bytes = b"{}", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


@asynccontextmanager
async def serving(answer: Callable[[Asked], bytes | None]) -> AsyncGenerator[Server]:
    server = Server(answer)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        number = server.connections
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                first, *lines = head[:-4].split("\r\n")
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = first.split(" ")
                asked = Asked(method, path, headers, body, number)
                server.asked.append(asked)
                reply = server.answer(asked)
                if reply is None:
                    break
                writer.write(reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
