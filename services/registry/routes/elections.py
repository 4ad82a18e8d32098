"""Routes of elections, their contests and their groups of regions."""

from fastapi import APIRouter, Depends, Response

from chassis.conditional import OptionalIfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.vocabulary import ContestId, ElectionId
from services.registry.commands.elections import define_contest as run_define_contest
from services.registry.commands.elections import define_election as run_define_election
from services.registry.commands.facilities import define_region_group as run_define_region_group
from services.registry.queries import elections as queries
from services.registry.routes.doors import Admin, Reader
from services.registry.schemas.elections import (
    ContestIn,
    ContestOut,
    ContestReceipt,
    ElectionIn,
    ElectionReceipt,
    ElectionWithContests,
)
from services.registry.schemas.facilities import GroupName, RegionGroupIn, RegionGroupOut, RegionGroupReceipt

router = APIRouter(
    prefix="/v1/elections/{election}", tags=["elections"], dependencies=[Depends(known_parameters_only)]
)


@router.put("", status_code=201, response_model=ElectionReceipt)
async def define_election(
    election: ElectionId, body: ElectionIn, admin: Admin, once: OnceDep, expected: OptionalIfMatch
) -> Response:
    """Define an election: its day, its settings with their sources, its stages."""
    return await once(
        admin,
        lambda uow, origin: run_define_election(
            uow, election, body, actor=admin, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("")
async def read_election(
    election: ElectionId, reader: Reader, read: ReaderDep, response: Response
) -> ElectionWithContests:
    """Show an election with its settings, stages and contests."""
    out = await queries.election(read, election=election)
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.put("/contests/{contest}", status_code=201, response_model=ContestReceipt)
async def define_contest(
    election: ElectionId,
    contest: ContestId,
    body: ContestIn,
    admin: Admin,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Define a contest: its choices by number, and what wins it."""
    return await once(
        admin,
        lambda uow, origin: run_define_contest(
            uow, contest, body, actor=admin, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/contests/{contest}")
async def read_contest(
    election: ElectionId, contest: ContestId, reader: Reader, read: ReaderDep, response: Response
) -> ContestOut:
    """Show a contest with its choices."""
    out = await queries.contest(read, election=election, contest=contest)
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.put("/region-groups/{name}", status_code=201, response_model=RegionGroupReceipt)
async def define_region_group(
    election: ElectionId,
    name: GroupName,
    body: RegionGroupIn,
    admin: Admin,
    once: OnceDep,
    expected: OptionalIfMatch,
) -> Response:
    """Define a named group of regions, which may stand wherever a region does (`group:<name>`)."""
    return await once(
        admin,
        lambda uow, origin: run_define_region_group(
            uow, name, body, actor=admin, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/region-groups/{name}")
async def read_region_group(
    election: ElectionId, name: GroupName, reader: Reader, read: ReaderDep, response: Response
) -> RegionGroupOut:
    """Show a named group of regions."""
    out = await queries.region_group(read, election=election, name=name)
    response.headers["ETag"] = etag_of(out.version)
    return out
