"""The calendar, the rules that are data, and who guards what; and that a stage is no lock."""

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, send, table, tps_rows

PATTERNS = [
    {"risk_class": "low", "name": "kurang rawan", "police": 2, "tps": 10, "linmas": 20, "source": "contoh"},
    {"risk_class": "high", "name": "sangat rawan", "police": 2, "tps": 1, "linmas": 2, "source": "contoh"},
]
RULE = {
    "id": "quiet-days",
    "stages": ["quiet-days"],
    "text": "No campaign in the quiet days.",
    "text_id": "Dilarang berkampanye pada masa tenang.",
    "source": "contoh",
}


async def test_everybody_sees_what_is_open_now_and_what_comes(registry: RunningService) -> None:
    answer = await registry.client.get(f"{BASE}/public/calendar?within_days=1")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    states = {stage["id"]: (stage["state"], stage["seconds_left"]) for stage in body["stages"]}
    assert states["campaign"] == ("closed", None)
    for stage, state in (("quiet-days", "open"), ("voting", "upcoming")):
        assert states[stage][0] == state
        assert 18 * 3_600 - 120 <= states[stage][1] <= 18 * 3_600, "the clock runs while this does"
    assert [stage["id"] for stage in body["changing"]] == ["logistics-due", "quiet-days", "voting"]
    assert (body["zone"], body["as_of"][:14]) == ("Asia/Jakarta", "2024-11-25T23:")
    starts = [stage["starts_on"] for stage in body["stages"]]
    assert starts == sorted(starts)
    assert (await registry.client.get("/v1/elections/nowhere/public/calendar")).status_code == 404
    assert (await registry.client.get(f"{BASE}/public/calendar?within_days=400")).status_code == 422
    assert (await registry.client.get(f"{BASE}/public/calendar?days=4")).status_code == 400


