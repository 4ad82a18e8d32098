"""Field sync: what a phone did while it was offline goes in, and what it has to know comes out."""

import asyncio
import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from chassis.actor import Actor
from chassis.batches import Misfit
from chassis.conditional import not_modified
from chassis.conflicts import CommandConflicts, ConflictDecided
from chassis.database import Database
from chassis.idempotency import KEY_DESCRIPTION, principal_of
from chassis.identity import permission
from chassis.pagination import known_parameters_only
from chassis.problem_responses import problem_responses
from chassis.problems import InvalidParameter, NotFound, OutcomeUnknown, Problem, ScopeMissing
from chassis.sync_shapes import (
    PREFIX,
    SettlementIn,
    SyncResult,
    SyncResults,
    no_field_command,
    result_of,
    result_of_refusal,
)
from contracts.access import Scope, place_code
from contracts.vocabulary import ElectionId, Service
from gateway.answers import Answers
from gateway.compression import LEAST_BYTES, compressed, takes_gzip
from gateway.door import Door
from gateway.errors import DeviceDiffers
from gateway.field_commands import field_commands
from gateway.places import Follower, RegionQuery, regions_of
from gateway.positions import AfterDep
from gateway.queries.changes import Asked, changes
from gateway.queries.freshness import as_of
from gateway.queries.packs import AskedPack
from gateway.schemas.changes import Changes
from gateway.schemas.packs import Pack
from gateway.schemas.sync import Gap, SyncBatchIn, SyncBatchOut, SyncCommandIn, SyncConflicts
from gateway.sequences import MOST_NUMBER, missing, note

router = APIRouter(prefix=PREFIX, tags=["field sync"])

Settler = Annotated[Actor, Depends(permission(Scope.CONFLICTS_SETTLE))]
Person = Annotated[Actor, Depends(permission(Scope.CONFLICTS_SETTLE, person=True))]
Packer = Annotated[Actor, Depends(permission(Scope.EVENTS_PUBLIC, region_param="code"))]
KnownParameters = Annotated[None, Depends(known_parameters_only)]
LEAST_DOTS: Final = 2
"""In the code of a kecamatan; a wider region is followed by its events."""
_MOST_GAPS: Final = 50
_COME_AGAIN_S: Final = 2


@router.post("/sync:batch", responses=problem_responses(DeviceDiffers))
async def sync_commands(
    request: Request, election: ElectionId, body: SyncBatchIn, sender: Follower, response: Response
) -> SyncBatchOut:
    """Send up to 500 commands of a device's outbox, of all services, in order; each has a result of its own."""
    if sender.device is not None and sender.device != body.device_id:
        raise DeviceDiffers(
            "The token is bound to another device than the batch names.",
            detail_id="Token terikat pada perangkat lain daripada yang disebut kiriman ini.",
        )
    results, by_service = _sorted_out(request, sender, body.items)
    taken = await asyncio.gather(
        *(_give(request, service, election, body, numbers) for service, numbers in by_service.items())
    )
    for part in taken:
        results.update(part)
    found = [results[n] for n in range(len(body.items))]
    if any(each.outcome == "deferred" for each in found):
        response.headers["Retry-After"] = str(_COME_AGAIN_S)
    settled = [
        number
        for item, result in zip(body.items, found, strict=True)
        if result.outcome != "deferred" and (number := _number_of(item)) is not None
    ]
    state, now = request.app.state, request.app.state.clock.now()
    database: Database = state.database
    async with database.transaction() as uow:
        seen = await note(
            uow, principal=principal_of(sender), device=body.device_id, numbers=settled, now=now
        )
    ahead = None if body.sent_at is None else round((body.sent_at - now).total_seconds())
    return SyncBatchOut(
        items=found,
        device_id=body.device_id,
        next_sequence=seen[-1][1] + 1 if seen else 1,
        missing=[Gap(first=first, last=last) for first, last in missing(seen)[:_MOST_GAPS]],
        desk_at=now,
        clock_ahead_s=ahead,
    )


