"""The migrations make what the tables say, and the database itself keeps the rules that must hold."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from services.registry.tables import Table
from tests.harness import RunningService, running_service


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service("registry", database_url=database_url("registry"), kafka=None) as service:
        yield service


async def test_tables_and_migrations_agree(registry: RunningService) -> None:
    rows = await registry.sql(
        """select table_name, column_name, is_nullable, data_type from information_schema.columns
           where table_schema = 'public'"""
    )
    made = {(row["table_name"], row["column_name"]): row["is_nullable"] == "YES" for row in rows}
    for name, table in Table.metadata.tables.items():
        columns = {column.name: column.nullable for column in table.columns}
        assert columns == {column: nullable for (of, column), nullable in made.items() if of == name}, name


@pytest.mark.parametrize(
    "statement",
    [
        "insert into tps_risk values (uuidv7(), 'hazard', 1, 'high', '{}', 'x', '2024-01-01', now())",
        "insert into region_group values ('g', 'nowhere-1', 1, 't', '{}', 's')",
        "insert into officer values (uuidv7(), 'kpps', 1, 'e1', '3271064508900001', 'n', 'yes')",
        "insert into election values ('E!', 1, 'n', null, '2024-11-27', now(), true, '{}', '[]')",
    ],
)
async def test_the_database_refuses(registry: RunningService, statement: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await registry.sql(statement)
