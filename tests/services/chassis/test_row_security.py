"""Row-level security under the machinery: what settings let through, that they end with a transaction, what a refusal is."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.actor import RegionGroups
from chassis.database import Database
from chassis.policies import ACCESS_FUNCTIONS, PURPOSE_FUNCTIONS, admit, of_no_region, protect, serve, step
from chassis.problems import RegionNotCovered, ScopeMissing
from chassis.row_security import EVERYWHERE, NOWHERE, Remit, everywhere_for, opening, shared
from contracts.access import Scope, covers
from tests.infrastructure import drop_database, make_database, postgres_server

pytestmark = pytest.mark.anyio

CITY, OTHER, TPS = "32.71", "32.73", "32.71.06.1002.028"
_TABLES = (
    "create table place (code text primary key, n int not null default 0)",
    "create table tps_ref (tps_id int primary key, tps_code text not null, former_codes text[] not null)",
    "create table hot (n int generated always as identity primary key, tps_id int not null, granted_region text)",
    "create table unprotected (n int)",
    "create table form (n int primary key, state text not null)",
)


@pytest.fixture(scope="module")
async def database() -> AsyncIterator[Database]:
    """The login role's connections, two of them, to a database with a few policies."""
    url = await asyncio.to_thread(make_database, "turnout")
    owner = await asyncpg.connect(postgres_server().owner_url(url))
    await owner.execute("set app.regions = '*'; set app.purposes = '*'")
    policies = [
        *ACCESS_FUNCTIONS,
        *protect("place", code="code"),
        *protect("tps_ref", everybody_reads=True),
        *protect("hot", tps_id="tps_id"),
        *admit("hot", tps_of="from tps_ref r where r.tps_id = hot.tps_id"),
        *PURPOSE_FUNCTIONS,
        *serve("place", changed=[Scope.REGISTRY_WRITE]),
        *of_no_region("form"),
        *serve(
            "form",
            added=[Scope.TURNOUT_ENTER],
            changed=[Scope.TURNOUT_ENTER, Scope.TURNOUT_ADJUDICATE],
            seen=[Scope.RESULTS_EARLY],
        ),
        step("form", "settling", when="new.state = 'settled'", changed=[Scope.TURNOUT_ADJUDICATE]),
    ]
    for statement in (*_TABLES, *policies):
        await owner.execute(statement)
    await owner.execute(f"insert into place values ('{CITY}'), ('{TPS}'), ('{OTHER}')")
    await owner.execute(
        f"insert into tps_ref values (1, '{TPS}', '{{}}'), (2, '32.73.01.1001.001', '{{{TPS}}}'), "
        "(3, '32.73.01.1001.002', '{}')"
    )
    await owner.execute("grant select, insert, update, delete on all tables in schema public to turnout")
    await owner.execute("revoke all on unprotected from turnout")
    await owner.close()
    login = Database(url, pool_size=2)
    yield login
    await login.close()
    await asyncio.to_thread(drop_database, url)


def _of(*regions: str) -> Remit:
    """Return the remit of somebody who may change places in some regions."""
    return Remit(regions, frozenset({Scope.REGISTRY_WRITE}))


async def _seen(database: Database, remit: Remit) -> set[str]:
    async with database.reading(remit) as connection:
        return {row["code"] for row in await connection.fetch("select code from place")}


async def test_each_transaction_sees_its_own_regions_and_without_any_nothing(database: Database) -> None:
    assert await _seen(database, EVERYWHERE) == {CITY, TPS, OTHER}
    assert await _seen(database, _of(CITY)) == {CITY, TPS}
    assert await _seen(database, _of(TPS, OTHER)) == {TPS, OTHER}
    assert await _seen(database, NOWHERE) == set()


async def test_nothing_stays_behind_on_the_connections_of_a_pool(database: Database) -> None:
    async def work(n: int) -> None:
        remit = [_of(CITY), _of(OTHER), NOWHERE, EVERYWHERE][n % 4]
        wanted = [{CITY, TPS}, {OTHER}, set[str](), {CITY, TPS, OTHER}][n % 4]
        if n % 3 == 0:
            with pytest.raises(ZeroDivisionError):
                async with database.transaction(remit):
                    raise ZeroDivisionError
        if n % 5 == 0:
            hangs_up = asyncio.ensure_future(_seen(database, EVERYWHERE))
            await asyncio.sleep(0)
            hangs_up.cancel()
            await asyncio.wait([hangs_up])
        assert await _seen(database, remit) == wanted

    await asyncio.gather(*(work(n) for n in range(80)))


async def test_what_lies_outside_is_not_written_and_says_only_that(database: Database) -> None:
    with pytest.raises(RegionNotCovered):
        async with database.transaction(_of(CITY)) as uow:
            await uow.execute("insert into place values ('32.73.01')")
    with pytest.raises(RegionNotCovered):
        async with database.transaction(_of(CITY)) as uow:  # out of one's regions
            await uow.execute("update place set code = '32.73.02' where code = $1", TPS)
    async with database.transaction(_of(CITY)) as uow:  # what is not seen is not changed
        assert await uow.execute("update place set n = 1 where code = $1", OTHER) == "UPDATE 0"
    assert await _seen(database, EVERYWHERE) == {CITY, TPS, OTHER}


