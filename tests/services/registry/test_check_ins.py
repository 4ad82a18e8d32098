"""Officers check in on the voting day: by phones with wrong clocks, in batches, twice, late and out of order."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import uuid4

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer, running_service
from tests.services.registry.conftest import define
from tests.services.registry.files import BASE, send, table, tps_rows

MORNING = datetime.fromisoformat("2024-11-27T08:00:00+07:00")
KELURAHAN = "32.71.04.1001"
TPS = f"{KELURAHAN}.001"


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    url = database_url("registry")
    async with running_service("registry", database_url=url, kafka=None, desk_time=MORNING) as service:
        await define(service)
        await send(service, table(tps_rows(KELURAHAN, 4)))
        columns = ("tps_code", "duty", "slot", "person", "display_name")
        rows = [
            [f"{KELURAHAN}.{tps:03d}", "kpps", slot, f"kpps-{tps}-{slot}", "Petugas Contoh"]
            for tps in (1, 2, 4)
            for slot in range(1, 8)
        ]
        await send(service, table(rows, columns), kind="officers")
        yield service


def said(at: str, *, slot: int = 1, present: bool = True, day: str = "2024-11-27") -> dict[str, object]:
    return {
        "duty": "kpps",
        "slot": slot,
        "present": present,
        "occurred_at": f"{day}T{at}:00+07:00",
        "channel": "app",
    }


async def check_in(registry: RunningService, body: dict[str, object], code: str = TPS) -> dict[str, object]:
    headers = bearer(Role.KPPS, regions=[code])
    answer = await registry.client.post(f"{BASE}/tps/{code}/check-ins", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def present(registry: RunningService, code: str = TPS) -> int:
    found = (await registry.client.get(f"{BASE}/posts/{code}", headers=bearer(Role.DESK))).json()
    return found["posts"][0]["present"]


async def test_an_officer_is_there(registry: RunningService) -> None:
    fourth = f"{KELURAHAN}.004"
    events = "select count(*) as n from outbox where type like '%tps_roster%'"
    before = await registry.sql(events)
    first = await check_in(registry, said("06:10"), fourth)
    assert (first["findings"], first["outcome"], first["counts"]) == ([], "recorded", True)
    assert "person" not in first
    assert await present(registry, fourth) == 1
    assert (await check_in(registry, said("06:11"), fourth))["outcome"] == "unchanged"
    earlier = await check_in(registry, said("05:50", present=False), fourth)
    assert (earlier["outcome"], earlier["findings"], earlier["counts"]) == (
        "superseded",
        ["W-CHECK-IN-ORDER"],
        False,
    )
    assert await present(registry, fourth) == 1
    assert (await check_in(registry, said("06:20", present=False), fourth))["outcome"] == "recorded"
    assert await present(registry, fourth) == 0
    late = await check_in(registry, said("07:20"), fourth)
    assert late["findings"] == ["W-CHECK-IN-LATE"]
    assert await present(registry, fourth) == 1
    assert int(str((await registry.sql(events))[0]["n"])) == int(str(before[0]["n"])) + 3


@pytest.mark.parametrize(
    ("body", "findings", "counts"),
    [
        (said("06:00", slot=2, day="2024-11-26"), ["W-OTHER-DAY"], True),
        (said("12:00", slot=3), ["W-CLOCK-AHEAD", "W-CHECK-IN-LATE"], True),
        (said("06:00", slot=4, day="2030-01-01"), ["W-CLOCK-AHEAD", "W-OTHER-DAY"], True),
    ],
)
async def test_a_wrong_clock_is_told_and_refuses_nobody(
    registry: RunningService, body: dict[str, object], findings: list[str], *, counts: bool
) -> None:
    done = await check_in(registry, body)
    assert (done["findings"], done["counts"]) == (findings, counts)


async def test_a_batch_has_one_result_for_each(registry: RunningService) -> None:
    second = f"{KELURAHAN}.002"
    once = {"id": str(uuid4()), "tps_code": second, **said("06:00")}
    items = [
        once,
        {"id": str(uuid4()), "tps_code": second, **said("06:00", slot=2)},
        {"id": str(uuid4()), "tps_code": f"{KELURAHAN}.003", **said("06:00")},
        {"id": str(uuid4()), "tps_code": f"{KELURAHAN}.999", **said("06:00")},
        {"id": str(uuid4()), "tps_code": "35.78.01.1001.001", **said("06:00")},
        once,
    ]
    headers = bearer(Role.PPS, regions=[KELURAHAN])
    answer = await registry.client.post(f"{BASE}/check-ins:batch", json={"items": items}, headers=headers)
    assert answer.status_code == 200, answer.text
    results = answer.json()["items"]
    assert [result["outcome"] for result in results] == [
        *("accepted", "accepted", "rejected", "rejected", "rejected", "duplicate"),
    ]
    assert [result["problem"] and result["problem"]["code"] for result in results] == [
        *(None, None, "roster-slot-empty", "tps-unknown", "region-not-covered", None),
    ]
    assert await present(registry, second) == 2
    roster = await registry.sql(
        """select version from tps_roster where tps_id = (select id from tps where code = $1)""", second
    )
    last = await registry.sql(
        """select max(version) as version from outbox where aggregate = (
               select 'tps_roster/' || id from tps where code = $1)""",
        second,
    )
    assert roster == last


async def test_whoever_comes_next_has_not_checked_in(registry: RunningService) -> None:
    second = f"{KELURAHAN}.002"
    await check_in(registry, said("06:30", slot=7), second)
    before = await present(registry, second)
    body = {"person": "kpps-2-7b", "display_name": "Petugas Contoh"}
    at = f"{BASE}/tps/{second}/officers/kpps/7"
    await registry.client.put(at, json=body, headers=bearer(Role.DESK))
    assert await present(registry, second) == before - 1


async def test_who_may_not_check_in(registry: RunningService) -> None:
    path = f"{BASE}/tps/{TPS}/check-ins"
    for role in (Role.OBSERVER, Role.HEALTH, Role.COURIER):
        assert (await registry.client.post(path, json=said("06:00"), headers=bearer(role))).status_code == 403
    away = bearer(Role.KPPS, regions=["32.71.04.1002"])
    assert (await registry.client.post(path, json=said("06:00"), headers=away)).status_code == 403
    many = {"items": [{"id": str(uuid4()), "tps_code": TPS, **said("06:00")}] * 501}
    assert (
        await registry.client.post(f"{BASE}/check-ins:batch", json=many, headers=bearer(Role.KPPS))
    ).status_code == 422
