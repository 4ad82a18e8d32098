"""Connections that do nothing, or too much, are let go; the others do not notice."""

import asyncio
import socket
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from chassis.listening import (
    MOST_HEAD_BYTES,
    MOST_UNSENT_BYTES,
    PIECE_BYTES,
    PatientProtocol,
    cut_when_stalled,
    hold_back_unsent,
)

pytestmark = pytest.mark.anyio


class Hasty(PatientProtocol):
    """As in production, without the long wait."""

    head_deadline_s = 0.3
    drain_deadline_s = 0.5


class Talker:
    """An application that answers `/`, and at `/stream` talks for ever."""

    def __init__(self) -> None:
        self.talking = 0
        self.blocks = 0
        self.let_go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] != "/stream":
            await send({"type": "http.response.body", "body": b"here"})
            return
        self.talking += 1
        try:
            gone = asyncio.create_task(_gone(receive))
            while not gone.done():
                await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
                self.blocks += 1
        finally:
            self.let_go.set()


class Waiter(Talker):
    """An application that answers when the whole body is there."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive()).get("more_body", False):
            pass
        if message["type"] == "http.request":
            await super().__call__(scope, receive, send)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def listening(app: Talker, *, stalled_ms: int = 60_000) -> AsyncGenerator[int]:
    config = uvicorn.Config(app, port=0, http=Hasty, lifespan="off", log_config=None)
    listener = config.bind_socket()
    cut_when_stalled(listener, after_ms=stalled_ms)
    hold_back_unsent(listener)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await task


async def said(port: int, *parts: bytes) -> bytes:
    """Send parts, never the end of a request, and return what comes until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


HEAD = b"GET / HTTP/1.1\r\nHost: desk\r\n"


@pytest.mark.parametrize(
    "parts", [(), (b"GET /",), (HEAD,), (HEAD + b"\r\n", HEAD)], ids=["mute", "word", "head", "second"]
)
async def test_a_request_that_never_comes_is_not_waited_for(parts: tuple[bytes, ...]) -> None:
    async with listening(Talker()) as port:
        answer = await said(port, *parts)
    assert answer.count(b"HTTP/1.1") == (1 if len(parts) == 2 else 0)


LONG = b"y" * (MOST_HEAD_BYTES - 100)
PIECES = b"POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
TOO_LARGE: dict[str, bytes] = {
    "one header": HEAD + b"X: " + LONG + b"z" * 200,
    "many headers": HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 800) for n in range(82)),
    "an address": b"GET /" + LONG + b"z" * 200,
    "whole": HEAD + b"X: " + LONG + b"z" * 2 * PIECE_BYTES + b"\r\n\r\n",
    "trailers": PIECES + b"0\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 800) for n in range(100)),
    "size of a piece": PIECES + b"3;" + LONG + b"z" * 2 * PIECE_BYTES,
}


@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_what_is_no_body_has_a_largest_size(sent: bytes) -> None:
    app = Waiter()
    async with listening(app) as port:
        answer = await said(port, sent)
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert b"application/problem+json" in answer
        assert b'"/problems/head-too-large"' in answer
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/")).text == "here"


@pytest.mark.parametrize("waits", [True, False])
async def test_a_refusal_is_never_read_as_the_answer_to_another_request(waits: bool) -> None:
    """The second head is too large: it is told so once the first is answered, and not in place of that answer."""
    async with listening(Waiter()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"\r\n")
        first = await reader.readuntil(b"here") if waits else b""
        writer.write((b"" if waits else HEAD + b"\r\n") + HEAD + b"X: " + LONG + b"z" * 2 * PIECE_BYTES)
        with suppress(ConnectionResetError):
            first += await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert not first.startswith(b"HTTP/1.1 431")
    assert (b"HTTP/1.1 431" in first) == waits


async def test_a_head_within_the_size_is_taken() -> None:
    async with listening(Waiter()) as port, httpx.AsyncClient(trust_env=False) as http:
        headers = {f"X-{n}": "y" * 8_000 for n in range(7)}
        for _ in range(3):
            body = b"z" * 10 * MOST_HEAD_BYTES
            answer = await http.post(f"http://127.0.0.1:{port}/", headers=headers, content=body)
            assert answer.text == "here"


