"""The database of one service: connections, and the unit of work in which a command changes rows and tells of it.

A `UnitOfWork` is one transaction. Ordinary commands use its SQLModel `session`; commands written for lists use `fetch`
and `execute`, SQL on the same connection. What is emitted is written to the outbox in the same transaction.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any, Final, Protocol, cast
from uuid import UUID

import asyncpg
import sqlalchemy.exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.actor import region_not_covered, scope_not_there
from chassis.outbox import Draft, Origin, OutboxRow, write_outbox
from chassis.problems import Overloaded, Unavailable
from chassis.row_security import (
    NOWHERE,
    Remit,
    beyond_regions,
    opening,
    refused_by_policy,
    refused_for_purpose,
)
from contracts.access import Scope
from contracts.envelope import EventData

Row = asyncpg.Record

_PASSING: Final = ("08", "53", "57", "40001", "40P01", "55P03", "25P03")
"""Beginnings of the SQLSTATE of what passes by itself: connection, resources, shutdown and timeout, locks."""


def sqlstate_of(error: Exception) -> str:
    """Return the SQLSTATE of a database's refusal, empty for anything else."""
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig else error
    return str(getattr(cause, "sqlstate", None) or "")


def passes_by_itself(error: Exception) -> bool:
    """Say whether a database that refused is only away, full or too busy for now."""
    return sqlstate_of(error).startswith(_PASSING)


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

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[object]], columns: Sequence[str]
    ) -> str:
        """Append rows to a table by PostgreSQL's binary COPY."""
        ...


