"""Packing, receiving and settling over the API."""

import asyncio
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from contracts.access import Role
from tests.harness import bearer, soon
from tests.services.logistics.conftest import BASE, GOVERNOR, MAYOR, Field, code, keeper, packing, scanning

pytestmark = pytest.mark.anyio
PATH = f"{BASE}/boxes"


async def resolve(field: Field, box: UUID, **body: object) -> tuple[int, dict[str, object]]:
    """Settle the first open discrepancy of a box."""
    shown = await field.box(box)
    discrepancies = shown["discrepancies"]
    assert isinstance(discrepancies, list)
    first = next(d for d in discrepancies if d["state"] == "open")
    path = f"{BASE}/discrepancies/{first['discrepancy_id']}/resolution"
    answer = await field.post(path, json={"reason": "Minute no. 7", **body}, headers=keeper())
    return answer.status_code, answer.json()


async def test_one_box_stands_for_a_contest_of_a_tps(field: Field) -> None:
    box = await field.pack(1)
    await field.pack(1, GOVERNOR)
    second = await field.post(PATH, json=packing(1), headers=keeper())
    assert (second.status_code, second.json()["code"]) == (409, "box-stands")
    assert second.json()["allowed"]
    again = await field.post(PATH, json=packing(1) | {"box_id": str(box)}, headers=keeper())
    assert (again.status_code, again.json()["code"]) == (409, "box-known")
    assert again.json()["current_state"] == "packed"


async def test_two_warehouses_pack_the_same_box_at_once(field: Field) -> None:
    answers = await asyncio.gather(*(field.post(PATH, json=packing(2), headers=keeper()) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


async def test_packing_is_taken_once(field: Field) -> None:
    body, headers = packing(3), keeper()
    first = await field.post(PATH, json=body, headers=headers)
    again = await field.post(PATH, json=body, headers=headers)
    assert again.content == first.content
    other = await field.post(PATH, json=body | {"ballots": 1}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    twin = await field.post(PATH, json=body, headers=keeper())
    assert (twin.status_code, twin.json()["outcome"]) == (200, "unchanged")
    assert await field.told(UUID(str(body["box_id"]))) == ["packed"]


async def test_what_is_odd_about_a_packed_box_is_a_finding(field: Field) -> None:
    body = packing(4)
    await field.post(PATH, json=body, headers=keeper())
    odd = packing(4, GOVERNOR) | {"ballots": 540, "seal_number": str(body["seal_number"]).lower()}
    answer = await field.post(PATH, json=odd, headers=keeper())
    assert answer.json()["findings"] == ["W-PACKED-NEED", "W-SEAL-REUSED"]


async def test_who_may_not_pack(field: Field) -> None:
    assert (await field.post(PATH, json=packing(5))).status_code == 401
    courier = await field.post(PATH, json=packing(5), headers=bearer(Role.COURIER, regions=["32.71"]))
    assert (courier.status_code, courier.json()["code"]) == (403, "scope-missing")
    elsewhere = await field.post(PATH, json=packing(5), headers=keeper(regions=["32.73"]))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "region-not-covered")


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"contest": "bupati-32.01"}, 409, "contest-not-at-tps"),
        ({"warehouse_id": str(uuid4())}, 404, "warehouse-unknown"),
        ({"replaces": str(uuid4())}, 409, "box-stands"),
        ({"tps_code": "32.71.06.1002.999"}, 503, "not-caught-up"),
        ({"ballots": -1}, 422, "invalid-payload"),
        ({"seal_number": ""}, 422, "invalid-payload"),
        ({"tps_code": "32.71"}, 422, "invalid-payload"),
    ],
)
async def test_what_cannot_be_packed(
    field: Field, change: dict[str, object], status: int, problem: str
) -> None:
    answer = await field.post(PATH, json=packing(6) | change, headers=keeper())
    if status == 503:  # nobody publishes the registry's topic here: absence proves nothing, unless it does
        assert answer.json()["code"] in {problem, "tps-unknown"}
        return
    assert (answer.status_code, answer.json()["code"]) == (status, problem)


async def test_a_batch_packs_what_it_can(field: Field) -> None:
    items = [packing(7), packing(7, GOVERNOR), packing(7), packing(8) | {"tps_code": "32.73.01.1001.001"}]
    sent = [item | {"id": str(uuid4())} for item in items]
    answer = await field.post(f"{PATH}:batch", json={"items": sent}, headers=keeper())
    assert [result["status"] for result in answer.json()["items"]] == [201, 201, 409, 403]


async def test_a_box_is_received_sealed_and_counted_later(field: Field) -> None:
    box = await field.pack(10)
    taken = await field.receive(10, {"box_id": str(box), "outcome": "accepted"}, occurred_at=soon(-30))
    assert taken["status"] == 201
    shown = await field.box(box)
    assert (shown["state"], shown["received_on_time"], shown["ballots_received"]) == ("at_tps", True, None)
    counted = await field.receive(10, {"box_id": str(box), "outcome": "accepted", "ballots_counted": 547})
    assert counted["boxes"] == [
        {"box_id": str(box), "result": "recorded", "outcome": "accepted", "findings": [], "opened": []}
    ]
    assert (await field.box(box))["ballots_received"] == 547
    assert await field.told(box) == ["packed", "received", "received"]


