"""The routes by which a service takes a batch of mixed commands in, and tells of those that clash."""

from re import Pattern
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from chassis.actor import Actor
from chassis.conflicts import (
    CommandConflicts,
    conflicts,
    settle_conflict,
)
from chassis.idempotency import OnceDep
from chassis.identity import permission
from chassis.reading import ReaderDep
from chassis.sync_items import Outbox, field_commands
from chassis.sync_shapes import PREFIX, SentBatch, SettlementIn, SyncResults
from contracts.access import Scope as Allowed
from contracts.vocabulary import ElectionId


def sync_routes(service: str) -> APIRouter:
    """Return the routes by which a service takes a batch of mixed commands in, and tells of those that clash.

    They are in no service's document: the public ones are the gateway's.
    """
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    paths: dict[str, Pattern[str]] = {}

    @router.post("/sync:batch")
    async def take_commands(
        request: Request,
        election: ElectionId,
        body: SentBatch,
        sender: Annotated[Actor, Depends(permission(Allowed.EVENTS_PUBLIC))],
    ) -> SyncResults:
        if not paths:
            paths.update(field_commands(request.app))
        outbox = Outbox(request, sender, election=election, device=body.device, paths=paths)
        return SyncResults(items=await outbox.take_all(body.items))

    @router.get("/sync/conflicts")
    async def list_conflicts(
        election: ElectionId,
        settler: Annotated[Actor, Depends(permission(Allowed.CONFLICTS_SETTLE))],
        read: ReaderDep,
        *,
        settled: bool = False,
    ) -> CommandConflicts:
        whole = Allowed.EVENTS_RESTRICTED in settler.scopes
        found = await conflicts(
            read, service=service, election=election, actor=settler, settled=settled, whole=whole
        )
        return CommandConflicts(items=found)

    @router.post("/sync/conflicts/{conflict_id}/settlements")
    async def settle(
        *,
        election: ElectionId,
        conflict_id: UUID,
        body: SettlementIn,
        settler: Annotated[Actor, Depends(permission(Allowed.CONFLICTS_SETTLE, person=True))],
        once: OnceDep,
    ) -> object:
        return await once(
            settler,
            lambda uow, origin: settle_conflict(
                uow,
                conflict_id,
                service=service,
                decision=body.decision,
                reason=body.reason,
                actor=settler,
                origin=origin,
            ),
            election=election,
            body=body,
        )

    _ = take_commands, list_conflicts, settle
    return router
