"""Training sessions: who attended is trained wherever they serve, until the list is corrected."""

import json
from collections.abc import Mapping

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, send, table, told, tps_rows

KELURAHAN = "32.71.05.1001"
SESSION = {
    "region_code": "32.71.05",
    "place": "Aula Contoh",
    "topic": "Pemungutan suara",
    "organiser": "KPU Contoh",
    "trainer": "Pelatih Contoh",
    "starts_at": "2024-11-10T09:00:00+07:00",
}


@pytest.fixture(scope="module", autouse=True)
async def crew(registry: RunningService) -> None:
    await send(registry, table(tps_rows(KELURAHAN, 4)))
    columns = ("tps_code", "duty", "slot", "person", "display_name")
    rows = [
        [f"{KELURAHAN}.{tps:03d}", "kpps", slot, f"train-{tps}-{slot}", "Petugas Contoh"]
        for tps in (1, 2, 3)
        for slot in range(1, 8)
    ]
    await send(registry, table(rows, columns), kind="officers")


async def session(registry: RunningService, code: str, **change: object) -> None:
    headers = bearer(Role.DESK, regions=["32.71"])
    made = await registry.client.put(f"{BASE}/trainings/{code}", json=SESSION | change, headers=headers)
    assert made.status_code == 201, made.text