async def test_the_same_receipt_changes_nothing(field: Field) -> None:
    box, when = await field.pack(11), soon()
    for result in ("recorded", "unchanged"):
        answer = await field.receive(11, {"box_id": str(box), "outcome": "accepted"}, occurred_at=when)
        assert str(answer["boxes"]).count(f"'{result}'") == 1
    assert await field.told(box) == ["packed", "received"]


async def test_what_came_of_another_tps_is_kept_apart(field: Field) -> None:
    box = await field.pack(12)
    answer = await field.receive(13, {"box_id": str(box), "outcome": "accepted"})
    assert answer["status"] == 201
    assert "quarantined" in str(answer["boxes"])
    assert await field.told(box) == ["packed"]
    assert (await field.box(box))["state"] == "packed"


async def test_a_short_box_is_counted_again(field: Field) -> None:
    box = await field.pack(14)
    await field.receive(14, {"box_id": str(box), "outcome": "short", "ballots_counted": 540})
    status, problem = await resolve(field, box, resolution="moved")
    assert (status, problem["code"]) == (409, "wrong-state")
    assert "recounted" in str(problem["allowed"])
    status, problem = await resolve(field, box, resolution="recounted")
    assert (status, problem["errors"]) == (
        422,
        [{"pointer": "/ballots", "code": "missing", "detail": "This resolution needs it."}],
    )
    status, settled = await resolve(field, box, resolution="recounted", ballots=547)
    assert (status, settled["state"]) == (200, "resolved")
    assert (await field.box(box))["ballots_received"] == 547
    assert await field.told(box) == ["packed", "received", "discrepancy_opened", "discrepancy_resolved"]


async def test_a_new_seal_is_the_seal_from_then_on(field: Field) -> None:
    box = await field.pack(15)
    await field.receive(15, {"box_id": str(box), "outcome": "seal_mismatch", "seal_seen": "X-1"})
    await resolve(field, box, resolution="resealed", seal_number="n-2")
    assert (await field.box(box))["seal_number"] == "N-2"
    clean = await field.scan(
        box,
        scan_point="tps",
        place=code(15),
        from_party="kpps",
        to_party="courier",
        seal_seen="N-2",
        occurred_at=soon(),
    )
    assert clean["findings"] == []


async def test_a_damaged_box_is_replaced(field: Field) -> None:
    old = await field.pack(16)
    await field.receive(16, {"box_id": str(old), "outcome": "damaged"})
    new = await field.pack(16, replaces=str(old))
    assert (await field.box(old))["state"] == "void"
    assert await field.told(old) == [
        "packed",
        "received",
        "discrepancy_opened",
        "discrepancy_resolved",
        "voided",
    ]
    assert await field.told(new) == ["packed"]
    supply = await field.service.client.get(f"{BASE}/tps/{code(16)}/supply", headers=keeper())
    assert [box["state"] for box in supply.json()["boxes"]] == ["void", "packed"]


async def test_a_missing_box_that_comes_settles_itself(field: Field) -> None:
    box = await field.pack(17)
    await field.receive(17, {"box_id": str(box), "outcome": "missing"}, occurred_at=soon(-20))
    assert (await field.box(box))["received_at"] is None
    await field.receive(17, {"box_id": str(box), "outcome": "accepted"})
    assert await field.told(box) == [
        *("packed", "received", "discrepancy_opened", "received", "discrepancy_resolved"),
    ]


async def test_a_box_packed_in_error_is_void(field: Field) -> None:
    box = await field.pack(18)
    path, body = f"{PATH}/{box}/void", {"reason": "Packed for the wrong TPS."}
    answer = await field.post(path, json=body, headers=keeper())
    assert (answer.status_code, answer.json()["state"]) == (200, "void")
    again = await field.post(path, json=body, headers=keeper())
    assert (again.status_code, again.json()["current_state"]) == (409, "void")
    nobody = await field.post(f"{PATH}/{uuid7()}/void", json=body, headers=keeper())
    foreign = await field.post(path, json=body, headers=keeper(regions=["32.73"]))
    assert {(a.status_code, a.json()["code"]) for a in (nobody, foreign)} == {(404, "box-unknown")}
    alone = await field.post(path, json=body, headers=keeper(person=None))
    assert (alone.status_code, alone.json()["code"]) == (403, "person-required")
    await field.pack(18)
    told = await field.scan(box)
    assert "W-VOID-BOX" in str(told["findings"])
    assert (await field.box(box))["state"] == "void"


async def test_a_received_box_is_not_void(field: Field) -> None:
    box = await field.pack(19)
    await field.receive(19, {"box_id": str(box), "outcome": "accepted"})
    answer = await field.post(f"{PATH}/{box}/void", json={"reason": "A mistake."}, headers=keeper())
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["pack a box that replaces it"])


