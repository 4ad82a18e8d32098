"""Many persons at one form at once, and the database's own word: two persons stand behind every figure that stands."""

import asyncio
import random

import asyncpg
import pytest
from sqlmodel import SQLModel

from contracts.access import Role
from services.turnout.tables import Table
from tests.harness import RunningService, bearer
from tests.services.turnout.paper import (
    enter,
    entry,
    events_of,
    figures,
    form_path,
    look,
    send_back,
    settle,
    take_back,
    write,
)

pytestmark = pytest.mark.anyio

OTHER = figures((1, 1, 1, 1, 1))


async def test_two_at_once_as_the_second(desk: RunningService) -> None:
    """One of them is the second; the others come too late, and are told so."""
    path = form_path(30)
    await enter(desk, path, "ani")
    answers = await asyncio.gather(*(enter(desk, path, f"p{n}") for n in range(12)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 11
    assert len(await events_of(desk, 30)) == 3


async def test_everybody_at_once(desk: RunningService) -> None:
    path = form_path(31)
    people = ["ani", "ani", "ani", "budi", "budi", "cici", "dodi"]
    answers = await asyncio.gather(*(enter(desk, path, person) for person in people))
    taken = [a for a in answers if a.status_code == 201]
    assert [a.json()["slot"] for a in taken].count(1) == [a.json()["slot"] for a in taken].count(2) == 1
    assert {a.status_code for a in answers} <= {201, 403, 409}
    rows = await desk.sql(
        """select count(distinct person) as persons, count(*) as entries
           from tally_entry e join tally y using (tally_id) join tps_ref t using (tps_id)
           where t.tps_code like '%.031'"""
    )
    assert rows == [{"persons": 2, "entries": 2}]


async def test_a_settlement_and_a_return_at_once(desk: RunningService) -> None:
    path = form_path(32)
    await enter(desk, path, "ani")
    await enter(desk, path, "budi", entry(OTHER))
    answers = await asyncio.gather(
        settle(desk, path, "cici"), settle(desk, path, "dodi"), send_back(desk, path, "eka")
    )
    assert min(a.status_code for a in answers) == 201
    versions = [event["version"] for event in await events_of(desk, 32)]
    assert versions == list(range(1, len(versions) + 1)), "one version each, none lost"


async def test_any_walk_keeps_the_promise(desk: RunningService) -> None:
    """Some hundred steps of anybody at once on a few forms; a failure prints its seed."""
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    people = ["ani", "budi", "cici", "dodi"]
    papers = [entry(), entry(OTHER), entry(figures() | {"valid": 1})]

    async def step() -> int:
        path, person = form_path(rng.randrange(40, 46)), rng.choice(people)
        match rng.randrange(8):
            case 0:
                return (await settle(desk, path, person)).status_code
            case 1:
                return (await send_back(desk, path, person)).status_code
            case 2:
                return (await take_back(desk, path, person)).status_code
            case _:
                paper = rng.choices(papers, [6, 1, 1])[0]
                return (await enter(desk, path, person, paper)).status_code

    for _ in range(40):
        statuses = await asyncio.gather(*(step() for _ in range(10)))
        assert set(statuses) <= {201, 403, 409}
    assert not await desk.sql(
        """select 1 from tally_acceptance a
           where (select count(distinct person) from tally_entry e
                  where e.tally_id = a.tally_id and e.round = a.round) < 2"""
    )
    assert not await desk.sql(
        "select 1 from tally where (state in ('held', 'verified')) <> (standing is not null)"
    )
    gaps = await desk.sql(
        """select aggregate from outbox where aggregate like 'tally/%'
           group by aggregate having count(*) <> max(version) or min(version) <> 1"""
    )
    assert not gaps, "state and ledger agree: every version has its event"
    behind = await desk.sql(
        """select y.tally_id from tally y
           where y.version <> (select count(*) from outbox o where o.aggregate = 'tally/' || y.tally_id)"""
    )
    assert not behind


async def agreed(desk: RunningService, number: int) -> str:
    for person in ("ani", "budi"):
        await enter(desk, form_path(number), person)
    rows = await desk.sql(
        "select y.tally_id from tally y join tps_ref t using (tps_id) where t.tps_code like '%.' || $1 and standing = 1",
        f"{number:03d}",
    )
    return str(rows[0]["tally_id"])


@pytest.mark.parametrize("table", ["tally_entry", "tally_acceptance", "tally_step"])
async def test_what_was_recorded_is_never_changed(desk: RunningService, table: str) -> None:
    await agreed(desk, 50)
    await enter(desk, form_path(51), "ani")
    await take_back(desk, form_path(51), "ani")
    for query in (
        f"update {table} set round = round + 7",
        f"delete from {table}",
        f"truncate {table} cascade",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await write(desk, query)
    assert await desk.sql(f"select 1 from {table}")


_ACCEPT = """insert into tally_acceptance (tally_id, number, round, version, decided_by, settled, first_person,
    second_person, adjudicator, reason, figures, findings, accepted, held, photo_sha256, channel, occurred_at, recorded_at)
    select tally_id, 99, round, 99, $2, $3, $4, $5, $6, $7, figures, findings, accepted, held, $8, channel, occurred_at,
    recorded_at from tally_acceptance where tally_id = $1::uuid and number = 1"""


@pytest.mark.parametrize(
    "row",  # decided by, settled, first, second and third person, reason, photo
    [
        ("agreement", None, "ani", "ani", None, "", None),
        ("agreement", None, "ani", "cici", None, "", None),
        ("agreement", None, "ani", "budi", "cici", "", None),
        ("adjudication", "entries_differ", "ani", "budi", "budi", "alasan", "x"),
        ("adjudication", "entries_differ", "ani", "budi", None, "alasan", "x"),
        ("adjudication", "entries_differ", "ani", "budi", "cici", "", "x"),
        ("adjudication", "entries_differ", "ani", "budi", "cici", "alasan", None),
        ("adjudication", None, "ani", "budi", "cici", "alasan", "x"),
    ],
)
async def test_the_database_wants_two_persons_too(desk: RunningService, row: tuple[str | None, ...]) -> None:
    tally_id = await agreed(desk, 52)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await write(desk, _ACCEPT, tally_id, *row)


async def test_the_database_wants_the_entries_to_agree(desk: RunningService) -> None:
    path = form_path(53)
    await enter(desk, path, "ani")
    await enter(desk, path, "budi", entry(OTHER))
    await agreed(desk, 52)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="must agree"):
        await write(
            desk,
            """insert into tally_acceptance (tally_id, number, round, version, decided_by, first_person, second_person,
                   reason, figures, findings, accepted, held, channel, occurred_at, recorded_at)
               select e.tally_id, 1, e.round, 3, 'agreement', 'ani', 'budi', '', e.figures, '[]', '{}', false, 'api',
                   now(), now()
               from tally_entry e join tally y using (tally_id) join tps_ref t using (tps_id)
               where t.tps_code like '%.053' and e.slot = 1""",
        )


async def test_the_database_wants_two_devices(desk: RunningService) -> None:
    path = form_path(54)
    await enter(desk, path, "ani", device="komputer-1")
    with pytest.raises(asyncpg.UniqueViolationError):
        await write(
            desk,
            """insert into tally_entry select tally_id, round, 2, 'budi', device, client, channel, figures, salt,
                   entry_hash, photo_sha256, occurred_at, recorded_at
               from tally_entry e where device = 'komputer-1'
               and tally_id = (select tally_id from tally join tps_ref using (tps_id)
                               where tps_code like '%.054' and contest like 'walikota%')""",
        )


@pytest.mark.parametrize(("number", "first", "second"), [(55, None, "komputer-2"), (56, "komputer-1", None)])
async def test_the_database_wants_both_devices_known(
    desk: RunningService, number: int, first: str | None, second: str | None
) -> None:
    path = form_path(number)
    headers = bearer(Role.OPERATOR, person="ani", regions=["32.71"], device=first)
    assert (await desk.client.post(f"{path}/entries", json=entry(), headers=headers)).status_code == 201
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="known devices"):
        await write(
            desk,
            """insert into tally_entry select tally_id, e.round, 2, 'budi', $2, client, channel, figures, salt,
                   entry_hash, photo_sha256, occurred_at, recorded_at
               from tally_entry e join tally using (tally_id) join tps_ref using (tps_id) where tps_code like $1""",
            f"%.0{number}",
            second,
        )


async def test_tables_are_what_the_migrations_made(desk: RunningService) -> None:
    made = {
        (row["table_name"], row["column_name"]): row["is_nullable"] == "YES"
        for row in await desk.sql(
            "select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'"
        )
    }
    for table in Table.metadata.tables.values():
        ours = {(table.name, column.name): bool(column.nullable) for column in table.columns}
        assert ours == {name: null for name, null in made.items() if name[0] == table.name}
    assert not SQLModel.metadata.tables, "no table of ours lies in the shared registry"


async def test_a_reader_without_the_region_learns_nothing(desk: RunningService) -> None:
    answer = await desk.client.get(form_path(1), headers=bearer(Role.OBSERVER, regions=["32.73"]))
    there = answer.json()
    missing = await desk.client.get(form_path(998), headers=bearer(Role.OBSERVER, regions=["32.73"]))
    assert (
        (answer.status_code, there["code"])
        == (missing.status_code, missing.json()["code"])
        == (403, "region-not-covered")
    )


async def test_a_form_that_nobody_entered(desk: RunningService) -> None:
    form = await look(desk, form_path(60), Role.OBSERVER)
    assert (form["state"], form["version"], form["allowed"]) == ("empty", None, ["enter"])
