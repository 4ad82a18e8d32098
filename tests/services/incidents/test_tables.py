"""The tables of the code are those of the migrations, and what must hold stands in the database too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.consumer import Received
from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.registry_events import TpsRegistered
from services.incidents import consumers
from services.incidents.commands.places import Place, place_of
from services.incidents.tables import Table
from tests.harness import ELECTION, RunningService, bearer
from tests.services.hearing import a_tps, told_of

pytestmark = pytest.mark.anyio


async def test_the_tables_of_the_code_are_those_of_the_migrations(incidents: RunningService) -> None:
    rows = await incidents.sql(
        """select table_name, column_name, is_nullable = 'YES' as nullable, udt_name
           from information_schema.columns where table_schema = 'public'"""
    )
    there = {(row["table_name"], row["column_name"]): bool(row["nullable"]) for row in rows}
    mine = {
        (table.name, column.name): bool(column.nullable)
        for table in Table.metadata.tables.values()
        for column in table.columns
    }
    tables = set(Table.metadata.tables)
    assert mine == {place: nullable for place, nullable in there.items() if place[0] in tables}


@pytest.mark.parametrize(
    "change",
    [
        "state = 'closed'",
        "state = 'duplicate'",
        "duplicate_of = incident_id, state = 'duplicate'",
        "state = 'acting'",
        "state = 'gone'",
        "outcome = 'resolved'",
        "tps_code = null",
        "tps_code = '32.73.01.1001.001'",
        "lat = 3",
        "decide_on = '2024-11-29'",
        "tracking_code = 'x'",
        "region_code = '32.7'",
    ],
)
async def test_the_database_refuses_what_cannot_be(incidents: RunningService, change: str) -> None:
    await _one_incident(incidents)
    with pytest.raises(asyncpg.CheckViolationError):
        async with incidents.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute(f"update incident set {change}")


async def _one_incident(incidents: RunningService) -> None:
    async with incidents.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute(
            """insert into incident (incident_id, election, version, category, severity, state, source, agency,
                   also_informed, region_code, tps_id, tps_code, title, description, occurred_at, known_at, reported_at,
                   reported_by, clock_source, clock_began_at, acknowledge_until, act_until, extended)
               select $2, $1, 1, 'disaster', 'high', 'reported', 'officer', 'bpbd', '{}', '32.71.06.1002', tps_id,
                   tps_code, '', 'x', t, t, t, 'p', 's', t, t, t, false
               from tps_ref, (values ($3::timestamptz)) v(t) where tps_code = '32.71.06.1002.028'""",
            ELECTION,
            uuid4(),
            datetime(2024, 11, 26, tzinfo=UTC),
        )


def _received(tps: Sequence[tuple[UUID, str, list[str]]]) -> list[Received[TpsRegistered]]:
    return [told_of(a_tps(code, tps_id=tps_id, former_codes=former)) for tps_id, code, former in tps]


async def test_two_tps_may_change_places(incidents: RunningService) -> None:
    one, two = uuid4(), uuid4()
    first, second = "32.71.06.1003.001", "32.71.06.1003.002"
    database = incidents.app.state.database
    async with database.transaction(EVERYWHERE) as uow:
        await consumers.know_tps(uow, _received([(one, first, []), (two, second, [])]))
    async with database.transaction(EVERYWHERE) as uow:
        await consumers.know_tps(uow, _received([(one, second, [first])]))
    async with database.transaction(EVERYWHERE) as uow:
        await consumers.know_tps(uow, _received([(two, first, [second])]))
    rows = await incidents.sql("select tps_code, former_codes from tps_ref where tps_id = $1", one)
    assert rows == [{"tps_code": second, "former_codes": [first]}]


async def place_named(incidents: RunningService, code: str) -> Place:
    async with incidents.app.state.database.transaction(EVERYWHERE) as uow:
        return await place_of(uow, code, election=ELECTION)


async def test_of_two_that_had_a_code_the_last_has_it(incidents: RunningService) -> None:
    one, two = UUID(int=1), UUID(int=2)
    code = "32.71.06.1003.010"
    told = [
        (one, "32.71.06.1003.013", ["32.71.06.1003.011", code, "32.71.06.1003.012"]),
        (two, "32.71.06.1003.014", [code]),
    ]
    async with incidents.app.state.database.transaction(EVERYWHERE) as uow:
        await consumers.know_tps(uow, _received(told))
    assert (await place_named(incidents, code)).tps_id == two


async def test_while_two_seem_to_have_a_code_the_one_told_of_last_has_it(incidents: RunningService) -> None:
    one, two, code = UUID(int=3), UUID(int=4), "32.71.06.1003.020"
    async with incidents.app.state.database.transaction(EVERYWHERE) as uow:
        await consumers.know_tps(uow, _received([(one, code, [])]))
        late = _received([(two, code, ["32.71.06.1003.021"])])
        envelope = late[0].envelope
        later = envelope._replace(recorded_at=envelope.recorded_at + timedelta(hours=1))
        await consumers.know_tps(uow, [replace(late[0], envelope=later)])
    assert (await place_named(incidents, code)).tps_id == two


async def test_a_code_that_had_by_another_is_told(incidents: RunningService) -> None:
    one, two, code = UUID(int=5), UUID(int=6), "32.71.06.1003.030"
    async with incidents.app.state.database.transaction(EVERYWHERE) as uow:
        told = [(one, "32.71.06.1003.031", [code]), (two, code, ["32.71.06.1003.032"])]
        await consumers.know_tps(uow, _received(told))
    (row,) = await incidents.sql("select code_since from tps_ref where tps_id = $1", two)
    since = row["code_since"]
    assert isinstance(since, datetime)
    for days, moved in ((-1, True), (6, True), (8, False)):
        body = {
            "category": "disaster",
            "tps_code": code,
            "description": "Banjir",
            "occurred_at": (since + timedelta(days=days)).isoformat(),
        }
        answer = await incidents.client.post(
            f"/v1/elections/{ELECTION}/incidents", json=body, headers=bearer(Role.KPPS, regions=[code])
        )
        assert (answer.status_code, answer.json()["tps_id"]) == (201, str(two)), answer.text
        assert ("W-CODE-MOVED" in answer.json()["findings"]) is moved, days
