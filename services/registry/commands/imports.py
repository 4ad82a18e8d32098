"""The life of an import: received with its file, worked on in chunks behind a cursor, ended. Any worker can go on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from chassis.actor import Actor
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from services.registry.commands.import_files import RawRow
from services.registry.commands.import_places import PLACES
from services.registry.commands.import_rows import ImportTerms, RowDone, apply_rows
from services.registry.schemas.import_reasons import in_indonesian
from services.registry.schemas.imports import ImportKind, ImportOut, ImportRequest, MediaType
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.tables.frames import load_frame
from services.registry.tables.imports import import_out

MOST_TRIES = 5
"""So often a chunk may fail without any progress; then the import ends as failed."""


class LostLeaseError(Exception):
    """Another worker has taken this import over, or it has ended."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """An import as a worker holds it."""

    import_id: UUID
    election: str
    media_type: MediaType
    terms: ImportTerms
    actor: str
    rehearsal: bool
    cursor: int
    tries: int


def place_of(import_id: UUID, part: int) -> bytes:
    """Return what a sealed part of a file is bound to."""
    return import_id.bytes + part.to_bytes(4)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of a file as it is stored."""

    content: bytes
    sealed: bool


async def store_part(
    uow: UnitOfWork, import_id: UUID, number: int, *, part: StoredPart, stored_at: datetime
) -> None:
    """Keep a part of a file that is being uploaded.

    Emits:
        nothing
    """
    await uow.execute(
        "insert into import_part (import_id, part, content, sealed, stored_at) values ($1, $2, $3, $4, $5)",
        *(import_id, number, part.content, part.sealed, stored_at),
    )


async def drop_parts(uow: UnitOfWork, import_id: UUID) -> None:
    """Forget the file of an upload that made no import.

    Emits:
        nothing
    """
    await uow.execute("delete from import_part where import_id = $1", import_id)


async def drop_orphans(uow: UnitOfWork, *, before: datetime) -> None:
    """Forget files that were uploaded before a moment and made no import.

    Emits:
        nothing
    """
    await uow.execute(
        "delete from import_part p where stored_at < $1 and not exists (select 1 from import i where i.id = p.import_id)",
        before,
    )


async def receive_import(
    uow: UnitOfWork, import_id: UUID, command: ImportRequest, *, actor: Actor, origin: Origin
) -> Receipt:
    """Take a file in whose parts are stored; a worker does the rest.

    Emits:
        nothing; its rows do.

    Raises:
        ElectionUnknown: there is no such election.
    """
    await load_frame(uow, origin.election)
    (row,) = await uow.fetch(
        """insert into import (id, election, kind, media_type, dry_run, sha256, size_bytes, source, state, cursor, rows_read,
                               created, changed, unchanged, rejected, with_findings, actor, grants, rehearsal, received_at,
                               client, scopes, tries)
           values ($1, $2, $3, $4, $5, $6, $7, $8, 'received', 0, 0, 0, 0, 0, 0, 0, $9, $10, $11, $12, $13, $14, 0)
           returning *""",
        *(
            import_id,
            origin.election,
            command.kind.value,
            command.media_type,
            command.dry_run,
            command.sha256,
        ),
        *(
            command.size_bytes,
            command.source,
            origin.actor,
            list(actor.regions),
            origin.rehearsal,
            origin.now,
        ),
        *(actor.client, sorted(actor.scopes)),
    )
    out: ImportOut = import_out(row)
    voters = "/voters" if command.kind is ImportKind.VOTERS else ""
    return Receipt(out, location=f"/v1/elections/{origin.election}{voters}/imports/{import_id}", status=202)


_CLAIM = """
update import set state = 'running', worker = $1, lease_until = $3, tries = tries + 1
where id = (select id from import where state in ('received', 'running') and (lease_until is null or lease_until < $2)
            order by received_at, id limit 1 for update skip locked)
returning *
"""


async def claim_import(
    uow: UnitOfWork, *, worker: UUID, at: datetime, lease_until: datetime
) -> ImportJob | None:
    """Take the oldest import that nobody works on, or None.

    Args:
        worker: who takes it.
        at: the machine's time; a lease that ended before it is free.
        lease_until: until when it is held.

    Emits:
        nothing
    """
    rows = await uow.fetch(_CLAIM, worker, at, lease_until)
    return _job(rows[0]) if rows else None


