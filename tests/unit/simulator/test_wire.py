"""Connections: kept, replaced when they break, and hung up on purpose."""

import asyncio

import pytest

from simulator.desk.wire import ConnectionLostError, Request, Wire
from tests.unit.simulator.badly_behaved import serving, told

pytestmark = pytest.mark.anyio
POST = Request("POST", "/x", {"idempotency-key": "k"}, b'{"a":1}')


async def test_a_connection_is_kept_and_shared_by_nobody_at_the_same_time() -> None:
    async with serving(lambda asked: told(200, asked.body, etag='"3"')) as server:
        wire = Wire(server.url)
        first = await wire.send(POST)
        assert (first.status, first.body, first.headers["etag"]) == (200, POST.body, '"3"')
        await wire.send(POST)
        assert server.connections == 1
        await asyncio.gather(*(wire.send(POST) for _ in range(3)))
        assert server.connections == 3
        await wire.close()


async def test_a_chunked_answer_is_put_together() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n"
    async with serving(lambda _: chunked) as server:
        wire = Wire(server.url)
        assert (await wire.send(POST)).body == b"wikipedia"
        assert (await wire.send(POST)).body == b"wikipedia"
        await wire.close()


async def test_a_lost_answer_is_told_and_the_next_request_takes_another_connection() -> None:
    answers = iter([told(200), None, told(200)])
    async with serving(lambda _: next(answers)) as server:
        wire = Wire(server.url)
        await wire.send(POST)
        with pytest.raises(ConnectionLostError):
            await wire.send(POST)
        assert (await wire.send(POST)).status == 200
        assert server.connections == 2
        await wire.close()


async def test_a_server_that_closed_an_idle_connection_is_not_noticed_by_the_sender() -> None:
    async with serving(lambda asked: told(200)) as server:
        wire = Wire(server.url)
        await wire.send(POST)
        for _, writer in wire._idle:
            writer.transport.abort()
        await asyncio.sleep(0)
        assert (await wire.send(POST)).status == 200
        await wire.close()


async def test_who_hangs_up_has_sent_everything() -> None:
    arrived = asyncio.Event()

    def answer(asked: object) -> bytes:
        arrived.set()
        return told(201)

    async with serving(answer) as server:
        wire = Wire(server.url)
        await wire.send_and_hang_up(POST)
        await asyncio.wait_for(arrived.wait(), 5)
        assert server.asked[0].body == POST.body
        assert (await wire.send(POST)).status == 201
        assert server.connections == 2
        await wire.close()


async def test_nobody_there_is_told_too() -> None:
    async with serving(lambda _: told(200)) as server:
        url = server.url
    wire = Wire(url)
    with pytest.raises(ConnectionLostError):
        await wire.send(POST)
    with pytest.raises(ConnectionLostError):
        await wire.send_and_hang_up(POST)


@pytest.mark.parametrize("url", ["127.0.0.1:80", "https://desk.example", "http://"])
def test_only_plain_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Wire(url)
