"""A phone's outbox through the door: commands of all services in one batch, each judged alone and done once."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.access import Role
from gateway.door import Lane
from gateway.sequences import merged, missing
from tests.fuzz.spoiling import NASTY, NIK
from tests.harness import ELECTION, bearer
from tests.services.gateway.broken_owner import Conversation, an_owner, half_an_answer, hang_up
from tests.services.gateway.outbox import (
    Command,
    Outside,
    code,
    incident,
    milestone,
    numbered,
    outside,
    receipt,
    report,
    scan,
)

PATH = f"/v1/elections/{ELECTION}/sync:batch"


@pytest.fixture(scope="module")
async def field(database_url: Callable[[str], str]) -> AsyncIterator[Outside]:
    async with outside(database_url) as found:
        yield found


async def sent(
    field: Outside,
    items: list[Any],
    *,
    role: Role = Role.KPPS,
    device: str = "phone-1",
    region: str = "32.71",
) -> dict[str, Any]:
    answer = await field.gateway.client.post(
        PATH, json={"device_id": device, "items": items}, headers=bearer(role, regions=[region])
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def outcomes(answer: dict[str, Any]) -> list[str]:
    return [each["outcome"] for each in answer["items"]]


def is_written(value: object) -> bool:
    """Say whether a client can write a value as JSON."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def boxes(field: Outside) -> list[object]:
    return field.rooms["logistics"].names["box_id"]


async def test_commands_of_all_services_go_in_together_and_once(field: Outside) -> None:
    box = boxes(field)[1]
    items = numbered(scan(box, 2), receipt(box, 2), milestone(2), report(2), incident(2))
    first = await sent(field, items, device="all-1")
    assert outcomes(first) == ["created"] * 5, first
    assert (first["next_sequence"], first["missing"]) == (6, [])
    assert [each["id"] for each in first["items"]] == [item["id"] for item in items]
    told = await field.ledger(code(2))
    again = await sent(
        field, items, device="all-1"
    )  # the whole answer was lost: the phone repeats the whole batch
    assert outcomes(again) == ["duplicate"] * 5
    assert [each["answer"] for each in again["items"]] == [each["answer"] for each in first["items"]]
    assert await field.ledger(code(2)) == told
    asked = await field.gateway.client.get(
        f"/v1/elections/{ELECTION}/commands/{items[4]['id']}", headers=bearer(Role.KPPS, regions=["32.71"])
    )
    assert asked.json()["items"][0]["answer"] == first["items"][4]["answer"]


async def test_each_item_is_judged_alone(field: Outside) -> None:
    items: list[Any] = [
        *numbered(report(3), {**report(3), "path": "/tps/32.73.01.1001.001/turnout-reports"}),
        {"id": "none", "sequence": 3, **report(3)},
        {"id": str(uuid4()), "sequence": 4, "path": "/warehouses", "body": {}},
        {"id": str(uuid4()), "sequence": 5, "path": "/incidents/x/actions", "body": {}},
        {"id": str(uuid4()), "sequence": 6, "path": f"/tps/{code(3)}/milestones?x=1", "body": {}},
        {"id": str(uuid4()), "sequence": 7, "path": "/public/incidents", "body": {}},
        "a text",
        {"id": str(uuid4()), "sequence": 8, **milestone(3)},
    ]
    found = await sent(field, items, device="alone-1")
    assert [(each["outcome"], (each["problem"] or {}).get("code")) for each in found["items"]] == [
        ("created", None),
        ("rejected", "region-not-covered"),
        ("rejected", "invalid-payload"),
        ("rejected", "no-field-command"),
        ("rejected", "scope-missing"),
        ("rejected", "invalid-payload"),
        ("rejected", "no-field-command"),
        ("rejected", "invalid-payload"),
        ("created", None),
    ]
    assert (found["next_sequence"], found["missing"]) == (9, [])
    assert found["items"][2]["problem"]["errors"][0]["pointer"] == "/items/2/id"


