"""Routes without a token work behind both walls, for what they name and nothing else."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from contracts.access import Role
from tests.harness import bearer
from tests.infrastructure import drop_database, make_database
from tests.matrix.operations import CITY, KELURAHAN, THIRD, TPS
from tests.matrix.rooms import BASE, ELSEWHERE, NEIGHBOUR, Room, room

pytestmark = pytest.mark.anyio


async def _room(stack: AsyncExitStack, service: str) -> Room:
    url = await asyncio.to_thread(make_database, service)
    stack.push_async_callback(asyncio.to_thread, drop_database, url)
    return await stack.enter_async_context(room(service, url))


async def test_anybody_finds_a_tps_and_those_of_a_kelurahan() -> None:
    async with AsyncExitStack() as stack:
        registry = (await _room(stack, "registry")).service
        for code in (TPS, NEIGHBOUR, ELSEWHERE):
            found = await registry.client.get(f"{BASE}/public/tps/{code}")
            assert (found.status_code, found.json()["tps_code"]) == (200, code)
        listed = (await registry.client.get(f"{BASE}/public/kelurahan/{KELURAHAN}/tps")).json()["items"]
        assert [each["tps_code"] for each in listed] == [TPS, NEIGHBOUR, THIRD]


async def test_anybody_reads_the_sheet_of_a_tps_the_calendar_and_what_is_to_come() -> None:
    async with AsyncExitStack() as stack:
        registry = (await _room(stack, "registry")).service
        for path in (f"tps/{ELSEWHERE}/notice", "calendar", "calendar.ics"):
            assert (await registry.client.get(f"{BASE}/public/{path}")).status_code == 200, path
        for region, codes in ((KELURAHAN, ["Contoh"]), ("32.73", [])):
            coming = await registry.client.get(f"{BASE}/public/outreach?region={region}")
            assert [each["title"] for each in coming.json()["items"]] == codes, coming.text


async def test_anybody_reports_to_the_place_that_they_name_and_asks_by_the_code_that_they_got() -> None:
    async with AsyncExitStack() as stack:
        incidents = (await _room(stack, "incidents")).service
        report = {"category": "disaster", "description": "Genangan (contoh)"}
        for place in ({"tps_code": ELSEWHERE}, {"region_code": CITY}):
            made = await incidents.client.post(
                f"{BASE}/public/incidents", json=report | place, headers={"Idempotency-Key": str(uuid4())}
            )
            assert made.status_code == 201, made.text
            state = await incidents.client.get(f"{BASE}/public/incidents/{made.json()['tracking_code']}")
            assert (state.status_code, state.json()["state"]) == (200, "received")
        (row,) = await incidents.sql("select incident_id from incident where tps_code = $1", ELSEWHERE)
        path = f"{BASE}/incidents/{row['incident_id']}"
        here = await incidents.client.get(path, headers=bearer(Role.POLICE, regions=[CITY]))
        there = await incidents.client.get(path, headers=bearer(Role.POLICE, regions=["32.73"]))
        assert (here.status_code, there.status_code) == (404, 200)
