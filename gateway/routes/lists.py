"""Lists of what the desk knows: one route per kind of thing, all with the same parameters."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from chassis.actor import Actor
from chassis.database import Connection
from chassis.identity import permission
from chassis.pagination import (
    ListQuery,
    Page,
    chosen_fields,
    known_parameters_only,
    next_link,
    pick,
)
from chassis.problems import FieldError, InvalidParameter
from contracts.access import Scope
from contracts.vocabulary import ElectionId, Moment
from gateway.csv_form import MEDIA_TYPE, as_csv, wants_csv
from gateway.places import RegionQuery, regions_of
from gateway.positions import AfterDep
from gateway.queries.elections import require_election
from gateway.queries.freshness import as_of
from gateway.queries.lists import LISTINGS, Listing, Wanted, page

router = APIRouter(prefix="/v1/elections/{election}", tags=["lists"])

Since = Annotated[
    Moment | None, Query(description="Only what was recorded at that time of the desk or later.")
]


Read = Callable[[Connection, Wanted, datetime], Awaitable[tuple[list[dict[str, object]], str | None]]]
"""Reads a page of a list: its items, and the cursor to the next one."""


async def answer(
    request: Request, wanted: Wanted, read: Read, *, name: str, model: type[BaseModel]
) -> Response:
    """Return a page of a list as JSON, or as CSV where the caller would rather have that."""
    columns = list(model.model_fields)
    fields = chosen_fields(wanted.parameters.fields, allowed=columns)
    now = request.app.state.clock.now()
    known = as_of(request.app.state.watermarks, now=now)
    async with request.app.state.database.reading() as connection:
        items, next_cursor = await read(connection, wanted, now)
        if not items:
            await require_election(connection, wanted.election)
    headers = {**next_link(request, next_cursor), "Cache-Control": "no-cache", "Vary": "Accept"}
    if wants_csv(request):
        chosen = [column for column in columns if fields is None or column in fields]
        headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return Response(as_csv(items, chosen), media_type=MEDIA_TYPE, headers=headers)
    body = {"items": [pick(item, fields) for item in items], "next_cursor": next_cursor, "as_of": known}
    return Response(to_json(body), media_type="application/json", headers=headers)


def _checked_state(listing: Listing, state: str | None) -> str | None:
    if state is None or state in listing.states:
        return state
    choices = ", ".join(listing.states)
    raise InvalidParameter(
        f"The states of this list are: {choices}.",
        detail_id=f"Keadaan pada daftar ini: {choices}.",
        errors=[FieldError("query:state", "unknown", f"One of: {choices}.", f"Salah satu dari: {choices}.")],
    )


def _route(listing: Listing) -> Callable[..., Awaitable[Response]]:
    """Return the route of a list."""
    guard = Depends(permission(listing.scope))

    async def read_page(
        connection: Connection, wanted: Wanted, now: datetime
    ) -> tuple[list[dict[str, object]], str | None]:
        return await page(connection, listing, wanted, now=now)

    async def read(
        request: Request,
        election: ElectionId,
        *,
        reader: Actor = guard,
        known: Annotated[None, Depends(known_parameters_only)],
        after: AfterDep,
        parameters: ListQuery,
        region: RegionQuery = None,
        state: Annotated[
            str | None, Query(max_length=40, description=f"One of: {', '.join(listing.states)}.")
        ] = None,
        updated_since: Since = None,
    ) -> Response:
        wanted = Wanted(
            election,
            regions_of(reader, region, groups=request.app.state.groups),
            parameters,
            agencies=Scope.EVENTS_OPERATIONAL in reader.scopes,
            state=_checked_state(listing, state),
            updated_since=updated_since,
        )
        return await answer(request, wanted, read_page, name=listing.name, model=listing.model)

    return read


def described(model: type[BaseModel]) -> dict[int | str, dict[str, object]]:
    """Return what the description of a list says of its answer."""
    # JSON stands first: generators of clients take the first that they know.
    content = {"application/json": {}, "text/csv": {"schema": {"type": "string"}}}
    return {200: {"model": Page[model], "content": content}}


for _listing in LISTINGS.values():
    router.add_api_route(
        f"/{_listing.name}",
        _route(_listing),
        name=f"list_{_listing.name.replace('-', '_')}",
        operation_id=f"list_{_listing.name.replace('-', '_')}",
        methods=["GET"],
        response_class=Response,
        responses=described(_listing.model),
        summary=f"List {_listing.name.replace('-', ' ')}",
        description=f"List {_listing.name.replace('-', ' ')} of the token's regions, page by page; CSV with `Accept: text/csv`.",
    )
