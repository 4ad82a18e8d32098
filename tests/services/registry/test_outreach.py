"""Activities for voters: planned, held, counted where somebody counted; and those to come, for everybody."""

from typing import Any

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, event_count, send, table, told

PLAN: dict[str, Any] = {
    "title": "Sosialisasi pemilih pemula",
    "organiser": "KPU Kota Bogor",
    "region_code": "32.71.06.1002",
    "place": "Balai Kelurahan",
    "starts_at": "2024-11-26T09:00:00+07:00",
    "source": "KPU Kota Bogor (contoh)",
    "as_of": "2024-11-10",
}
HELD = PLAN | {"state": "held", "starts_at": "2024-11-20T09:00:00+07:00", "reach_total": 80}
PHOTO = "0" * 63 + "a"


async def put(registry: RunningService, code: str, body: dict[str, Any], etag: str = "") -> Any:
    headers = bearer(Role.DESK, regions=["32.71"]) | ({"If-Match": etag} if etag else {})
    return await registry.client.put(f"{BASE}/outreach/{code}", json=body, headers=headers)


async def test_an_activity_is_planned_held_and_counted(registry: RunningService) -> None:
    planned = await put(registry, "pemula-1", PLAN)
    assert (planned.status_code, planned.json()["state"], planned.json()["reach_total"]) == (
        201,
        "planned",
        None,
    )
    assert (await put(registry, "pemula-1", PLAN)).json()["outcome"] == "unchanged"
    assert (await put(registry, "pemula-1", HELD)).status_code == 428
    held = HELD | {"reach_men": 30, "reach_women": 50, "photos": [PHOTO]}
    done = await put(registry, "pemula-1", held, planned.headers["ETag"])
    assert (done.status_code, done.json()["version"], done.json()["reach_women"]) == (200, 2, 50)
    (event,) = await registry.sql(
        "select body from outbox where type = 'desk.registry.outreach.changed.v1' and version = 2"
    )
    assert PHOTO not in str(event["body"]), "photos stay in the registry, as hashes"
    assert '"photos":1' in str(event["body"])
    shown = await registry.client.get(f"{BASE}/outreach/pemula-1", headers=bearer(Role.OBSERVER))
    assert (shown.json()["photos"], shown.json()["starts_at"]) == ([PHOTO], "2024-11-20T02:00:00Z")
    assert (
        await registry.client.get(f"{BASE}/outreach/tidak-ada", headers=bearer(Role.OBSERVER))
    ).status_code == 404


