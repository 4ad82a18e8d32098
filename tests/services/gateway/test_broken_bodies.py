"""A body that is no JSON has one answer, whichever operation it is sent to, at the door and at its owner."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.access import Role
from contracts.vocabulary import Service
from tests.harness import ELECTION, RunningService, bearer, on_a_socket, running_service

pytestmark = pytest.mark.anyio
DOCUMENT = Path(__file__).resolve().parents[3] / "docs/reference/openapi.json"
EVERY_ROLE = (Role.ADMIN, Role.OPERATOR, Role.ADJUDICATOR, Role.HEALTH)
"""Between them they have every scope."""
NAMES = {
    "election": ELECTION,
    "code": "32.71.06.1002.028",
    "contest": "walikota-32.71",
    "category": "disaster",
}
BODIES = {
    "ends early": b'{"slot": "10:00", ',
    "not UTF-8": b'{"slot": "\xff"}',
    "nested too deep": b"[" * 9_000,
}


@pytest.fixture(scope="module")
async def desk(database_url: Callable[[str], str]) -> AsyncIterator[dict[str, RunningService]]:
    """Every process by its name, the gateway before all owners."""
    async with AsyncExitStack() as stack:
        running: dict[str, RunningService] = {}
        peers: dict[str, str] = {}
        for name in [service.value for service in Service] + ["gateway"]:
            further: dict[str, Any] = {"peers": peers} if name == "gateway" else {}
            if name == "incidents":
                further = {"public_reports_per_address": "1000/minute"}
            running[name] = await stack.enter_async_context(
                running_service(
                    name, database_url=database_url(name), kafka=None, desk_time=datetime.now(UTC), **further
                )
            )
            if name != "gateway":
                peers[name] = await stack.enter_async_context(on_a_socket(running[name].app))
        yield running


def operations() -> Iterator[tuple[str, str, str]]:
    """Give the owner, the method and a path of each operation that takes JSON."""
    for path, those in json.loads(DOCUMENT.read_text())["paths"].items():
        for method, operation in those.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                filled = re.sub(r"{(\w+)}", lambda found: NAMES.get(found[1], "x"), path)
                yield operation.get("x-desk-owner", "gateway"), method.upper(), filled


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_it_is_400_everywhere(desk: dict[str, RunningService], body: bytes) -> None:
    await answered_alike(desk, body, "application/json", (400, "body-unreadable"))


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1"])
async def test_another_charset_is_415_everywhere(desk: dict[str, RunningService], charset: str) -> None:
    form = f'application/json; charset="{charset}"'
    await answered_alike(desk, '{"slot": "10:00"}'.encode(charset), form, (415, "unsupported-media-type"))


async def answered_alike(
    desk: dict[str, RunningService], body: bytes, form: str, expected: tuple[int, str]
) -> None:
    wrong: list[str] = []
    asked = list(operations())
    assert len(asked) > 50
    for owner, method, path in asked:
        for process in {"gateway", owner}:
            headers = bearer(EVERY_ROLE) | {"Content-Type": form}
            answer: httpx.Response = await desk[process].client.request(
                method, path, content=body, headers=headers
            )
            told = (answer.status_code, answer.json().get("code"))
            if told != expected:
                wrong.append(f"{process} {method} {path}: {told}")
    assert not wrong, "\n".join(wrong)
