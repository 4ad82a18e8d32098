"""Warehouses, stock and shipments over the API."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from contracts.access import Role
from tests.harness import bearer, soon
from tests.services.logistics.conftest import BASE, Field, keeper

pytestmark = pytest.mark.anyio
WAREHOUSE = {"region_code": "32.71", "name": "Gudang KPU", "address": "Jalan Loader 7"}


async def a_warehouse(field: Field) -> str:
    answer = await field.post(
        f"{BASE}/warehouses", json=WAREHOUSE | {"name": f"Gudang {uuid7()}"}, headers=keeper()
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["warehouse_id"]


async def a_shipment(field: Field, *boxes: UUID) -> str:
    body = {
        "warehouse_id": await a_warehouse(field),
        "region_code": "32.71.06",
        "vehicle": "F 1 KPU",
        "box_ids": [str(box) for box in boxes],
    }
    answer = await field.post(f"{BASE}/shipments", json=body, headers=keeper())
    assert answer.status_code == 201, answer.text
    return f"{BASE}/shipments/{answer.json()['shipment_id']}"


async def test_a_shipment_from_plan_to_arrival(field: Field) -> None:
    came, lost, left = await field.pack(1), await field.pack(2), await field.pack(3)
    path = await a_shipment(field, came, lost, left)
    answer = await field.post(
        f"{path}/dispatch",
        json={"occurred_at": soon(-30), "box_ids": [str(came), str(lost)]},
        headers=keeper(),
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "dispatched")
    assert set(answer.json()["box_ids"]) == {str(came), str(lost)}
    assert ((await field.box(came))["state"], (await field.box(left))["state"]) == ("in_transit", "packed")
    again = await field.post(f"{path}/dispatch", json={"occurred_at": soon()}, headers=keeper())
    assert (again.status_code, again.json()["current_state"], again.json()["allowed"]) == (
        409,
        "dispatched",
        ["arrive"],
    )
    arrived = await field.post(
        f"{path}/arrival",
        json={"occurred_at": soon(), "missing_box_ids": [str(lost)]},
        headers=bearer(Role.COURIER, regions=["32.71.06"]),
    )
    assert (arrived.json()["state"], arrived.json()["missing_box_ids"]) == ("arrived", [str(lost)])
    assert await field.told(came) == ["packed", "scanned"]
    assert await field.told(lost) == ["packed", "scanned", "discrepancy_opened"]
    shown = await field.service.client.get(path, headers=keeper())
    assert shown.json() == arrived.json()
    await a_shipment(field, left, lost)


async def test_a_cancelled_shipment_frees_its_boxes(field: Field) -> None:
    box = await field.pack(5)
    path = await a_shipment(field, box)
    cancelled = await field.post(
        f"{path}/cancellation", json={"reason": "The lorry broke."}, headers=keeper()
    )
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    late = await field.post(f"{path}/dispatch", json={"occurred_at": soon()}, headers=keeper())
    assert (late.status_code, late.json()["current_state"]) == (409, "cancelled")
    await a_shipment(field, box)


async def test_a_manifest_that_cannot_stand_says_which_boxes(field: Field) -> None:
    taken, void = await field.pack(6), await field.pack(7)
    await a_shipment(field, taken)
    await field.post(f"{BASE}/boxes/{void}/void", json={"reason": "Torn open."}, headers=keeper())
    body = {
        "warehouse_id": await a_warehouse(field),
        "region_code": "32.71.06",
        "box_ids": [str(taken), str(void), str(uuid7())],
    }
    answer = await field.post(f"{BASE}/shipments", json=body, headers=keeper())
    assert (answer.status_code, answer.json()["code"]) == (422, "manifest-unfit")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/box_ids/0", "box-under-way"),
        ("/box_ids/1", "box-void"),
        ("/box_ids/2", "box-unfit"),
    ]
    elsewhere = await field.post(f"{BASE}/shipments", json=body | {"region_code": "32.73"}, headers=keeper())
    assert elsewhere.status_code == 403
    nowhere = await field.post(
        f"{BASE}/shipments", json=body | {"warehouse_id": str(uuid7())}, headers=keeper()
    )
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "warehouse-unknown")


async def test_a_box_that_went_void_stays_behind(field: Field) -> None:
    good, void = await field.pack(8), await field.pack(9)
    path = await a_shipment(field, good, void)
    await field.post(f"{BASE}/boxes/{void}/void", json={"reason": "Torn open."}, headers=keeper())
    answer = await field.post(f"{path}/dispatch", json={"occurred_at": soon()}, headers=keeper())
    assert answer.json()["box_ids"] == [str(good)]


async def test_a_scan_at_the_gate_and_the_dispatch_are_one_hand_over(field: Field) -> None:
    box, when = await field.pack(10), soon(-1)
    path = await a_shipment(field, box)
    await field.scan(box, occurred_at=when)
    answer = await field.post(f"{path}/dispatch", json={"occurred_at": when}, headers=keeper())
    assert answer.status_code == 200
    assert await field.told(box) == ["packed", "scanned"]
    assert str((await field.box(box))["shipment_id"]) == path.rsplit("/", 1)[1]


async def test_a_shipment_of_elsewhere_looks_like_none(field: Field) -> None:
    path = await a_shipment(field, await field.pack(11))
    answers = [
        await field.service.client.get(path, headers=keeper(regions=["32.73"])),
        await field.service.client.get(f"{BASE}/shipments/{uuid7()}", headers=keeper()),
        await field.post(f"{path}/dispatch", json={"occurred_at": soon()}, headers=keeper(regions=["32.73"])),
    ]
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "shipment-unknown")}


async def test_a_warehouse_changes_by_version(field: Field) -> None:
    path = f"{BASE}/warehouses/{await a_warehouse(field)}"
    body = WAREHOUSE | {"name": f"Gudang {uuid7()}", "lat": -6.6, "lon": 106.8}
    client = field.service.client
    assert (await client.put(path, json=body, headers=keeper())).status_code == 428
    changed = await client.put(path, json=body, headers=keeper() | {"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    stale = await client.put(path, json=body, headers=keeper() | {"If-Match": '"1"'})
    assert stale.status_code == 412
    half = await client.put(path, json=body | {"lat": None}, headers=keeper() | {"If-Match": '"2"'})
    assert half.status_code == 422
    twin = await field.post(f"{BASE}/warehouses", json=body, headers=keeper())
    assert (twin.status_code, twin.json()["code"]) == (409, "conflict")


async def test_the_stock_that_was_counted_last_stands(field: Field) -> None:
    path = f"{BASE}/warehouses/{await a_warehouse(field)}"
    count = {
        "item": "ballot_box",
        "contest": "walikota-32.71",
        "good": 1500,
        "damaged": 2,
        "occurred_at": soon(-5),
    }
    first = await field.post(f"{path}/stock-counts", json=count, headers=keeper())
    assert first.status_code == 201, first.text
    older = count | {"good": 9, "occurred_at": soon(-50)}
    kept = await field.post(f"{path}/stock-counts", json=older, headers=keeper())
    assert (kept.status_code, kept.json()["good"]) == (200, 1500)
    shown = await field.service.client.get(path, headers=keeper())
    assert [(line["item"], line["good"]) for line in shown.json()["stock"]] == [("ballot_box", 1500)]
    unknown = await field.post(f"{path}/stock-counts", json=count | {"item": "carpet"}, headers=keeper())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "item-unknown")