async def test_what_has_not_begun_was_not_held(registry: RunningService) -> None:
    answer = await put(registry, "dini", PLAN | {"state": "held"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-begun")
    assert len(answer.json()["allowed"]) == 3


async def test_reach_adds_up_and_belongs_to_what_was_held(registry: RunningService) -> None:
    for more in (
        {"reach_men": 30, "reach_women": 40},
        {"reach_men": 90},
        {"reach_men": 30, "reach_total": None},
        {"reach_total": -1},
        {"state": "cancelled"},
        {"state": "planned", "reach_total": None, "photos": [PHOTO]},
        {"photos": ["foto.jpg"]},
        {"ends_at": "2024-11-20T08:00:00+07:00"},
        {"region_code": "32.71.99"},
        {"starts_at": "2024-11-20T09:00:00"},
    ):
        answer = await put(registry, "salah", HELD | more)
        assert answer.status_code == 422, more


async def test_who_may_tell_of_an_activity(registry: RunningService) -> None:
    made = await put(registry, "wilayah", PLAN)
    path = f"{BASE}/outreach/wilayah"
    assert (await registry.client.put(path, json=PLAN, headers=bearer(Role.KPPS))).status_code == 403
    south = bearer(Role.DESK, regions=["32.71.01"]) | {"If-Match": made.headers["ETag"]}
    assert (await registry.client.put(path, json=PLAN, headers=south)).status_code == 403
    south = bearer(Role.DESK, regions=["32.71.01"]) | {"If-Match": made.headers["ETag"]}
    taken_over = PLAN | {"region_code": "32.71.01"}
    assert (await registry.client.put(path, json=taken_over, headers=south)).status_code == 403
    assert (
        await registry.client.get(path, headers=bearer(Role.DESK, regions=["32.71.01"]))
    ).status_code == 404


async def test_everybody_sees_what_is_still_to_come(registry: RunningService) -> None:
    for code, more in (
        ("esok", {"starts_at": "2024-11-26T10:00:00+07:00"}),
        ("kota", {"starts_at": "2024-11-26T11:00:00+07:00", "region_code": "32.71"}),
        ("selatan", {"starts_at": "2024-11-26T12:00:00+07:00", "region_code": "32.71.01.1001"}),
        ("berjalan", {"starts_at": "2024-11-26T05:00:00+07:00", "ends_at": "2024-11-26T08:00:00+07:00"}),
        ("lewat", {"starts_at": "2024-11-25T05:00:00+07:00"}),
        ("batal", {"state": "cancelled"}),
    ):
        assert (await put(registry, f"umum-{code}", PLAN | more)).status_code == 201
    answer = await registry.client.get(f"{BASE}/public/outreach?region=32.71.06")
    codes = [item["code"] for item in answer.json()["items"] if item["code"].startswith("umum-")]
    assert codes == ["umum-berjalan", "umum-esok", "umum-kota"]
    assert "source" not in answer.json()["items"][0]
    everywhere = await registry.client.get(f"{BASE}/public/outreach")
    assert "umum-selatan" in everywhere.text
    assert (await registry.client.get(f"{BASE}/public/outreach?region=bogor")).status_code == 422


async def test_activities_from_a_file(registry: RunningService) -> None:
    columns = (
        "code",
        "kind",
        "state",
        "title",
        "organiser",
        "region_code",
        "day",
        "starts",
        "ends",
        "reach_total",
        "photos",
        "as_of",
    )
    place = "32.71.05.1003"
    rows = [
        [
            "f-1",
            "sosialisasi",
            "terlaksana",
            "A",
            "KPU",
            place,
            "2024-11-12",
            "09:00",
            "11:00",
            40,
            PHOTO,
            "2024-11-12",
        ],
        ["f-2", "pendidikan", "rencana", "B", "KPU", place, "2024-11-26", "09:00", "", "", "", "2024-11-12"],
        [
            "f-3",
            "sosialisasi",
            "terlaksana",
            "C",
            "KPU",
            place,
            "2024-11-28",
            "09:00",
            "",
            10,
            "",
            "2024-11-12",
        ],
        ["f-4", "sosialisasi", "rencana", "D", "KPU", place, "2024-11-12", "9", "", "", "", "2024-11-12"],
        [
            "f-5",
            "sosialisasi",
            "rencana",
            "E",
            "KPU",
            "35.78",
            "2024-11-12",
            "09:00",
            "",
            "",
            "",
            "2024-11-12",
        ],
        ["f-6", "sosialisasi", "rencana", "F", "KPU", place, "2024-11-12", "09:00", "", 7, "", "2024-11-12"],
        ["f-7", "pawai", "rencana", "G", "KPU", place, "2024-11-12", "09:00", "", "", "", "2024-11-12"],
    ]
    before = await event_count(registry)
    assert counts(await send(registry, table(rows, columns), kind="outreach", dry_run=True)) == (
        "done",
        7,
        2,
        0,
        0,
        5,
    )
    assert await event_count(registry) == before
    done = await send(registry, table(rows, columns), kind="outreach")
    assert counts(done) == ("done", 7, 2, 0, 0, 5)
    assert await told(registry, done) == {
        4: ["not-begun"],
        5: ["string_pattern_mismatch"],
        6: ["region-not-covered"],
        7: ["value_error"],
        8: ["enum"],
    }
    assert counts(await send(registry, table(rows[:2], columns), kind="outreach")) == ("done", 2, 0, 0, 2, 0)
    shown = (await registry.client.get(f"{BASE}/outreach/f-1", headers=bearer(Role.DESK))).json()
    assert (shown["starts_at"], shown["ends_at"], shown["reach_total"], shown["reach_men"]) == (
        "2024-11-12T02:00:00Z",
        "2024-11-12T04:00:00Z",
        40,
        None,
    )


async def test_checklists_from_a_file(registry: RunningService) -> None:
    await send(
        registry,
        table(
            [["32.71.05.1004.001", "SDN", "Jalan", -6.55, 106.55, 250, 250]],
            ("tps_code", "place", "address", "lat", "lon", "dpt_men", "dpt_women"),
        ),
    )
    columns = ("tps_code", "item", "answer", "as_of", "place", "lat", "lon")
    code = "32.71.05.1004.001"
    rows = [
        [code, "power", "ya", "2024-11-10", "", "", ""],
        [code, "flood_safe", "rawan", "2024-11-10", "", "", ""],
        [code, "signal", "", "2024-11-10", "", "", ""],
        [code, "alternate_site", "ada", "2024-11-10", "Balai RW", -6.56, 106.55],
        [code, "accessible", "ya", "2024-11-10", "Balai RW", "", ""],
        ["32.71.05.1004.002", "power", "ya", "2024-11-10", "", "", ""],
        [code, "power", "tidak", "2024-11-11", "", "", ""],
    ]
    done = await send(registry, table(rows, columns), kind="checklist", role=Role.BPBD)
    assert counts(done) == ("done", 7, 4, 0, 0, 3)
    assert await told(registry, done) == {6: ["not-of-this-item"], 7: ["tps-unknown"], 8: ["duplicate-row"]}
    assert counts(await send(registry, table(rows[:4], columns), kind="checklist", role=Role.BPBD)) == (
        "done",
        4,
        0,
        0,
        4,
        0,
    )
    shown = (await registry.client.get(f"{BASE}/tps/{code}/checklist", headers=bearer(Role.BPBD))).json()
    assert (shown["known"], shown["ok"], shown["ready"], shown["items"][5]["distance_m"]) == (
        3,
        2,
        False,
        1113,
    )
    assert (
        len(
            await registry.sql(
                "select 1 from outbox where type like '%tps_checklist%' and body like $1", f"%{code}%"
            )
        )
        == 1
    )