async def test_the_calendar_as_a_file(registry: RunningService) -> None:
    answer = await registry.client.get(f"{BASE}/public/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert answer.text.count("BEGIN:VEVENT") == 12
    assert "SUMMARY:Masa tenang\r\n" in answer.text


async def test_a_stage_refuses_what_would_change_the_frame_and_says_the_way_out(
    registry: RunningService,
) -> None:
    """The pairs have their numbers since 23 September: another pair is a named decision, a risk or a move is not asked."""
    path = f"{BASE}/contests/gubernur-32"
    contest = await registry.client.get(path, headers=bearer(Role.ADMIN))
    body = {name: contest.json()[name] for name in ("name", "choices", "winning_rule_source")}
    body["choices"] = [*body["choices"], {"number": 3, "kind": "pair", "name": "Tiga"}]
    headers = bearer(Role.ADMIN) | {"If-Match": contest.headers["ETag"]}
    refused = await registry.client.put(path, json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "choices-numbered")
    assert (refused.json()["current_state"], len(refused.json()["allowed"])) == ("numbered", 1)


async def test_campaign_rules_are_defined_whole_and_have_a_version(registry: RunningService) -> None:
    path = f"{BASE}/campaign-rules"
    before = await registry.client.get(path, headers=bearer(Role.OVERSIGHT))
    assert (before.json()["version"], before.json()["rules"], "ETag" in before.headers) == (0, [], False)
    for role in (Role.DESK, Role.OVERSIGHT):
        assert (
            await registry.client.put(path, json={"rules": [RULE]}, headers=bearer(role))
        ).status_code == 403
    made = await registry.client.put(path, json={"rules": [RULE]}, headers=bearer(Role.ADMIN))
    assert (made.status_code, made.json()["version"], made.json()["outcome"]) == (201, 1, "created")
    same = await registry.client.put(path, json={"rules": [RULE]}, headers=bearer(Role.ADMIN))
    assert (same.status_code, same.json()["outcome"]) == (200, "unchanged")
    always = RULE | {"id": "schools", "stages": [], "where": "Sekolah"}
    change = {"rules": [RULE, always]}
    assert (await registry.client.put(path, json=change, headers=bearer(Role.ADMIN))).status_code == 428
    stale = bearer(Role.ADMIN) | {"If-Match": '"7"'}
    assert (await registry.client.put(path, json=change, headers=stale)).status_code == 412
    right = bearer(Role.ADMIN) | {"If-Match": made.headers["ETag"]}
    assert (await registry.client.put(path, json=change, headers=right)).json()["version"] == 2
    held = await registry.client.get(f"{path}?stage=campaign", headers=bearer(Role.OVERSIGHT))
    assert ([rule["id"] for rule in held.json()["rules"]], held.headers["ETag"]) == (["schools"], '"2"')
    for broken, pointer in (
        ([RULE | {"stages": ["carnival"]}], "/rules/0/stages"),
        ([RULE, RULE], "/rules/1/id"),
    ):
        headers = bearer(Role.ADMIN) | {"If-Match": '"2"'}
        answer = await registry.client.put(path, json={"rules": broken}, headers=headers)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    told = await registry.sql(
        "select body from outbox where type = 'desk.registry.campaign_rules.defined.v1'"
    )
    assert len(told) == 2


async def test_need_and_named_of_guards(registry: RunningService) -> None:
    kelurahan = "32.71.05.1001"
    await send(registry, table(tps_rows(kelurahan, 14)))
    columns = ("tps_code", "kind", "risk_class", "as_of")
    classes = ["low"] * 11 + ["high"] + ["medium"]
    risks = [
        [f"{kelurahan}.{n:03}", "security", word, "2024-10-01"] for n, word in enumerate(classes, start=1)
    ]
    await send(registry, table(risks, columns), kind="risks", role=Role.POLICE)
    officers = [
        [f"{kelurahan}.001", "linmas", 1, "linmas-1-1", "Nama Rekaan 1", ""],
        [f"{kelurahan}.001", "linmas", 2, "linmas-1-2", "Nama Rekaan 2", ""],
        [f"{kelurahan}.012", "linmas", 1, "linmas-12-1", "Nama Rekaan 3", ""],
    ]
    await send(
        registry,
        table(officers, ("tps_code", "duty", "slot", "person", "display_name", "trained")),
        kind="officers",
    )
    path = f"{BASE}/regions/{kelurahan}/guarding"
    before = (await registry.client.get(path, headers=bearer(Role.POLICE))).json()
    assert (before["tps"], before["tps_not_known"], before["police_need"], before["linmas_named"]) == (
        14,
        14,
        None,
        3,
    )
    rules = await registry.client.put(
        f"{BASE}/guarding-rules", json={"patterns": PATTERNS}, headers=bearer(Role.ADMIN)
    )
    assert rules.status_code == 201, rules.text
    area = (await registry.client.get(path, headers=bearer(Role.POLICE, regions=["32.71.05"]))).json()
    assert {
        (one["risk_class"], one["tps"], one["police_need"], one["linmas_need"]) for one in area["classes"]
    } == {("low", 11, 3, 22), ("high", 1, 2, 2), ("medium", 1, None, None), (None, 1, None, None)}
    assert (area["tps_not_known"], area["police_need"], area["police_planned"]) == (2, 5, None)
    assert (area["linmas_need"], area["linmas_named"], area["rules_version"]) == (24, 3, 1)
    for operation, agency, place, planned in (
        ("operasi-contoh", "polri", kelurahan, 4),
        ("operasi-contoh", "polri", f"{kelurahan}.001", 2),
        ("operasi-lain", "polri", f"{kelurahan}.002", 1),
        ("operasi-contoh", "tni", f"{kelurahan}.001", 9),
        ("operasi-contoh", "polri", "32.71.05.1002", 8),
    ):
        told = {"planned": planned, "source": "Polresta Contoh", "as_of": "2024-11-20"}
        where = f"{BASE}/personnel/{operation}/{agency}/{place}"
        assert (await registry.client.put(where, json=told, headers=bearer(Role.POLICE))).is_success
    area = (await registry.client.get(path, headers=bearer(Role.POLICE, regions=["32.71.05"]))).json()
    assert area["police_planned"] == 7, "of the area and the places in it; soldiers are no police"
    one = (
        await registry.client.get(f"{BASE}/tps/{kelurahan}.001/guarding", headers=bearer(Role.POLICE))
    ).json()
    assert one["police_planned"] == 2
    assert (one["risk_class"], one["police_per_tps"], one["linmas_need"], one["linmas_named"]) == (
        "low",
        0.2,
        2,
        2,
    )
    bare = (
        await registry.client.get(f"{BASE}/tps/{kelurahan}.014/guarding", headers=bearer(Role.POLICE))
    ).json()
    assert bare["police_planned"] is None
    assert (bare["risk_class"], bare["pattern"], bare["linmas_need"], bare["linmas_named"]) == (None,) * 4
    for role, regions in ((Role.OBSERVER, ["32"]), (Role.KPPS, ["32"]), (Role.POLICE, ["32.71.01"])):
        assert (await registry.client.get(path, headers=bearer(role, regions=regions))).status_code == 403
    twice = {"patterns": [PATTERNS[0], PATTERNS[0]]}
    refused = await registry.client.put(
        f"{BASE}/guarding-rules", json=twice, headers=bearer(Role.ADMIN) | {"If-Match": '"1"'}
    )
    assert refused.status_code == 422