def _job(row: Row) -> ImportJob:
    terms = ImportTerms(ImportKind(row["kind"]), row["source"], _sender(row), row["dry_run"], row["id"])
    return ImportJob(
        import_id=row["id"],
        election=row["election"],
        media_type=cast(MediaType, row["media_type"]),
        terms=terms,
        actor=row["actor"],
        rehearsal=row["rehearsal"],
        cursor=row["cursor"],
        tries=row["tries"],
    )


def _sender(row: Row) -> Actor:
    """Return who sent an import, as far as its rows are judged by it: who, through what, with what and where."""
    return Actor(
        subject=row["actor"],
        person=None if row["actor"].startswith("client:") else row["actor"],
        client=row["client"],
        acting_client=None,
        device=None,
        roles=frozenset(),
        scopes=frozenset(row["scopes"]),
        regions=tuple(row["grants"]),
        election=row["election"],
    )


async def keep_lease(uow: UnitOfWork, import_id: UUID, *, worker: UUID, lease_until: datetime | None) -> None:
    """Hold an import for longer, or let it go (None).

    Emits:
        nothing
    """
    await uow.execute(
        "update import set lease_until = $3 where id = $1 and worker = $2 and state = 'running'",
        *(import_id, worker, lease_until),
    )


async def import_chunk(
    uow: UnitOfWork,
    job: ImportJob,
    raws: Sequence[RawRow],
    *,
    repeated: frozenset[int],
    behind: int,
    worker: UUID,
    keys: SealingKeys | None,
    origin: Origin,
) -> None:
    """Take some rows of an import in and move its cursor behind them, in one transaction.

    Args:
        raws: rows of the file, in order.
        repeated: numbers of rows whose thing a row before was about.
        behind: the cursor that these rows follow.
        keys: what voters are sealed with, where there are any.

    Emits:
        what its rows emit.

    Raises:
        LostLeaseError: somebody else works on it, or did these rows already.
    """
    rows = await uow.fetch("select worker, cursor, state from import where id = $1 for update", job.import_id)
    if not rows or (rows[0]["worker"], rows[0]["cursor"], rows[0]["state"]) != (worker, behind, "running"):
        raise LostLeaseError
    results = await apply_rows(
        uow,
        raws,
        job.terms,
        repeated=repeated,
        keys=keys,
        origin=origin,
        apply=PLACES.get(job.terms.kind),
    )
    counts = [sum(done.outcome is each for done in results) for each in (*Outcome, None)]
    await uow.execute(
        """update import set cursor = $2, rows_read = rows_read + $3, created = created + $4, changed = changed + $5,
               unchanged = unchanged + $6, rejected = rejected + $7, with_findings = with_findings + $8, tries = 0
           where id = $1""",
        *(job.import_id, raws[-1].row, len(results), *counts),
        sum(bool(done.outcome and done.reasons) for done in results),
    )
    told = [done for done in results if done.reasons]
    if told:
        await uow.execute(
            """insert into import_row (import_id, "row", status, reasons)
               select $1, u.* from unnest($2::int[], $3::text[], $4::jsonb[]) u""",
            job.import_id,
            [done.row for done in told],
            ["accepted" if done.outcome else "rejected" for done in told],
            [_reasons(done) for done in told],
        )


def _reasons(done: RowDone) -> str:
    return json.dumps([_reason(each) for each in done.reasons])


def _reason(misfit: Misfit) -> dict[str, str]:
    return {
        "field": misfit.pointer,
        "code": misfit.code,
        "detail": misfit.detail,
        "detail_id": misfit.detail_id or in_indonesian(misfit.code),
    }


async def end_import(
    uow: UnitOfWork, import_id: UUID, *, worker: UUID, failure: Misfit | None, now: datetime
) -> None:
    """End an import, well or not, and forget its file; the rows that it took in stay.

    Emits:
        nothing
    """
    tag = await uow.execute(
        """update import set state = $3, failure = $4::jsonb, finished_at = $5, worker = null, lease_until = null
           where id = $1 and worker = $2 and state = 'running'""",
        *(import_id, worker, "failed" if failure else "done"),
        json.dumps(_reason(failure)) if failure else None,
        now,
    )
    if tag != "UPDATE 1":
        raise LostLeaseError
    await drop_parts(uow, import_id)
