"""Who may call: the permissions that several routes ask for."""

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
