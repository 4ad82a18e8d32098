"""Who may call: the permissions that several routes ask for, and how far a caller's own rights reach."""

from typing import Annotated

from fastapi import Depends, Query, Request

from chassis.access_trail import Trail
from chassis.actor import Actor
from chassis.database import Database
from chassis.identity import caller, permission
from chassis.pagination import CursorValue, decode_cursor
from chassis.row_security import NOWHERE
from contracts.access import NATION, Scope
from services.registry.rules.grants import Reach
from services.registry.schemas.access import RightsIn

Reader = Annotated[Actor, Depends(permission(Scope.REGISTRY_READ))]
TpsReader = Annotated[Actor, Depends(permission(Scope.REGISTRY_READ, region_param="code"))]
TpsWriter = Annotated[Actor, Depends(permission(Scope.REGISTRY_WRITE, region_param="code"))]
Agency = Annotated[Actor, Depends(permission(Scope.REGISTRY_IMPORT))]
TpsAgency = Annotated[Actor, Depends(permission(Scope.REGISTRY_IMPORT, region_param="code"))]
Admin = Annotated[Actor, Depends(permission(Scope.DESK_ADMIN))]
RowLimit = Annotated[int, Query(ge=1, le=500, description="Items on a page.")]
RowCursor = Annotated[str | None, Query(max_length=1_000, description="`next_cursor` of the page before.")]


def page_start(cursor: str | None, *, listing: str) -> tuple[CursorValue, ...] | None:
    """Return the key after which a page of names starts, None for the first one.

    Raises:
        CursorInvalid: another list made the cursor.
    """
    return decode_cursor(cursor, listing=listing, kinds=[str]) if cursor else None


def reach_of(actor: Actor) -> Reach:
    """Return how far rights may go that a caller gives, changes or takes back."""
    return Reach(actor.grants, actor.election)


def given(actor: Actor, rights: RightsIn) -> Reach:
    """Return the same, once the rights that are given lie within it: judged before anything is looked up.

    Raises:
        RegionNotCovered, ElectionNotCovered: they do not.
    """
    reach = reach_of(actor)
    reach.require(rights.regions, rights.election)
    return reach


async def note_change_of_access(request: Request, trail: Trail) -> None:
    """Write down who asks to change who may get a token: no event tells of rights, so the ledger does not."""
    await _note(request, trail, Scope.DESK_ADMIN, subject=request.url.path.removeprefix("/v1/"))


async def note_number(request: Request, trail: Trail) -> None:
    """Write down who names a voter by number, before it is known whether there is anybody: to try numbers is to be seen."""
    await _note(request, trail, Scope.VOTERS_WRITE, subject="voters/by-nik")


async def note_list(request: Request, trail: Trail) -> None:
    """Write down who sends a list of voters, before it is taken in: what becomes of its rows tells who is on the list."""
    await _note(request, trail, Scope.VOTERS_WRITE, subject="voters/imports")


async def _note(request: Request, trail: Trail, scope: Scope, *, subject: str) -> None:
    if request.method == "GET":
        return
    actor = await caller(request)
    if scope not in actor.scopes:
        return  # it is refused, and nothing is shown or done
    database: Database = request.app.state.database
    held = [region for region in actor.regions if region != NATION]
    async with database.transaction(NOWHERE) as uow:
        await trail.seen(
            uow,
            actor,
            subject=subject,
            election=request.path_params.get("election"),
            place=held[0] if len(actor.regions) == 1 and held else None,
        )
