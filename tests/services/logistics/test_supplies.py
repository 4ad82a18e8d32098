"""Needs follow the registry's events and the catalogue; the tables are what the migrations make."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar, cast
from uuid import uuid4

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.envelope import EventData
from contracts.registry_events import ElectionDefined, TpsRegistered
from services.logistics import consumers
from services.logistics.tables import Table
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.matrix.test_tables import MACHINERY, TRAIL
from tests.services.hearing import a_tps, received, told_of
from tests.services.logistics.conftest import BASE
from tests.unit.logistics.test_quantities import settings

pytestmark = pytest.mark.anyio
D = TypeVar("D", bound=EventData)
NOW = datetime(2024, 11, 1, tzinfo=UTC)


def an_election(booths: int = 4) -> ElectionDefined:
    changed = settings().model_copy(
        update={"booths_per_tps": settings().booths_per_tps.model_copy(update={"value": booths})}
    )
    return ElectionDefined(
        election=ELECTION,
        name="Pilkada 2024",
        region_code="32.71",
        voting_date=date(2024, 11, 27),
        results_public_at=NOW,
        rehearsal=False,
        settings=changed,
        stages=[],
    )


async def tell(service: RunningService, *events: EventData) -> None:
    """Tell the service what the registry tells, and wait until its needs are computed."""
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        tps = [event for event in events if isinstance(event, TpsRegistered)]
        if tps:
            await consumers.know_tps(uow, [told_of(event) for event in tps])
        for event in events:
            if isinstance(event, ElectionDefined):
                await consumers.know_election(uow, [received(event, aggregate_id=event.election)])
    if await service.sql("select 1 from election_ref"):
        await service.wait_until_known("select 1 where not exists (select from tps_supply where stale)")


async def bodies(service: RunningService, kind: str) -> list[dict[str, object]]:
    rows = await service.sql(
        "select body from outbox where type = $1 order by seq", f"desk.logistics.{kind}.v1"
    )
    return [json.loads(cast(str, row["body"])) for row in rows]


async def test_a_tps_told_of_while_its_election_changes_gets_the_new_needs(
    database_url: Callable[[str], str],
) -> None:
    """Two members of the consumer's group at once: what one has not committed yet, the other cannot mark."""
    new = a_tps("32.71.06.1002.001", tps_id=uuid4())

    async with running_service("logistics", database_url=database_url("meanwhile"), kafka=None) as service:
        await tell(service, an_election(booths=4))

        async def know_it() -> None:
            async with service.app.state.database.transaction(EVERYWHERE) as uow:
                await consumers.know_tps(uow, [told_of(new)])

        async with service.app.state.database.transaction(EVERYWHERE) as uow:
            await consumers.know_election(uow, [received(an_election(booths=5), aggregate_id=ELECTION)])
            other = asyncio.create_task(know_it())
            await asyncio.wait({other}, timeout=1)
            if other.done():  # then its needs are computed while the election is not committed
                await service.wait_until_known("select 1 from tps_supply where not stale")
        await other
        await service.wait_until_known("select 1 where not exists (select from tps_supply where stale)")
        last = (await bodies(service, "tps_supply.need_computed"))[-1]
        items = cast(list[dict[str, object]], last["items"])
        assert [item["quantity"] for item in items if item["item"] == "voting_booth"] == [5]


