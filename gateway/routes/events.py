"""The event feed, and the same events as a stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic_core import from_json
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from chassis.access_trail import AccessTrail, Trail
from chassis.actor import Actor
from chassis.database import Database
from chassis.identity import caller, public_route
from chassis.pagination import known_parameters_only
from chassis.problems import ElectionNotCovered, ScopeMissing
from chassis.safe_headers import show_once
from contracts.access import Scope
from contracts.vocabulary import DataClass, ElectionId
from gateway.channels import Client
from gateway.feed import Cursor, View, advance, epoch_of, read_after, unpack, view_of
from gateway.places import Follower, RegionQuery, regions_of
from gateway.schemas.events import FeedPage, Ticket
from gateway.streams import Hub, frames
from gateway.tickets import LIFETIME_S, issue_ticket, redeem_ticket

router = APIRouter(prefix="/v1/elections/{election}", tags=["events"])

KnownParameters = Annotated[None, Depends(known_parameters_only)]
Position = Annotated[
    str | None, Query(max_length=8_000, description="Cursor of an earlier page, frame or snapshot.")
]
Types = Annotated[list[str] | None, Query(max_length=20, description="Beginnings of event types.")]
_READ = 5_000
_LOOK_EVERY_S = 0.25
_PIECE = 16_384


@router.get("/events")
async def read_events(
    request: Request,
    election: ElectionId,
    follower: Follower,
    known: KnownParameters,
    trail: Trail,
    *,
    after: Position = None,
    region: RegionQuery = None,
    types: Types = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    wait_s: Annotated[
        float, Query(ge=0, le=25, description="Wait so long for a next event where there is none yet.")
    ] = 0,
) -> FeedPage:
    """Read events in order, from the beginning or after a cursor."""
    regions = regions_of(follower, region, groups=request.app.state.groups)
    view = view_of(follower, election=election, regions=regions, types=types or [])
    start = unpack(after) if after else None
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        page, restricted = await _page(request.app.state.database, view, start, limit)
        if restricted:
            await _note(request, trail, follower, election=election, region=region)
        if page.items or page.reset or asyncio.get_running_loop().time() >= deadline:
            return page
        start = unpack(page.next_cursor)
        await asyncio.sleep(_LOOK_EVERY_S)


async def _note(
    request: Request, trail: AccessTrail, follower: Actor, *, election: str, region: str | None
) -> None:
    """Write down that somebody is shown restricted events."""
    database: Database = request.app.state.database
    async with database.reading() as connection:
        await trail.seen(connection, follower, subject="events/restricted", election=election, place=region)


async def _page(database: Database, view: View, start: Cursor | None, limit: int) -> tuple[FeedPage, bool]:
    """Read on until a page is full or the feed ends, and say whether any of it is restricted.

    A cursor of an earlier life of the feed starts over, and says so.
    """
    restricted = False
    async with database.reading() as connection:
        epoch = await epoch_of(connection)
        reset = start is not None and start.epoch != epoch
        cursor = Cursor(epoch) if start is None or reset else start
        items: list[dict[str, object]] = []
        while len(items) < limit:
            entries = await read_after(connection, cursor, limit=_READ)
            for n, entry in enumerate(entries):
                if view.shows(entry):
                    items.append(from_json(entry.event))
                    restricted = restricted or entry.data_class == DataClass.RESTRICTED
                if len(items) == limit:
                    entries = entries[: n + 1]
                    break
            cursor = advance(cursor, entries)
            if len(entries) < _READ:
                break
    return FeedPage(items=items, next_cursor=cursor.pack(), reset=reset), restricted


@router.post("/stream-tickets", status_code=201)
async def make_stream_ticket(request: Request, election: ElectionId, follower: Follower) -> Ticket:
    """Make a ticket for one stream, for a browser whose EventSource cannot send a token."""
    database: Database = request.app.state.database
    show_once(request.scope)
    async with database.transaction() as uow:
        return Ticket(ticket=await issue_ticket(uow, follower), expires_in_s=LIFETIME_S)


@router.get("/stream", dependencies=[Depends(public_route)], response_class=StreamingResponse)
async def stream_events(
    request: Request,
    election: ElectionId,
    known: KnownParameters,
    trail: Trail,
    *,
    ticket: Annotated[str | None, Query(max_length=200)] = None,
    after: Position = None,
    last_event_id: Annotated[str | None, Header(max_length=8_000)] = None,
    region: RegionQuery = None,
    types: Types = None,
    interval_s: Annotated[
        float, Query(ge=0, le=60, description="Least time between two frames; 0: each change at once.")
    ] = 1,
) -> StreamingResponse:
    """Follow events as they come (Server-Sent Events), with a token or a ticket; resume by Last-Event-ID or `after`.

    The frames are `hello`, `events`, and at the end `reset` (fetch the snapshot again and go on from its cursor),
    `token-expired`, `token-revoked` or `regions-changed` (come again with a new token or ticket, and that cursor).
    """
    follower = await _follower(request, ticket, election)
    regions = regions_of(follower, region, groups=request.app.state.groups)
    view = view_of(follower, election=election, regions=regions, types=types or [])
    if Scope.EVENTS_RESTRICTED in follower.scopes:
        await _note(request, trail, follower, election=election, region=region)
    position = last_event_id or after
    hub: Hub = request.app.state.hub
    after_cursor = unpack(position) if position else None
    client = await hub.open(view, after=after_cursor, interval_s=interval_s, actor=follower, region=region)
    return Stream(hub, client)


async def _follower(request: Request, ticket: str | None, election: str) -> Actor:
    """Return who follows; judged, and the database let go, before the stream begins."""
    if ticket:
        database: Database = request.app.state.database
        async with database.transaction() as uow:
            follower = await redeem_ticket(
                uow, ticket, groups=request.app.state.groups, changes=request.app.state.access_changes
            )
    else:
        follower = await caller(request)
    if Scope.EVENTS_PUBLIC not in follower.scopes:
        raise ScopeMissing(
            f"This needs the scope {Scope.EVENTS_PUBLIC}.",
            detail_id=f"Ini memerlukan cakupan {Scope.EVENTS_PUBLIC}.",
        )
    if follower.election not in (None, election):
        raise ElectionNotCovered
    return follower


class Stream(StreamingResponse):
    """An open stream; whatever ends it, even before its first frame, the hub forgets its client."""

    def __init__(self, hub: Hub, client: Client) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(_pieces(frames(hub, client)), media_type="text/event-stream", headers=headers)
        self._hub, self._client = hub, client

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Send the frames until the stream ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.close(self._client)


async def _pieces(whole: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield frames in pieces: where a client takes nothing, no more than a piece or two waits for its socket."""
    async for frame in whole:
        for start in range(0, len(frame), _PIECE):
            yield frame[start : start + _PIECE]
