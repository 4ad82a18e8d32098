"""Where do I vote: asked with NIK and name, without a token. A hit and a miss are alike in status, shape, size and time."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog
from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import Counter

from chassis.database import Database
from chassis.identity import public_route
from chassis.metrics import Metrics
from chassis.pagination import known_parameters_only
from chassis.problem_responses import problem_responses
from chassis.problems import TooManyRequests
from chassis.public_budgets import EVERYBODY, PublicBudgets, spender_of
from chassis.row_security import EVERYWHERE
from chassis.sealing import SealingKeys
from contracts.vocabulary import ElectionId
from services.registry.errors import NikAskedTooOften
from services.registry.queries.voters import Found, place_of_voter
from services.registry.schemas.regions import Bilingual
from services.registry.schemas.voters import VoterLookupIn, VoterLookupOut
from services.registry.settings import Settings
from services.registry.tables.voters import nik_of, unavailable

log = structlog.get_logger(__name__)

PADDED_BYTES: Final = 8_192
"""The longest place and address that a TPS can have, in every letter four bytes, need less."""

_NOT_TOGETHER = Bilingual(
    id="NIK dan nama ini tidak ditemukan bersama dalam daftar pemilih desk. Tanyakan kepada PPS di kelurahan Anda.",
    en="This NIK and name are not together on the desk's list of voters. Ask the PPS of your kelurahan.",
)


class VoterLookups:
    """What look-ups of voters share in one process: their budgets, and the count of those that are an alarm."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.budgets = PublicBudgets(
            {
                "address": settings.voter_lookups_per_address,
                "everybody": settings.voter_lookups_in_all,
                "nik": settings.voter_lookups_per_nik,
            }
        )
        self.floor_s = settings.voter_lookup_floor_s
        self.canaries = Counter(
            "desk_voter_canary_lookups",
            "Questions about NIK that nobody has and only a stolen list tells of.",
            registry=metrics.registry,
        )


async def _address_budget(request: Request) -> None:
    """Let a question in, if there is budget left for its address and for everybody."""
    lookups: VoterLookups = request.app.state.voter_lookups
    await lookups.budgets.spend("address", spender_of(request))
    await lookups.budgets.spend("everybody", EVERYBODY)


router = APIRouter(
    prefix="/v1/elections/{election}/public/voters:lookup",
    tags=["public"],
    dependencies=[Depends(public_route), Depends(known_parameters_only), Depends(_address_budget)],
)


@router.post(
    "",
    response_model=VoterLookupOut,
    responses=problem_responses(TooManyRequests, NikAskedTooOften),
)
async def look_up_voter(request: Request, election: ElectionId, body: VoterLookupIn) -> Response:
    """Ask where somebody votes, by NIK and name together; the answer tells of the TPS and never of the person."""
    began = time.monotonic()
    lookups: VoterLookups = request.app.state.voter_lookups
    keys: SealingKeys | None = request.app.state.voter_keys
    database: Database = request.app.state.database
    if keys is None:
        raise unavailable()
    await _spend(lookups, keys.indexes(nik_of(election, body.nik)))
    async with database.reading(EVERYWHERE) as connection:  # where somebody votes is what is asked
        found = await place_of_voter(connection, election=election, nik=body.nik, name=body.name, keys=keys)
    if found.canary:
        lookups.canaries.inc()
        log.warning("voter_canary_asked", election=election)
    content = _padded(found)
    await _until_the_next(lookups.floor_s, began)
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


async def _spend(lookups: VoterLookups, indexes: Sequence[bytes]) -> None:
    """Count a question about a NIK, by its blind index: none is kept in memory either."""
    wait_s = await lookups.budgets.wait_s("nik", indexes[0].hex())
    if wait_s:
        raise NikAskedTooOften(
            "This NIK was asked about too often for now.",
            detail_id="NIK ini terlalu sering ditanyakan untuk sementara.",
            retry_after_s=wait_s,
        )


def _padded(found: Found) -> bytes:
    """Return the answer, filled up with the spaces that JSON allows at its end."""
    message = found.place.message if found.place is not None else _NOT_TOGETHER
    out = VoterLookupOut(tps=found.place, message=message, rehearsal=found.rehearsal)
    return out.model_dump_json().encode().ljust(PADDED_BYTES)


async def _until_the_next(floor_s: float, began: float) -> None:
    """Wait until a whole number of floors has passed, so that what took a little longer is not told by its time."""
    took = time.monotonic() - began
    await asyncio.sleep(floor_s - took % floor_s)
