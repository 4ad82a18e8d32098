"""Routes of agencies, their applications and the secrets of these."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from chassis.conditional import IfMatch, OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.envelope import DESK_WIDE
from services.registry.commands import agencies as commands
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
from services.registry.schemas.access import (
    Agencies,
    AgencyClientsOut,
    AgencyIn,
    AgencyReceipt,
    ClientId,
    ClientIn,
    ClientReceipt,
    ClientWithSecrets,
    Name,
    SecretIn,
    SecretReceipt,
)

router = APIRouter(
    prefix="/v1/agencies",
    tags=["access"],
    dependencies=[Depends(known_parameters_only), Depends(note_change_of_access)],
)


@router.get("")
async def list_agencies(
    request: Request, admin: Admin, read: ReaderDep, limit: RowLimit = 100, cursor: RowCursor = None
) -> Agencies:
    """Show the agencies that work with this desk."""
    start = page_start(cursor, listing=queries.AGENCIES)
    return await queries.agencies(
        read, reach=reach_of(admin), limit=limit, start=start, now=request.app.state.clock.now()
    )


@router.put("/{agency}", status_code=201, response_model=AgencyReceipt)
async def define_agency(
    agency: Name, body: AgencyIn, admin: Admin, once: OnceDep, expected: OptionalIfMatch
) -> Response:
    """Define an agency, whole; one that is not active gets no token any more."""
    return await once(
        admin,
        lambda uow, origin: commands.define_agency(
            uow, agency, body, expected=expected, reach=reach_of(admin), origin=origin
        ),
        election=DESK_WIDE,
        channel=body.channel,
        body=body,
    )


@router.get("/{agency}")
async def read_agency(agency: Name, admin: Admin, read: ReaderDep, response: Response) -> AgencyClientsOut:
    """Show an agency with its applications."""
    out = await queries.agency(read, agency, reach=reach_of(admin))
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.put("/{agency}/clients/{client}", status_code=201, response_model=ClientReceipt)
async def define_client(
    agency: Name,
    client: ClientId,
    body: ClientIn,
    admin: Admin,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Define an application of an agency, whole: the most that its tokens may allow."""
    return await once(
        admin,
        lambda uow, origin: commands.define_client(
            uow, agency, client, command=body, expected=expected, reach=given(admin, body), origin=origin
        ),
        election=DESK_WIDE,
        channel=body.channel,
        body=body,
    )


@router.get("/{agency}/clients/{client}")
async def read_client(
    agency: Name, client: ClientId, admin: Admin, read: ReaderDep, response: Response
) -> ClientWithSecrets:
    """Show an application of an agency, with what is known of its secrets."""
    out = await queries.client(read, agency, client, reach=reach_of(admin))
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.delete("/{agency}/clients/{client}", status_code=200, response_model=ClientReceipt)
async def revoke_client(
    agency: Name, client: ClientId, admin: Admin, once: OnceDep, expected: IfMatch
) -> Response:
    """Revoke an application for good, with its secrets, its tokens and its devices."""
    return await once(
        admin,
        lambda uow, origin: commands.revoke_client(
            uow, agency, client, expected=expected, reach=reach_of(admin), origin=origin
        ),
        election=DESK_WIDE,
    )


@router.post("/{agency}/clients/{client}/secrets", status_code=201, response_model=SecretReceipt)
async def make_client_secret(
    agency: Name, client: ClientId, body: SecretIn, admin: Admin, once: OnceDep
) -> Response:
    """Make a secret of an application; it is shown in this answer and never again."""
    return await once(
        admin,
        lambda uow, origin: commands.make_secret(
            uow, agency, client, command=body, reach=reach_of(admin), origin=origin
        ),
        election=DESK_WIDE,
        channel=body.channel,
        body=body,
    )


@router.delete("/{agency}/clients/{client}/secrets/{secret}", status_code=200, response_model=SecretReceipt)
async def revoke_client_secret(
    agency: Name, client: ClientId, secret: UUID, admin: Admin, once: OnceDep
) -> Response:
    """Revoke a secret at once, and end the tokens of its application."""
    return await once(
        admin,
        lambda uow, origin: commands.revoke_secret(
            uow, agency, client, secret=secret, reach=reach_of(admin), origin=origin
        ),
        election=DESK_WIDE,
    )
