"""Where do I vote: asked with NIK and name, without a token. A hit and a miss are alike in status, shape, size and time."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Request, Response
from limits import parse_many
from prometheus_client import Counter

from chassis.clock import wall_now
from chassis.database import Database
from chassis.identity import public_route
from chassis.metrics import Metrics
from chassis.pagination import known_parameters_only
from chassis.problem_responses import problem_responses
from chassis.problems import TooManyRequests
from chassis.public_budgets import EVERYBODY, address_refused, spender_of
from chassis.row_security import EVERYWHERE
from chassis.sealing import SealingKeys
from contracts.vocabulary import ElectionId
from services.registry.commands.lookup_budgets import Spending, Used, note_answer, spend, spendings_of
from services.registry.errors import DeviceAskedTooOften, NikAskedTooOften, ProofNeeded
from services.registry.queries.voters import Found, place_of_voter
from services.registry.rules.proofs import is_solved, new_challenge
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
    """What look-ups of voters have in one process: how much each may ask, when work is asked for, and what is counted."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.budgets = {
            name: [(item.amount, item.get_expiry()) for item in parse_many(told)]
            for name, told in (
                ("address", settings.voter_lookups_per_address),
                ("everybody", settings.voter_lookups_in_all),
                ("nik", settings.voter_lookups_per_nik),
                ("device", settings.voter_lookups_per_device),
            )
        }
        self.canaries = Counter(
            "desk_voter_canary_lookups",
            "Questions about NIK that nobody has and only a stolen list tells of.",
            registry=metrics.registry,
        )
        self.proofs = Counter(
            "desk_voter_lookup_proofs_asked",
            "Questions where somebody votes that were answered with a challenge, because many had found nobody.",
            registry=metrics.registry,
        )

    def spendings(self, spenders: Mapping[str, bytes]) -> list[Spending]:
        """Return what a question is counted against."""
        return spendings_of(self.budgets, spenders)

    def asks_for_work(self, used: Sequence[Used]) -> bool:
        """Say whether so many questions found nobody, of an address or of everybody, that the next one has to work."""
        most = {
            "address": self.settings.voter_lookup_misses_per_address,
            "everybody": self.settings.voter_lookup_misses_in_all,
        }
        longest = {each.spending.name: each for each in sorted(used, key=lambda each: each.spending.window_s)}
        ratio = self.settings.voter_lookup_miss_ratio
        return any(
            each.missed >= most[name] and each.missed >= ratio * each.spent for name, each in longest.items()
        )


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks, once there is budget left for the address and for everybody."""

    keys: SealingKeys
    spendings: Sequence[Spending]
    has_to_work: bool


async def _asker(request: Request) -> _Asker:
    """Let a question in, if there is budget left for its address and for everybody."""
    lookups: VoterLookups = request.app.state.voter_lookups
    keys: SealingKeys | None = request.app.state.voter_keys
    if keys is None:
        raise unavailable()
    spenders = {
        name: keys.digests(f"lookup/{name}/{whose}".encode())[0]
        for name, whose in (("address", spender_of(request)), ("everybody", EVERYBODY))
    }
    spendings = lookups.spendings(spenders)
    used = await _spend(request, spendings)
    wait_s = max(each.wait_s for each in used)
    if wait_s:
        raise address_refused(wait_s)
    return _Asker(keys, spendings, lookups.asks_for_work(used))


async def _spend(request: Request, spendings: Sequence[Spending]) -> list[Used]:
    database: Database = request.app.state.database
    async with database.transaction(EVERYWHERE) as uow:
        return await spend(uow, spendings, now=wall_now())


router = APIRouter(
    prefix="/v1/elections/{election}/public/voters:lookup",
    tags=["public"],
    dependencies=[Depends(public_route), Depends(known_parameters_only)],
)


@router.post(
    "",
    response_model=VoterLookupOut,
    responses=problem_responses(TooManyRequests, NikAskedTooOften, DeviceAskedTooOften, ProofNeeded),
)
async def look_up_voter(
    request: Request,
    election: ElectionId,
    asker: Annotated[_Asker, Depends(_asker)],
    body: VoterLookupIn,
) -> Response:
    """Ask where somebody votes, by NIK and name together; the answer tells of the TPS and never of the person."""
    began = time.monotonic()
    lookups: VoterLookups = request.app.state.voter_lookups
    database: Database = request.app.state.database
    if asker.has_to_work:
        _require_proof(lookups, asker.keys, election, body)
    await _spend_own(request, lookups, asker.keys, election, body=body)
    async with database.reading(EVERYWHERE) as connection:
        found = await place_of_voter(
            connection, election=election, nik=body.nik, name=body.name, keys=asker.keys
        )
    async with database.transaction(EVERYWHERE) as uow:
        await note_answer(uow, asker.spendings, missed=found.place is None, now=wall_now())
    if found.canary:
        lookups.canaries.inc()
        log.warning("voter_canary_asked", election=election)
    content = _padded(found)
    await _until_the_next(lookups.settings.voter_lookup_floor_s, began)
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


def _require_proof(lookups: VoterLookups, keys: SealingKeys, election: str, body: VoterLookupIn) -> None:
    """Ask for work, unless it was done for this very question; whether it is a hit is not known yet."""
    about, now = nik_of(election, body.nik), wall_now()
    if body.proof is not None and is_solved(keys.digests, body.proof, about=about, now=now):
        return
    lookups.proofs.inc()
    bits = lookups.settings.voter_lookup_proof_bits
    expires_at = now + timedelta(seconds=lookups.settings.voter_lookup_proof_s)
    challenge = new_challenge(
        keys.digests, about=about, bits=bits, expires_at=expires_at, salt=secrets.token_hex(8)
    )
    raise ProofNeeded(
        f"Find a nonce with which SHA-256 of `<challenge>:<nonce>` begins with {bits} zero bits, and ask again with both.",
        detail_id=f"Cari nonce sehingga SHA-256 dari `<challenge>:<nonce>` diawali {bits} bit nol, lalu tanyakan lagi.",
        members={"challenge": challenge, "bits": bits, "expires_at": expires_at.isoformat()},
    )


async def _spend_own(
    request: Request, lookups: VoterLookups, keys: SealingKeys, election: str, *, body: VoterLookupIn
) -> None:
    """Count a question about a NIK, by its blind index, and of a device that names itself: neither is kept."""
    spenders = {"nik": keys.indexes(nik_of(election, body.nik))[0]}
    if body.device is not None:
        spenders["device"] = keys.digests(f"lookup/device/{body.device}".encode())[0]
    up = [each for each in await _spend(request, lookups.spendings(spenders)) if each.is_up]
    for each in up:
        if each.spending.name == "nik":
            raise NikAskedTooOften(
                "This NIK was asked about too often for now.",
                detail_id="NIK ini terlalu sering ditanyakan untuk sementara.",
                retry_after_s=max(one.wait_s for one in up),
            )
        raise DeviceAskedTooOften(
            "This device has asked too often for now.",
            detail_id="Perangkat ini terlalu sering bertanya untuk sementara.",
            retry_after_s=max(one.wait_s for one in up),
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