async def test_work_on_an_incident_names_its_version(field: Outside) -> None:
    reported = await sent(field, numbered(incident(4)), role=Role.BPBD)
    (made,) = reported["items"]
    path = made["location"].partition(ELECTION)[2]
    step: Command = {"path": f"{path}/acknowledgements", "body": {}}
    late: Command = {"path": f"{path}/actions", "body": {"action": "Pompa (contoh)."}}
    items = [
        {"id": str(uuid4()), "sequence": 2, **step},
        {"id": str(uuid4()), "sequence": 3, **step, "if_match": made["etag"]},
        {"id": str(uuid4()), "sequence": 4, **late, "if_match": made["etag"]},
    ]
    found = await sent(field, items, role=Role.BPBD)
    assert [each["status"] for each in found["items"]] == [428, 200, 412]
    assert outcomes(found) == ["rejected", "created", "rejected"]


async def test_gaps_are_told_and_never_refused(field: Outside) -> None:
    items = numbered(*(report(5, slot=f"{hour:02d}:00") for hour in range(8, 14)))
    late = await sent(field, [items[4], items[1]], device="gaps-1")
    assert outcomes(late) == ["created"] * 2
    assert (late["next_sequence"], late["missing"]) == (6, [{"first": 1, "last": 1}, {"first": 3, "last": 4}])
    assert (await sent(field, [items[5]], device="gaps-2"))["missing"] == [{"first": 1, "last": 5}]
    rest = await sent(field, items, device="gaps-1")
    assert sorted(outcomes(rest)) == ["created"] * 3 + ["duplicate"] * 3
    assert (rest["next_sequence"], rest["missing"]) == (7, [])


async def test_reordered_batches_leave_each_command_once(field: Outside) -> None:
    items = numbered(*(report(6, men=n, slot="09:00") for n in range(1, 13)))
    for n, item in enumerate(items):
        item["body"]["occurred_at"] = f"2024-11-27T09:{n:02d}:00+07:00"
    batches = [items[start : start + 3] for start in range(0, 12, 3)] * 2
    random.Random(7).shuffle(batches)
    for batch in batches:
        await sent(field, batch, device="order-1")
    last = await sent(field, items, device="order-1")
    assert outcomes(last) == ["duplicate"] * 12
    assert await field.ledger(code(6), "turnout") == 12
    day = await field.gateway.client.get(
        f"/v1/elections/{ELECTION}/tps/{code(6)}/voting-day", headers=bearer(Role.KPPS, regions=["32.71"])
    )
    assert [each["men"] for each in day.json()["reports"]] == [12]  # the one that was made last


@pytest.mark.slow
async def test_the_same_batch_fifty_times_at_once(field: Outside) -> None:
    box = boxes(field)[2]
    items = numbered(milestone(3, "ready"), report(7), incident(7), scan(box, 3), receipt(box, 3))
    storm = await asyncio.gather(*(sent(field, items, device="storm-1") for _ in range(50)))
    for n in range(len(items)):
        told = [answer["items"][n]["outcome"] for answer in storm]
        assert set(told) <= {"created", "duplicate", "deferred"}
        assert told.count("created") <= 1  # nobody may have been told of the one, but no two were
    assert outcomes(await sent(field, items, device="storm-1")) == ["duplicate"] * 5
    assert await field.ledger(code(7), "turnout", "incidents") == 2
    assert (await field.gateway.sql("select count(*) as n from device_sequence where device = 'storm-1'"))[0][
        "n"
    ] == 1