def _sorted_out(
    request: Request, sender: Actor, items: Sequence[SyncCommandIn | Misfit]
) -> tuple[dict[int, SyncResult], dict[str, list[int]]]:
    """Return the results of what goes nowhere, and by service the places of what goes there, in order."""
    results: dict[int, SyncResult] = {}
    by_service: dict[str, list[int]] = {}
    for n, item in enumerate(items):
        try:
            by_service.setdefault(_owner_of(sender, item, n), []).append(n)
        except Problem as problem:
            results[n] = result_of_refusal(item.id, problem, request)
    return results, by_service


def _owner_of(sender: Actor, item: SyncCommandIn | Misfit, n: int) -> str:
    """Return the service that a command goes to.

    Raises:
        InvalidPayload: the item does not have its shape.
        NoFieldCommand: its path is no field command's.
        ScopeMissing: the token is for no such command, and so perhaps not even for that service.
    """
    if isinstance(item, Misfit):
        raise item.problem("items", n)
    found = next((each for each in field_commands() if each.path.fullmatch(item.path)), None)
    if found is None:
        raise no_field_command()
    if lacking := sorted(scope.value for scope in found.scopes - sender.scopes):
        raise ScopeMissing(
            f"This needs the scope {', '.join(lacking)}.",
            detail_id=f"Diperlukan cakupan {', '.join(lacking)}.",
        )
    return found.service


async def _give(
    request: Request, service: str, election: str, batch: SyncBatchIn, numbers: Sequence[int]
) -> dict[int, SyncResult]:
    """Give a service its commands of a batch, and return what became of each; where that is not known, that it is not."""
    door: Door = request.app.state.door
    items = [cast(SyncCommandIn, batch.items[n]) for n in numbers]
    content = to_json(
        {"device": batch.device_id, "items": [item.model_dump(exclude={"sequence"}) for item in items]}
    )
    path = f"/v1/elections/{election}/sync:batch"
    try:
        answer = await door.ask(request, door.batches, path, service=service, method="POST", content=content)
        if answer.status_code == HTTPStatus.OK:
            return dict(zip(numbers, SyncResults.model_validate_json(answer.content).items, strict=True))
        # A refusal of the whole: the token ended meanwhile, or the service is overloaded.
        told: dict[str, object] = from_json(answer.content)
        return {
            n: result_of(item.id, answer.status_code, problem=told)
            for n, item in zip(numbers, items, strict=True)
        }
    except Problem as refusal:
        problem = refusal
    except ValueError:  # of pydantic too: it is no answer of ours
        problem = OutcomeUnknown(
            "The service did not say what became of the command: repeat it with the same id.",
            detail_id="Layanan tidak menyampaikan hasil perintah: ulangi dengan id yang sama.",
        )
    return {n: result_of_refusal(item.id, problem, request) for n, item in zip(numbers, items, strict=True)}


def _number_of(item: SyncCommandIn | Misfit) -> int | None:
    """Return the number of a command, also of one that does not have its shape otherwise."""
    if isinstance(item, SyncCommandIn):
        return item.sequence
    told = cast(dict[str, object], item.sent).get("sequence") if isinstance(item.sent, dict) else None
    return told if type(told) is int and 1 <= told <= MOST_NUMBER else None


@router.get("/sync/changes", response_model=Changes)
async def read_changes(
    request: Request,
    *,
    election: ElectionId,
    follower: Follower,
    known: KnownParameters,
    after_position: AfterDep,
    after: Annotated[
        str | None, Query(max_length=8_000, description="`next_cursor` of the page before, or of the feed.")
    ] = None,
    region: RegionQuery = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
) -> Response:
    """Show what changed for a TPS, a kelurahan or a kecamatan since a cursor; everything where there is none."""
    state, now = request.app.state, request.app.state.clock.now()
    asked = Asked(election, _one_place(request, follower, region), follower.scopes)
    async with state.database.reading() as connection:
        found = await changes(connection, asked, after=after, limit=limit)
    told = to_json({"items": found.items, "more": found.has_more, "reset": found.reset, "step": found.step})
    etag = f'W/"{hashlib.sha256(told + (after or "").encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Accept-Encoding"}
    if not_modified(request, etag):
        return Response(status_code=304, headers=headers)
    page = Changes(
        items=found.items,
        next_cursor=found.next_cursor,
        has_more=found.has_more,
        reset=found.reset,
        as_of=as_of(state.watermarks, now=now),
    )
    return await compressed(request, page.model_dump_json().encode(), headers)


