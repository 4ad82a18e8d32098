"""TPS whose codes changed: each code means one TPS, whatever the order in which the registry's events come."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from services.logistics.commands.stray_scans import adopt_strays
from services.logistics.consumers import know_tps
from tests.harness import RunningService, bearer, soon
from tests.services.hearing import a_tps, told_of
from tests.services.logistics.conftest import BASE, GOVERNOR, MAYOR, Field, code, keeper, packing

pytestmark = pytest.mark.anyio
BEGIN = datetime(2024, 11, 2, tzinfo=UTC)


async def tell(
    service: RunningService, tps_id: UUID, number: int, *, former: Sequence[int] = (), hour: int = 0
) -> None:
    """Tell logistics, as the registry would, that a TPS has a code."""
    facts = a_tps(code(number), tps_id=tps_id, former_codes=[code(each) for each in former])
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await know_tps(uow, [told_of(facts, at=BEGIN + timedelta(hours=hour))])


async def packed_for(field: Field, number: int) -> UUID:
    """Pack a box for a code and return the id of the TPS that it is of."""
    box = await field.pack(number)
    rows = await field.service.sql("select tps_id from box where box_id = $1", box)
    return UUID(str(rows[0]["tps_id"]))


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1)])
async def test_two_tps_may_change_places(field: Field, order: tuple[int, ...]) -> None:
    first = 200 + order.index(2) * 10
    one, two = uuid7(), uuid7()
    await tell(field.service, one, first)
    await tell(field.service, two, first + 1)
    told = [(one, first + 2, 1), (one, first + 1, 3), (two, first, 2)]
    for n in order:
        tps_id, number, hour = told[n]
        await tell(field.service, tps_id, number, hour=hour)
    assert (await packed_for(field, first), await packed_for(field, first + 1)) == (two, one)


async def test_while_two_seem_to_have_a_code_the_one_told_of_last_has_it(field: Field) -> None:
    one, two = uuid7(), uuid7()
    await tell(field.service, one, 240)
    await tell(field.service, two, 241)
    await tell(field.service, two, 240, hour=2)
    assert await packed_for(field, 240) == two
    answer = await field.service.client.get(f"{BASE}/tps/{code(240)}/supply", headers=keeper())
    assert [box["contest"] for box in answer.json()["boxes"]] == [MAYOR]
    await tell(field.service, one, 242, hour=1)
    assert await packed_for(field, 242) == one


async def test_a_receipt_of_a_former_code_is_the_tpss(field: Field) -> None:
    tps_id = uuid7()
    await tell(field.service, tps_id, 250)
    box = await field.pack(250)
    await tell(field.service, tps_id, 251, former=[250], hour=1)
    items = [{"item": "voting_booth", "quantity": 4}]
    answer = await field.receive(250, {"box_id": str(box), "outcome": "accepted"}, items=items)
    assert (answer["status"], answer["tps_code"]) == (201, code(251)), answer
    assert [one["result"] for one in cast(list[dict[str, object]], answer["boxes"])] == ["recorded"]
    assert (await field.box(box))["place"] == code(251)
    held = await field.service.sql("select quantity from item_held where tps_id = $1", tps_id)
    assert held == [{"quantity": 4}]
    shown = await field.service.client.get(f"{BASE}/tps/{code(250)}/supply", headers=keeper())
    assert shown.json()["tps_code"] == code(251)
    assert shown.headers["Content-Location"] == f"{BASE}/tps/{code(251)}/supply"


async def test_a_box_packed_for_a_former_code(field: Field) -> None:
    tps_id = uuid7()
    await tell(field.service, tps_id, 255, former=[254])
    assert await packed_for(field, 254) == tps_id
    taker = uuid7()
    await tell(field.service, taker, 254, hour=1)
    assert await packed_for(field, 254) == taker


async def test_a_scan_at_a_former_code_is_at_the_place_of_its_box(field: Field) -> None:
    tps_id = uuid7()
    await tell(field.service, tps_id, 260, former=[259])
    box = await field.pack(260)
    at_tps = {"scan_point": "tps", "from_party": "courier", "to_party": "kpps"}
    answer = await field.scan(box, **at_tps, place=code(259), occurred_at=soon(-20))
    assert (answer["status"], "W-WRONG-PLACE" in cast(list[str], answer["findings"])) == (201, False), answer
    assert (await field.box(box))["place"] == code(260)
    await tell(field.service, uuid7(), 259, hour=1)
    later = await field.scan(box, **at_tps, place=code(259), occurred_at=soon(-10))
    assert "W-WRONG-PLACE" in cast(list[str], later["findings"])


async def test_a_scan_that_waited_over_a_renumbering(field: Field) -> None:
    tps_id, box = uuid7(), uuid7()
    await tell(field.service, tps_id, 265)
    at_tps = {"scan_point": "tps", "from_party": "courier", "to_party": "kpps"}
    stray = await field.scan(box, **at_tps, place=code(265), occurred_at=soon(-5))
    assert stray["status"] == 202
    await tell(field.service, tps_id, 266, former=[265], hour=1)
    body = packing(266) | {"box_id": str(box)}
    assert (await field.post(f"{BASE}/boxes", json=body, headers=keeper())).status_code == 201
    await field.service.wait_until_known(
        "select 1 from stray_scan where box_id = $1 and state = 'adopted'", box
    )
    shown = await field.box(box)
    assert (shown["state"], shown["place"]) == ("at_tps", code(266))
    assert await field.told(box) == ["packed", "scanned"]


async def scanned_by(field: Field, region: str, box: UUID, place: str) -> dict[str, object]:
    """Scan a box with a courier's token that was made for a region."""
    body = {
        "box_id": str(box),
        "scan_point": "tps",
        "place": place,
        "from_party": "courier",
        "to_party": "kpps",
        "occurred_at": soon(),
    }
    headers = bearer(Role.COURIER, regions=[region])
    answer = await field.service.client.post(f"{BASE}/custody-scans", json=body, headers=headers)
    assert answer.status_code in {200, 201, 202}, answer.text
    return answer.json()


