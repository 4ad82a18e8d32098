"""Officers of TPS and areas: how far they have come, why they leave, who comes next, and that events name nobody."""

import json

import pytest

from contracts.access import Role
from contracts.registry_people_events import AreaRosterChanged
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, send, table, told, tps_rows

KELURAHAN = "32.71.03.1001"
CHAIR = {"person": "kpps-chair", "display_name": "Petugas Contoh Satu", "status": "proposed"}


@pytest.fixture(scope="module", autouse=True)
async def places(registry: RunningService) -> None:
    await send(registry, table(tps_rows(KELURAHAN, 4)))


def desk(version: int | None = None, *, regions: tuple[str, ...] = ("*",)) -> dict[str, str]:
    return bearer(Role.DESK, regions=regions) | ({} if version is None else {"If-Match": f'"{version}"'})


async def posts(registry: RunningService, code: str) -> dict[str, object]:
    answer = await registry.client.get(f"{BASE}/posts/{code}", headers=desk())
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    return answer.json()


async def test_an_officer_comes_from_proposal_to_oath_and_is_replaced(registry: RunningService) -> None:
    at = f"{BASE}/posts/{KELURAHAN}.001/kpps/1"
    proposed = await registry.client.put(at, json=CHAIR, headers=desk())
    assert proposed.status_code == 201, proposed.text
    kpps = proposed.json()["posts"][0]
    assert (kpps["proposed"], kpps["named"], proposed.json()["kpps"]["named"]) == (1, 0, 0)
    sworn = {"status": "sworn_in", "happened_on": "2024-11-07"}
    assert (await registry.client.post(f"{at}/steps", json=sworn, headers=desk())).status_code == 428
    assert (await registry.client.post(f"{at}/steps", json=sworn, headers=desk(9))).status_code == 412
    done = await registry.client.post(f"{at}/steps", json=sworn, headers=desk(1))
    assert (done.status_code, done.json()["posts"][0]["sworn_in"], done.json()["version"]) == (200, 1, 2)
    assert done.headers["Desk-Position"].startswith("tps_roster/")
    again = await registry.client.post(f"{at}/steps", json=sworn, headers=desk(1))
    assert (again.json()["outcome"], again.json()["version"]) == ("unchanged", 2)
    back = await registry.client.post(f"{at}/steps", json={"status": "appointed"}, headers=desk(2))
    assert (back.status_code, back.json()["current_state"]) == (409, "sworn_in")
    assert back.json()["allowed"]
    wrong = {"status": "appointed", "correction": True}
    assert (await registry.client.post(f"{at}/steps", json=wrong, headers=desk(2))).status_code == 200
    alone = await registry.client.post(f"{at}/end", json={"reason": "replaced"}, headers=desk(3))
    assert (alone.status_code, alone.json()["errors"][0]["pointer"]) == (422, "/successor")
    end = {
        "reason": "resigned",
        "happened_on": "2024-11-20",
        "successor": {"person": "kpps-next", "display_name": "Petugas Contoh Dua", "trained": "yes"},
    }
    ended = await registry.client.post(f"{at}/end", json=end, headers=desk(3))
    assert (ended.status_code, ended.json()["kpps"]["named"], ended.json()["kpps"]["trained"]) == (200, 1, 1)
    history = (await registry.client.get(f"{at}/history", headers=desk())).json()["items"]
    assert [(item["step"], item["person"], item["successor"]) for item in history] == [
        ("appointed", "kpps-next", None),
        ("resigned", "kpps-chair", "kpps-next"),
        ("appointed", "kpps-chair", None),
        ("sworn_in", "kpps-chair", None),
        ("proposed", "kpps-chair", None),
    ]
    assert "Contoh" not in json.dumps(history)
    gone = await registry.client.post(f"{at}/end", json={"reason": "died"}, headers=desk(4))
    assert gone.json()["kpps"]["named"] == 0
    nobody = await registry.client.post(f"{at}/end", json={"reason": "died"}, headers=desk(5))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "roster-slot-empty")
    assert (await registry.client.put(at, json=CHAIR, headers=desk())).status_code == 201, "the way out"


async def test_the_history_only_grows(registry: RunningService) -> None:
    body = CHAIR | {"person": "linmas-3"}
    await registry.client.put(f"{BASE}/posts/{KELURAHAN}.003/linmas/1", json=body, headers=desk())
    assert await registry.sql("select 1 from officer_history where person = 'linmas-3'")
    for change in ("update officer_history set person = 'x'", "delete from officer_history"):
        with pytest.raises(Exception, match="never changed"):
            await registry.sql(change)


