"""A version that is named holds, also where none has to be named: 412 for a stale one, and whatever is there without."""

from typing import Any

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, send, table, tps_rows

KELURAHAN = "32.71.05.1002"
TPS = f"{KELURAHAN}.001"
SAID = {"source": "contoh", "as_of": "2024-11-10"}
OFFICER = {"person": "kpps-versi", "display_name": "Petugas Contoh", "trained": "yes"}
SESSION: dict[str, Any] = {
    "topic": "Contoh",
    "trainer": "Pelatih Contoh",
    "region_code": "32.71.05",
    "place": "Aula",
    "organiser": "KPU (contoh)",
    "state": "planned",
    "duties": ["kpps"],
    "starts_at": "2024-11-20T09:00:00+07:00",
}
MOVE: dict[str, Any] = {
    "place": "Balai Contoh",
    "address": "Jalan Contoh 2",
    "reason_class": "flood",
    "reason": "Banjir (contoh)",
    "basis": "Berita acara (contoh)",
    "occurred_at": "2024-11-20T09:00:00+07:00",
    "source": "contoh",
}
CHANGES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "a post": ("PUT", f"posts/{TPS}/kpps/2", OFFICER | {"person": "kpps-versi-2"}),
    "an officer": ("PUT", f"tps/{TPS}/officers/kpps/1", OFFICER),
    "an officer who leaves": ("DELETE", f"tps/{TPS}/officers/kpps/1", None),
    "a risk": ("PUT", f"tps/{TPS}/risks/hazard", SAID | {"risk_class": "high", "indicators": []}),
    "a check": ("PUT", f"tps/{TPS}/checklist/power", SAID | {"answer": "yes"}),
    "attendance": (
        "POST",
        "trainings/versi/attendance",
        {"items": [{"person": "kpps-versi", "attended": True}]},
    ),
    "a relocation": ("POST", f"tps/{KELURAHAN}.002/relocation", MOVE),
    "a renumbering": (
        "POST",
        f"tps/{KELURAHAN}.002/renumbering",
        {"new_code": f"{KELURAHAN}.009", "reason": "Contoh", "source": "contoh"},
    ),
}
"""In an order in which each finds something to change."""


@pytest.mark.timeout(120)
async def test_a_stale_version_is_refused_where_none_has_to_be_named(registry: RunningService) -> None:
    await send(registry, table(tps_rows(KELURAHAN, 2)))
    made = await registry.client.put(f"{BASE}/trainings/versi", json=SESSION, headers=bearer(Role.DESK))
    assert made.status_code == 201, made.text
    for what, (method, path, body) in CHANGES.items():
        for tag in ('"77"', 'W/"1"', "x"):
            stale = await registry.client.request(
                method, f"{BASE}/{path}", json=body, headers=bearer(Role.DESK) | {"If-Match": tag}
            )
            assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed"), (
                what,
                stale.text,
            )
        done = await registry.client.request(method, f"{BASE}/{path}", json=body, headers=bearer(Role.DESK))
        assert done.is_success, (what, done.text)
        assert done.json().get("outcome") in {"created", "changed"}, (what, done.text)


async def test_the_version_that_is_there_may_be_named(registry: RunningService) -> None:
    kelurahan = "32.71.05.1003"
    await send(registry, table(tps_rows(kelurahan, 1)))
    at = f"{BASE}/tps/{kelurahan}.001"
    for number, path in enumerate(("officers/kpps/1", "officers/kpps/2"), start=1):
        seen = await registry.client.get(f"{at}/officers", headers=bearer(Role.DESK))
        named = await registry.client.put(
            f"{at}/{path}",
            json=OFFICER | {"person": f"kpps-ada-{number}"},
            headers=bearer(Role.DESK) | {"If-Match": seen.headers["ETag"]},
        )
        assert named.status_code == 201, named.text
        assert named.headers["ETag"] == f'"{number}"'
    first = await registry.client.put(
        f"{at}/risks/hazard",
        json=SAID | {"risk_class": "high", "indicators": []},
        headers=bearer(Role.DESK) | {"If-Match": "*"},
    )
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    again = SAID | {"risk_class": "low", "indicators": [], "as_of": "2024-11-11"}
    for tag, status in (('"2"', 412), ('"1"', 200)):
        done = await registry.client.put(
            f"{at}/risks/hazard", json=again, headers=bearer(Role.DESK) | {"If-Match": tag}
        )
        assert done.status_code == status, done.text