async def test_a_couriers_token_for_a_former_code_covers_its_box(field: Field) -> None:
    tps_id = uuid7()
    await tell(field.service, tps_id, 280)
    box = await field.pack(280)
    await tell(field.service, tps_id, 281, former=[280], hour=1)
    told = await scanned_by(field, code(280), box, code(280))
    assert (told["outcome"], told["tps_code"], "W-WRONG-PLACE" in str(told)) == ("placed", code(281), False)
    path, headers = f"{BASE}/boxes/{box}", bearer(Role.COURIER, regions=[code(280)])
    assert (await field.service.client.get(path, headers=headers)).json()["tps_code"] == code(281)
    await tell(field.service, uuid7(), 280, hour=2)
    after = await scanned_by(field, code(280), box, code(280))
    assert after["outcome"] == "quarantined"  # the token is another TPS's now
    assert (await field.service.client.get(path, headers=headers)).status_code == 404
    assert (await scanned_by(field, code(281), box, code(281)))["outcome"] == "placed"


async def test_a_stray_of_a_token_for_a_former_code_finds_its_box(field: Field) -> None:
    tps_id, box = uuid7(), uuid7()
    await tell(field.service, tps_id, 285, former=[284])
    assert (await scanned_by(field, code(284), box, code(284)))["outcome"] == "quarantined"
    stranger = uuid7()
    assert (await scanned_by(field, code(283), stranger, code(283)))["outcome"] == "quarantined"
    for packed, contest in ((box, MAYOR), (stranger, GOVERNOR)):
        answer = await field.service.client.post(
            f"{BASE}/boxes", json=packing(285, contest) | {"box_id": str(packed)}, headers=keeper()
        )
        assert answer.status_code == 201, answer.text
    async with field.service.app.state.database.transaction(EVERYWHERE) as uow:
        await adopt_strays(uow, now=datetime.now(UTC), rehearsal=False)
    rows = await field.service.sql(
        "select box_id, state from stray_scan where box_id = any($1::uuid[])", [box, stranger]
    )
    assert {row["box_id"]: row["state"] for row in rows} == {box: "adopted", stranger: "open"}
