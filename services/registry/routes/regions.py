"""Routes of the nation's regions."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from chassis.conditional import etag_of, not_modified
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.vocabulary import RegionCode
from services.registry.queries import regions as queries
from services.registry.routes.doors import Reader
from services.registry.schemas.regions import RegionChildren, RegionCodeOut, RegionFacts

GEOJSON = "application/geo+json"
ListName = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9-]{1,39}$", description="`kemendagri` is the desk's own; `bps` …")
]
ForeignCode = Annotated[str, Path(pattern=r"^[0-9][0-9.]{0,14}$")]

codes_router = APIRouter(
    prefix="/v1/region-codes", tags=["regions"], dependencies=[Depends(known_parameters_only)]
)
router = APIRouter(prefix="/v1/regions", tags=["regions"], dependencies=[Depends(known_parameters_only)])


@router.get("")
async def list_provinces(reader: Reader) -> RegionChildren:
    """Show the provinces."""
    return queries.region_children(None)


@router.get("/{code}")
async def read_region(code: RegionCode, reader: Reader, read: ReaderDep, response: Response) -> RegionFacts:
    """Show a region: name, level, time zone, and a point where one is known; a former code shows what it became."""
    out = await queries.region(read, code)
    response.headers["Content-Location"] = f"/v1/regions/{out.code}"
    return out


@router.get(
    "/{code}/boundary",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
async def read_region_boundary(
    request: Request, code: RegionCode, reader: Reader, read: ReaderDep
) -> Response:
    """Show the boundary of a region as a GeoJSON feature, packed where the caller takes it so."""
    version, content = await queries.boundary(read, code)
    # Weak: the same boundary, whether it goes out packed or not.
    headers = {"ETag": f"W/{etag_of(version)}", "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if not_modified(request, etag_of(version)):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=GEOJSON, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(content), media_type=GEOJSON, headers=headers)


@router.get("/{code}/children")
async def list_region_children(code: RegionCode, reader: Reader) -> RegionChildren:
    """Show the regions directly under one."""
    return queries.region_children(code)


@codes_router.get("/{of_list}/{code}")
async def read_region_code(
    of_list: ListName, code: ForeignCode, reader: Reader, read: ReaderDep
) -> RegionCodeOut:
    """Show what a code is: in use, a former one, one of another list with its successors, or unknown."""
    return await queries.region_code(read, of_list=of_list, code=code)
