"""What lies elsewhere and stands in the way is refused, and nobody is told of it; lists without a region tell of the token's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest

from contracts.access import Role
from tests.harness import bearer
from tests.infrastructure import drop_database, make_database
from tests.matrix.operations import CITY, TPS, example_of
from tests.matrix.rooms import BASE, Room, room
from tests.services.registry.electorate import person

pytestmark = pytest.mark.anyio

FAR: Final = "32.73"
_E: Final = "/v1/elections/{election}"
TAKEN: Final = {
    "facilities/rs-contoh": (f"PUT {_E}/facilities/{{code}}", {"region_code": FAR}),
    "trainings/latihan-contoh": (f"PUT {_E}/trainings/{{training}}", {"region_code": FAR}),
    "outreach/kegiatan-contoh": (f"PUT {_E}/outreach/{{code}}", {"region_code": FAR}),
}
"""Codes that are one thing's in the whole election, of things in Kota Bogor."""
THING: Final = {"facilities": "rs-contoh", "trainings": "latihan-contoh", "outreach": "kegiatan-contoh"}
_REQUESTS: Final = "/facilities/{code}/requests"
BY_CODE: Final = (
    "GET /facilities/{code}",
    "GET /facilities/{code}/coverage",
    f"POST {_REQUESTS}",
    f"GET {_REQUESTS}/{{request_id}}",
    f"PUT {_REQUESTS}/{{request_id}}",
    *(f"POST {_REQUESTS}/{{request_id}}/{step}" for step in ("decision", "withdrawal", "reopening")),
    "GET /trainings/{training}",
    "POST /trainings/{training}/attendance",
    "GET /outreach/{code}",
)
"""What names such a thing and makes none."""


@pytest.fixture(scope="module")
async def registry() -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        url = await asyncio.to_thread(make_database, "registry")
        stack.push_async_callback(asyncio.to_thread, drop_database, url)
        yield await stack.enter_async_context(room("registry", url))


@pytest.mark.parametrize("path", TAKEN)
async def test_a_code_that_is_taken_elsewhere_is_refused_whatever_version_is_named(
    path: str, registry: Room
) -> None:
    operation, said = TAKEN[path]
    body: dict[str, Any] = example_of("registry", operation) | said
    for version in ({}, {"If-Match": '"1"'}, {"If-Match": '"7"'}):
        headers = bearer(Role.DESK, regions=[FAR]) | version
        answer = await registry.service.client.put(f"{BASE}/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "region-not-covered"), answer.text
        assert CITY not in answer.text


@pytest.mark.parametrize("operation", BY_CODE)
async def test_a_code_of_a_thing_elsewhere_looks_like_one_that_nobody_has(
    operation: str, registry: Room
) -> None:
    method, _, path = operation.partition(" ")
    body: dict[str, Any] | None = None
    if method != "GET":
        body = example_of("registry", f"{method} {_E}{path}")
    told: list[tuple[int, str, str]] = []
    for code in (THING[path.split("/")[1]], "tidak-ada"):
        at = path.replace("{code}", code).replace("{training}", code)
        at = at.replace("{request_id}", registry.things["request_id"])
        headers = bearer(Role.DESK, regions=[FAR]) | ({"If-Match": '"1"'} if method != "GET" else {})
        answer = await registry.service.client.request(method, f"{BASE}{at}", json=body, headers=headers)
        problem = answer.json()
        told.append((answer.status_code, problem["code"], problem["detail"].replace(code, "")))
    assert told[0] == told[1], "one that is elsewhere, and one that was made up"
    assert told[0][0] == 404, told


async def test_whoever_is_on_the_list_elsewhere_walks_in_nowhere_and_it_is_not_told_where(
    registry: Room,
) -> None:
    listed = person(3)
    body: dict[str, Any] = example_of("registry", f"POST {_E}/voters:add-walk-in")
    body |= {"nik": listed["nik"], "birth_date": listed["birth_date"], "tps_code": TPS}
    answer = await registry.service.client.post(
        f"{BASE}/voters:add-walk-in", json=body, headers=bearer(Role.OPERATOR, regions=[CITY])
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "voter-listed"), answer.text
    assert FAR not in answer.text


async def test_clashes_and_the_trail_are_told_for_the_regions_of_the_token_alone(registry: Room) -> None:
    get = registry.service.client.get
    for held, there in ((CITY, True), (TPS, True), (FAR, False), ("32.7", False)):
        clashes = await get(f"{BASE}/sync/conflicts", headers=bearer(Role.DESK, regions=[held]))
        assert bool(clashes.json()["items"]) == there, (held, clashes.text)
        changes = await get(f"{BASE}/audit/registry/changes", headers=bearer(Role.AUDITOR, regions=[held]))
        places = {each["place"] for each in changes.json()["items"]} - {None}
        assert (TPS in places) == there, (held, places)
        assert all(place == held or place.startswith(f"{held}.") for place in places), (held, places)
