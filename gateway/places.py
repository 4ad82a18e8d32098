"""Which place a question is about, and whether its caller may ask about it: a region, the nation `*`, a group of regions."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from chassis.actor import Actor, RegionGroups, region_not_covered, require_region
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from chassis.problems import InvalidParameter, NotFound
from contracts.access import GROUP_PREFIX, NATION, Scope, place_code

Follower = Annotated[Actor, Depends(permission(Scope.EVENTS_PUBLIC))]
RegionQuery = Annotated[
    str | None,
    Query(
        max_length=70,
        description="Code of a region or a TPS, or `group:<name>`; default: all regions of the token.",
    ),
]


@dataclass(frozen=True, slots=True)
class Place:
    """What a question is about.

    Attributes:
        code: as it was asked for: a region's code, `*`, or a group's name with `group:`.
        regions: that region alone, or the regions of the group, none of which lies in another.
    """

    code: str
    regions: tuple[str, ...]

    @property
    def is_group(self) -> bool:
        """Say whether it is a named group of regions."""
        return self.code.startswith(GROUP_PREFIX)


async def _place_in_path(request: Request, follower: Follower) -> Place:
    groups: RegionGroups = request.app.state.groups
    place = place_of(follower, request.path_params["code"], groups=groups)
    await known_parameters_only(request)
    return place


PlaceInPath = Annotated[Place, Depends(_place_in_path)]
"""The place that the path names as `code`; its caller may see it."""


def place_of(actor: Actor, code: str, *, groups: RegionGroups) -> Place:
    """Return the place of a code, where the caller may see it; judged before anything is looked up.

    Raises:
        NotFound: the code names no place, by its shape.
        RegionNotCovered: the caller's regions do not cover it, or there is no such group.
    """
    if code == NATION:
        if NATION not in actor.regions:
            raise region_not_covered()
        return Place(code, (NATION,))
    if code.startswith(GROUP_PREFIX):
        return Place(code, _members(actor, code, groups))
    place = place_code(code)
    if place is None or place.count(".") > 3:
        raise NotFound("The path does not name a region.", detail_id="Alamat ini tidak menyebut wilayah.")
    require_region(actor, place)
    return Place(place, (place,))


def regions_of(actor: Actor, region: str | None, *, groups: RegionGroups) -> tuple[str, ...]:
    """Return the regions that a list, a feed or a stream covers: those that were asked for, else all of the caller's.

    Raises:
        InvalidParameter: `region` is no code of a region or a TPS, and no group.
        RegionNotCovered: the caller's regions do not cover it, or there is no such group.
    """
    if region is None:
        return actor.regions
    if region == NATION or region.startswith(GROUP_PREFIX):
        return place_of(actor, region, groups=groups).regions
    code = place_code(region)
    if code is None:
        raise InvalidParameter(
            "region is a code such as 32.71.", detail_id="region berupa kode seperti 32.71."
        )
    require_region(actor, code)
    return (code,)


def _members(actor: Actor, group: str, groups: RegionGroups) -> tuple[str, ...]:
    """Return the regions of a group; one that is unknown looks like one that is not covered."""
    found = groups.members(group)
    if not found or any(actor.granted_region(region) is None for region in found):
        raise region_not_covered()
    return found
