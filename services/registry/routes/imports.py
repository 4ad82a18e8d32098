"""Routes of imports. The body is the file itself, stored in parts while it comes in, so that its size costs no memory."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from uuid_utils.compat import uuid7

from chassis.actor import Actor
from chassis.clock import DeskClock, wall_now
from chassis.database import Database
from chassis.idempotency import REPLAYED, OnceDep
from chassis.pagination import decode_cursor, known_parameters_only
from chassis.problems import FieldError, InvalidPayload, ScopeMissing, UnsupportedMediaType
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import Channel, ElectionId
from services.registry.commands import imports as commands
from services.registry.queries import imports as queries
from services.registry.routes.doors import Agency
from services.registry.schemas.imports import (
    ImportKind,
    ImportOut,
    ImportRequest,
    ImportRows,
    MediaType,
    RowStatus,
)
from services.registry.schemas.shapes import Source

router = APIRouter(
    prefix="/v1/elections/{election}/imports",
    tags=["imports"],
    dependencies=[Depends(known_parameters_only)],
)

MEDIA_TYPES: dict[str, MediaType] = {
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
PART_BYTES = 1_000_000
_FILE = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": _FILE,
            "example": (
                "tps_code,place,address,dpt_men,dpt_women\n"
                '32.71.06.1002.028,SDN Contoh 1,"Jalan Contoh 1, Kebon Pedes",250,283\n'
            ),
        },
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"schema": _FILE},
        "application/x-ndjson": {
            "schema": _FILE,
            "example": (
                '{"tps_code": "32.71.06.1002.028", "place": "SDN Contoh 1", "address": "Jalan Contoh 1, Kebon Pedes"}\n'
            ),
        },
    },
}
"""What stands in a document; a spreadsheet cannot be shown in one."""


@router.post("", status_code=202, response_model=ImportOut, openapi_extra={"requestBody": _BODY})
async def start_import(
    request: Request,
    election: ElectionId,
    agency: Agency,
    once: OnceDep,
    kind: ImportKind,
    source: Annotated[
        Source,
        Query(description="Who says what the rows say; a `source` column goes before it."),
    ],
    dry_run: Annotated[bool, Query(description="Judge every row, change nothing.")] = False,  # noqa: FBT002 - a query's flag
) -> Response:
    """Send a file of rows (CSV, XLSX or NDJSON by Content-Type); they are taken in in the background."""
    media_type = _media_type(request)
    if kind is ImportKind.TPS and Scope.REGISTRY_WRITE not in agency.scopes:
        raise ScopeMissing(
            f"This kind needs the scope {Scope.REGISTRY_WRITE.value}.",
            detail_id=f"Jenis ini memerlukan cakupan {Scope.REGISTRY_WRITE.value}.",
        )
    import_id: UUID = uuid7()
    stored = await _store(request, import_id)
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
            agency,
            lambda uow, origin: commands.receive_import(
                uow, import_id, command, grants=agency.regions, origin=origin
            ),
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


def _media_type(request: Request) -> MediaType:
    name = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in MEDIA_TYPES:
        raise UnsupportedMediaType(
            f"Send one of: {', '.join(MEDIA_TYPES)}.",
            detail_id=f"Kirimkan salah satu dari: {', '.join(MEDIA_TYPES)}.",
        )
    return MEDIA_TYPES[name]


async def _store(request: Request, import_id: UUID) -> tuple[str, int]:
    """Store the body in parts, each a transaction of its own, and return its hash and size in bytes."""
    database: Database = request.app.state.database
    digest, size_bytes, number = hashlib.sha256(), 0, 0
    async for part in _parts(request):
        digest.update(part)
        size_bytes += len(part)
        async with database.transaction() as uow:
            await commands.store_part(uow, import_id, number, content=part, stored_at=wall_now())
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
    async with database.transaction() as uow:
        await commands.drop_parts(uow, import_id)


def _reader(agency: Actor) -> str | None:
    return None if Scope.REGISTRY_WRITE in agency.scopes else agency.pseudonym


@router.get("/{import_id}")
async def read_import(election: ElectionId, import_id: UUID, agency: Agency, read: ReaderDep) -> ImportOut:
    """Show how far an import is, and what it came to."""
    return await queries.import_of(read, election=election, import_id=import_id, reader=_reader(agency))


@router.get("/{import_id}/rows")
async def list_import_rows(
    request: Request,
    election: ElectionId,
    import_id: UUID,
    agency: Agency,
    read: ReaderDep,
    status: Annotated[
        RowStatus | None, Query(description="Refused rows, or those taken with findings.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> ImportRows:
    """Show the rows that have something to tell: their numbers and why."""
    await queries.import_of(read, election=election, import_id=import_id, reader=_reader(agency))
    clock: DeskClock = request.app.state.clock
    start = decode_cursor(cursor, listing=queries.LISTING, kinds=(int,)) if cursor else None
    return await queries.import_rows(
        read, import_id, status=status, limit=limit, start=start, now=clock.now()
    )