async def test_what_clashes_is_listed_and_decided(field: Outside) -> None:
    first, other = incident(8), incident(8, title="Lain")
    (one,) = numbered(first)
    found = await sent(field, [one, {**one, **other}], device="clash-1")
    assert outcomes(found) == ["created", "conflict"]
    clerk = bearer(Role.DESK, regions=["32.71"])
    path = f"/v1/elections/{ELECTION}/sync/conflicts"
    listed = (await field.gateway.client.get(path, headers=clerk)).json()
    (kept,) = [each for each in listed["items"] if each["command_id"] == one["id"]]
    assert (kept["service"], kept["second"]["title"], kept["place"]) == ("incidents", "Lain", code(8))
    settlement = f"{path}/incidents/{kept['conflict_id']}/settlements"
    body = {"decision": "sent_anew", "reason": "Kejadian kedua dikirim lagi (contoh)."}
    decided = await field.gateway.client.post(settlement, json=body, headers=bearer(Role.DESK))
    assert (decided.status_code, decided.json()["decision"]) == (200, "sent_anew")
    left = (await field.gateway.client.get(path, headers=clerk)).json()["items"]
    assert kept["conflict_id"] not in [each["conflict_id"] for each in left]
    assert (await field.gateway.client.get(path, headers=bearer(Role.KPPS))).status_code == 403


async def test_a_device_speaks_for_itself_alone(field: Outside) -> None:
    headers = bearer(Role.KPPS, regions=["32.71"], device="phone-7")
    body = {"device_id": "phone-8", "items": numbered(report(9))}
    answer = await field.gateway.client.post(PATH, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "device-differs")
    assert outcomes(await sent(field, numbered(report(9)), device="phone-7", region=code(9))) == ["created"]


async def test_a_clock_that_is_off_is_told(field: Outside) -> None:
    (item,) = numbered(report(10))
    item["body"]["occurred_at"] = "2024-11-27T16:00:00+07:00"
    body = {"device_id": "clock-1", "sent_at": "2024-11-27T16:00:00+07:00", "items": [item]}
    answer = await field.gateway.client.post(PATH, json=body, headers=bearer(Role.KPPS, regions=["32.71"]))
    found = answer.json()
    assert found["clock_ahead_s"] == pytest.approx(5 * 3600, abs=300)
    assert found["items"][0]["outcome"] == "created"
    assert "W-CLOCK-AHEAD" in found["items"][0]["answer"]["findings"]


@pytest.mark.parametrize(
    "change",
    [{"items": []}, {"device_id": "a b"}, {"more": 1}, {"sent_at": 1732676520}, {"items": [{}] * 501}],
)
async def test_an_envelope_that_is_wrong_is_refused_whole(field: Outside, change: Command) -> None:
    body = {"device_id": "phone-1", "items": numbered(report(11))} | change
    answer = await field.gateway.client.post(PATH, json=body, headers=bearer(Role.KPPS))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-payload")
    assert (await field.gateway.client.post(PATH, json=body)).status_code == 401


async def test_a_service_that_is_away_defers_its_own_commands_alone(field: Outside) -> None:
    lanes = field.gateway.app.state.door.batches
    lane, items = lanes.pop("incidents"), numbered(report(12), incident(12))
    headers = bearer(Role.KPPS, regions=["32.71"])
    answer = await field.gateway.client.post(
        PATH, json={"device_id": "away-1", "items": items}, headers=headers
    )
    lanes["incidents"] = lane
    assert outcomes(answer.json()) == ["created", "deferred"]
    assert answer.json()["items"][1]["problem"]["retryable"]
    assert answer.headers["Retry-After"]
    assert (answer.json()["next_sequence"], answer.json()["missing"]) == (2, [])
    assert outcomes(await sent(field, items, device="away-1")) == ["duplicate", "created"]


@pytest.mark.parametrize("conversation", [hang_up, half_an_answer])
async def test_an_answer_that_is_lost_behind_the_door_is_deferred(
    field: Outside, conversation: Conversation
) -> None:
    lanes, (item,) = field.gateway.app.state.door.batches, numbered(incident(13))
    lane = lanes["incidents"]
    async with an_owner(conversation) as owner:
        lanes["incidents"] = Lane(owner.url, clients=1, waiting=8)
        found = await sent(field, [item], device="lost-1")
        await lanes["incidents"].close()
        lanes["incidents"] = lane
    assert (outcomes(found), found["items"][0]["problem"]["code"]) == (["deferred"], "outcome-unknown")
    assert outcomes(await sent(field, [item], device="lost-1")) == ["created"]


