"""Scans over the API: placed, late, out of order, repeated, and of boxes that nobody knows."""

import asyncio
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from contracts.access import Role
from tests.harness import bearer, soon
from tests.services.logistics.conftest import BASE, Field, code, packing, scanning

pytestmark = pytest.mark.anyio
PATH = f"{BASE}/custody-scans"


async def test_a_box_on_its_way(field: Field) -> None:
    box = await field.pack(1)
    first = await field.scan(box)
    assert (first["status"], first["outcome"], first["state"]) == (201, "placed", "in_transit")
    at_tps = await field.scan(
        box, scan_point="tps", place=code(1), from_party="courier", to_party="kpps", occurred_at=soon()
    )
    assert (at_tps["state"], at_tps["findings"]) == ("at_tps", [])
    shown = await field.box(box)
    assert (shown["state"], shown["holder"], shown["place"]) == ("at_tps", "kpps", code(1))
    assert shown["arrived_at"] is not None
    assert await field.told(box) == ["packed", "scanned", "scanned"]


async def test_a_scan_that_comes_late_is_placed_where_it_happened(field: Field) -> None:
    box = await field.pack(2)
    await field.scan(
        box, scan_point="tps", place=code(2), from_party="courier", to_party="kpps", occurred_at=soon()
    )
    early = await field.scan(box)
    assert (early["outcome"], early["late"], early["state"]) == ("out_of_order", True, "at_tps")
    shown = await field.box(box)
    custody = shown["custody"]
    assert isinstance(custody, list)
    assert [step["scan_point"] for step in custody] == ["warehouse", "tps"]


async def test_the_same_hand_over_from_another_device_changes_nothing(field: Field) -> None:
    box = await field.pack(3)
    when = soon(-5)
    first = await field.scan(box, occurred_at=when)
    again = await field.scan(box, occurred_at=when)
    assert (again["status"], again["outcome"], again["scan_id"]) == (200, "unchanged", first["scan_id"])
    assert await field.told(box) == ["packed", "scanned"]


