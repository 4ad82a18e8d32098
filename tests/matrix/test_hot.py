"""Hot commands share transactions: each item is judged by its own caller's grant, and its neighbours go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import RunningService, bearer, soon
from tests.infrastructure import PostgresServer, drop_database, make_database
from tests.matrix.operations import CITY, TPS, example_of
from tests.matrix.rooms import BASE, ELSEWHERE, NEIGHBOUR, Room, room
from tests.matrix.walls import (
    DATABASE_ALONE,
    SERVICE_ALONE,
    WALLS,
    take_policies_down,
    without_the_services_checks,
)
from tests.services.turnout.paper import entry

pytestmark = pytest.mark.anyio
Body = dict[str, Any]


class Walled:
    """Makes rooms whose other wall is down until the test ends."""

    def __init__(self, walls: str, postgres: PostgresServer, stack: AsyncExitStack) -> None:
        self.walls = walls
        self._postgres = postgres
        self._stack = stack

    async def room(self, service: str) -> Room:
        url = await asyncio.to_thread(make_database, service)
        self._stack.push_async_callback(asyncio.to_thread, drop_database, url)
        made = await self._stack.enter_async_context(room(service, url))
        if self.walls == SERVICE_ALONE:
            await asyncio.to_thread(take_policies_down, self._postgres, url)
        if self.walls == DATABASE_ALONE:
            self._stack.enter_context(without_the_services_checks())
        return made


@pytest.fixture(params=WALLS)
async def walled(request: pytest.FixtureRequest, postgres: PostgresServer) -> AsyncIterator[Walled]:
    async with AsyncExitStack() as stack:
        yield Walled(request.param, postgres, stack)


def _statuses(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [item["status"] for item in answer.json()["items"]]


def _report(tps: str) -> Body:
    return example_of("turnout", "POST /v1/elections/{election}/turnout-reports:batch")["items"][0] | {
        "id": str(uuid4()),
        "tps_code": tps,
    }


async def test_of_a_batch_the_item_outside_is_refused_and_the_others_are_taken(walled: Walled) -> None:
    turnout = (await walled.room("turnout")).service
    headers = bearer(Role.PPK, regions=[CITY])
    items = [_report(tps) for tps in (TPS, ELSEWHERE, NEIGHBOUR)]
    answer = await turnout.client.post(
        f"{BASE}/turnout-reports:batch", json={"items": items}, headers=headers
    )
    assert _statuses(answer) == [201, 403, 201], answer.text
    assert answer.json()["items"][1]["problem"]["code"] == "region-not-covered"
    stored = await turnout.sql(
        "select tps_code, granted_region from turnout_report join tps_ref using (tps_id)"
    )
    assert {row["tps_code"] for row in stored} == {TPS, NEIGHBOUR}
    assert {row["granted_region"] for row in stored} == {CITY}


async def test_of_a_batch_of_check_ins_the_one_outside_is_refused(walled: Walled) -> None:
    registry = (await walled.room("registry")).service
    officer = {"person": "kpps-jauh", "display_name": "Petugas Contoh"}
    path = f"{BASE}/tps/{ELSEWHERE}/officers/kpps/1"
    named = await registry.client.put(path, json=officer, headers=bearer(Role.DESK))
    assert named.status_code == 201, named.text
    there = {"duty": "kpps", "slot": 1, "occurred_at": "2024-11-19T06:12:00+07:00", "channel": "app"}
    items = [there | {"id": str(uuid4()), "tps_code": tps} for tps in (ELSEWHERE, TPS)]
    headers = bearer(Role.PPK, regions=[CITY])
    answer = await registry.client.post(f"{BASE}/check-ins:batch", json={"items": items}, headers=headers)
    outside, inside = _statuses(answer)
    assert (outside, inside) == (403, 201), answer.text
    stored = await registry.sql("select t.code from check_in join tps t on t.id = tps_id")
    assert ELSEWHERE not in {row["code"] for row in stored}


async def test_a_batch_of_boxes_takes_what_lies_inside(walled: Walled) -> None:
    logistics = (await walled.room("logistics")).service
    packing = {"ballots": 547, "occurred_at": soon(-60), "contest": "walikota-32.71"}
    items = [
        packing | {"id": str(uuid4()), "box_id": str(uuid4()), "tps_code": tps, "seal_number": f"S-{tps}"}
        for tps in (NEIGHBOUR, ELSEWHERE)
    ]
    headers = bearer(Role.WAREHOUSE, regions=[CITY])
    answer = await logistics.client.post(f"{BASE}/boxes:batch", json={"items": items}, headers=headers)
    assert _statuses(answer) == [201, 403], answer.text


async def test_a_scan_of_a_box_elsewhere_goes_to_quarantine_though_a_neighbour_in_the_group_may_touch_it(
    walled: Walled,
) -> None:
    made = await walled.room("logistics")
    logistics, box = made.service, made.things["box_id"]
    scan = {
        "box_id": box,
        "scan_point": "tps",
        "from_party": "courier",
        "to_party": "kpps",
        "occurred_at": soon(-30),
    }
    stranger = bearer(Role.KPPS, regions=[ELSEWHERE], person="stranger")
    other = scan | {"place": ELSEWHERE, "occurred_at": soon(-31)}
    mine = scan | {"place": TPS, "box_id": str(uuid4())}
    theirs, ours = await asyncio.gather(
        logistics.client.post(f"{BASE}/custody-scans", json=other, headers=stranger),
        logistics.client.post(f"{BASE}/custody-scans", json=mine, headers=bearer(Role.KPPS, regions=[CITY])),
    )
    assert (theirs.status_code, ours.status_code) == (202, 202), theirs.text + ours.text
    assert not await logistics.sql("select 1 from custody_scan where box_id = $1::uuid", box)


async def test_callers_in_one_group_are_each_judged_by_their_own_grant_and_scopes(walled: Walled) -> None:
    turnout = (await walled.room("turnout")).service
    report = {k: v for k, v in _report(TPS).items() if k not in {"id", "tps_code"}}
    async with turnout.app.state.database.transaction(
        EVERYWHERE
    ) as uow:  # the group before waits for a lock, so that the two behind it gather
        first = (await uow.fetch("select tps_id from tps_ref where tps_code = $1", f"{TPS[:-3]}001"))[0][
            "tps_id"
        ]
        await uow.fetch("select 1 from voting_day where tps_id = $1 for update", first)
        waiting = [_send(turnout, f"{TPS[:-3]}001", report, regions=[CITY])]
        await asyncio.sleep(0.2)
        before = _grouped(turnout)
        waiting += [
            _send(turnout, TPS, report, regions=[CITY]),
            _send(turnout, NEIGHBOUR, report, regions=[TPS]),  # another TPS than its own
            _send(turnout, ELSEWHERE, report, regions=["32.73"]),
            _send(turnout, f"{TPS[:-3]}002", report, regions=[CITY], role=Role.VERIFIER),
        ]
        await asyncio.sleep(0.2)
    statuses = [answer.status_code for answer in await asyncio.gather(*waiting)]
    assert statuses == [201, 201, 403, 201, 403]
    assert _grouped(turnout) - before >= (4 if walled.walls == DATABASE_ALONE else 2), (
        "they were to share a group"
    )
    stored = await turnout.sql(
        "select tps_code, granted_region from turnout_report join tps_ref using (tps_id)"
    )
    assert {row["tps_code"]: row["granted_region"] for row in stored} == {
        f"{TPS[:-3]}001": CITY,
        TPS: CITY,
        ELSEWHERE: "32.73",
    }


def _grouped(turnout: RunningService) -> float:
    """Return how many commands were in groups so far."""
    labels = {"command": "turnout_reports"}
    return (
        turnout.app.state.metrics.registry.get_sample_value("desk_coalescer_group_commands_sum", labels) or 0
    )


def _send(
    turnout: Any, tps: str, report: Body, *, regions: list[str], role: Role = Role.PPK
) -> "asyncio.Task[Any]":
    headers = bearer(role, regions=regions, person=f"{role}-of-{regions[0]}")
    return asyncio.ensure_future(
        turnout.client.post(f"{BASE}/tps/{tps}/turnout-reports", json=report, headers=headers)
    )


async def test_an_entry_of_a_form_outside_is_refused_and_tells_nothing(walled: Walled) -> None:
    turnout = (await walled.room("turnout")).service
    path = f"{BASE}/tps/{ELSEWHERE}/forms/walikota-32.71/entries"
    headers = bearer(Role.OPERATOR, regions=[CITY], device="device-1")
    answer = await turnout.client.post(path, json=entry(), headers=headers)
    assert answer.status_code == 403, answer.text
    nowhere = path.replace(ELSEWHERE, "32.73.99.9999.999")
    same = await turnout.client.post(nowhere, json=entry(), headers=headers)
    assert (same.status_code, same.json()["detail"]) == (403, answer.json()["detail"])
    assert not await turnout.sql("select 1 from tally_entry")
