"""Every table that holds something of a region is protected, in the database as the migrations leave it."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg
import pytest

from chassis.migrations import migrate
from tests.harness import package_of
from tests.infrastructure import drop_database, make_database, postgres_server

pytestmark = pytest.mark.anyio

MACHINERY: Final = {
    "alembic_version": "the revision",
    "outbox": "the ledger: written with its cause, read by the relay and for the desk's own processes",
    "relay_state": "of the relay",
    "relay_holder": "of the relay",
    "ledger_epoch": "of the relay",
    "idempotency_key": "answers by caller and key, told to that caller alone",
    "consumer_position": "of the consumer",
    "consumer_aggregate": "of the consumer",
    "consumer_waiting": "of the consumer",
    "consumer_dead_letter": "of the consumer; shown to the desk's own processes",
    "consumer_region_group": "what a grant may name",
    "consumer_access_change": "from when on tokens count",
    "ledger_block": "hashes over the ledger",
}
OF_NO_REGION: Final[Mapping[str, Mapping[str, str]]] = {
    "registry": {
        "voter_key": "fingerprints of keys, of the whole desk",
        "lookup_budget": "questions counted by hashes, of no place",
        "agency": "who may get a token: rights are judged by the giver's own, not by a place",
        "client": "as agency",
        "client_secret": "as agency",  # pragma: allowlist secret
        "agency_person": "as agency",
        "device": "as agency",
        "access_change": "from when on tokens count",
        "health_screening": "of persons, who change posts: told with the post that they hold, whose roster is protected",
    },
    "logistics": {
        "election_ref": "the frame of an election, as the registry told of it",
    },
    "incidents": {"election_ref": "the frame of an election, as the registry told of it"},
    "turnout": {
        "election_ref": "the frame of an election, as the registry told of it",
        "contest_ref": "the frame of an election, as the registry told of it",
    },
}
"""Tables whose rows are of no region, and why: their purpose alone is judged; whatever joins them is a decision."""
TRAIL: Final = {"access_entry": "the trail of looks: its own routes judge by the place of each"}
"""The same, in every service."""

_TABLES = """
select relname as name, relrowsecurity as enabled, relforcerowsecurity as forced, pg_get_userbyid(relowner) as owner,
       (select count(*) from pg_policy where polrelid = c.oid) as policies
from pg_class c where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1
"""
_OWNED = """
select relname from pg_class where relowner = $1::regrole and relnamespace = 'public'::regnamespace
union select proname from pg_proc where proowner = $1::regrole
union select datname from pg_database where datdba = $1::regrole
"""


@dataclass(frozen=True)
class Migrated:
    """A database as the migrations leave it, looked at as its login role."""

    service: str
    connection: "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture(params=OF_NO_REGION)
async def migrated(request: pytest.FixtureRequest) -> AsyncIterator[Migrated]:
    service: str = request.param
    url = await asyncio.to_thread(make_database, service)
    await asyncio.to_thread(migrate, postgres_server().owner_url(url), package=package_of(service))
    connection = await asyncpg.connect(url)
    yield Migrated(service, connection)
    await connection.close()
    await asyncio.to_thread(drop_database, url)


async def test_every_table_is_protected_or_on_the_list(migrated: Migrated) -> None:
    rows = {row["name"]: row for row in await migrated.connection.fetch(_TABLES)}
    listed = {**TRAIL, **OF_NO_REGION[migrated.service]}
    bare = {name for name, row in rows.items() if not (row["enabled"] and row["forced"] and row["policies"])}
    anywhere = await migrated.connection.fetch(
        "select polrelid::regclass::text as t from pg_policy where polname = 'of_no_region'"
    )
    hint = "one line in its migration: protect(table, code=… | tps_id=… | parents={column: 'table.key'}), chassis/policies.py"
    assert sorted(bare - set(MACHINERY)) == [], hint
    assert not (set(rows) - bare) & set(MACHINERY), "it is protected, so it needs no line here"
    assert {row["t"] for row in anywhere} == set(listed), "say why it is of no region, or of which one it is"


async def test_every_protected_table_says_what_for_it_is_written(migrated: Migrated) -> None:
    rows = await migrated.connection.fetch(
        """select polrelid::regclass::text as t, polcmd::text as way from pg_policy
           where not polpermissive and polname like 'purpose_to_%' and polroles = '{0}'"""
    )
    ways: dict[str, set[str]] = {}
    for row in rows:
        ways.setdefault(row["t"], set()).add(row["way"])
    protected = [row["name"] for row in await migrated.connection.fetch(_TABLES) if row["enabled"]]
    hint = "one line in its migration: serve(table, changed=[…]), chassis/policies.py"
    assert [name for name in protected if not ways.get(name, set()) >= {"a", "w", "d"}] == [], hint


async def test_every_table_of_the_code_is_one_of_the_database(migrated: Migrated) -> None:
    tables = importlib.import_module(f"services.{migrated.service}.tables")
    known = {row["name"] for row in await migrated.connection.fetch(_TABLES)}
    importlib.import_module(f"services.{migrated.service}.app")  # it knows every file of them
    base = next(
        module.Table
        for name in ("columns", "known")
        if (module := _found(f"{tables.__name__}.{name}")) is not None and hasattr(module, "Table")
    )
    assert set(base.metadata.tables) <= known


def _found(name: str):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


async def test_the_login_role_owns_nothing_and_cannot_bypass(migrated: Migrated) -> None:
    login = await migrated.connection.fetchrow("select * from pg_roles where rolname = current_user")
    assert login is not None
    for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication"):
        assert not login[power], power
    assert not await migrated.connection.fetch(_OWNED, migrated.service)
    memberships = await migrated.connection.fetch(
        "select 1 from pg_auth_members where member = $1::regrole", migrated.service
    )
    assert not memberships
    assert {row["owner"] for row in await migrated.connection.fetch(_TABLES)} == {f"{migrated.service}_owner"}


async def test_what_is_only_ever_added_is_not_the_login_roles_to_change(migrated: Migrated) -> None:
    kept = await migrated.connection.fetch(
        "select tgrelid::regclass::text as t from pg_trigger where tgname = 'only_added'"
    )
    for table in {*(row["t"] for row in kept), "outbox"}:
        for privilege in ("DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            has = await migrated.connection.fetchval("select has_table_privilege($1, $2)", table, privilege)
            assert not has, (table, privilege)
    for column in ("body", "actor", "seq"):
        assert not await migrated.connection.fetchval(
            "select has_column_privilege('outbox', $1, 'UPDATE')", column
        )
    for table in (row["t"] for row in kept):
        assert not await migrated.connection.fetchval("select has_table_privilege($1, 'UPDATE')", table)


async def test_every_protected_table_judges_what_is_written(migrated: Migrated) -> None:
    judged = await migrated.connection.fetch(
        "select distinct polrelid::regclass::text as t from pg_policy where polcmd <> 'r' and polpermissive"
    )
    rows = await migrated.connection.fetch(_TABLES)
    assert {row["t"] for row in judged} == {row["name"] for row in rows if row["enabled"]}
