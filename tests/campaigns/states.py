"""The state of a database as hashes: every row of every table, without what is drawn anew in every run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import asyncpg

from chassis.database import Database
from chassis.row_security import EVERYWHERE
from tests.infrastructure import postgres_server

Columns = Sequence[str]

_BOOKS = ("consumer_position", "alembic_version", "feed_epoch", "ledger_epoch")
"""How far a consumer is in topics that differ, and what differs by design."""

_DRAWN: Mapping[str, Columns] = {
    "outbox": ("seq", "event_id", "written_at", "published_at", "traceparent"),
    "event_feed": ("id",),
    "tally": ("tally_id",),
}
"""Columns that each run draws for itself: ids by time and chance, the machine's clock."""

_TELLING: Mapping[str, str] = {"region_total": "figures <> '{}'"}
"""Which rows count: a sum to which something was added and taken away again is as good as none."""

# Those that the service may only add to (the entries of forms) are left out: no consumer writes them.
_TABLES = """
select c.relname as name, array_agg(f.relname) filter (where f.oid is not null) as refers_to
from pg_class c
left join pg_constraint r on r.conrelid = c.oid and r.contype = 'f' and r.confrelid <> c.oid
left join pg_class f on f.oid = r.confrelid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and not exists (select from pg_trigger where tgrelid = c.oid and tgname = 'only_added')
group by 1
"""


@dataclass(frozen=True)
class Tables:
    """The tables of a database that make its state, those first that others refer to.

    Attributes:
        drawn: by table, the columns that tell two equal states apart.
        telling: by table, a condition on the rows `t` that count.
    """

    drawn: Mapping[str, Columns]
    telling: Mapping[str, str]

    def query(self, name: str) -> str:
        """Return the query of a table's rows as they are compared."""
        drawn, telling = ",".join(self.drawn[name]), self.telling.get(name, "true")
        return f"select (to_jsonb(t) - '{{{drawn}}}'::text[])::text as row from {name} t where {telling}"


async def tables_of(
    database: Database,
    *,
    besides: Mapping[str, Columns] | None = None,
    telling: Mapping[str, str] | None = None,
) -> Tables:
    """Return the tables of a database, found in the database itself so that none is forgotten.

    Args:
        besides: further columns that are not compared, by table.
        telling: which rows count, by table, where not all of them do.
    """
    async with database.reading(EVERYWHERE) as connection:
        rows = await connection.fetch(_TABLES)
    found = {row["name"]: row["refers_to"] or [] for row in rows}
    names = [name for name in TopologicalSorter(found).static_order() if name in found and name not in _BOOKS]
    drawn = {name: (*_DRAWN.get(name, ()), *(besides or {}).get(name, ())) for name in names}
    return Tables(drawn, {**_TELLING, **(telling or {})})


async def state_of(database: Database, tables: Tables) -> dict[str, str]:
    """Return count and hash of each table's rows, whatever order they lie in."""
    query = " union all ".join(
        f"""select '{name}' as name, count(*) || ' ' || coalesce(md5(string_agg(h, '' order by h)), '') as state
            from (select md5(row) as h from ({tables.query(name)}) r) x"""
        for name in tables.drawn
    )
    async with database.reading(EVERYWHERE) as connection:
        return {row["name"]: row["state"] for row in await connection.fetch(query)}


async def rows_of(database: Database, tables: Tables, name: str) -> list[str]:
    """Return the rows of one table as they are compared, to be looked at where two states differ."""
    async with database.reading(EVERYWHERE) as connection:
        return [row["row"] for row in await connection.fetch(tables.query(name))]


async def empty(database: Database, tables: Tables) -> None:
    """Delete every row of the state, and the positions, as the owner: the service may not delete all of it."""
    names = ("consumer_position", *reversed(list(tables.drawn)))
    owner = await asyncpg.connect(
        postgres_server().owner_url(database.url), server_settings={"app.regions": "*", "app.purposes": "*"}
    )
    deletes = [f"delete from {name}" for name in names]
    if "outbox" in tables.drawn:
        # The ledger lets no row go, its owner's neither.
        guard = "alter table outbox {} trigger user"
        deletes = [guard.format("disable"), *deletes, guard.format("enable")]
    await owner.execute("; ".join(deletes))
    await owner.close()
