"""Routes for the desk's own processes: the ledger that fills gaps, the dead letters, and a poke of the relay."""

import json
from collections.abc import Sequence
from typing import Annotated

import httpx
import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from chassis.broker import service_of
from chassis.consumer import GapSource
from chassis.database import Database
from chassis.identity import internal_caller
from chassis.inbox import Decoded, Fate
from chassis.problems import NotFound
from chassis.relay_lock import Poke
from chassis.row_security import NOWHERE
from chassis.wire import MalformedEvent, decode_headers, encode_headers

_POKE_TAKES_S = 0.3

log = structlog.get_logger(__name__)


class LedgerEvent(BaseModel):
    """One event of a ledger, as it is on the topic."""

    headers: list[tuple[str, str]]
    body: str


class Ledger(BaseModel):
    """Events of one aggregate, in order of their versions."""

    items: list[LedgerEvent]


class DeadLetter(BaseModel):
    """A record that could not be taken in, without its body."""

    id: int
    topic: str
    partition: int
    offset: int
    aggregate: str | None
    version: int | None
    reason: str
    died_at: str
    settlement: str | None


class DeadLetters(BaseModel):
    """Dead letters, the newest first."""

    items: list[DeadLetter]


class Settlement(BaseModel):
    """What to do with a dead letter, who says so and why."""

    fate: Fate
    actor: str
    reason: str


class Settled(BaseModel):
    """How many events were applied by it."""

    applied: int


def internal_routes() -> APIRouter:
    """Return the routes under `/internal`, for holders of the desk's internal secret."""
    router = APIRouter(prefix="/internal", dependencies=[Depends(internal_caller)], include_in_schema=False)

    @router.get("/ledger")
    async def ledger(
        request: Request,
        aggregate: Annotated[str, Query(max_length=200)],
        after: Annotated[int, Query(ge=0)] = 0,
    ) -> Ledger:
        service: str = request.app.state.parts.name
        database: Database = request.app.state.database
        async with database.reading(NOWHERE) as connection:
            epoch: int = await connection.fetchval("select epoch from ledger_epoch")
            rows = await connection.fetch(
                "select * from outbox where aggregate = $1 and version > $2 order by version limit 500",
                aggregate,
                after,
            )
        items = [
            LedgerEvent(
                headers=[
                    (name, value.decode())
                    for name, value in encode_headers(row, service=service, epoch=epoch)
                ],
                body=row["body"],
            )
            for row in rows
        ]
        return Ledger(items=items)

    @router.get("/dead-letters")
    async def dead_letters(request: Request) -> DeadLetters:
        database: Database = request.app.state.database
        async with database.reading(NOWHERE) as connection:
            rows = await connection.fetch("select * from consumer_dead_letter order by id desc limit 200")
        return DeadLetters(
            items=[
                DeadLetter(
                    id=row["id"],
                    topic=row["topic"],
                    partition=row["partition"],
                    offset=row["record_offset"],
                    aggregate=row["aggregate"],
                    version=row["version"],
                    reason=row["reason"],
                    died_at=row["died_at"].isoformat(),
                    settlement=row["settlement"],
                )
                for row in rows
            ]
        )

    @router.post("/dead-letters/{dead_letter}/settlement")
    async def settle(request: Request, dead_letter: int, body: Settlement) -> Settled:
        consumer = request.app.state.consumer
        if consumer is None:
            raise NotFound(
                "This service takes no events in.", detail_id="Layanan ini tidak menerima peristiwa."
            )
        return Settled(
            applied=await consumer.settle(dead_letter, fate=body.fate, actor=body.actor, reason=body.reason)
        )

    @router.post("/relay/poke", status_code=204)
    async def poke(request: Request) -> None:
        relay = request.app.state.relay
        if relay is None:
            raise NotFound("This service has no ledger.", detail_id="Layanan ini tidak memiliki buku besar.")
        relay.poke_from_elsewhere()

    _ = ledger, dead_letters, settle, poke
    return router


def ledger_gaps(client: httpx.AsyncClient, *, peers: dict[str, str], internal_token: str | None) -> GapSource:
    """Return the function that fetches missing events from the ledger of the service that owns the topic."""

    async def fetch(aggregate: str, after: int, topic: str) -> Sequence[Decoded]:
        owner = service_of(topic)
        if owner not in peers or internal_token is None:
            return []
        try:
            answer = await client.get(
                f"{peers[owner]}/internal/ledger",
                params={"aggregate": aggregate, "after": after},
                headers={"Authorization": f"Bearer {internal_token}"},
            )
            answer.raise_for_status()
            found = Ledger.model_validate_json(answer.content)
        except httpx.HTTPError:
            log.warning("gap_not_filled", aggregate=aggregate, owner=owner)
            return []
        return [_decoded(event, topic) for event in found.items]

    return fetch


def relay_pokes(client: httpx.AsyncClient, *, internal_token: str | None) -> Poke:
    """Return the function that pokes the relay of another instance; whether it heard is all that is told."""

    async def poke(url: str) -> bool:
        if internal_token is None:
            return False
        headers = {"Authorization": f"Bearer {internal_token}"}
        try:
            answer = await client.post(f"{url}/internal/relay/poke", headers=headers, timeout=_POKE_TAKES_S)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.is_success

    return poke


def _decoded(event: LedgerEvent, topic: str) -> Decoded:
    headers = [(name, value.encode()) for name, value in event.headers]
    try:
        envelope = decode_headers(headers)
    except MalformedEvent as error:
        raise ValueError(json.dumps(str(error))) from error
    return Decoded(envelope, headers, event.body.encode(), topic, -1, -1, raw_envelope=envelope)
