"""A statement that was planned on an empty table finds its rows by the index as soon as the table has grown."""

from chassis.database import Connection
from chassis.row_security import NOWHERE
from chassis.table_statistics import analyze_doubled
from tests.services.chassis.pair import Pair

ASKED = [f"key-{n}" for n in range(0, 20_000, 20)]
FIND = "select a.* from unnest($1::text[]) k(key) join answer a on a.kind = 'tps' and a.key = k.key"


async def plan_of(connection: Connection) -> str:
    """Return how the prepared statement is carried out, by the plan that it keeps."""
    rows = await connection.fetch("explain execute finding($1)".replace("$1", f"array{ASKED}"))
    return "\n".join(row[0] for row in rows)


async def test_what_has_doubled_is_analyzed_and_planned_anew(pair: Pair) -> None:
    async with pair.owner.reading(NOWHERE) as connection:
        await connection.execute(
            "create table answer (kind text, key text, said text, primary key (kind, key))"
        )
        await connection.execute("create index answer_by_kind on answer (kind)")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare finding(text[]) as {FIND}")
        planned_small = await plan_of(connection)
        await connection.execute(
            "insert into answer select 'tps', 'key-' || n, repeat('x', 200) from generate_series(1, 20000) n"
        )
        assert await plan_of(connection) == planned_small  # nobody has told PostgreSQL yet
        assert "answer" in await analyze_doubled(pair.owner)
        assert "answer_pkey" in await plan_of(connection)
        assert "answer" not in await analyze_doubled(pair.owner)
