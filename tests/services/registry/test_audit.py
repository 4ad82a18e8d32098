"""What the auditor finds of the registry: who changed what, who was shown names, and that nobody else reads it."""

from collections.abc import Mapping

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE

pytestmark = pytest.mark.anyio

TPS = {
    "place": "Balai Contoh",
    "address": "Jalan Contoh 1",
    "dpt_men": 200,
    "dpt_women": 210,
    "source": "contoh",
}
CODE, ELSEWHERE = "32.71.01.1001.001", "32.71.02.1001.001"
AUDIT = f"{BASE}/audit/registry"


async def ask(service: RunningService, path: str, **params: str | int) -> dict[str, object]:
    answer = await service.client.get(f"{AUDIT}{path}", params=params, headers=bearer(Role.AUDITOR))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def items(service: RunningService, path: str, **params: str | int) -> list[Mapping[str, object]]:
    found = (await ask(service, path, **params))["items"]
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
async def changed(registry: RunningService) -> RunningService:
    """A TPS that was registered and changed, and one elsewhere."""
    for code in (CODE, ELSEWHERE):
        answer = await registry.client.put(f"{BASE}/tps/{code}", json=TPS, headers=bearer(Role.DESK))
        assert answer.status_code == 201, answer.text
    await registry.client.put(
        f"{BASE}/tps/{CODE}",
        json={**TPS, "place": "Sekolah Contoh"},
        headers={**bearer(Role.DESK), "If-Match": '"1"'},
    )
    return registry


async def test_a_change_shows_who_and_what_stood_before_and_after(changed: RunningService) -> None:
    newest, first = [each for each in await items(changed, "/changes") if each["place"] == CODE]
    assert (newest["version"], first["version"]) == (2, 1)
    assert first["before"] is None
    assert isinstance(newest["before"], dict)
    assert isinstance(newest["after"], dict)
    assert (newest["before"]["place"], newest["after"]["place"]) == ("Balai Contoh", "Sekolah Contoh")
    assert newest["actor"] == first["actor"] != ""
    by_subject = await items(changed, "/changes", subject=str(newest["subject"]))
    assert [each["version"] for each in by_subject] == [2, 1]
    assert await items(changed, "/changes", actor="nobody-at-all") == []
    assert await items(changed, "/changes", recorded_until="2020-01-01T00:00:00Z") == []


async def test_pages_follow_one_another_without_gap(changed: RunningService) -> None:
    whole = [each["seq"] for each in await items(changed, "/changes")]
    paged: list[object] = []
    cursor: str | None = None
    while True:
        page = await ask(changed, "/changes", limit=1, **({"cursor": cursor} if cursor else {}))
        assert isinstance(page["items"], list)
        paged += [each["seq"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = str(page["next_cursor"])
    assert paged == whole


async def test_an_auditor_of_one_kecamatan_sees_no_other(changed: RunningService) -> None:
    answer = await changed.client.get(f"{AUDIT}/changes", headers=bearer(Role.AUDITOR, regions=["32.71.02"]))
    places = {each["place"] for each in answer.json()["items"]}
    assert ELSEWHERE in places
    assert CODE not in places


async def test_names_are_shown_only_once_that_is_written_down(changed: RunningService) -> None:
    path = f"{BASE}/tps/{CODE}/officers"
    why = "Permintaan data oleh 3271064508900001"
    answer = await changed.client.get(path, headers={**bearer(Role.DESK), "Desk-Purpose": why})
    assert answer.status_code == 200
    assert answer.headers.get_list("Cache-Control") == ["no-store"]
    without = await changed.client.get(path, headers=bearer(Role.KPPS))  # who sees no names leaves no row
    assert without.headers["Cache-Control"] != "no-store"
    looks = [each for each in await items(changed, "/accesses") if each["action"] == "read_roster"]
    assert [each["subject"] for each in looks] == [f"tps_roster/{CODE}"]
    assert looks[0]["purpose"] == "Permintaan data oleh [nik]"
    assert looks[0]["place"] == CODE
    assert looks[0]["roles"] == ["desk"]


async def test_to_read_the_trail_stands_in_it(changed: RunningService) -> None:
    before = len(await items(changed, "/accesses", subject="audit/registry.changes", limit=500))
    await items(changed, "/changes")
    assert len(await items(changed, "/accesses", subject="audit/registry.changes", limit=500)) == before + 1


async def test_the_chain_of_looks_is_intact(changed: RunningService) -> None:
    await items(changed, "/changes")
    found = await ask(changed, "/accesses/check")
    assert found["intact"] is True
    assert found["rows"] == found["head_number"] != 0
    assert found["checked_hash"] == found["head_hash"]
    assert (await ask(changed, "/changes/check"))["intact"] is True


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.AUDITOR, Role.ADMIN}])
async def test_nobody_else_reads_it(changed: RunningService, role: Role) -> None:
    for path in ("/changes", "/accesses", "/changes/check", "/accesses/check"):
        answer = await changed.client.get(f"{AUDIT}{path}", headers=bearer(role))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


async def test_a_bad_purpose_and_a_bad_filter_get_a_clear_answer(changed: RunningService) -> None:
    path = f"{BASE}/tps/{CODE}/officers"
    answer = await changed.client.get(path, headers={**bearer(Role.DESK), "Desk-Purpose": "x" * 201})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "header:desk-purpose"
    answer = await changed.client.get(f"{AUDIT}/changes", params={"who": "x"}, headers=bearer(Role.AUDITOR))
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-parameter")
    answer = await changed.client.get(
        f"{AUDIT}/changes", params={"sort": "actor"}, headers=bearer(Role.AUDITOR)
    )
    assert answer.status_code == 400
