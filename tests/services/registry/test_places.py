"""What is known of the place of a TPS: its checklist, and the decision that moves it."""

import json
from typing import Any

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, send, table, told, tps_rows

KEBON_PEDES = "32.71.06.1002"
ITEMS = ("accessible", "power", "signal", "flood_safe", "landslide_safe", "alternate_site")
YES: dict[str, object] = {"answer": "yes", "source": "PPS (contoh)", "as_of": "2024-11-10"}
SITE: dict[str, object] = YES | {"place": "Balai RW 5", "lat": -6.501, "lon": 106.616}


async def events(registry: RunningService, kind: str, code: str) -> list[dict[str, Any]]:
    rows = await registry.sql(
        "select body from outbox where type = $1 order by seq", f"desk.registry.{kind}.v1"
    )
    bodies = [json.loads(str(row["body"])) for row in rows]
    return [body for body in bodies if body["tps_code"] == code]


async def check(
    registry: RunningService, code: str, item: str, body: dict[str, object], **more: object
) -> int:
    headers = bearer(Role.BPBD, regions=["32.71"])
    answer = await registry.client.put(
        f"{BASE}/tps/{code}/checklist/{item}", json=body | more, headers=headers
    )
    return answer.status_code


async def checklist(registry: RunningService, code: str) -> dict[str, Any]:
    answer = await registry.client.get(
        f"{BASE}/tps/{code}/checklist", headers=bearer(Role.KPPS, regions=[code])
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_no_data_is_never_ready(registry: RunningService) -> None:
    code = "32.71.06.1003.001"
    await send(registry, table(tps_rows("32.71.06.1003", 1)))
    known = await checklist(registry, code)
    assert (known["version"], known["known"], known["ok"], known["of"], known["ready"]) == (0, 0, 0, 6, None)
    assert {item["answer"] for item in known["items"]} == {"unknown"}
    for item in ITEMS[:5]:
        assert await check(registry, code, item, YES) == 201
    assert (await checklist(registry, code))["ready"] is None
    assert await check(registry, code, "alternate_site", YES) == 422, "an alternate site has a place"
    assert await check(registry, code, "power", SITE) == 422, "a power supply has none"
    assert await check(registry, code, "alternate_site", SITE) == 201
    known = await checklist(registry, code)
    assert (known["version"], known["known"], known["ok"], known["ready"]) == (6, 6, 6, True)
    site = known["items"][5]
    assert (site["place"], site["distance_m"]) == ("Balai RW 5", 1106), "computed, for both points are known"
    assert await check(registry, code, "power", YES, answer="no", as_of="2024-11-11") == 200
    assert (await checklist(registry, code))["ready"] is False
    assert await check(registry, code, "power", YES, answer="unknown", as_of="2024-11-12") == 200
    assert (await checklist(registry, code))["ready"] is None
    last = (await events(registry, "tps_checklist.changed", code))[-1]
    assert len(last["items"]) == 6
    assert last["alternate"] == {"place": "Balai RW 5", "lat": -6.501, "lon": 106.616, "distance_m": 1106}


async def test_an_older_check_is_refused_and_the_same_changes_nothing(registry: RunningService) -> None:
    code = "32.71.06.1004.001"
    await send(registry, table(tps_rows("32.71.06.1004", 1)))
    assert await check(registry, code, "signal", YES) == 201
    assert await check(registry, code, "signal", YES) == 200
    assert await check(registry, code, "signal", YES, answer="no", as_of="2024-11-09") == 409
    assert (await checklist(registry, code))["version"] == 1
    assert len(await events(registry, "tps_checklist.changed", code)) == 1


async def test_who_may_check_a_place(registry: RunningService) -> None:
    code = "32.71.06.1005.001"
    await send(registry, table(tps_rows("32.71.06.1005", 1)))
    path = f"{BASE}/tps/{code}/checklist/power"
    for headers, status in (
        (bearer(Role.KPPS, regions=[code]), 403),
        (bearer(Role.BPBD, regions=["32.71.01"]), 403),
        (bearer(Role.BPBD, regions=[KEBON_PEDES]), 403),
        (bearer(Role.BPBD, regions=[code]), 201),
    ):
        assert (await registry.client.put(path, json=YES, headers=headers)).status_code == status
    unknown = await registry.client.put(
        f"{BASE}/tps/32.71.06.1005.999/checklist/power", json=YES, headers=bearer(Role.BPBD)
    )
    assert unknown.status_code == 404
    other = await registry.client.put(
        f"{BASE}/tps/{code}/checklist/comfort", json=YES, headers=bearer(Role.BPBD)
    )
    assert other.status_code == 422
    key = bearer(Role.BPBD) | {"Idempotency-Key": "check-1"}
    first = await registry.client.put(path, json=YES | {"as_of": "2024-11-12"}, headers=key)
    again = await registry.client.put(path, json=YES | {"as_of": "2024-11-12"}, headers=key)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


async def known_tps(registry: RunningService, number: int) -> str:
    """Return a TPS of Kebon Pedes as it was known before the flood of 26 November 2024."""
    code = f"{KEBON_PEDES}.{number:03}"
    await send(registry, table([row for row in tps_rows(KEBON_PEDES, number) if row[0] == code]))
    for kind, risk in (("hazard", "low"), ("network", "low"), ("security", "low")):
        body = {"risk_class": risk, "source": "BPBD (contoh)", "as_of": "2024-10-01"}
        await registry.client.put(f"{BASE}/tps/{code}/risks/{kind}", json=body, headers=bearer(Role.BPBD))
    for item in ITEMS[:5]:
        await check(registry, code, item, YES)
    return code


MOVE: dict[str, object] = {
    "place": "Balai RW 7",
    "address": "Jalan Tinggi 3",
    "lat": -6.5601,
    "lon": 106.7902,
    "reason_class": "flood",
    "reason": "Banjir bandang 20 sampai 50 cm.",
    "basis": "Berita acara PPS (contoh)",
    "decided_by": "pps-kebon-pedes",
    "effective_at": "2024-11-26T16:00:00+07:00",
    "source": "PPS Kebon Pedes (contoh)",
    "occurred_at": "2024-11-26T14:30:00+07:00",
}


async def test_tps_28_of_kebon_pedes_moves_on_the_eve(registry: RunningService) -> None:
    flooded = await known_tps(registry, 28)
    headers = bearer(Role.DESK, regions=["32.71.06"]) | {"Idempotency-Key": "tps-28"}
    path = f"{BASE}/tps/{flooded}/relocation"
    answer = await registry.client.post(path, json=MOVE, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["moved"] == {"since_at": "2024-11-26T09:00:00Z", "reason": "flood"}
    again = await registry.client.post(path, json=MOVE, headers=headers)
    assert again.content == answer.content

    (decided,) = await events(registry, "tps_relocation.decided", flooded)
    assert (decided["from_place"], decided["place"], decided["reason_class"], decided["effective_at"]) == (
        "Balai RW",
        "Balai RW 7",
        "flood",
        "2024-11-26T09:00:00Z",
    )
    told = json.dumps([decided, *(await events(registry, "tps.registered", flooded))])
    assert "20 sampai 50 cm" not in told
    assert "pps-kebon-pedes" not in told

    known = await checklist(registry, flooded)
    assert (known["known"], known["ready"]) == (0, None), "of the new place nothing is known"
    risks = await registry.client.get(f"{BASE}/tps/{flooded}/risks", headers=bearer(Role.BPBD))
    assert {item["kind"]: item["risk_class"] for item in risks.json()["items"]} == {
        "hazard": None,
        "network": None,
        "security": "low",
    }

    public = (await registry.client.get(f"{BASE}/public/tps/{flooded}")).json()
    assert public["place"] == "Balai RW 7"
    assert public["message"]["id"].startswith(
        "DIPINDAHKAN mulai Selasa, 26 November 2024 pukul 16.00 WIB karena banjir. TPS 28"
    )
    assert public["message"]["en"].startswith(
        "MOVED as of Tuesday, 26 November 2024, 16:00 WIB because of a flood. TPS 28"
    )

    listed = await registry.client.get(f"{BASE}/tps/{flooded}/relocations", headers=bearer(Role.PPS))
    (item,) = listed.json()["items"]
    assert (item["number"], item["decided_by"], item["basis"], item["reason"]) == (
        1,
        "pps-kebon-pedes",
        "Berita acara PPS (contoh)",
        "Banjir bandang 20 sampai 50 cm.",
    )


async def test_an_old_list_does_not_move_a_tps_back(registry: RunningService) -> None:
    flooded = await known_tps(registry, 27)
    await registry.client.post(f"{BASE}/tps/{flooded}/relocation", json=MOVE, headers=bearer(Role.DESK))
    old = table([row for row in tps_rows(KEBON_PEDES, 28) if row[0] == flooded])
    done = await send(registry, old)
    assert counts(done) == ("done", 1, 0, 0, 0, 1)
    assert await told(registry, done) == {2: ["tps-moved"]}
    fresh = table([[flooded, 300]], ("tps_code", "dpt_men"))
    assert counts(await send(registry, fresh)) == ("done", 1, 0, 1, 0, 0), "the rest of it may change"
    known = (await registry.client.get(f"{BASE}/tps/{flooded}", headers=bearer(Role.DESK))).json()
    assert (known["place"], known["moved"]["reason"], known["dpt_men"]) == ("Balai RW 7", "flood", 300)


async def test_who_may_move_a_tps(registry: RunningService) -> None:
    flooded = await known_tps(registry, 26)
    path = f"{BASE}/tps/{flooded}/relocation"
    for headers in (bearer(Role.BPBD), bearer(Role.PPS), bearer(Role.DESK, regions=["32.71.01"])):
        assert (await registry.client.post(path, json=MOVE, headers=headers)).status_code == 403
    for broken in (
        {"reason_class": "storm"},
        {"decided_by": "3271061234567890"},
        {"lat": 106.8, "lon": -6.5},
    ):
        answer = await registry.client.post(path, json=MOVE | broken, headers=bearer(Role.DESK))
        assert answer.status_code == 422
        assert "3271061234567890" not in answer.text