class UnitOfWork:
    """One transaction, and the events that it will publish when it commits."""

    def __init__(self, lent: AsyncConnection, connection: Connection) -> None:
        self._lent = lent
        self._connection = connection
        self._session: AsyncSession | None = None
        self._drafts: list[Draft] = []

    @property
    def session(self) -> AsyncSession:
        """Return the session of this transaction; made at its first use, because one costs as much as five statements."""
        if self._session is None:
            self._session = AsyncSession(self._lent, expire_on_commit=False)
        return self._session

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """Run SQL in this transaction and return its rows."""
        return await self._connection.fetch(query, *args)

    async def fetch_row(self, query: str, *args: object) -> Row | None:
        """Run SQL in this transaction and return its first row, or None."""
        return await self._connection.fetchrow(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run SQL in this transaction and return PostgreSQL's command tag."""
        return await self._connection.execute(query, *args)

    async def append(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append many rows to a table by COPY: the cheapest way in for rows that conflict with none.

        PostgreSQL has no COPY into a table with row-level security.
        """
        await self._connection.copy_records_to_table(table, records=rows, columns=columns)

    @asynccontextmanager
    async def beyond_regions(self, *, purposes: Iterable[Scope] = ()) -> AsyncGenerator[None]:
        """See every region for the length of a look-up that decides, see `chassis.row_security`; what is pending goes before."""
        if self._session is not None:
            await self._session.flush()
        async with beyond_regions(self, purposes=purposes):
            yield

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
        if self._session is not None:
            await self._session.flush()
        drafts, self._drafts = self._drafts, []
        return await write_outbox(self._connection, drafts)

    async def aclose(self) -> None:
        """Let go of what the session holds."""
        if self._session is not None:
            await self._session.close()


_AWAY = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError)
"""What a database that is away, starting or stopping is told by."""


class Database:
    """Connections of one process to its service's database."""

    def __init__(self, url: str, *, pool_size: int, on_commit: Callable[[], None] | None = None) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            isolation_level="AUTOCOMMIT",  # transactions are begun and ended here, with one round trip each
        )
        self.on_commit = on_commit

    @asynccontextmanager
    async def transaction(self, remit: Remit, *, grouped: bool = False) -> AsyncGenerator[UnitOfWork]:
        """Open a unit of work that commits when the block ends and rolls back when it raises.

        Args:
            remit: what it may see and write of protected tables: the caller's, or `EVERYWHERE` for the service itself.
            grouped: whether it serves several callers; each row of a hot command then carries its caller's grant.

        Raises:
            Unavailable: the database cannot be reached, or every connection is busy.
            RegionNotCovered: a row lies outside the regions.
            ScopeMissing: none of the purposes is one that it is written for.
        """
        async with self._lent() as (lent, connection):
            try:
                await connection.execute(opening(remit, grouped=grouped))
                async with aclosing(UnitOfWork(lent, connection)) as uow:
                    yield uow
                    written = await uow.flush()
                await connection.execute("commit")
            except BaseException as error:
                await _roll_back(connection)
                _raise_refusal(error)
                raise
        if written and self.on_commit is not None:
            self.on_commit()

    @asynccontextmanager
    async def reading(self, remit: Remit) -> AsyncGenerator[Connection]:
        """Lend a connection for reads; each statement sees what is committed when it begins.

        Args:
            remit: what it may see of protected tables; with `NOWHERE` no transaction is begun, and none of them is seen.

        Raises:
            ScopeMissing: the database was asked for more than the purposes allow.
        """
        async with self._lent() as (_, connection):
            begins = remit != NOWHERE
            try:
                if begins:
                    await connection.execute(opening(remit))
                yield connection
                if begins:
                    await connection.execute("commit")
            except BaseException as error:
                if begins:
                    await _roll_back(connection)
                _raise_refusal(error)
                raise

    @asynccontextmanager
    async def _lent(self) -> AsyncGenerator[tuple[AsyncConnection, "asyncpg.Connection[Row]"]]:
        """Lend a connection of the pool that is alive and in no transaction; others are thrown away."""
        while True:
            try:
                lent = await self._engine.connect()
            except sqlalchemy.exc.TimeoutError as error:
                raise Overloaded from error
            except (*_AWAY, sqlalchemy.exc.DBAPIError) as error:  # which wraps what a starting server answers
                raise Unavailable(
                    "The database cannot be reached.",
                    detail_id="Basis data tidak dapat dihubungi.",
                    retry_after_s=2,
                ) from error
            raw = await lent.get_raw_connection()
            connection = cast("asyncpg.Connection[Row]", raw.driver_connection)
            if not connection.is_closed() and not connection.is_in_transaction():
                break
            await lent.invalidate()
            await lent.close()
        try:
            yield lent, connection
        finally:
            await lent.close()

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        async with self.reading(NOWHERE) as connection:
            await connection.fetchval("select 1")

    async def _connect(self) -> "asyncpg.Connection[Row]":
        settings = {
            "statement_timeout": "15000",
            "lock_timeout": "5000",
            "idle_in_transaction_session_timeout": "15000",
            "timezone": "UTC",
        }
        return await asyncpg.connect(self.url, timeout=10, server_settings=settings)

    async def connect_alone(self) -> "asyncpg.Connection[Row]":
        """Open a connection outside the pool, for a session lock or LISTEN; the caller closes it."""
        return await asyncpg.connect(self.url, timeout=5)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _raise_refusal(error: BaseException) -> None:
    """Raise what a policy's refusal is told as; anything else is the caller's to raise."""
    if refused_for_purpose(error):
        raise scope_not_there() from error
    if refused_by_policy(error):
        raise region_not_covered() from error


async def _roll_back(connection: "asyncpg.Connection[Row]") -> None:
    """Undo a transaction; a connection that cannot even do that is cut, so that nobody inherits what it left open.

    Whoever inherited it would work inside the transaction that was left open, for regions that are not theirs, and be told
    that it was committed. That is so from the moment in which BEGIN was sent: a caller that hangs up then leaves a transaction
    that never began here.
    """
    try:
        await asyncio.wait_for(connection.execute("rollback"), 5)
    except (*_AWAY, asyncpg.InterfaceError, asyncpg.PostgresError):
        connection.terminate()
    except BaseException:
        connection.terminate()
        raise