async def test_booths_are_counted_beside_the_boxes(field: Field) -> None:
    short = await field.receive(20, items=[{"item": "voting_booth", "quantity": 3}], occurred_at=soon(-10))
    assert short["items"] == [{"item": "voting_booth", "contest": None, "quantity": 3, "needed": 4}]
    await field.receive(20, items=[{"item": "voting_booth", "quantity": 4}])
    await field.receive(20, items=[{"item": "voting_booth", "quantity": 2}], occurred_at=soon(-60))
    events = await field.service.sql(
        "select body from outbox where type like '%items_received%' and body like $1 order by seq",
        f"%{code(20)}%",
    )
    assert ['"complete":true' in str(event["body"]) for event in events] == [False, True, True]
    unknown = await field.receive(20, items=[{"item": "flying_carpet", "quantity": 1}])
    assert (unknown["status"], unknown["code"]) == (422, "invalid-payload")


@pytest.mark.parametrize(
    "body",
    [
        {"occurred_at": "2024-11-26T10:00:00+07:00"},
        {"boxes": [{"box_id": "x", "outcome": "accepted"}], "occurred_at": "2024-11-26T10:00:00+07:00"},
        {
            "boxes": [{"box_id": str(UUID(int=1)), "outcome": "accepted"}] * 2,
            "occurred_at": "2024-11-26T10:00:00+07:00",
        },
        {
            "boxes": [{"box_id": str(UUID(int=1)), "outcome": "eaten"}],
            "occurred_at": "2024-11-26T10:00:00+07:00",
        },
    ],
)
async def test_a_receipt_of_the_wrong_shape(field: Field, body: dict[str, object]) -> None:
    answer = await field.post(f"{BASE}/tps/{code(21)}/receipts", json=body, headers=bearer(Role.KPPS))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-payload")


async def test_who_may_not_receive(field: Field) -> None:
    body = {"boxes": [{"box_id": str(uuid7()), "outcome": "accepted"}], "occurred_at": soon()}
    path = f"{BASE}/tps/{code(21)}/receipts"
    assert (await field.post(path, json=body)).status_code == 401
    neighbour = await field.post(path, json=body, headers=bearer(Role.KPPS, regions=[code(22)]))
    assert (neighbour.status_code, neighbour.json()["code"]) == (403, "region-not-covered")


async def test_scans_receipts_and_packing_at_once_never_disagree(field: Field) -> None:
    box = await field.pack(23)
    work = [
        *(field.scan(box, occurred_at=soon(-n), seal_seen="no") for n in range(1, 11)),
        *(
            field.receive(23, {"box_id": str(box), "outcome": "short"}, occurred_at=soon(-n))
            for n in range(1, 6)
        ),
        *(
            field.post(PATH, json=packing(23, MAYOR) | {"replaces": str(box)}, headers=keeper())
            for _ in range(2)
        ),
    ]
    answers = await asyncio.gather(*work)
    assert len(answers) == 17
    told = await field.told(box)
    assert told.count("voided") == 1
    opened = await field.service.sql(
        "select 1 from discrepancy where box_id = $1 and resolution is null", box
    )
    assert opened == []
    assert len(await field.service.sql("select 1 from box where state <> 'void' and replaces = $1", box)) == 1


async def test_what_is_read(field: Field) -> None:
    box = await field.pack(24)
    get = field.service.client.get
    assert (await get(f"{PATH}/{box}")).status_code == 401
    foreign = await get(f"{PATH}/{box}", headers=keeper(regions=["32.73"]))
    nobody = await get(f"{PATH}/{uuid7()}", headers=keeper())
    assert {(a.status_code, a.json()["code"]) for a in (foreign, nobody)} == {(404, "box-unknown")}
    shown = await get(f"{PATH}/{box}", headers=keeper())
    assert shown.headers["ETag"] == '"1"'
    supply = await get(f"{BASE}/tps/{code(24)}/supply", headers=keeper())
    needs = {(need["item"], need["contest"]): need["quantity"] for need in supply.json()["needs"]}
    assert (supply.json()["boxes_needed"], needs["ballot", MAYOR], needs["voting_booth", None]) == (2, 547, 4)
    assert (await get(f"{BASE}/tps/{code(24)}/supply", headers=keeper(regions=["32.73"]))).status_code == 403


async def test_a_second_key_for_the_same_scan_body_is_one_hand_over(field: Field) -> None:
    box = await field.pack(25)
    body = scanning(box)
    courier = [bearer(Role.COURIER, regions=["32.71"]) for _ in range(10)]
    answers = await asyncio.gather(
        *(field.post(f"{BASE}/custody-scans", json=body, headers=h) for h in courier)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert await field.told(box) == ["packed", "scanned"]


async def test_one_label_for_two_tps_is_one_box(field: Field) -> None:
    label = {"box_id": str(uuid7())}
    answers = await asyncio.gather(
        *(field.post(PATH, json=packing(tps) | label, headers=keeper()) for tps in range(30, 40))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
