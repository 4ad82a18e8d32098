"""Who may call: the permissions that several routes ask for."""

from typing import Annotated

from fastapi import Depends

from chassis.actor import Actor
from chassis.identity import permission
from contracts.access import Scope

Keeper = Annotated[Actor, Depends(permission(Scope.LOGISTICS_WRITE))]
Settler = Annotated[Actor, Depends(permission(Scope.LOGISTICS_WRITE, person=True))]
Scanner = Annotated[Actor, Depends(permission(Scope.LOGISTICS_SCAN))]
Reader = Annotated[Actor, Depends(permission(Scope.LOGISTICS_READ))]
