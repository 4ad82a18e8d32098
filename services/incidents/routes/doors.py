"""Who may call: the permissions that several routes ask for."""

from typing import Annotated

from fastapi import Depends

from chassis.actor import Actor
from chassis.identity import permission
from contracts.access import Scope

Reporter = Annotated[Actor, Depends(permission(Scope.INCIDENTS_REPORT))]
Handler = Annotated[Actor, Depends(permission(Scope.INCIDENTS_HANDLE))]
Reader = Annotated[Actor, Depends(permission(Scope.INCIDENTS_READ))]
