"""With policies on them, the statements of the hot paths stay probes of indexes: planned once, for any parameters."""

import asyncio
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.migrations import migrate
from contracts.access import Scope
from services.incidents.commands import places
from services.logistics.commands import box_rows
from services.registry.tables import frames
from services.turnout.commands import tally_rows, voting_days
from tests.harness import package_of
from tests.infrastructure import drop_database, make_database, postgres_server

pytestmark = pytest.mark.anyio

_CODES = "'32.71.' || to_char(n / 300 + 1, 'FM00') || '.1002.' || to_char(n % 300, 'FM000')"
_MANY = "generate_series(0, 8999) n"
_FILLED = {
    "turnout": [
        f"""insert into tps_ref (tps_id, election, tps_code, zone, voting_date, dpt_men, dpt_women, contests)
            select uuidv7(), 'e', {_CODES}, 'Asia/Jakarta', '2024-11-27', 250, 250, '{{walikota-32.71}}' from {_MANY}""",
        "insert into voting_day (tps_id, version) select tps_id, 0 from tps_ref",
        "insert into tally (tally_id, tps_id, contest) select uuidv7(), tps_id, 'walikota-32.71' from tps_ref",
        """insert into turnout_report select tps_id, s, 1, 1, 2, '{}', now(), now(), 'a', 'b'
           from tps_ref, unnest(array['08:00', '10:00']) s""",
        """insert into box_ref select uuidv7(), 'e', tps_id, 'walikota-32.71', 1, false from tps_ref""",
        "insert into contest_ref select 'e' || n, 'walikota-32.71', '{1}' from generate_series(1, 3000) n",
    ],
    "incidents": [f"insert into tps_ref select uuidv7(), 'e', {_CODES}, '{{}}', true from {_MANY}"],
    "logistics": [
        f"""insert into tps_ref select uuidv7(), 'e', {_CODES}, '32.71.06', 'Asia/Jakarta', '2024-11-27', 533, '{{}}', true
            from {_MANY}""",
        "insert into tps_supply select tps_id, election, 0, false, null, 0, '[]' from tps_ref",
        """insert into box (box_id, election, tps_id, contest, seal_number, ballots_packed, state, state_at, place, holder,
               open_discrepancies, packed_at, findings, recorded_at, actor, channel, version)
           select uuidv7(), 'e', tps_id, 'walikota-32.71', 's' || tps_id, 1, 'packed', now(), '32.71', 'warehouse', 0, now(),
               '{}', now(), 'a', 'b', 1 from tps_ref""",
    ],
    "registry": [
        "insert into election values ('ee', 1, 'E', '32.71', '2024-11-27', now(), false, '{}', '[]')",
        f"""insert into tps (id, election, code, version, kind, place, address, dpt_men, dpt_women, contests, active, source,
                former_codes)
            select uuidv7(), 'ee', {_CODES}, 1, 'regular', 'p', 'a', 1, 1, '{{c}}', true, 's', '{{}}' from {_MANY}""",
    ],
}
_ASKED = {
    "turnout": [
        (voting_days._LOCK_DAYS[0], "text[], text[]", "array['e'], array['32.71.06.1002.028']"),
        (voting_days._STANDING, "uuid[]", "array[uuidv7()]"),
        (tally_rows._FIND[0], "text[], text[], text[]", "array['e'], array['32.71.06.1002.028'], array['c']"),
        (tally_rows._LOCK, "uuid[]", "array[uuidv7()]"),
    ],
    "incidents": [
        (places._ANY_WITHIN, "text, text", "'e', '32.71.06'"),
    ],
    "logistics": [(box_rows.LOCK, "uuid[]", "array[uuidv7()]")],
    "registry": [
        (frames._BY_CODE, "text, text[]", "'ee', array['32.71.06.1002.028']"),
        (frames._BY_FORMER_CODE, "text, text[]", "'ee', array['32.71.06.1002.028']"),
        (
            "select * from tps where election = $1 and code > $2 || '.' and code < $2 || '/'",
            "text, text",
            "'ee', '32.71.06.1002'",
        ),
    ],
}


@pytest.fixture(params=_FILLED)
async def filled(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[str, "asyncpg.Connection[asyncpg.Record]"]]:
    service: str = request.param
    url = await asyncio.to_thread(make_database, service)
    await asyncio.to_thread(migrate, postgres_server().owner_url(url), package=package_of(service))
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute(
            "select set_config('app.regions', '*', true), set_config('app.purposes', '*', true)"
        )
        for statement in _FILLED[service]:
            await connection.execute(statement)
    await connection.execute("analyze")
    yield service, connection
    await connection.close()
    await asyncio.to_thread(drop_database, url)


async def test_no_statement_of_a_hot_path_reads_a_whole_table(
    filled: tuple[str, "asyncpg.Connection[asyncpg.Record]"],
) -> None:
    service, connection = filled
    await connection.execute("set plan_cache_mode = force_generic_plan")
    async with connection.transaction():
        await connection.execute(
            "select set_config('app.regions', '32.71', true), set_config('app.purposes', $1, true)",
            ",".join(Scope),
        )
        for n, (statement, kinds, values) in enumerate(_ASKED[service]):
            await connection.execute(f"prepare asked_{n}({kinds}) as {statement}")
            rows = await connection.fetch(f"explain execute asked_{n}({values})")
            plan = "\n".join(row[0] for row in rows)
            whole = set(re.findall(r"Seq Scan on (\w+)", plan)) - {"election_ref"}  # which has a row or two
            assert not whole, plan
            assert "hashed SubPlan" not in plan, plan
