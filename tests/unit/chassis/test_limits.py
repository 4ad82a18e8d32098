"""What a caller may take: bytes of a body, and time to send them."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.types import Message

from chassis.identity import public_route
from chassis.limits import allow_origins
from tests.unit.chassis.mint import Mint, application, calling


def routes() -> APIRouter:
    router = APIRouter(dependencies=[Depends(public_route)])

    @router.post("/things")
    async def take(body: dict[str, str]) -> int:
        return len(body)

    @router.post("/imports")
    async def take_stream(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    @router.get("/things")
    async def give() -> str:
        return "thing"

    _ = take, take_stream, give
    return router


async def chunks(size: int, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/things", 9_900, 200), ("/things", 10_100, 413), ("/imports", 49_000, 200), ("/imports", 51_000, 413)],
)
async def test_a_body_has_a_largest_size(mint: Mint, path: str, size: int, status: int) -> None:
    body = b'{"a":"' + b"x" * (size - 8) + b'"}'
    headers = {"Content-Type": "application/json"}
    async with calling(application(mint, routes())) as http:
        answer = await http.post(path, content=body, headers=headers)
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["code"] == "payload-too-large"
        assert answer.headers["connection"] == "close"


async def test_a_body_of_undeclared_size_is_counted(mint: Mint) -> None:
    async with calling(application(mint, routes())) as http:
        good = await http.post("/imports", content=chunks(1_000, 40))
        bad = await http.post("/imports", content=chunks(1_000, 60))
    assert (good.status_code, good.json()) == (200, 40_000)
    assert (bad.status_code, bad.json()["code"]) == (413, "payload-too-large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", " DEFLATE "])
@pytest.mark.parametrize("path", ["/things", "/imports"])
async def test_a_packed_body_is_refused_unread(mint: Mint, path: str, encoding: str) -> None:
    bomb = gzip.compress(b" " * 9_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    async with calling(application(mint, routes())) as http:
        answer = await http.post(path, content=bomb, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("path", ["/things", "/imports"])
@pytest.mark.parametrize(
    "charset", ["utf-16", "UTF-16LE", '"utf-16"', " iso-8859-1", "utf-8; charset=utf-16", "", "utf-7"]
)
async def test_a_body_in_another_charset_is_refused_unread(mint: Mint, path: str, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}", "Accept-Language": "id"}
    async with calling(application(mint, routes())) as http:
        answer = await http.post(path, content=b'{"a":"b"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert "UTF-8" in answer.json()["detail"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "UTF8", "us-ascii"])
async def test_a_body_in_utf_8_is_read_however_it_is_called(mint: Mint, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    async with calling(application(mint, routes())) as http:
        assert (await http.post("/things", content=b'{"a":"b"}', headers=headers)).json() == 1


async def test_a_body_that_says_that_it_is_not_packed_is_read(mint: Mint) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "identity"}
    async with calling(application(mint, routes())) as http:
        assert (await http.post("/things", content=b'{"a":"b"}', headers=headers)).json() == 1


async def answer_to(app: FastAPI, messages: list[Message], *, pause_s: float, length: int = 9) -> int:
    """Return the status of an answer to a caller that sends these messages with pauses, and then nothing more."""
    status = 0
    waiting = list(messages)

    async def receive() -> Message:
        await asyncio.sleep(pause_s if waiting else 3_600)
        return waiting.pop(0)

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    headers = [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    scope = {
        "type": "http", "method": "POST", "path": "/things", "raw_path": b"/things", "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "headers": headers,
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 10)
    return status


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_that_never_comes_is_given_up(mint: Mint) -> None:
    app = application(mint, routes(), receive_deadline_s=0.05)
    assert await answer_to(app, [], pause_s=0) == 408


async def test_a_body_that_drips_is_given_up(mint: Mint) -> None:
    app = application(mint, routes(), receive_deadline_s=0.1)
    drops = [part(b" ", more=True)] * 1_000
    assert await answer_to(app, drops, pause_s=0.01, length=1_001) == 408


async def test_a_body_that_keeps_coming_may_take_longer(mint: Mint) -> None:
    app = application(mint, routes(), receive_deadline_s=0.1)
    body = [part(b" " * 1_000, more=True)] * 6 + [
        part(b'{"a":"b"}', more=False)
    ]  # 6 kB: one and a half seconds more
    assert await answer_to(app, body, pause_s=0.05, length=6_009) == 200


async def test_a_caller_that_hangs_up_is_no_fault_of_ours(mint: Mint) -> None:
    app = application(mint, routes())
    assert await answer_to(app, [{"type": "http.disconnect"}], pause_s=0) in {0, 400}


async def test_a_task_that_is_cancelled_from_outside_stays_cancelled(mint: Mint) -> None:
    app = application(mint, routes(), receive_deadline_s=30)
    task = asyncio.create_task(answer_to(app, [], pause_s=0))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_request_without_a_body_is_not_held_up(mint: Mint) -> None:
    async with calling(application(mint, routes(), receive_deadline_s=0.01)) as http:
        assert (await http.get("/things")).status_code == 200


async def test_pages_of_other_origins_may_not_read(mint: Mint) -> None:
    app = application(mint, routes())
    allow_origins(app, ["https://desk.example"])
    async with calling(app) as http:
        ours = await preflight(http, "https://desk.example")
        theirs = await preflight(http, "https://evil.example")
    assert ours.headers["access-control-allow-origin"] == "https://desk.example"
    assert "access-control-allow-origin" not in theirs.headers


async def preflight(http: httpx.AsyncClient, origin: str) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return await http.options("/things", headers=headers)


async def test_every_origin_at_once_is_refused(mint: Mint) -> None:
    with pytest.raises(ValueError, match="exact origins"):
        allow_origins(application(mint, routes()), ["*"])


def test_a_process_takes_the_connections_that_the_machine_gives() -> None:
    program = """
import resource
from chassis.listening import allow_many_connections
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
allow_many_connections()
print(*resource.getrlimit(resource.RLIMIT_NOFILE), hard)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    soft, kept, hard = map(int, said.split())
    assert soft == (min(hard, 65_536) if hard > 0 else 65_536)
    assert kept == hard