async def attend(registry: RunningService, code: str, *lines: Mapping[str, object]) -> dict[str, object]:
    headers = bearer(Role.DESK, regions=["32.71"])
    path = f"{BASE}/trainings/{code}/attendance"
    answer = await registry.client.post(path, json={"items": list(lines)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def trained(registry: RunningService, tps: int) -> int:
    path = f"{BASE}/posts/{KELURAHAN}.{tps:03d}"
    return (await registry.client.get(path, headers=bearer(Role.DESK))).json()["posts"][0]["trained"]


def post(tps: int, slot: int) -> dict[str, object]:
    return {"place_code": f"{KELURAHAN}.{tps:03d}", "duty": "kpps", "slot": slot}


async def test_who_attended_is_trained_until_the_list_is_corrected(registry: RunningService) -> None:
    await session(registry, "BIMTEK-1")
    lines = [post(1, 1), post(1, 2), {"person": "train-1-3"}, post(1, 4) | {"attended": False}]
    done = await attend(registry, "BIMTEK-1", *lines)
    assert (done["state"], done["attended"], done["absent"], done["version"]) == ("held", 3, 1, 2)
    assert await trained(registry, 1) == 3
    again = await attend(registry, "BIMTEK-1", *lines)
    assert (again["outcome"], again["version"]) == ("unchanged", 2)
    await attend(registry, "BIMTEK-1", post(1, 2) | {"attended": False})
    assert await trained(registry, 1) == 2
    refused = await attend(
        registry, "BIMTEK-1", post(4, 1), {"place_code": "35.78.01.1001.001", "duty": "kpps", "slot": 1}
    )
    assert [item["code"] for item in refused["items"]] == ["roster-slot-empty", "region-not-covered"]  # type: ignore[attr-defined]  # JSON
    sent = bearer(Role.DESK, regions=["32.71.01"])
    of_elsewhere = await registry.client.put(
        f"{BASE}/trainings/BIMTEK-JAUH", json=SESSION | {"region_code": "32.71.01"}, headers=sent
    )
    assert of_elsewhere.status_code == 201, of_elsewhere.text
    answer = await registry.client.post(
        f"{BASE}/trainings/BIMTEK-JAUH/attendance",
        json={"items": [{"person": "train-1-3"}, {"person": "nobody-yet"}]},
        headers=sent,
    )
    assert [item.get("code") for item in answer.json()["items"]] == ["region-not-covered", None], answer.text
    rows = await registry.sql(
        "select body from outbox where type like '%training%' or type like '%tps_roster%'"
    )
    ledger = json.dumps([dict(row) for row in rows])
    assert "Pelatih" not in ledger
    assert "train-1" not in ledger


async def test_whoever_attended_before_being_named_is_trained_there(registry: RunningService) -> None:
    await session(registry, "BIMTEK-2")
    await attend(registry, "BIMTEK-2", {"person": "newcomer"})
    at = f"{BASE}/tps/{KELURAHAN}.004/officers/kpps/1"
    body = {"person": "newcomer", "display_name": "Petugas Contoh", "trained": "no"}
    named = await registry.client.put(at, json=body, headers=bearer(Role.DESK))
    assert (named.json()["kpps"]["trained"], named.json()["kpps"]["training_unknown"]) == (1, 0)
    guard = await registry.client.request("DELETE", at, headers=bearer(Role.DESK))
    assert guard.status_code == 200
    body["trained"] = "unknown"
    at = f"{BASE}/tps/{KELURAHAN}.004/officers/linmas/1"
    other = await registry.client.put(at, json=body, headers=bearer(Role.DESK))
    assert other.json()["linmas"]["trained"] == 0, "a training of KPPS trains no guard"


async def test_a_session_with_people_in_it_is_not_cancelled(registry: RunningService) -> None:
    await session(registry, "BIMTEK-3")
    await attend(registry, "BIMTEK-3", post(2, 1))
    path = f"{BASE}/trainings/BIMTEK-3"
    headers = bearer(Role.DESK) | {"If-Match": '"2"'}
    refused = await registry.client.put(path, json=SESSION | {"state": "cancelled"}, headers=headers)
    assert (refused.status_code, refused.json()["current_state"]) == (409, "attended")
    assert (await attend(registry, "BIMTEK-3", post(2, 1) | {"attended": False}))["version"] == 3
    headers = bearer(Role.DESK) | {"If-Match": '"3"'}
    gone = await registry.client.put(path, json=SESSION | {"state": "cancelled"}, headers=headers)
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    headers = bearer(Role.DESK)
    late = await registry.client.post(f"{path}/attendance", json={"items": [post(2, 1)]}, headers=headers)
    assert (late.status_code, late.json()["allowed"]) == (409, ["say that it was held"])


async def test_who_may_not(registry: RunningService) -> None:
    await session(registry, "BIMTEK-4")
    path = f"{BASE}/trainings/BIMTEK-4"
    away = bearer(Role.DESK, regions=["35.78"])
    assert (await registry.client.put(path, json=SESSION, headers=away)).status_code == 403
    stolen = SESSION | {"region_code": "35.78.01"}
    assert (
        await registry.client.put(path, json=stolen, headers=away | {"If-Match": '"1"'})
    ).status_code == 403
    lines = {"items": [{"person": "x"}]}
    away = bearer(Role.DESK, regions=["35.78"])
    assert (await registry.client.post(f"{path}/attendance", json=lines, headers=away)).status_code == 404
    assert (await registry.client.put(path, json=SESSION, headers=bearer(Role.CAMAT))).status_code == 403
    assert (
        await registry.client.put(path, json=SESSION | {"topic": "x"}, headers=bearer(Role.DESK))
    ).status_code == 428
    seen = (await registry.client.get(path, headers=bearer(Role.CAMAT))).json()
    assert (seen["trainer"], seen["state"]) == (None, "planned")
    assert (await registry.client.get(path, headers=bearer(Role.DESK))).json()["trainer"] == "Pelatih Contoh"
    for line in ({}, {"person": "x", "slot": 1}, {"duty": "kpps", "slot": 1}):
        wrong = await registry.client.post(
            f"{path}/attendance", json={"items": [line]}, headers=bearer(Role.DESK)
        )
        assert wrong.status_code == 422, wrong.text
    nothing = await registry.client.get(f"{BASE}/trainings/NONE", headers=bearer(Role.DESK))
    assert (nothing.status_code, nothing.json()["code"]) == (404, "training-unknown")


async def test_attendance_comes_in_files_and_coverage_says_how_far_it_is(registry: RunningService) -> None:
    await session(registry, "BIMTEK-5")
    columns = ("training", "tps_code", "duty", "slot", "person", "attended")
    rows = [["BIMTEK-5", f"{KELURAHAN}.003", "kpps", str(slot), "", "ya"] for slot in range(1, 8)]
    rows += [["BIMTEK-5", "", "", "", "visitor", "tidak"], ["NONE", "", "", "", "visitor", "ya"]]
    rows += [["BIMTEK-5", "", "", "", "", "ya"]]
    content = table(rows, columns)
    dry = await send(registry, content, kind="attendance", dry_run=True)
    assert counts(dry) == ("done", 10, 0, 8, 0, 2)
    assert await trained(registry, 3) == 0
    done = await send(registry, content, kind="attendance")
    assert counts(done) == counts(dry)
    assert await told(registry, done) == {10: ["training-unknown"], 11: ["value_error"]}
    assert await trained(registry, 3) == 7
    path = f"{BASE}/training-coverage/{KELURAHAN}"
    found = (await registry.client.get(path, headers=bearer(Role.CAMAT, regions=["32.71.05"]))).json()
    kpps = found["items"][0]
    assert (kpps["duty"], kpps["places"], kpps["places_trained"]) == ("kpps", 3, 1)
    assert (
        await registry.client.get(path, headers=bearer(Role.CAMAT, regions=["32.71.06"]))
    ).status_code == 403
