"""Routes of imports. The body is the file itself."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.actor import Actor
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.problems import FieldError, InvalidPayload, ScopeMissing, UnsupportedMediaType
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
from services.registry.schemas.imports import PURPOSES, ImportKind, ImportOut, ImportRows, MediaType

router = APIRouter(
    prefix="/v1/elections/{election}/imports",
    tags=["imports"],
    dependencies=[Depends(known_parameters_only)],
)

GEOJSON = "application/geo+json"
_ELSEWHERE = {ImportKind.VOTERS: "/voters/imports", ImportKind.RISK_LAYER: "/risk-layers/imports"}
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
        GEOJSON: {
            "schema": {"type": "object"},
            "example": {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"kode": "32.71.06.1002", "nama": "Kebon Pedes"},
                        "geometry": {
                            "type": "Polygon",
                            "coordinates": [
                                [[106.79, -6.57], [106.8, -6.57], [106.8, -6.56], [106.79, -6.57]]
                            ],
                        },
                    }
                ],
            },
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
    kind: Annotated[
        ImportKind,
        Query(description="What the rows are; `voters` and `risk_layer` have routes of their own."),
    ],
    source: SaidBy,
    dry_run: DryRun = False,  # noqa: FBT002 - a query's flag
) -> Response:
    """Send a file of rows (CSV, XLSX, NDJSON; boundaries as GeoJSON); they are taken in in the background."""
    media_type = _media_type(request, kind)
    # What everything else stands on, and health, are not every agency's.
    beside = PURPOSES[kind] - {Scope.REGISTRY_IMPORT} - agency.scopes
    if beside and kind not in _ELSEWHERE:
        named = ", ".join(sorted(beside))
        raise ScopeMissing(
            f"This kind needs the scope {named}.", detail_id=f"Jenis ini memerlukan cakupan {named}."
        )
    if kind in _ELSEWHERE:
        path = _ELSEWHERE[kind]
        told = (f"Send it to {path}.", f"Kirimkan ke {path}.")
        raise InvalidPayload(
            "This kind has a route of its own.",
            detail_id="Jenis ini memiliki alamat sendiri.",
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


def _media_type(request: Request, kind: ImportKind) -> MediaType:
    """Return what kind of file a request brings: boundaries are GeoJSON, everything else is a table.

    Raises:
        UnsupportedMediaType: it is none that is taken.
    """
    if kind is not ImportKind.BOUNDARIES:
        return media_type_of(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != GEOJSON:
        raise UnsupportedMediaType(f"Send {GEOJSON}.", detail_id=f"Kirimkan {GEOJSON}.")
    return "geojson"


def _reader(agency: Actor) -> str | None:
    return None if Scope.REGISTRY_WRITE in agency.scopes else agency.pseudonym


@router.get("/{import_id}")
async def read_import(election: ElectionId, import_id: UUID, agency: Agency, read: ReaderDep) -> ImportOut:
    """Show how far an import is, and what it came to."""
    return await queries.import_of(
        read,
        election=election,
        import_id=import_id,
        reader=_reader(agency),
        regions=agency.regions,
        voters=False,
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
        read,
        election=election,
        import_id=import_id,
        reader=_reader(agency),
        regions=agency.regions,
        voters=False,
    )
    return await rows_told(request, read, import_id, status=status, limit=limit, cursor=cursor)