@pytest.mark.parametrize("begun", [HEAD + b"X: ", b"GET /", PIECES + b"0\r\nX: ", PIECES + b"3;"])
async def test_no_flood_is_held(begun: bytes) -> None:
    """Ten megabytes of what is no body: the other side is gone long before they are sent, and nothing has grown."""
    async with listening(Waiter()) as port:
        tracemalloc.start()
        try:
            answer = await said(port, begun, *[b"y" * 50_000] * 200)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert b"200 OK" not in answer
    assert most < 4_000_000, "of both sides, the flood's own among them"


async def test_what_is_no_request_gets_a_problem() -> None:
    async with listening(Talker()) as port:
        answer = await said(port, b"\x16\x03\x01 hello\r\n\r\n")
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert b'"/problems/bad-request"' in body


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel knows no TCP_USER_TIMEOUT")
async def test_the_kernel_lets_a_client_go_that_stops_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hasty, "drain_deadline_s", 600.0)
    app = Talker()
    async with listening(app, stalled_ms=500) as port:
        with socket.socket() as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            stalled.connect(("127.0.0.1", port))
            stalled.sendall(b"GET /stream HTTP/1.1\r\nHost: desk\r\n\r\n")
            await asyncio.wait_for(app.let_go.wait(), 60)
    assert app.talking == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the kernel knows no TCP_NOTSENT_LOWAT")
async def test_little_waits_for_a_client_that_does_not_read() -> None:
    app = Talker()
    async with listening(app) as port:
        with socket.socket() as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            stalled.connect(("127.0.0.1", port))
            stalled.sendall(b"GET /stream HTTP/1.1\r\nHost: desk\r\n\r\n")
            await asyncio.wait_for(app.let_go.wait(), 60)
    assert app.blocks * 65_536 <= MOST_UNSENT_BYTES + 4 * 65_536, "in the kernel, and in our own buffer"


async def test_a_client_that_takes_next_to_nothing_is_let_go() -> None:
    """The kernel sees that something moves; a full buffer that stays full is cut all the same."""
    app = Talker()
    async with listening(app) as port:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            slow.connect(("127.0.0.1", port))
            slow.sendall(b"GET /stream HTTP/1.1\r\nHost: desk\r\n\r\n")
            slow.setblocking(False)
            while not app.let_go.is_set():
                with suppress(BlockingIOError):
                    slow.recv(100)
                await asyncio.sleep(0.05)
    assert app.talking == 1


async def test_a_client_that_reads_slowly_gets_everything() -> None:
    """Every pause of the reader is shorter than the deadline, all of them together are longer."""
    async with listening(Talker()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4_096)
        writer.write(b"GET /stream HTTP/1.1\r\nHost: desk\r\n\r\n")
        taken = 0
        until = asyncio.get_running_loop().time() + 2
        while asyncio.get_running_loop().time() < until:
            got = await reader.read(2**20)
            assert got, "cut although it reads"
            taken += len(got)
            if taken > 2**20:
                taken = 0
                await asyncio.sleep(0.1)
        writer.close()


async def test_a_request_may_take_its_time_once_its_head_is_there() -> None:
    async with listening(Talker()) as port, httpx.AsyncClient(trust_env=False) as http:

        async def slow_body() -> AsyncGenerator[bytes]:
            yield b"a"
            await asyncio.sleep(0.8)  # longer than the head's deadline
            yield b"b"

        answer = await http.post(f"http://127.0.0.1:{port}/", content=slow_body())
        await asyncio.sleep(0.8)
        assert answer.text == "here"
        assert (await http.get(f"http://127.0.0.1:{port}/")).text == "here"


@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4\r\nContent-Length: 9\r\n\r\nabcd",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4x\r\n\r\nabcd",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_a_body_whose_end_can_be_read_in_two_ways_is_refused(framed: bytes) -> None:
    """Else what follows would be a request to us, and a part of the body to a proxy: it is never answered."""
    async with listening(Waiter()) as port:
        answer = await said(port, b"POST / HTTP/1.1\r\nHost: desk\r\n" + framed + HEAD + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1
