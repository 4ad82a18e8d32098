"""Routes of posts: the officers of any place, a TPS or an area, by (place, duty, slot)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from chassis.access_trail import Trail
from chassis.conditional import GivenIfMatch, IfMatch, etag_of
from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.access import Scope
from contracts.registry_people_events import Duty
from contracts.vocabulary import ElectionId
from services.registry.commands import officers as commands
from services.registry.queries import officers as queries
from services.registry.routes.doors import TpsReader, TpsWriter
from services.registry.routes.officers import SlotNumber
from services.registry.schemas.officers import EndIn, OfficerIn, PostHistory, PostReceipt, PostRoster, StepIn
from services.registry.schemas.shapes import PlaceCode

router = APIRouter(
    prefix="/v1/elections/{election}/posts/{code}",
    tags=["officers"],
    dependencies=[Depends(known_parameters_only)],
)

Code = Annotated[PlaceCode, Path(description="Of a TPS, a kelurahan or a kecamatan.")]


@router.get("")
async def read_posts(
    election: ElectionId, code: Code, reader: TpsReader, read: ReaderDep, trail: Trail, *, response: Response
) -> PostRoster:
    """Show the posts of a place; who holds them only to callers who may change them."""
    with_names = Scope.REGISTRY_WRITE in reader.scopes
    if with_names:
        await trail.seen(read, reader, subject=f"posts/{code}", election=election, place=code)
    out = await queries.posts(read, election=election, code=code, with_names=with_names)
    response.headers["ETag"] = etag_of(out.version)
    return out


@router.put("/{duty}/{slot}", status_code=201, response_model=PostReceipt)
async def fill_post(
    election: ElectionId,
    code: Code,
    duty: Duty,
    slot: SlotNumber,
    body: OfficerIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: GivenIfMatch,
) -> Response:
    """Name who holds a post of a place; who held it before is replaced."""
    return await once(
        writer,
        lambda uow, origin: commands.assign_officer(
            uow, code, duty, slot, command=body, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/{duty}/{slot}/steps", status_code=200, response_model=PostReceipt)
async def step_officer(
    election: ElectionId,
    code: Code,
    duty: Duty,
    slot: SlotNumber,
    body: StepIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: IfMatch,
) -> Response:
    """Record how far the holder of a post has come: proposed, appointed, sworn in."""
    return await once(
        writer,
        lambda uow, origin: commands.step_officer(
            uow, code, duty, slot, command=body, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.post("/{duty}/{slot}/end", status_code=200, response_model=PostReceipt)
async def end_post(
    election: ElectionId,
    code: Code,
    duty: Duty,
    slot: SlotNumber,
    body: EndIn,
    writer: TpsWriter,
    once: OnceDep,
    expected: IfMatch,
) -> Response:
    """Record why the holder of a post leaves it, and who holds it next."""
    return await once(
        writer,
        lambda uow, origin: commands.end_post(
            uow, code, duty, slot, command=body, expected=expected, origin=origin
        ),
        election=election,
        channel=body.channel,
        body=body,
    )


@router.get("/{duty}/{slot}/history")
async def read_post_history(
    election: ElectionId, code: Code, duty: Duty, slot: SlotNumber, writer: TpsWriter, read: ReaderDep
) -> PostHistory:
    """Show what happened to a post; only to callers who may change it."""
    return await queries.post_history(read, election=election, code=code, duty=duty, slot=slot)
