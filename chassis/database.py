"""The database of one service: connections, and the unit of work in which a command changes rows and tells of it.

A `UnitOfWork` is one transaction. Ordinary commands use its SQLModel `session`; commands written for lists use `fetch`
and `execute`, SQL on the same connection. What is emitted is written to the outbox in the same transaction.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.outbox import Draft, Origin, OutboxRow, write_outbox
from chassis.problems import Unavailable
from contracts.envelope import EventData

Row = asyncpg.Record


class Connection(Protocol):
    """The part of asyncpg's connection that the desk uses."""

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """Return all rows."""
        ...

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """Return the first row, or None."""
        ...

    async def fetchval(self, query: str, *args: object) -> Any:
        """Return the first column of the first row, or None."""
        ...

    async def execute(self, query: str, *args: object) -> str:
        """Return PostgreSQL's command tag."""
        ...


class UnitOfWork:
    """One transaction, and the events that it will publish when it commits."""

    def __init__(self, session: AsyncSession, connection: Connection) -> None:
        self.session = session
        self._connection = connection
        self._drafts: list[Draft] = []

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """Run SQL in this transaction and return its rows."""
        return await self._connection.fetch(query, *args)

    async def fetch_row(self, query: str, *args: object) -> Row | None:
        """Run SQL in this transaction and return its first row, or None."""
        return await self._connection.fetchrow(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run SQL in this transaction and return PostgreSQL's command tag."""
        return await self._connection.execute(query, *args)

    def emit(
        self,
        data: EventData,
        *,
        aggregate_id: object,
        version: int,
        origin: Origin,
        occurred_at: datetime | None = None,
        contest: str | None = None,
        tps_id: UUID | None = None,
    ) -> None:
        """Publish an event with this transaction; its type, topic and data class come from the catalog.

        The caller holds the lock of the aggregate's row and has raised its version by one: that is what makes the order
        of versions the order of commits. `occurred_at` is the desk's time where nobody said otherwise.
        """
        when = occurred_at or origin.now
        self._drafts.append(Draft(data, str(aggregate_id), version, origin, when, contest, tps_id))

    async def flush(self) -> list[OutboxRow]:
        """Write pending rows and events; called once, before the commit."""
        await self.session.flush()
        drafts, self._drafts = self._drafts, []
        return await write_outbox(self._connection, drafts)


class Database:
    """Connections of one process to its service's database."""

    def __init__(self, url: str, *, pool_size: int, on_commit: Callable[[], None] | None = None) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "statement_timeout": "15000",
                    "lock_timeout": "5000",
                    "idle_in_transaction_session_timeout": "15000",
                    "timezone": "UTC",
                },
            },
        )
        self.on_commit = on_commit

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[UnitOfWork]:
        """Open a unit of work that commits when the block ends and rolls back when it raises.

        Raises:
            Unavailable: the database cannot be reached, or every connection is busy.
        """
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            connection = await _begin(session)
            uow = UnitOfWork(session, connection)
            try:
                yield uow
                written = await uow.flush()
                await session.commit()
            except BaseException:
                await session.rollback()
                raise
        if written and self.on_commit is not None:
            self.on_commit()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Connection]:
        """Lend a connection for reads."""
        async with AsyncSession(self._engine) as session:
            yield await _begin(session)

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        async with self.reading() as connection:
            await connection.fetchval("select 1")

    async def connect_alone(self) -> "asyncpg.Connection[Row]":
        """Open a connection outside the pool, for a session lock or LISTEN; the caller closes it."""
        return await asyncpg.connect(self.url, timeout=5)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _begin(session: AsyncSession) -> Connection:
    """Check a connection out and begin its transaction: SQLAlchemy begins with the first statement that it sends."""
    try:
        connection = await session.connection()
        await connection.execute(text("select 1"))
        raw = await connection.get_raw_connection()
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise Unavailable("The database cannot be reached.", retry_after_s=2) from error
    return cast(Connection, raw.driver_connection)
