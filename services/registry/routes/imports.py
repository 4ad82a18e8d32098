"""Routes of imports. The body is the file itself."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import Actor
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.problems import FieldError, InvalidPayload, ScopeMissing
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from services.registry.queries import imports as queries
from services.registry.routes.doors import Agency
from services.registry.routes.uploads import (
    XLSX,
    DryRun,
    Limit,
    OfStatus,
    RowCursor,
    SaidBy,
    media_type_of,
    receive_file,
    rows_told,
)
from services.registry.schemas.imports import ImportKind, ImportOut, ImportRows

router = APIRouter(
    prefix="/v1/elections/{election}/imports",
    tags=["imports"],
    dependencies=[Depends(known_parameters_only)],
)

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
        XLSX: {"schema": _FILE},
        "application/x-ndjson": {
            "schema": _FILE,
            "example": (
                '{"tps_code": "32.71.06.1002.028", "place": "SDN Contoh 1", "address": "Jalan Contoh 1, Kebon Pedes"}\n'
            ),
        },
    },
}
"""What stands in a document; a spreadsheet cannot be shown in one."""

_NEEDED_TOO = {ImportKind.TPS: Scope.REGISTRY_WRITE, ImportKind.SCREENINGS: Scope.HEALTH_SCREEN}
"""Scopes that a kind needs beside that of imports."""


@router.post("", status_code=202, response_model=ImportOut, openapi_extra={"requestBody": _BODY})
async def start_import(
    request: Request,
    election: ElectionId,
    agency: Agency,
    once: OnceDep,
    kind: Annotated[ImportKind, Query(description="What the rows are; `voters` have a route of their own.")],
    source: SaidBy,
    dry_run: DryRun = False,  # noqa: FBT002 - a query's flag
) -> Response:
    """Send a file of rows (CSV, XLSX or NDJSON by Content-Type); they are taken in in the background."""
    media_type = media_type_of(request)
    needed = _NEEDED_TOO.get(kind)
    if needed is not None and needed not in agency.scopes:
        raise ScopeMissing(
            f"This kind needs the scope {needed.value}.",
            detail_id=f"Jenis ini memerlukan cakupan {needed.value}.",
        )
    if kind is ImportKind.VOTERS:
        told = ("Send it to /voters/imports.", "Kirimkan ke /voters/imports.")
        raise InvalidPayload(
            "A list of voters has a route of its own.",
            detail_id="Daftar pemilih memiliki alamat sendiri.",
            errors=[FieldError("query:kind", "other-route", *told)],
        )
    return await receive_file(
        request,
        agency,
        once,
        election=election,
        kind=kind,
        source=source,
        dry_run=dry_run,
        media_type=media_type,
    )


def _reader(agency: Actor) -> str | None:
    return None if Scope.REGISTRY_WRITE in agency.scopes else agency.pseudonym


@router.get("/{import_id}")
async def read_import(election: ElectionId, import_id: UUID, agency: Agency, read: ReaderDep) -> ImportOut:
    """Show how far an import is, and what it came to."""
    return await queries.import_of(
        read, election=election, import_id=import_id, reader=_reader(agency), voters=False
    )


@router.get("/{import_id}/rows")
async def list_import_rows(
    request: Request,
    election: ElectionId,
    import_id: UUID,
    agency: Agency,
    read: ReaderDep,
    status: OfStatus = None,
    limit: Limit = 100,
    cursor: RowCursor = None,
) -> ImportRows:
    """Show the rows that have something to tell: their numbers and why."""
    await queries.import_of(
        read, election=election, import_id=import_id, reader=_reader(agency), voters=False
    )
    return await rows_told(request, read, import_id, status=status, limit=limit, cursor=cursor)