async def test_a_privilege_that_is_missing_is_a_fault_and_no_refusal(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(_of(CITY)) as uow:
            await uow.execute("insert into unprotected values (1)")


async def test_the_login_role_cannot_take_the_policies_off(database: Database) -> None:
    for attempt in (
        "set local row_security = off; select * from place",  # it makes statements fail, not rows appear
        "alter table place disable row level security",
        "drop policy within_regions on place",
        "set role turnout_owner",
        "alter role turnout bypassrls",
        "create or replace function desk_covers(code text) returns boolean language sql return true",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(_of(CITY)) as uow:
                await uow.execute(attempt)


async def test_a_look_beyond_ends_with_its_block(database: Database) -> None:
    async with database.transaction(_of(CITY)) as uow:
        async with uow.beyond_regions():
            assert len(await uow.fetch("select * from place")) == 3
        assert len(await uow.fetch("select * from place")) == 2
        with pytest.raises(ZeroDivisionError):
            async with uow.beyond_regions():
                raise ZeroDivisionError
        assert len(await uow.fetch("select * from place")) == 2


async def test_in_a_group_each_row_carries_its_own_callers_grant(database: Database) -> None:
    hot = "insert into hot (tps_id, granted_region) values ($1, $2)"
    async with database.transaction(_of(CITY, OTHER), grouped=True) as uow:
        await uow.execute(hot, 1, CITY)
        await uow.execute(hot, 3, OTHER)
    for tps_id, granted in ((1, OTHER), (3, CITY), (1, None), (1, "32"), (1, "32.71.06")):
        with pytest.raises(RegionNotCovered):
            async with database.transaction(_of(CITY, OTHER), grouped=True) as uow:
                await uow.execute(hot, tps_id, granted)
    async with database.transaction(_of(CITY)) as uow:  # alone in its transaction it is its own group
        await uow.execute(hot, 1, None)


async def test_who_was_let_in_by_a_code_that_a_tps_had_before_is_right(database: Database) -> None:
    async with database.transaction(_of(TPS, OTHER), grouped=True) as uow:
        await uow.execute("insert into hot (tps_id, granted_region) values (2, $1)", TPS)
        await uow.fetch("select desk_admit($1::text[], $2::text[])", [TPS], [TPS])
    with pytest.raises(RegionNotCovered):
        async with database.transaction(_of(TPS, OTHER), grouped=True) as uow:
            await uow.fetch("select desk_admit($1::text[], $2::text[])", [CITY], [TPS])


_SEGMENTS = st.lists(st.sampled_from(["32", "71", "73", "06"]), min_size=1, max_size=3)
_CODES = st.one_of(
    _SEGMENTS.map(".".join),
    st.sampled_from([TPS, "32.71.06.1002", "32.71.06.1002.029", "33.71.06.1002.028"]),
)


async def test_the_database_covers_as_the_contracts_do(database: Database) -> None:
    pairs: list[tuple[str, str]] = []

    @settings(max_examples=200, database=None)
    @given(st.one_of(_CODES, st.just("*")), _CODES)
    def draw(held: str, code: str) -> None:
        pairs.append((held, code))

    draw()
    for held, code in set(pairs):
        async with database.reading(_of(held)) as connection:
            found = await connection.fetchval("select desk_covers($1)", code)
        assert found == covers(held, code), (held, code)


@pytest.mark.parametrize("held", ["32.7", "32.71'); drop table place; --", "group:kota", "", "32.71,33"])
def test_nothing_but_codes_goes_into_the_setting(held: str) -> None:
    with pytest.raises(ValueError, match="no code"):
        opening(_of(held))


def test_regions_of_an_actor_are_codes_whatever_its_token_said() -> None:
    resolved = RegionGroups().resolve(["32.7", "32.71'", "*x", "group:nobody", "32.71"])
    assert resolved == (CITY,)
    assert "set_config('app.regions', '32.71', true)" in opening(Remit(resolved, frozenset()))


def test_of_a_tokens_scopes_those_that_are_the_desks_own_are_told() -> None:
    said = frozenset(
        {"openid", "turnout:report'); drop table place; --", Scope.TURNOUT_REPORT, Scope.TURNOUT_READ}
    )
    assert "set_config('app.purposes', 'turnout:read,turnout:report', true)" in opening(Remit((CITY,), said))


_ENTERS = everywhere_for(Scope.TURNOUT_ENTER)
_SETTLES = everywhere_for(Scope.TURNOUT_ADJUDICATE)


async def _forms(database: Database, remit: Remit) -> int:
    async with database.reading(remit) as connection:
        return int(await connection.fetchval("select count(*) from form where n = 1"))


async def test_with_the_region_and_without_the_purpose_nothing_is_written(database: Database) -> None:
    without = everywhere_for(Scope.REGISTRY_READ)
    for statement in (
        "insert into place values ('32.71.01')",
        "insert into place values ('32.71') on conflict (code) do update set n = 2",
        "update place set n = 2 where code = '32.71'",
    ):
        with pytest.raises(ScopeMissing):
            async with database.transaction(without) as uow:
                await uow.execute(statement)
    async with database.transaction(without) as uow:
        assert len(await uow.fetch("select * from place for update")) == 3  # who only locks changes nothing
    async with database.transaction(without) as uow:
        assert await uow.execute("delete from place") == "DELETE 0"
    assert await _seen(database, EVERYWHERE) == {CITY, TPS, OTHER}


async def test_what_is_for_a_purpose_is_seen_for_that_alone(database: Database) -> None:
    async with database.transaction(_ENTERS) as uow:
        await uow.execute("insert into form values (1, 'entered')")
    for purpose in Scope:
        wanted = int(purpose in {Scope.TURNOUT_ENTER, Scope.TURNOUT_ADJUDICATE, Scope.RESULTS_EARLY})
        assert await _forms(database, everywhere_for(purpose)) == wanted, purpose
    assert (await _forms(database, NOWHERE), await _forms(database, Remit(("*",), frozenset()))) == (0, 0)
    assert await _forms(database, EVERYWHERE) == 1
    async with database.transaction(everywhere_for(Scope.REGISTRY_READ)) as uow:
        async with uow.beyond_regions():  # to look beyond one's regions is not to be there for something else
            assert not await uow.fetch("select * from form")
        async with uow.beyond_regions(purposes=[Scope.RESULTS_EARLY]):
            assert await uow.fetch("select * from form")
        assert not await uow.fetch("select * from form")


async def test_a_step_is_taken_by_those_whose_it_is(database: Database) -> None:
    async with database.transaction(_ENTERS) as uow:
        await uow.execute("insert into form values (2, 'entered')")
        await uow.execute("update form set state = 'typed' where n = 2")
    with pytest.raises(ScopeMissing):
        async with database.transaction(_ENTERS) as uow:
            await uow.execute("update form set state = 'settled' where n = 2")
    with pytest.raises(ScopeMissing):
        async with database.transaction(_SETTLES) as uow:
            await uow.execute("insert into form values (3, 'entered')")
    async with database.transaction(_SETTLES) as uow:
        assert await uow.execute("update form set state = 'settled' where n = 2") == "UPDATE 1"


async def test_what_lies_in_no_table_is_asked_for_by_name(database: Database) -> None:
    asks = "select desk_require('{audit:read}')"
    async with database.reading(everywhere_for(Scope.AUDIT_READ)) as connection:
        await connection.execute(asks)
    for remit in (_of(CITY), Remit((CITY,), frozenset()), NOWHERE):
        with pytest.raises(ScopeMissing):
            async with database.reading(remit) as connection:
                await connection.execute(asks)


async def test_no_purpose_stays_behind_on_the_connections_of_a_pool(database: Database) -> None:
    async def work(n: int) -> None:
        remit = [_ENTERS, _of(CITY), NOWHERE, Remit((CITY,), frozenset())][n % 4]
        if n % 3 == 0:
            with pytest.raises(ZeroDivisionError):
                async with database.transaction(_ENTERS):
                    raise ZeroDivisionError
        if n % 5 == 0:
            hangs_up = asyncio.ensure_future(_forms(database, EVERYWHERE))
            await asyncio.sleep(0)
            hangs_up.cancel()
            await asyncio.wait([hangs_up])
        async with database.reading(remit) as connection:
            for purpose, held in ((Scope.TURNOUT_ENTER, n % 4 == 0), (Scope.REGISTRY_WRITE, n % 4 == 1)):
                assert await connection.fetchval("select desk_serves($1)", [purpose.value]) == held, (
                    n,
                    purpose,
                )

    await asyncio.gather(*(work(n) for n in range(80)))


async def test_a_group_works_for_the_purposes_that_all_of_it_have(database: Database) -> None:
    typist = Remit((CITY,), frozenset({Scope.TURNOUT_ENTER, Scope.TURNOUT_READ}))
    other = Remit((OTHER,), frozenset({Scope.TURNOUT_ADJUDICATE, Scope.TURNOUT_READ}))
    both = shared([typist, other])
    assert (set(both.regions), both.purposes) == ({CITY, OTHER}, {Scope.TURNOUT_READ})
    assert shared([typist]) == typist
    assert shared([]) == NOWHERE
    assert shared([EVERYWHERE, typist]).purposes == frozenset()
    for remit, is_typist in ((shared([typist, typist]), True), (both, False)):
        async with database.reading(remit) as connection:
            held = await connection.fetchval("select desk_serves('{turnout:enter}')")
        assert held == is_typist
