"""Routes of the list of voters: the commission brings it as a file, and sees what became of its rows; nobody reads it out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.actor import Actor
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.vocabulary import ElectionId
from services.registry.queries import imports as queries
from services.registry.routes.doors import note_list
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
    prefix="/v1/elections/{election}/voters/imports",
    tags=["voters"],
    dependencies=[Depends(known_parameters_only), Depends(note_list)],
)

Keeper = Annotated[Actor, Depends(permission(Scope.VOTERS_WRITE))]
_FILE = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": _FILE,
            "example": (
                "nik,name,sex,birth_date,tps_code,kind\n"
                "9971064508900001,Pemilih Contoh (gladi),P,1990-08-05,32.71.06.1002.028,dpt\n"
            ),
        },
        XLSX: {"schema": _FILE},
        "application/x-ndjson": {
            "schema": _FILE,
            "example": (
                '{"nik": "9971064508900001", "name": "Pemilih Contoh (gladi)", "sex": "woman", '
                '"birth_date": "1990-08-05", "tps_code": "32.71.06.1002.028", "kind": "dpt"}\n'
            ),
        },
    },
}


@router.post("", status_code=202, response_model=ImportOut, openapi_extra={"requestBody": _BODY})
async def start_voter_import(
    request: Request,
    election: ElectionId,
    keeper: Keeper,
    once: OnceDep,
    source: SaidBy,
    dry_run: DryRun = False,  # noqa: FBT002 - a query's flag
) -> Response:
    """Send a list of voters (CSV, NDJSON, or XLSX whose NIK are text); it is taken in in the background."""
    return await receive_file(
        request,
        keeper,
        once,
        election=election,
        kind=ImportKind.VOTERS,
        source=source,
        dry_run=dry_run,
        media_type=media_type_of(request),
    )


@router.get("/{import_id}")
async def read_voter_import(
    election: ElectionId, import_id: UUID, keeper: Keeper, read: ReaderDep
) -> ImportOut:
    """Show how far the import of a list is, and what it came to."""
    return await queries.import_of(
        read,
        election=election,
        import_id=import_id,
        reader=keeper.pseudonym,
        regions=keeper.regions,
        voters=True,
    )


@router.get("/{import_id}/rows")
async def list_voter_import_rows(
    request: Request,
    election: ElectionId,
    import_id: UUID,
    keeper: Keeper,
    read: ReaderDep,
    status: OfStatus = None,
    limit: Limit = 100,
    cursor: RowCursor = None,
) -> ImportRows:
    """Show the rows that have something to tell: their numbers and why, and nothing that they hold."""
    await queries.import_of(
        read,
        election=election,
        import_id=import_id,
        reader=keeper.pseudonym,
        regions=keeper.regions,
        voters=True,
    )
    return await rows_told(request, read, import_id, status=status, limit=limit, cursor=cursor)
