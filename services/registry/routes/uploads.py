"""Files on their way in: stored in parts while they come, so that their size costs no memory, then handed to the worker."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.clock import DeskClock, wall_now
from chassis.database import Database
from chassis.idempotency import REPLAYED, Once
from chassis.pagination import decode_cursor
from chassis.problems import FieldError, InvalidPayload, UnsupportedMediaType
from chassis.reading import ReaderDep
from chassis.row_security import EVERYWHERE
from chassis.sealing import SealingKeys
from contracts.vocabulary import Channel
from services.registry.commands import imports as commands
from services.registry.queries import imports as queries
from services.registry.schemas.imports import ImportKind, ImportRequest, ImportRows, MediaType, RowStatus
from services.registry.schemas.shapes import Source
from services.registry.tables.voters import unavailable

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES: dict[str, MediaType] = {
    "text/csv": "csv",
    XLSX: "xlsx",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
PART_BYTES = 1_000_000

SaidBy = Annotated[
    Source,
    Query(description="Who says what the rows say; a `source` column goes before it."),
]
OfStatus = Annotated[RowStatus | None, Query(description="Refused rows, or those taken with findings.")]
Limit = Annotated[int, Query(ge=1, le=500)]
RowCursor = Annotated[str | None, Query(max_length=1_000)]
DryRun = Annotated[bool, Query(description="Judge every row, change nothing.")]


def media_type_of(request: Request) -> MediaType:
    """Return what kind of file a request brings.

    Raises:
        UnsupportedMediaType: it is none that is taken.
    """
    name = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in MEDIA_TYPES:
        taken = ", ".join(MEDIA_TYPES)
        raise UnsupportedMediaType(f"Send one of: {taken}.", detail_id=f"Kirimkan salah satu dari: {taken}.")
    return MEDIA_TYPES[name]


async def receive_file(
    request: Request,
    actor: Actor,
    once: Once,
    *,
    election: str,
    kind: ImportKind,
    source: str,
    dry_run: bool,
    media_type: MediaType,
) -> Response:
    """Store the body, make an import of it, and wake the worker.

    Whatever it is, it is sealed before it is stored where there are keys: anybody may send a file of the wrong kind, and what a
    database has written once stays in its log after the row is gone. A list of voters is not stored without.

    Raises:
        InvalidPayload: the file is empty.
        VotersUnavailable: it is a list of voters, and there are no keys.
    """
    keys: SealingKeys | None = request.app.state.voter_keys
    if kind is ImportKind.VOTERS and keys is None:
        raise unavailable()
    import_id: UUID = uuid7()
    stored = await _store(request, import_id, keys, secret=kind is ImportKind.VOTERS)
    command = ImportRequest(
        kind=kind,
        dry_run=dry_run,
        source=source,
        media_type=media_type,
        sha256=stored[0],
        size_bytes=stored[1],
    )
    kept = False
    try:
        answer = await once(
            actor,
            lambda uow, origin: commands.receive_import(uow, import_id, command, actor=actor, origin=origin),
            election=election,
            channel=Channel.IMPORT,
            body=command,
        )
        kept = answer.status_code == 202 and REPLAYED not in answer.headers
    finally:
        if not kept:
            await _forget(request, import_id)
    wake_worker: Callable[[], None] = request.app.state.wake_import_worker
    wake_worker()
    return answer


async def _store(
    request: Request, import_id: UUID, keys: SealingKeys | None, *, secret: bool
) -> tuple[str, int]:
    """Store the body in parts, each a transaction of its own, and return its hash and size in bytes.

    Args:
        keys: what the parts are sealed with, where there are any.
        secret: whether the hash must not tell whether a file is the one that somebody has.
    """
    database: Database = request.app.state.database
    digest = keys.hasher() if secret and keys is not None else hashlib.sha256()
    size_bytes, number = 0, 0
    async for part in _parts(request):
        digest.update(part)
        size_bytes += len(part)
        content = part if keys is None else keys.seal(part, bound_to=commands.place_of(import_id, number))
        stored = commands.StoredPart(content, keys is not None)
        async with database.transaction(EVERYWHERE) as uow:  # the parts of a file are the worker's alone
            await commands.store_part(uow, import_id, number, part=stored, stored_at=wall_now())
        number += 1
    if not size_bytes:
        raise InvalidPayload(
            "The file is empty.",
            detail_id="Berkas kosong.",
            errors=[FieldError("", "empty", "There is no body.", "Tidak ada isi.")],
        )
    return digest.hexdigest(), size_bytes


async def _parts(request: Request) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for piece in request.stream():
        waiting += piece
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)


async def _forget(request: Request, import_id: UUID) -> None:
    database: Database = request.app.state.database
    async with database.transaction(EVERYWHERE) as uow:
        await commands.drop_parts(uow, import_id)


async def rows_told(
    request: Request,
    read: ReaderDep,
    import_id: UUID,
    *,
    status: RowStatus | None,
    limit: int,
    cursor: str | None,
) -> ImportRows:
    """Return a page of the rows that have something to tell; whether the caller may see the import was judged before."""
    clock: DeskClock = request.app.state.clock
    start = decode_cursor(cursor, listing=queries.LISTING, kinds=(int,)) if cursor else None
    return await queries.import_rows(
        read, import_id, status=status, limit=limit, start=start, now=clock.now()
    )