async def test_officers_of_an_area(registry: RunningService) -> None:
    at = f"{BASE}/posts/32.71.03/ppk/1"
    body = {"person": "ppk-1", "display_name": "Anggota PPK Contoh", "trained": "yes"}
    made = await registry.client.put(at, json=body, headers=desk(regions=("32.71",)))
    assert made.status_code == 201, made.text
    assert made.json()["place_code"] == "32.71.03"
    counts = {post["duty"]: post["slots"] for post in made.json()["posts"]}
    assert counts == {"ppk": 5, "panwascam": 3, "camat": 1}
    lurah = body | {"person": "lurah-1"}
    seen = await registry.client.put(f"{BASE}/posts/{KELURAHAN}/lurah/1", json=lurah, headers=desk())
    assert seen.status_code == 201, seen.text
    wrong = await registry.client.put(f"{BASE}/posts/{KELURAHAN}/camat/1", json=lurah, headers=desk())
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "slot-unknown")
    twice = await registry.client.put(f"{BASE}/posts/{KELURAHAN}.001/kpps/5", json=body, headers=desk())
    assert (twice.status_code, twice.json()["code"]) == (409, "officer-elsewhere")
    nowhere = await registry.client.put(f"{BASE}/posts/32.71.99/ppk/1", json=body, headers=desk())
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "region-unknown")
    rows = await registry.sql(
        """select body, data_class from outbox where type like '%area_roster%' and body like '%"32.71.03"%' order by seq"""
    )
    first = AreaRosterChanged.model_validate_json(str(rows[0]["body"]))
    assert (first.region_code, len(first.posts), rows[0]["data_class"]) == ("32.71.03", 3, "operational")
    assert "ppk-1" not in json.dumps([dict(row) for row in rows])


async def test_who_may_not(registry: RunningService) -> None:
    at = f"{BASE}/posts/{KELURAHAN}.002/kpps/1"
    body = CHAIR | {"person": "kpps-stranger"}
    elsewhere = await registry.client.put(at, json=body, headers=desk(regions=("35.78",)))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "region-not-covered")
    for role in (Role.HEALTH, Role.KPPS, Role.CAMAT):
        assert (await registry.client.put(at, json=body, headers=bearer(role))).status_code == 403
        assert (await registry.client.get(f"{at}/history", headers=bearer(role))).status_code == 403
    camat = CHAIR | {"person": "camat-1", "status": "appointed"}
    await registry.client.put(f"{BASE}/posts/32.71.03/camat/1", json=camat, headers=desk())
    seen = (await registry.client.get(f"{BASE}/posts/32.71.03", headers=bearer(Role.CAMAT))).json()
    held = [officer for officer in seen["officers"] if officer["filled"]]
    assert held
    assert {officer["person"] for officer in seen["officers"]} == {None}
    assert (await registry.client.get(f"{BASE}/posts/32.71.03")).status_code == 401
    assert (await registry.client.get(f"{BASE}/posts/32.7", headers=desk())).status_code in {404, 422}


async def test_officers_of_areas_come_in_files_too(registry: RunningService) -> None:
    columns = ("tps_code", "duty", "slot", "person", "display_name", "trained", "status")
    rows = [
        ["32.71.03.1002", "pps", 1, "pps-1", "Anggota PPS Contoh", "ya", "dilantik"],
        ["32.71.03.1002", "pps", 9, "pps-9", "Anggota PPS Contoh", "ya", "dilantik"],
        ["32.71.99.1002", "pps", 1, "pps-2", "Anggota PPS Contoh", "ya", "dilantik"],
        [f"{KELURAHAN}.003", "kpps", 1, "kpps-3-1", "Petugas Contoh", "belum", "calon"],
        ["35.78.01.1001", "pps", 1, "pps-3", "Anggota PPS Contoh", "ya", "dilantik"],
    ]
    done = await send(registry, table(rows, columns), kind="officers")
    assert await told(registry, done) == {
        3: ["slot-unknown"],
        4: ["region-unknown"],
        6: ["region-not-covered"],
    }
    pps = await posts(registry, "32.71.03.1002")
    assert (pps["posts"][0]["sworn_in"], pps["officers"][0]["status"]) == (1, "sworn_in")  # type: ignore[index]  # JSON
    back = [["32.71.03.1002", "pps", 1, "pps-1", "Anggota PPS Contoh", "ya", "calon"]]
    assert await told(registry, await send(registry, table(back, columns), kind="officers")) == {
        2: ["wrong-state"]
    }


async def test_one_of_two_replacements_stands(registry: RunningService) -> None:
    at = f"{BASE}/posts/{KELURAHAN}.004/ptps/1"
    await registry.client.put(at, json=CHAIR | {"person": "ptps-4"}, headers=desk())
    tag = int(str((await posts(registry, f"{KELURAHAN}.004"))["version"]))
    answers = [
        await registry.client.post(
            f"{at}/end",
            json={"reason": "replaced", "successor": {"person": f"ptps-4-{n}", "display_name": "Contoh"}},
            headers=desk(tag),
        )
        for n in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 412]
