"""Who may call: the permissions that several routes ask for."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends

from chassis.actor import Actor
from chassis.identity import permission
from contracts.access import Scope

Reader = Annotated[Actor, Depends(permission(Scope.REGISTRY_READ))]
TpsReader = Annotated[Actor, Depends(permission(Scope.REGISTRY_READ, region_param="code"))]
TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE, region_param="code"))]
Agency = Annotated[Actor, Depends(permission(Scope.REGISTRY_IMPORT))]
TpsAgency = Annotated[Actor, Depends(permission(Scope.REGISTRY_IMPORT, region_param="code"))]
Admin = Annotated[Actor, Depends(permission(Scope.DESK_ADMIN))]


def may_touch(actor: Actor) -> Callable[[str], bool]:
    """Return what says whether a caller's regions cover a place that is only known once it was looked up."""
    return lambda code: actor.granted_region(code) is not None
