"""A batch of mixed commands at the service: each as if it had come by itself, in order, once, and no clash is lost."""

import asyncio
from typing import Any
from uuid import uuid4

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer
from tests.services.turnout.paper import MAYOR, tps

PATH = f"/v1/elections/{ELECTION}/sync:batch"
CONFLICTS = f"/v1/elections/{ELECTION}/sync/conflicts"


def report(number: int, men: int = 10, **change: object) -> dict[str, Any]:
    body = {"slot": "10:00", "men": men, "women": 12, "occurred_at": "2024-11-27T10:02:00+07:00"}
    return {"id": str(uuid4()), "path": f"/tps/{tps(number)}/turnout-reports", "body": body} | change


def milestone(number: int, name: str = "opened") -> dict[str, Any]:
    body = {"milestone": name, "occurred_at": "2024-11-27T07:00:00+07:00"}
    return {"id": str(uuid4()), "path": f"/tps/{tps(number)}/milestones", "body": body}


async def sent(
    desk: RunningService, items: list[dict[str, Any]], *, role: Role = Role.KPPS, **claims: str
) -> list[dict[str, Any]]:
    headers = bearer(role, regions=["32.71"], **claims)
    answer = await desk.client.post(PATH, json={"device": "phone-1", "items": items}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def outcomes(found: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(each["outcome"], each["status"]) for each in found]


async def test_mixed_commands_are_done_in_order_and_once(desk: RunningService) -> None:
    items = [milestone(50), report(50), report(50, men=11), milestone(50, "voting_closed")]
    first = await sent(desk, items)
    assert outcomes(first) == [("created", 201), ("created", 201), ("created", 200), ("created", 201)]
    assert [each["answer"].get("outcome") for each in first] == [None, "created", "corrected", None]
    assert first[0]["location"].endswith("/voting-day")
    assert first[0]["position"].endswith("@1")
    again = await sent(desk, items)
    assert outcomes(again) == [("duplicate", status) for _, status in outcomes(first)]
    assert [each["answer"] for each in again] == [each["answer"] for each in first]
    assert len(await desk.sql("select 1 from outbox where body like '%1002.050%'")) == 4


async def test_an_item_and_a_single_request_with_its_id_are_one_command(desk: RunningService) -> None:
    item = report(51)
    headers = bearer(Role.KPPS, regions=["32.71"], key=item["id"])
    single = await desk.client.post(
        f"/v1/elections/{ELECTION}{item['path']}", json=item["body"], headers=headers
    )
    assert single.status_code == 201
    assert outcomes(await sent(desk, [item])) == [("duplicate", 201)]


async def test_each_item_is_judged_by_its_own_route(desk: RunningService) -> None:
    elsewhere = report(52, path="/tps/32.73.01.1001.001/turnout-reports")
    entry = {"id": str(uuid4()), "path": f"/tps/{tps(52)}/forms/{MAYOR}/entries", "body": {}}
    administrative = {"id": str(uuid4()), "path": f"/tps/{tps(52)}/forms/{MAYOR}/returns", "body": {}}
    nested = {"id": str(uuid4()), "path": "/turnout-reports:batch", "body": {"items": []}}
    wrong = report(52, body={"men": "x"})
    found = await sent(desk, [elsewhere, entry, administrative, nested, wrong, report(52)])
    assert [(each["outcome"], (each["problem"] or {}).get("code")) for each in found] == [
        ("rejected", "region-not-covered"),
        ("rejected", "scope-missing"),
        ("rejected", "no-field-command"),
        ("rejected", "no-field-command"),
        ("rejected", "invalid-payload"),
        ("created", None),
    ]
    assert "/men" in [each["pointer"] for each in found[4]["problem"]["errors"]]


async def test_the_same_id_with_other_content_is_kept_and_nothing_is_overwritten(
    desk: RunningService,
) -> None:
    first = report(53)
    second = {**first, "body": {**first["body"], "men": 99}}
    assert outcomes(await sent(desk, [first, second, second])) == [
        ("created", 201),
        ("conflict", 422),
        ("conflict", 422),
    ]
    (told,) = await sent(desk, [second])
    day = await desk.client.get(
        f"/v1/elections/{ELECTION}/tps/{tps(53)}/voting-day", headers=bearer(Role.KPPS, regions=["32.71"])
    )
    assert [each["men"] for each in day.json()["reports"]] == [10]
    desk_clerk = bearer(Role.DESK, regions=["32.71"])
    (kept,) = [
        each
        for each in (await desk.client.get(CONFLICTS, headers=desk_clerk)).json()["items"]
        if each["command_id"] == first["id"]
    ]
    assert kept["conflict_id"] == told["conflict_id"]
    assert (kept["place"], kept["actor"], kept["device_id"]) == (tps(53), "person-1", "phone-1")
    assert kept["second"]["men"] == 99
    assert kept["first_hash"] != kept["second_hash"]
    operator = (await desk.client.get(CONFLICTS, headers=bearer(Role.OPERATOR))).json()["items"]
    assert {each["second"] is None for each in operator} == {True}
    elsewhere = await desk.client.get(CONFLICTS, headers=bearer(Role.DESK, regions=["32.73"]))
    assert elsewhere.json()["items"] == []
    assert (await desk.client.get(CONFLICTS, headers=bearer(Role.KPPS))).status_code == 403


async def test_a_conflict_is_decided_once_by_a_person_of_its_region(desk: RunningService) -> None:
    first = report(54)
    found = await sent(desk, [first, {**first, "body": {**first["body"], "men": 98}}])
    path = f"{CONFLICTS}/{found[1]['conflict_id']}/settlements"
    body = {"decision": "first_stands", "reason": "Salah tekan (contoh)."}
    assert (
        await desk.client.post(path, json=body, headers=bearer(Role.DESK, person=None))
    ).status_code == 403
    beyond = await desk.client.post(path, json=body, headers=bearer(Role.DESK, regions=["32.73"]))
    assert beyond.status_code == 404
    decided = await desk.client.post(path, json=body, headers=bearer(Role.DESK, regions=["32.71"]))
    assert (decided.status_code, decided.json()["decided_by"]) == (200, "person-1")
    twice = await desk.client.post(path, json=body, headers=bearer(Role.DESK))
    assert (twice.status_code, twice.json()["current_state"]) == (409, "first_stands")
    settled = await desk.client.get(f"{CONFLICTS}?settled=true", headers=bearer(Role.DESK))
    assert found[1]["conflict_id"] in [each["conflict_id"] for each in settled.json()["items"]]


async def test_of_a_form_only_the_hash_is_kept(desk: RunningService) -> None:
    figures = {"votes": {"1": 31, "2": 90, "3": 120}, "valid": 241, "invalid": 3, "total": 244}
    body = {"figures": figures, "occurred_at": "2024-11-27T15:20:00+07:00"}
    entry = {"id": str(uuid4()), "path": f"/tps/{tps(55)}/forms/{MAYOR}/entries", "body": body}
    other = {**entry, "body": {**body, "figures": {**figures, "invalid": 7}}}
    found = await sent(desk, [entry, other], role=Role.OPERATOR, device="tablet-1")
    assert outcomes(found) == [("created", 201), ("conflict", 422)]
    row = (await desk.sql("select * from command_conflict where key = $1", entry["id"]))[0]
    assert row["content"] is None
    listed = await desk.client.get(CONFLICTS, headers=bearer(Role.DESK))
    (kept,) = [each for each in listed.json()["items"] if each["command_id"] == entry["id"]]
    assert kept["second"] is None
    stored = (await desk.sql("select fingerprint from idempotency_key where key = $1", entry["id"]))[0]
    assert isinstance(stored["fingerprint"], bytes)
    assert stored["fingerprint"].hex() not in str(kept)


async def test_the_same_batch_fifty_times_at_once_has_one_effect_each(desk: RunningService) -> None:
    items = [milestone(56), report(56), report(57), milestone(57, "ready")]
    all_found = await asyncio.gather(*(sent(desk, items) for _ in range(50)))
    for n in range(len(items)):
        told = [found[n] for found in all_found]
        assert {each["outcome"] for each in told} <= {"created", "duplicate", "deferred"}
        assert sum(each["outcome"] == "created" for each in told) == 1
        assert len({str(each["answer"]) for each in told if each["outcome"] != "deferred"}) == 1
    assert outcomes(await sent(desk, items)) == [("duplicate", 201)] * 4
    for number in (56, 57):
        assert len(await desk.sql(f"select 1 from outbox where body like '%1002.{number:03d}%'")) == 2
    assert not await desk.sql(
        "select 1 from command_conflict where key = any($1)", [each["id"] for each in items]
    )


async def test_a_wrong_clock_is_told_and_the_desks_time_decides(desk: RunningService) -> None:
    ahead = report(58)
    ahead["body"]["occurred_at"] = "2099-11-27T10:02:00+07:00"
    (found,) = await sent(desk, [ahead])
    assert found["outcome"] == "created"
    assert "W-CLOCK-AHEAD" in found["answer"]["findings"]


async def test_two_devices_at_one_tps_are_two_reporters(desk: RunningService) -> None:
    earlier, later = report(59, men=10), report(59, men=20)
    later["body"]["occurred_at"] = "2024-11-27T10:05:00+07:00"
    assert outcomes(await sent(desk, [later], person="person-2", device="phone-2")) == [("created", 201)]
    (found,) = await sent(desk, [earlier], person="person-1", device="phone-1")
    assert (found["outcome"], found["answer"]["outcome"]) == ("created", "superseded")
    figures = {"votes": {"1": 31}, "valid": 31, "invalid": 0, "total": 31}
    body = {"figures": figures, "occurred_at": "2024-11-27T15:20:00+07:00"}
    path = f"/tps/{tps(59)}/forms/{MAYOR}/entries"
    entries = [{"id": str(uuid4()), "path": path, "body": body} for _ in range(3)]
    found = [
        *await sent(desk, entries[:1], role=Role.OPERATOR, person="p-1", device="tablet-1"),
        *await sent(desk, entries[1:2], role=Role.OPERATOR, person="p-1", device="tablet-2"),
        *await sent(desk, entries[2:], role=Role.OPERATOR, person="p-2", device="tablet-1"),
    ]
    assert [(each["outcome"], (each["problem"] or {}).get("code")) for each in found] == [
        ("created", None),
        ("rejected", "second-person-required"),
        ("rejected", "second-device-required"),
    ]


async def test_an_id_of_another_kind_of_command_is_a_conflict_too(desk: RunningService) -> None:
    opened, counted = milestone(60), report(60)
    found = await sent(desk, [opened, {**counted, "id": opened["id"]}])
    assert outcomes(found) == [("created", 201), ("conflict", 422)]
    again = await sent(desk, [{**counted, "id": opened["id"]}, opened])
    assert outcomes(again) == [("conflict", 422), ("duplicate", 201)]
    assert again[0]["conflict_id"] == found[1]["conflict_id"]
    assert len(await desk.sql("select 1 from outbox where body like '%1002.060%'")) == 1
