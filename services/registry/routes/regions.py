"""Routes of the nation's regions."""

from fastapi import APIRouter, Depends

from chassis.pagination import known_parameters_only
from contracts.vocabulary import RegionCode
from services.registry.queries import regions as queries
from services.registry.routes.doors import Reader
from services.registry.schemas.regions import RegionChildren, RegionFacts

router = APIRouter(prefix="/v1/regions", tags=["regions"], dependencies=[Depends(known_parameters_only)])


@router.get("")
async def list_provinces(reader: Reader) -> RegionChildren:
    """Show the provinces."""
    return queries.region_children(None)


@router.get("/{code}")
async def read_region(code: RegionCode, reader: Reader) -> RegionFacts:
    """Show a region: name, level, time zone, and a point where one is known."""
    return queries.region(code)


@router.get("/{code}/children")
async def list_region_children(code: RegionCode, reader: Reader) -> RegionChildren:
    """Show the regions directly under one."""
    return queries.region_children(code)