async def test_a_scan_is_taken_once_however_often_it_is_sent(field: Field) -> None:
    box = await field.pack(4)
    headers, body = bearer(Role.COURIER, regions=["32.71"]), scanning(box)
    answers = await asyncio.gather(*(field.post(PATH, json=body, headers=headers) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await field.told(box) == ["packed", "scanned"]
    other = await field.post(PATH, json=body | {"seal_seen": "X"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_two_couriers_at_once(field: Field) -> None:
    box = await field.pack(5)
    answers = await asyncio.gather(*(field.scan(box, occurred_at=soon(-n)) for n in range(1, 21)))
    assert {answer["status"] for answer in answers} == {201}
    assert len(await field.told(box)) == 21
    assert (await field.box(box))["state"] == "in_transit"


async def test_a_wrong_seal_opens_one_discrepancy(field: Field) -> None:
    box = await field.pack(6)
    first = await field.scan(box, seal_seen="other-1")
    assert "W-SEAL-MISMATCH" in str(first["findings"])
    await field.scan(box, seal_seen="other-1", occurred_at=soon(-1))
    assert await field.told(box) == ["packed", "scanned", "discrepancy_opened", "scanned"]


async def test_a_scan_of_a_box_of_nobody_waits_and_finds_it(field: Field) -> None:
    body = packing(7)
    unknown = await field.scan(_id(body))
    assert (unknown["status"], unknown["outcome"], unknown["state"]) == (202, "quarantined", None)
    packed = await field.post(f"{BASE}/boxes", json=body, headers=bearer(Role.WAREHOUSE, regions=["32.71"]))
    assert packed.status_code == 201
    await field.service.wait_until_known(
        "select 1 from stray_scan where state = $2 and box_id = $1", _id(body), "adopted"
    )
    assert await field.told(_id(body)) == ["packed", "scanned"]
    assert (await field.box(_id(body)))["state"] == "in_transit"
    stray = await field.service.client.get(
        f"{BASE}/stray-scans/{unknown['scan_id']}", headers=bearer(Role.WAREHOUSE, regions=["32.71"])
    )
    assert stray.json()["state"] == "adopted"


async def test_a_box_of_another_region_and_one_of_nobody_look_alike(field: Field) -> None:
    box = await field.pack(8)
    elsewhere = bearer(Role.COURIER, regions=["32.16"], person="person-9")
    answers = [
        (
            await field.post(
                PATH,
                json=scanning(some) | {"place": "32.16"},
                headers=bearer(Role.COURIER, regions=["32.16"]),
            )
        )
        for some in (box, uuid7())
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    first, second = (answer.json() for answer in answers)
    assert {k for k in first if first[k] != second[k]} <= {"box_id", "scan_id", "occurred_at", "recorded_at"}
    assert await field.told(box) == ["packed"]
    foreign = await field.post(PATH, json=scanning(box), headers=elsewhere)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "region-not-covered")


async def test_the_desk_settles_a_stray_scan(field: Field) -> None:
    box = await field.pack(9)
    stray, foreign = await field.scan(uuid7()), await field.scan(uuid7())
    desk = lambda: bearer(Role.DESK, regions=["32.71"])  # noqa: E731 - each call makes a new key
    path = f"{BASE}/stray-scans/{stray['scan_id']}/settlement"
    adopted = {"settlement": "adopted", "box_id": str(box), "reason": "The label was misread."}
    answer = await field.post(path, json=adopted, headers=desk())
    assert (answer.status_code, answer.json()["state"]) == (200, "adopted")
    assert await field.told(box) == ["packed", "scanned"]
    again = await field.post(path, json=adopted, headers=desk())
    assert (again.status_code, again.json()["current_state"]) == (409, "adopted")
    dismissed = await field.post(
        f"{BASE}/stray-scans/{foreign['scan_id']}/settlement",
        json={"settlement": "dismissed", "reason": "A label of another election."},
        headers=desk(),
    )
    assert dismissed.json()["state"] == "dismissed"
    nobody = await field.post(
        f"{BASE}/stray-scans/{uuid7()}/settlement",
        json={"settlement": "dismissed", "reason": "none"},
        headers=desk(),
    )
    assert (nobody.status_code, nobody.json()["code"]) == (404, "stray-scan-unknown")


async def test_a_batch_gives_each_scan_a_result_of_its_own(field: Field) -> None:
    box = await field.pack(10)
    items = [
        scanning(box) | {"id": str(uuid4())},
        scanning(box) | {"id": str(uuid4()), "occurred_at": soon(-2)},
        scanning(uuid7()) | {"id": str(uuid4())},
        scanning(box) | {"id": str(uuid4()), "place": "32.73"},
    ]
    send = lambda: field.post(  # noqa: E731 - sent twice
        f"{PATH}:batch", json={"items": items}, headers=bearer(Role.COURIER, regions=["32.71"])
    )
    results = (await send()).json()["items"]
    assert [result["outcome"] for result in results] == ["accepted", "accepted", "accepted", "rejected"]
    assert [result["status"] for result in results] == [201, 201, 202, 403]
    again = (await send()).json()["items"]
    assert [result["outcome"] for result in again] == ["duplicate", "duplicate", "duplicate", "rejected"]
    assert await field.told(box) == ["packed", "scanned", "scanned"]


@pytest.mark.parametrize(
    "change",
    [
        {"scan_point": "moon"},
        {"scan_point": "tps"},
        {"place": "32.7"},
        {"to_party": "warehouse"},
        {"box_id": "box-1"},
        {"occurred_at": "2024-11-26T10:00:00"},
        {"seal_seen": "../"},
        {"surprise": 1},
    ],
)
async def test_a_scan_of_the_wrong_shape(field: Field, change: dict[str, object]) -> None:
    body = scanning(uuid7()) | change
    answer = await field.post(PATH, json=body, headers=bearer(Role.COURIER))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-payload")


async def test_who_may_not_scan(field: Field) -> None:
    body = scanning(uuid7())
    assert (await field.post(PATH, json=body)).status_code == 401
    reader = await field.post(PATH, json=body, headers=bearer(Role.POLICE))
    assert (reader.status_code, reader.json()["code"]) == (403, "scope-missing")
    keyless = {"Authorization": bearer(Role.COURIER)["Authorization"]}
    answer = await field.post(PATH, json=body, headers=keyless)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


def _id(body: dict[str, object]) -> UUID:
    return UUID(str(body["box_id"]))
