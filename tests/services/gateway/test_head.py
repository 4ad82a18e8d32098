"""HEAD answers as GET does, without a body: for whoever only asks whether a thing is there, or has changed."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, on_a_socket, running_service
from tests.services.turnout.paper import lay_out, tps

pytestmark = pytest.mark.anyio
DOCUMENT = Path(__file__).resolve().parents[3] / "docs/reference/openapi.json"
BASE = f"/v1/elections/{ELECTION}"
NAMES = {"election": ELECTION, "code": "32.71.06", "contest": "walikota-32.71", "key": "a-key"}
OF_ITS_MOMENT = {"ratelimit", "date", "desk-position", "traceparent", "content-length"}
"""Headers that differ from one answer to the next; the length by a trace's id or the time in a body."""


@pytest.fixture(scope="module")
async def turnout(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service("turnout", database_url=database_url("turnout"), kafka=None) as service:
        await lay_out(service, tps_count=1)
        yield service


async def test_every_get_is_answered_to_head(gateway: RunningService) -> None:
    """Its own operations, those that it passes on to nobody here, and the pages."""
    paths = json.loads(DOCUMENT.read_text())["paths"]
    asked = [
        re.sub(r"{(\w+)}", lambda found: NAMES.get(found[1], "x"), path)
        for path, operations in paths.items()
        if "get" in operations and not path.endswith("/stream")
    ]
    assert len(asked) > 40
    wrong: list[str] = []
    headers = bearer(Role.ADMIN)
    for path in [*asked, "/openapi.json", "/health/live", "/nowhere"]:
        get = await gateway.client.get(path, headers=headers)
        head = await gateway.client.head(path, headers=headers)
        if (head.status_code, head.content) != (get.status_code, b"") or _kept(head) != _kept(get):
            wrong.append(f"{path}: {head.status_code} {_kept(head)}, and GET {get.status_code} {_kept(get)}")
    assert not wrong, "\n".join(wrong)


def _kept(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_ITS_MOMENT}


async def test_what_knows_no_get_knows_no_head(gateway: RunningService) -> None:
    refused = await gateway.client.head(f"{BASE}/stream-tickets", headers=bearer(Role.ADMIN))
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def test_the_owners_head_comes_through_the_door(
    turnout: RunningService, database_url: Callable[[str], str]
) -> None:
    """At the owner and through the door, over sockets, where a body or a wrong length would spoil the connection."""
    headers = bearer(Role.ADMIN)
    path = f"{BASE}/tps/{tps(1)}/forms/walikota-32.71"
    async with (
        on_a_socket(turnout.app) as owner,
        running_service(
            "gateway", database_url=database_url("door"), kafka=None, peers={"turnout": owner}
        ) as door,
        on_a_socket(door.app) as url,
        httpx.AsyncClient() as client,
    ):
        for base in (owner, url):
            get = await client.get(base + path, headers=headers)
            head = await client.head(base + path, headers=headers)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["etag"] == get.headers["etag"]
            assert head.headers["content-length"] == get.headers["content-length"]
            further = await client.get(base + path, headers=headers)
            assert further.json().keys() == get.json().keys(), "the connection is fit for another request"


async def test_a_method_that_is_not_known_is_told_of_head_beside_get(gateway: RunningService) -> None:
    refused = await gateway.client.delete(f"{BASE}/regions/32.71/overview", headers=bearer(Role.ADMIN))
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


async def test_what_the_caller_holds_is_not_told_again(gateway: RunningService) -> None:
    headers, path = bearer(Role.ADMIN), f"{BASE}/regions/32.71/overview"
    etag = (await gateway.client.get(path, headers=headers)).headers["etag"]
    same = await gateway.client.head(path, headers=headers | {"If-None-Match": etag})
    assert (same.status_code, same.headers["etag"], same.content) == (304, etag, b"")


async def test_a_stream_tells_its_head_and_ends(gateway: RunningService) -> None:
    hub = gateway.app.state.hub
    async with on_a_socket(gateway.app) as url, httpx.AsyncClient() as client:
        for _ in range(2):  # the connection is fit for another request
            async with asyncio.timeout(5):
                head = await client.head(f"{url}{BASE}/stream", headers=bearer(Role.OBSERVER))
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-type"].startswith("text/event-stream")
        async with asyncio.timeout(5):
            while hub.open_streams:
                await asyncio.sleep(0.01)


def test_documents_name_no_head() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    assert not [path for path, operations in paths.items() if "head" in operations]
