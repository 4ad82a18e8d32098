"""The worker of imports: takes one, goes through its file in chunks, each a transaction, and ends it.

Whoever dies leaves a cursor and a lease that runs out; the next worker, of this process or another one, goes on behind the
cursor. Two workers cannot do one chunk twice: each chunk holds the import's row and compares its cursor.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import IO
from uuid import UUID

import asyncpg
import sqlalchemy.exc
import structlog
from uuid_utils.compat import uuid7

from chassis.clock import DeskClock, wall_now
from chassis.crash import crash_point
from chassis.database import Database
from chassis.outbox import Origin
from chassis.problems import Problem
from chassis.row_security import EVERYWHERE
from chassis.sealing import SealBrokenError, SealingKeys
from contracts.vocabulary import Channel
from services.registry.commands import imports
from services.registry.commands.import_files import FileBrokenError, RawRow, chunks, read_rows
from services.registry.commands.import_rows import NEEDED, key_of
from services.registry.commands.imports import MOST_TRIES, ImportJob, LostLeaseError
from services.registry.commands.lookup_budgets import forget_spent
from services.registry.commands.voter_counts import count_imported
from services.registry.commands.voters import forget_seen
from services.registry.schemas.imports import NEVER_NUMBERS, ROW_SHAPES, ImportKind
from services.registry.schemas.shapes import Misfit
from services.registry.tables.voters import unavailable

log = structlog.get_logger(__name__)

LEASE_S = 6.0
POLL_S = 1.0
ORPHANS_AFTER = timedelta(hours=1)
FORGOTTEN_AT_ONCE = 20_000
POLYGONS_AT_ONCE = 50
"""Rows of a file are short, boundaries are not."""

_PASSING = (
    sqlalchemy.exc.SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    Problem,
    OSError,
    TimeoutError,
)


class ImportWorker:
    """Works on imports, one at a time, until cancelled."""

    def __init__(
        self,
        database: Database,
        *,
        clock: DeskClock,
        chunk_rows: int,
        voter_chunk_rows: int,
        keys: SealingKeys | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._chunk_rows = chunk_rows
        self._voter_chunk_rows = voter_chunk_rows
        self._keys = keys
        self._worker: UUID = uuid7()
        self._poke = asyncio.Event()

    def poke(self) -> None:
        """Say that an import was received."""
        self._poke.set()

    async def run(self) -> None:
        """Work until cancelled; what goes wrong with the database is tried again."""
        swept_at = wall_now() - ORPHANS_AFTER
        while True:
            try:
                if wall_now() - swept_at >= ORPHANS_AFTER:
                    swept_at = wall_now()
                    await self._sweep()
                await self._count()
                while (job := await self._claim()) is not None:
                    await self._work(job)
                    await self._count()
            except _PASSING as error:
                log.warning("import_worker_waits", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), POLL_S)
            self._poke.clear()

    async def _sweep(self) -> None:
        async with self._database.transaction(EVERYWHERE) as uow:
            await imports.drop_orphans(uow, before=wall_now() - ORPHANS_AFTER)
            await forget_spent(uow, now=wall_now())
        await self._forget()

    async def _forget(self) -> None:
        """Forget what was only needed while imports of voters were under way, a part at a time."""
        more = True
        while more:
            async with self._database.transaction(EVERYWHERE) as uow:
                more = await forget_seen(uow, most=FORGOTTEN_AT_ONCE)

    async def _count(self) -> None:
        """Count the voters of TPS whose import has ended, also one that another worker did not come to count."""
        more = True
        while more:
            async with self._database.transaction(EVERYWHERE) as uow:
                more = await count_imported(uow, now=self._clock.now())

    async def _claim(self) -> ImportJob | None:
        now = wall_now()
        async with self._database.transaction(EVERYWHERE) as uow:
            lease_until = now + timedelta(seconds=LEASE_S)
            return await imports.claim_import(uow, worker=self._worker, at=now, lease_until=lease_until)

    async def _work(self, job: ImportJob) -> None:
        """Work on an import until it ends or somebody else has it; on a fault let it go, to be tried again."""
        alive = asyncio.ensure_future(self._keep(job.import_id))
        try:
            failure = await self._take_in(job)
            async with self._database.transaction(EVERYWHERE) as uow:
                await imports.end_import(
                    uow, job.import_id, worker=self._worker, failure=failure, now=self._clock.now()
                )
            log.info("import_ended", kind=job.terms.kind.value, failure=failure.code if failure else None)
            await self._forget()
        except LostLeaseError:
            log.info("import_lost", import_id=str(job.import_id))
        except _PASSING as error:
            log.warning(
                "import_interrupted",
                import_id=str(job.import_id),
                error=type(error).__name__,
                tries=job.tries,
            )
            await asyncio.sleep(POLL_S)
            async with self._database.transaction(EVERYWHERE) as uow:
                await imports.keep_lease(uow, job.import_id, worker=self._worker, lease_until=None)
        finally:
            alive.cancel()

    async def _keep(self, import_id: UUID) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            with suppress(*_PASSING):
                async with self._database.transaction(EVERYWHERE) as uow:
                    until = wall_now() + timedelta(seconds=LEASE_S)
                    await imports.keep_lease(uow, import_id, worker=self._worker, lease_until=until)

    async def _take_in(self, job: ImportJob) -> Misfit | None:
        """Go through the file behind the cursor; return why it cannot be read to its end, where it cannot."""
        if job.tries > MOST_TRIES:
            return Misfit("", "internal-error", "A fault of the desk; what was taken in before stays.")
        with tempfile.TemporaryFile() as file:  # it has no name, and is gone with the process
            await self._fetch(job, file)
            kind = job.terms.kind
            rows = read_rows(
                file,
                job.media_type,
                columns=list(ROW_SHAPES[kind].model_fields),
                required=NEEDED[kind],
                never_numbers=NEVER_NUMBERS.get(kind, ()),
            )
            voters = kind is ImportKind.VOTERS
            size = self._voter_chunk_rows if voters else self._chunk_rows
            parts = chunks(rows, min(size, POLYGONS_AT_ONCE) if job.media_type == "geojson" else size)
            try:
                await self._go_through(job, parts)
            except FileBrokenError as error:
                return Misfit("", error.code, error.detail)
        return None

    async def _go_through(self, job: ImportJob, parts: Iterator[list[RawRow]]) -> None:
        seen: set[str] = set()
        cursor = job.cursor
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            repeated = _repeated(job, part, seen)
            new = [raw for raw in part if raw.row > cursor]
            if not new:
                continue
            origin = Origin(job.election, job.actor, Channel.IMPORT.value, self._clock.now(), job.rehearsal)
            async with self._database.transaction(job.terms.actor.remit) as uow:
                await imports.import_chunk(
                    uow,
                    job,
                    new,
                    repeated=repeated,
                    behind=cursor,
                    worker=self._worker,
                    keys=self._keys,
                    origin=origin,
                )
            crash_point("import_chunk")
            cursor = new[-1].row

    async def _fetch(self, job: ImportJob, file: IO[bytes]) -> None:
        """Write the stored parts of a file to disk, one at a time."""
        part = 0
        while (content := await self._part(job, part)) is not None:
            await asyncio.to_thread(file.write, content)
            part += 1
        file.seek(0)

    async def _part(self, job: ImportJob, part: int) -> bytes | None:
        async with self._database.reading(EVERYWHERE) as connection:
            row = await connection.fetchrow(
                "select content, sealed from import_part where import_id = $1 and part = $2",
                *(job.import_id, part),
            )
        if row is None or not row["sealed"]:
            return row["content"] if row else None
        if self._keys is None:
            raise unavailable()
        try:
            place = imports.place_of(job.import_id, part)
            return self._keys.open_by_any(row["content"], bound_to=place)
        except SealBrokenError:
            raise unavailable() from None


def _repeated(job: ImportJob, part: list[RawRow], seen: set[str]) -> frozenset[int]:
    """Return the rows whose thing a row before was about, and remember what these are about."""
    found: set[int] = set()
    for raw in part:
        key = key_of(job.terms.kind, raw)
        if key is None:
            continue
        if key in seen:
            found.add(raw.row)
        seen.add(key)
    return frozenset(found)