def _one_place(request: Request, follower: Actor, region: str | None) -> str:
    """Return the one region that changes are asked for, of a kecamatan at most.

    Raises:
        InvalidParameter: the token is for more than that, and none was named.
    """
    regions = regions_of(follower, region, groups=request.app.state.groups)
    if len(regions) == 1 and regions[0].count(".") >= LEAST_DOTS:
        return regions[0]
    raise InvalidParameter(
        "Name one TPS, kelurahan or kecamatan: region=32.71.06.",
        detail_id="Sebutkan satu TPS, kelurahan, atau kecamatan: region=32.71.06.",
    )


@router.get("/sync/packs/{code}", response_model=Pack)
async def read_pack(
    request: Request, election: ElectionId, code: str, packer: Packer, known: KnownParameters
) -> Response:
    """Show everything that a phone of a TPS or a kelurahan needs offline; ask again with the ETag."""
    place = place_code(code)
    if place is None or place.count(".") <= LEAST_DOTS:
        raise NotFound(
            "A pack is of a TPS or a kelurahan.", detail_id="Paket tersedia untuk TPS atau kelurahan."
        )
    packs: Answers[AskedPack] = request.app.state.packs
    made = await packs.get(AskedPack(election, place, Scope.LOGISTICS_READ in packer.scopes))
    gzip = takes_gzip(request)
    etag = f'{made.etag[:-1]}-gzip"' if gzip and len(made.body) >= LEAST_BYTES else made.etag
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Accept-Encoding"}
    if not_modified(request, etag):
        return Response(status_code=304, headers=headers)
    return await compressed(request, made.body, headers)


@router.get("/sync/conflicts")
async def list_conflicts(
    request: Request, election: ElectionId, settler: Settler, known: KnownParameters, *, settled: bool = False
) -> SyncConflicts:
    """List commands of batches whose id stood for another command already, those that wait for a decision."""
    door: Door = request.app.state.door
    path = f"/v1/elections/{election}/sync/conflicts?settled={str(settled).lower()}"

    async def ask(service: Service) -> CommandConflicts | None:
        try:
            return CommandConflicts.model_validate_json(
                (await door.ask(request, door.lanes, path, service=service)).content
            )
        except (Problem, ValidationError):
            return None

    found = dict(zip(Service, await asyncio.gather(*map(ask, Service)), strict=True))
    items = [item for answer in found.values() if answer is not None for item in answer.items]
    items.sort(key=lambda item: (item.second_recorded_at, item.conflict_id))
    return SyncConflicts(
        items=items, unanswered=[service.value for service, answer in found.items() if answer is None]
    )


@router.post("/sync/conflicts/{service}/{conflict_id}/settlements", response_model=ConflictDecided)
async def settle_conflict(
    request: Request,
    *,
    election: ElectionId,
    service: Service,
    conflict_id: UUID,
    body: SettlementIn,
    person: Person,
    idempotency_key: Annotated[str | None, Header(description=KEY_DESCRIPTION)] = None,
) -> Response:
    """Write down how a conflict was decided: the first command stands alone, or the second was sent anew. Nothing is applied."""
    door: Door = request.app.state.door
    path = f"/v1/elections/{election}/sync/conflicts/{conflict_id}/settlements"
    content = body.model_dump_json().encode()
    answer = await door.ask(request, door.lanes, path, service=service, method="POST", content=content)
    kept = ("content-type", "content-language", "idempotent-replayed", "retry-after", "cache-control", "vary")
    headers = {name: answer.headers[name] for name in kept if name in answer.headers}
    return Response(answer.content, status_code=answer.status_code, headers=headers)