@pytest.mark.parametrize("value", [*filter(is_written, NASTY)], ids=repr)
async def test_an_item_with_anything_in_it_spoils_no_other(field: Outside, value: object) -> None:
    spoilt = report(14)
    spoilt["body"]["men"] = value
    for place in (spoilt, {**report(14), "body": value}, {**report(14), "path": value}):
        items = [
            {"id": str(uuid4()), "sequence": 1, **place},
            {"id": str(uuid4()), "sequence": 2, **report(14)},
        ]
        found = await sent(field, items, device="nasty-1")
        assert outcomes(found) == ["rejected", "created"]
        assert NIK not in str(found)


@pytest.mark.parametrize(
    "value", [b"1e999", b"9" * 4_000, b'{"a":' * 300 + b"1" + b"}" * 300, b'"\\ud800"', b'{"\\udfff":1}']
)
async def test_what_cannot_be_written_again_spoils_no_other(field: Outside, value: bytes) -> None:
    (good,) = numbered(report(15))
    item = b'{"id":"%s","sequence":2,"path":"/incidents","body":{"lat":%s}}' % (str(uuid4()).encode(), value)
    body = b'{"device_id":"nasty-2","items":[' + item + b"," + json.dumps(good).encode() + b"]}"
    headers = bearer(Role.KPPS, regions=["32.71"]) | {"Content-Type": "application/json"}
    answer = await field.gateway.client.post(PATH, content=body, headers=headers)
    assert (answer.status_code, outcomes(answer.json())) == (200, ["rejected", "created"])


def test_ranges_say_what_is_missing():
    assert merged([(1, 3), (7, 9)], [4, 6]) == [(1, 4), (6, 9)]
    assert missing([(2, 3), (6, 6)]) == [(1, 1), (4, 5)]
    assert len(merged([], range(1, 2_000, 2))) == 200


@given(st.lists(st.integers(1, 60), max_size=80))
def test_ranges_are_what_a_set_would_be(numbers: list[int]):
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        ranges = merged(ranges, [number])
    whole = {n for first, last in ranges for n in range(first, last + 1)}
    gaps = {n for first, last in missing(ranges) for n in range(first, last + 1)}
    assert whole == set(numbers)
    assert gaps == set(range(1, max(numbers, default=0) + 1)) - whole


async def test_an_id_that_holds_a_nik_is_refused_alone_and_kept_nowhere(field: Outside) -> None:
    hidden = f"00000000-0000-0000-{NIK[:4]}-{NIK[4:]}"
    good, bad = numbered(milestone(41), milestone(42))
    answer = await sent(field, [good, {**bad, "id": hidden}], device="disguised-1")
    assert outcomes(answer) == ["created", "rejected"]
    assert (answer["items"][1]["id"], answer["items"][1]["status"]) == (None, 422)
    one = {**report(41)["body"], "tps_code": code(41), "id": str(uuid4())}
    batch = await field.gateway.client.post(
        f"/v1/elections/{ELECTION}/turnout-reports:batch",
        json={"items": [one, {**one, "id": hidden, "tps_code": code(42)}]},
        headers=bearer(Role.KPPS, regions=["32.71"]),
    )
    assert batch.status_code == 200, batch.text
    assert outcomes(batch.json()) == ["accepted", "rejected"]
    assert batch.json()["items"][1]["problem"]["code"] == "idempotency-key-invalid"
    named = await field.gateway.client.post(
        PATH,
        json={"device_id": f"hp-{NIK}", "items": numbered(milestone(43))},
        headers=bearer(Role.KPPS, regions=["32.71"]),
    )
    assert named.status_code == 422
    for told in (json.dumps(answer), batch.text, named.text):
        assert NIK not in told.replace("-", "")
    for service in (field.gateway, *(room.service for room in field.rooms.values())):
        for table in ("idempotency_key", "command_conflict", "device_sequence"):
            if await service.sql("select to_regclass($1) as found where to_regclass($1) is not null", table):
                rows = await service.sql(
                    f"select count(*) as n from {table} t where strpos(replace(t::text, '-', ''), $1) > 0",
                    NIK,
                )
                assert rows[0]["n"] == 0, table