async def test_needs_follow_the_registry(database_url: Callable[[str], str]) -> None:
    first, kecamatan = a_tps("32.71.06.1002.001", tps_id=uuid4()), ["32.71.06", "32.71.05"]
    async with running_service("logistics", database_url=database_url("needs"), kafka=None) as service:
        await tell(
            service,
            first,
            a_tps("32.71.05.1001.001", tps_id=uuid4()),
            a_tps("32.71.05.1001.002", tps_id=uuid4(), dpt_women=350),
        )
        assert await bodies(service, "tps_supply.need_computed") == []
        await tell(service, an_election())
        needs = await bodies(service, "tps_supply.need_computed")
        assert {need["due_at"] for need in needs} == {"2024-11-26T17:00:00Z"}
        assert [need["boxes"] for need in needs] == [2, 2, 2]
        spare = await bodies(service, "kecamatan_need.computed")
        assert sorted((str(s["region_code"]), s["spare_boxes"]) for s in spare) == sorted(
            (k, 2) for k in kecamatan
        )

        await tell(service, first, an_election())
        assert len(await bodies(service, "tps_supply.need_computed")) == 3

        await tell(service, first.model_copy(update={"dpt_men": 300, "dpt_women": 300}))
        last = (await bodies(service, "tps_supply.need_computed"))[-1]
        assert {
            i["quantity"] for i in cast(list[dict[str, object]], last["items"]) if i["item"] == "ballot"
        } == {615}

        await tell(service, an_election(booths=5))
        assert len(await bodies(service, "tps_supply.need_computed")) == 7
        assert len(await bodies(service, "kecamatan_need.computed")) == 2

        await tell(service, first.model_copy(update={"active": False}))
        last = (await bodies(service, "tps_supply.need_computed"))[-1]
        assert (last["active"], last["boxes"], last["items"]) == (False, 0, [])
        spare = (await bodies(service, "kecamatan_need.computed"))[-1]
        assert (spare["region_code"], spare["contests"], spare["spare_boxes"]) == ("32.71.06", [], 0)
        await check_catalogue(service)


async def check_catalogue(service: RunningService) -> None:
    """Change the catalogue over the API; the needs follow."""
    shown = await service.client.get(f"{BASE}/catalogue", headers=bearer(Role.WAREHOUSE, regions=["32.71"]))
    items = {item["item"]: item for item in shown.json()["items"]}
    assert (items["ballot"]["reserve_ratio"], items["voting_booth"]["quantity"]) == ("0.025", 5)
    assert items["ink"]["verified"] is False
    body = {
        "name": "Tarpaulin",
        "name_id": "Terpal",
        "unit": "piece",
        "per": "tps",
        "quantity": 1,
        "sealed": False,
        "source": "KPU Kota Bogor",
    }
    put, admin = service.client.put, Role.ADMIN
    path = f"{BASE}/catalogue/tarpaulin"
    assert (await put(path, json=body, headers=bearer(Role.WAREHOUSE))).status_code == 403
    assert (await put(path, json=body, headers=bearer(admin))).status_code == 428
    for held in (["32.73"], ["32.71.06"]):
        beyond = await put(path, json=body, headers=bearer(admin, regions=held) | {"If-Match": '"0"'})
        assert (beyond.status_code, beyond.json()["code"]) == (403, "region-not-covered"), held
    added = await put(path, json=body, headers=bearer(admin, regions=["32.71"]) | {"If-Match": '"0"'})
    assert added.status_code == 201, added.text
    stale = await put(path, json=body, headers=bearer(admin) | {"If-Match": '"0"'})
    assert stale.status_code == 412
    fixed = await put(f"{BASE}/catalogue/ballot", json=body, headers=bearer(admin) | {"If-Match": '"1"'})
    assert (fixed.status_code, fixed.json()["code"]) == (409, "item-set-by-election")
    await service.wait_until_known("select 1 where not exists (select from tps_supply where stale)")
    last = (await bodies(service, "tps_supply.need_computed"))[-1]
    assert "tarpaulin" in {item["item"] for item in cast(list[dict[str, object]], last["items"])}


async def test_a_question_before_the_registry_told_of_it(database_url: Callable[[str], str]) -> None:
    async with running_service("logistics", database_url=database_url("empty"), kafka=None) as service:
        headers = bearer(Role.WAREHOUSE, regions=["32.71"])
        for path in ("catalogue", "tps/32.71.06.1002.001/supply"):
            answer = await service.client.get(f"{BASE}/{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "not-caught-up")


async def test_the_tables_are_what_the_migrations_make(logistics: RunningService) -> None:
    rows = await logistics.sql(
        "select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'"
    )
    made = {(row["table_name"], row["column_name"]): row["is_nullable"] == "YES" for row in rows}
    ours = Table.metadata.tables
    mapped = {(t.name, column.name): bool(column.nullable) for t in ours.values() for column in t.columns}
    assert mapped == {place: nullable for place, nullable in made.items() if place[0] in ours}
    strangers = {str(table) for table, _ in made if table not in ours}
    assert strangers <= {*MACHINERY, *TRAIL, "command_conflict"}, strangers - set(MACHINERY)
