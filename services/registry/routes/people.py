"""Routes of an agency's people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from chassis.conditional import IfMatch, OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.envelope import DESK_WIDE
from services.registry.commands import people as commands
from services.registry.queries import access as queries
from services.registry.routes.doors import (
    Admin,
    RowCursor,
    RowLimit,
    given,
    note_change_of_access,
    page_start,
    reach_of,
)
from services.registry.schemas.access import Name, People, PersonIn, PersonOut, PersonReceipt
from services.registry.schemas.officers import Person

router = APIRouter(
    prefix="/v1/agencies/{agency}/people",
    tags=["access"],
    dependencies=[Depends(known_parameters_only), Depends(note_change_of_access)],
)

Pseudonym = Annotated[Person, Path(description="The pseudonym that the agency gives; never a NIK.")]


@router.get("")
async def list_people(
    request: Request,
    agency: Name,
    admin: Admin,
    read: ReaderDep,
    limit: RowLimit = 100,
    cursor: RowCursor = None,
) -> People:
    """Show the people of an agency, by pseudonym."""
    start = page_start(cursor, listing=queries.PEOPLE)
    return await queries.people(
        read, agency, reach=reach_of(admin), limit=limit, start=start, now=request.app.state.clock.now()
    )


@router.put("/{person}", status_code=201, response_model=PersonReceipt)
async def register_person(
    agency: Name,
    person: Pseudonym,
    body: PersonIn,
    admin: Admin,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Register somebody of an agency, whole: what they may do where, and until when."""
    return await once(
        admin,
        lambda uow, origin: commands.register_person(
            uow, agency, person, command=body, expected=expected, reach=given(admin, body), origin=origin
        ),
        election=DESK_WIDE,
        channel=body.channel,
        body=body,
    )


@router.get("/{person}")
async def read_person(
    agency: Name, person: Pseudonym, admin: Admin, read: ReaderDep, response: Response
) -> PersonOut:
    """Show somebody of an agency."""
    out = await queries.person(read, agency, person, reach=reach_of(admin))
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.delete("/{person}", status_code=200, response_model=PersonReceipt)
async def remove_person(
    agency: Name, person: Pseudonym, admin: Admin, once: OnceDep, expected: IfMatch
) -> Response:
    """Strike somebody off an agency's list; their tokens end."""
    return await once(
        admin,
        lambda uow, origin: commands.remove_person(
            uow, agency, person, expected=expected, reach=reach_of(admin), origin=origin
        ),
        election=DESK_WIDE,
    )
