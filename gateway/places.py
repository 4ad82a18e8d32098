"""Which region a question is about, and whether its caller may ask about it; the nation is `*`."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.actor import Actor, region_not_covered, require_region
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from chassis.problems import InvalidParameter, NotFound
from contracts.access import NATION, Scope, place_code

_NATION_ALONE = (NATION,)
Follower = Annotated[Actor, Depends(permission(Scope.EVENTS_PUBLIC))]


async def _region_in_path(request: Request, follower: Follower) -> Actor:
    require_place(follower, request.path_params["code"])
    await known_parameters_only(request)
    return follower


SeesRegion = Annotated[Actor, Depends(_region_in_path)]
"""A caller who may see the region that the path names as `code`."""


def require_place(actor: Actor, code: str) -> None:
    """Let a caller in who may see a region or the nation; judged before anything is looked up.

    Raises:
        NotFound: the path names no region at all, by its shape.
        RegionNotCovered: none of the caller's regions covers it.
    """
    if code == NATION:
        if NATION not in actor.regions:
            raise region_not_covered()
        return
    place = place_code(code)
    if place is None or place.count(".") > 3:
        raise NotFound("The path does not name a region.", detail_id="Alamat ini tidak menyebut wilayah.")
    require_region(actor, place)


def regions_of(actor: Actor, region: str | None) -> tuple[str, ...]:
    """Return the regions that a list covers: the one that was asked for, else all of the caller's.

    Raises:
        InvalidParameter: `region` is no code of a region or a TPS.
        RegionNotCovered: none of the caller's regions covers it.
    """
    if region is None:
        return actor.regions
    if region == NATION:
        require_place(actor, region)
        return _NATION_ALONE
    code = place_code(region)
    if code is None:
        raise InvalidParameter(
            "region is a code such as 32.71.", detail_id="region berupa kode seperti 32.71."
        )
    require_region(actor, code)
    return (code,)
