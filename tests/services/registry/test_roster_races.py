"""Everything that changes a roster, at once: no request fails by the others, and every version is told exactly once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from contracts.registry_events import TpsRosterChanged
from tests.harness import RunningService, bearer, running_service
from tests.services.registry.conftest import define
from tests.services.registry.files import BASE, send, table, tps_rows

MORNING = datetime.fromisoformat("2024-11-27T06:00:00+07:00")
KELURAHAN = "32.71.01.1001"
SESSION = {
    "region_code": "32.71.01",
    "place": "Aula Contoh",
    "topic": "Simulasi",
    "organiser": "KPU Contoh",
    "trainer": "Pelatih Contoh",
    "starts_at": "2024-11-10T09:00:00+07:00",
}


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    url = database_url("registry")
    async with running_service("registry", database_url=url, kafka=None, desk_time=MORNING) as service:
        await define(service)
        await send(service, table(tps_rows(KELURAHAN, 3)))
        columns = ("tps_code", "duty", "slot", "person", "display_name")
        rows = [
            [f"{KELURAHAN}.{tps:03d}", "kpps", str(slot), f"race-{tps}-{slot}", "Petugas Contoh"]
            for tps in (1, 2, 3)
            for slot in range(1, 8)
        ]
        await send(service, table(rows, columns), kind="officers")
        await service.client.put(f"{BASE}/trainings/SIM", json=SESSION, headers=bearer(Role.DESK))
        yield service


async def test_whatever_changes_rosters_at_once(registry: RunningService) -> None:
    client = registry.client

    def name(tps: int, slot: int) -> Awaitable[httpx.Response]:
        body = {"person": f"new-{tps}-{slot}", "display_name": "Petugas Contoh"}
        path = f"{BASE}/tps/{KELURAHAN}.{tps:03d}/officers/kpps/{slot}"
        return client.put(path, json=body, headers=bearer(Role.DESK))

    def attend(order: list[int]) -> Awaitable[httpx.Response]:
        lines = [{"place_code": f"{KELURAHAN}.{tps:03d}", "duty": "kpps", "slot": 3} for tps in order]
        path = f"{BASE}/trainings/SIM/attendance"
        return client.post(path, json={"items": lines}, headers=bearer(Role.DESK))

    def screen(tps: int, slot: int) -> Awaitable[httpx.Response]:
        body = {"fitness": "fit", "screened_on": "2024-11-12"}
        path = f"{BASE}/posts/{KELURAHAN}.{tps:03d}/kpps/{slot}/screenings"
        return client.post(path, json=body, headers=bearer(Role.HEALTH))

    def check_in(slot: int, order: list[int]) -> Awaitable[httpx.Response]:
        said = {"duty": "kpps", "slot": slot, "occurred_at": "2024-11-27T05:50:00+07:00"}
        items = [{"id": str(uuid4()), "tps_code": f"{KELURAHAN}.{tps:03d}", **said} for tps in order]
        headers = bearer(Role.PPS)
        return client.post(f"{BASE}/check-ins:batch", json={"items": items}, headers=headers)

    for turn in range(3):
        order = [1, 2, 3] if turn % 2 else [3, 2, 1]
        answers = await asyncio.gather(
            *(name(tps, slot) for tps in order for slot in (1, 2)),
            *(attend(list(reversed(order))) for _ in range(2)),
            *(screen(tps, slot) for tps in order for slot in (4, 5)),
            *(check_in(slot, order) for slot in range(1, 8)),
        )
        assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    rows = await registry.sql(
        """select o.aggregate, array_agg(o.version order by o.seq) as versions, r.version, t.code
           from outbox o join tps_roster r on o.aggregate = 'tps_roster/' || r.tps_id join tps t on t.id = r.tps_id
           group by o.aggregate, r.version, t.code"""
    )
    assert len(rows) == 3
    for row in rows:
        assert row["versions"] == list(range(1, int(str(row["version"])) + 1)), "each version once, in order"
        last = await registry.sql(
            "select body from outbox where aggregate = $1 order by seq desc limit 1", row["aggregate"]
        )
        told = TpsRosterChanged.model_validate_json(str(last[0]["body"])).posts[0]
        asked = (await client.get(f"{BASE}/posts/{row['code']}", headers=bearer(Role.DESK))).json()["posts"][
            0
        ]
        assert told.model_dump(mode="json") == asked, "what was told last is what stands"
        assert (told.trained, told.screened) == (1, 2)
