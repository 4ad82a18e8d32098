"""Commands that are done once, however often they are sent: the key, the effect and the answer are one transaction.

`Once` owns the transaction of an ordinary command: it looks for the key, runs the command, stores the answer under the
key, commits, and only then gives the answer back. A route cannot answer before the commit, because it has nothing to
answer with. Source: draft-ietf-httpapi-idempotency-key-header; RFC 9110 section 9.2.2.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, cast

import asyncpg
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from chassis.actor import Actor
from chassis.batches import Blind
from chassis.clock import DeskClock
from chassis.conditional import etag_of
from chassis.crash import crash_point
from chassis.database import Connection, Database, UnitOfWork
from chassis.metrics import Metrics
from chassis.outbox import Origin
from chassis.personal_numbers import in_key
from chassis.problem_responses import problem_response
from chassis.problems import (
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    NotFound,
    Problem,
)
from chassis.row_security import NOWHERE, Remit
from chassis.sealing import SealingKeys
from chassis.watermark import Watermarks

REPLAYED = "Idempotent-Replayed"
KEY_DESCRIPTION = "Made by the client before its first try, kept for every repeat of it."
_FINAL = frozenset({400, 404, 409, 412, 422, 428})
"""Refusals that a repeat gets again, word for word; 401, 403, 408, 429 and 5xx may pass later."""


_KEPT = ("content-type", "content-language", "vary", "cache-control")
"""Headers of a refusal that a repeat gets as well."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command answers with.

    Attributes:
        body: the answer; its JSON is stored and repeated byte for byte.
        shown: the answer with what is shown once, a secret; sent in the place of `body` after the commit and kept nowhere: a
            repeat gets `body`.
        location: path of the thing that the command made or changed.
        aggregate: `<name>/<id>`, and with `version` the position that `Desk-Position` tells.
    """

    body: BaseModel
    location: str = ""
    aggregate: str = ""
    version: int = 0
    status: int = 201
    shown: BaseModel | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored form of an answer: status, headers and bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    def response(self, *, replayed: bool = False) -> Response:
        """Return the answer as it goes out."""
        extra = {REPLAYED: "true"} if replayed else {}
        return Response(self.body, status_code=self.status, headers={**self.headers, **extra})


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as one caller uses it on one route, with the fingerprint of what it asked for.

    Attributes:
        older: the fingerprints by keys that were current before; empty where the fingerprint is a plain hash.
        content: the payload itself, as JSON; it is no part of what the claim is known by.
        blind: whether it must not be kept.
    """

    principal: str
    route: str
    key: str
    fingerprint: bytes
    older: tuple[bytes, ...] = ()
    content: bytes = field(default=b"", compare=False, repr=False)
    blind: bool = field(default=False, compare=False)


CLAIMED = "desk.claimed"
"""Of a request's scope: a list that takes the claim in, for who has sent the request in another's place."""


def claim_of(
    request: Request,
    actor: Actor,
    key: str | None,
    body: BaseModel | None,
    *,
    keyed_by: SealingKeys | None = None,
) -> Claim:
    """Return the claim that a request makes.

    Args:
        keyed_by: what the fingerprint is made with where the body holds what can be guessed, such as a NIK: a plain
            hash that is kept could be tried out.

    Raises:
        IdempotencyKeyMissing: there is no key.
        IdempotencyKeyInvalid: it is over 200 characters, not printable ASCII, or holds a NIK.
    """
    if not key:
        raise IdempotencyKeyMissing(
            "Send an Idempotency-Key header, made once before the first try.",
            detail_id="Kirimkan header Idempotency-Key yang dibuat sekali sebelum percobaan pertama.",
        )
    if len(key) > 200 or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid
    if in_key(key):
        raise personal_key()
    path: str = request.scope[
        "path"
    ]  # `request.url` builds a whole URL first, for a tenth of a command's time
    canonical = body.model_dump_json().encode() if body is not None else b""
    asked = request.method.encode() + b" " + path.encode() + b"\0" + canonical
    prints = keyed_by.digests(asked) if keyed_by is not None else [hashlib.sha256(asked).digest()]
    route = f"{request.method} {cast(str, getattr(request.scope.get('route'), 'path', path))}"
    claim = Claim(
        principal_of(actor),
        route,
        key,
        prints[0],
        tuple(prints[1:]),
        content=canonical,
        blind=keyed_by is not None or isinstance(body, Blind),
    )
    claimed: list[Claim] | None = request.scope.get(CLAIMED)
    if claimed is not None:
        claimed.append(claim)
    return claim


def personal_key() -> IdempotencyKeyInvalid:
    """Return the refusal of a key that holds a NIK: keys are kept with their answers, and told to operators."""
    return IdempotencyKeyInvalid(
        "The key has sixteen digits as a NIK has them; make one at random, a UUID.",
        detail_id="Kunci memuat enam belas angka seperti NIK; buatlah kunci acak, misalnya UUID.",
    )


def principal_of(actor: Actor) -> str:
    """Return whose keys a caller's are: the application's, and within it the person's."""
    return f"{actor.client}|{actor.subject}"


def answer_of(receipt: Receipt) -> Answer:
    """Return the stored form of a receipt."""
    headers = {"content-type": "application/json"}
    if receipt.location:
        headers["Location"] = receipt.location
    if receipt.aggregate:
        headers["ETag"] = etag_of(receipt.version)
        headers["Desk-Position"] = f"{receipt.aggregate}@{receipt.version}"
    return Answer(receipt.status, headers, receipt.body.model_dump_json().encode())


def answer_of_refusal(problem: Problem, request: Request) -> Answer | None:
    """Return the stored form of a refusal in the caller's language, or None where a repeat may fare better.

    Args:
        problem: as `honest` leaves it. What is not there may come: a report of a TPS that another service has not
            told of yet is taken when it is repeated.
    """
    if problem.status not in _FINAL or (isinstance(problem, NotFound) and problem.learned_from):
        return None
    rendered = problem_response(problem, request)
    headers = {name: rendered.headers[name] for name in _KEPT if name in rendered.headers}
    return Answer(rendered.status_code, headers, bytes(rendered.body))


def honest(problem: Problem, request: Request) -> Problem:
    """Return a refusal, or that this process has not caught up where it may only not know the thing yet."""
    watermarks: Watermarks | None = request.app.state.watermarks
    return watermarks.honest(problem) if watermarks else problem


async def find_answers(
    connection: Connection | UnitOfWork, claims: Sequence[Claim]
) -> dict[Claim, Answer | IdempotencyKeyReused]:
    """Return what was answered under keys before: the answer, or the refusal where the key came with another body."""
    rows = await connection.fetch(
        # `limit 1` keeps it a probe of the index for each key: joined, the plan that PostgreSQL made while the table was
        # small reads the whole of it for ever after.
        """select k.* from unnest($1::text[], $2::text[], $3::text[]) c(principal, route, key)
           cross join lateral (
               select * from idempotency_key i
               where i.principal = c.principal and i.route = c.route and i.key = c.key limit 1
           ) k""",
        [c.principal for c in claims],
        [c.route for c in claims],
        [c.key for c in claims],
    )
    if not rows:
        return {}
    by_key = {(row["principal"], row["route"], row["key"]): row for row in rows}
    found: dict[Claim, Answer | IdempotencyKeyReused] = {}
    for claim in claims:
        row = by_key.get((claim.principal, claim.route, claim.key))
        if row is None:
            continue
        if bytes(row["fingerprint"]) not in (claim.fingerprint, *claim.older):
            found[claim] = IdempotencyKeyReused(
                "This key was used for another command; make a new one.",
                detail_id="Kunci ini sudah dipakai untuk perintah lain; buatlah yang baru.",
            )
        else:
            found[claim] = Answer(row["status"], json.loads(row["headers"]), bytes(row["body"]))
    return found


class KeyTaken(Exception):
    """Another request stored an answer under the same key meanwhile; this one is rolled back and asks again."""


async def store_answers(uow: UnitOfWork, answers: Sequence[tuple[Claim, Answer]], *, now: datetime) -> None:
    """Store answers with their effect.

    Raises:
        KeyTaken: one of the keys was stored by another transaction meanwhile.
    """
    tag = await uow.execute(
        """insert into idempotency_key (principal, route, key, fingerprint, status, headers, body, recorded_at)
           select u.*, $8 from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::int[], $6::text[], $7::bytea[]) u
           on conflict do nothing""",
        [c.principal for c, _ in answers],
        [c.route for c, _ in answers],
        [c.key for c, _ in answers],
        [c.fingerprint for c, _ in answers],
        [a.status for _, a in answers],
        [json.dumps(dict(a.headers)) for _, a in answers],
        [a.body for _, a in answers],
        now,
    )
    if tag != f"INSERT 0 {len(answers)}":
        raise KeyTaken


Run = Callable[[UnitOfWork, Origin], Awaitable[Receipt]]


class Once:
    """Runs a command once per key, in a transaction that is committed before the answer is given.

    A refusal that would be the same again (a wrong state, a payload that cannot stand) is stored under the key too, in a
    transaction of its own after the rollback; what may pass later (401, 403, 408, 429, 5xx) is not.
    """

    def __init__(self, request: Request, key: str | None) -> None:
        self._request = request
        self._key = key
        self._database: Database = request.app.state.database
        self._clock: DeskClock = request.app.state.clock
        self._metrics: Metrics = request.app.state.metrics

    async def __call__(
        self,
        actor: Actor,
        run: Run,
        *,
        election: str,
        channel: str = "api",
        body: BaseModel | None = None,
        keyed_by: SealingKeys | None = None,
    ) -> Response:
        """Run a command and return its answer, or the answer that its key got before.

        Args:
            run: the command, given the unit of work and who, when and how.
            body: the payload, for the key's fingerprint.
            keyed_by: what the fingerprint is made with, where the payload holds a NIK.

        Raises:
            Problem: the command was refused, or the key is missing or was used for another command.
        """
        claim = claim_of(self._request, actor, self._key, body, keyed_by=keyed_by)
        rehearsal: bool = self._request.app.state.settings.rehearsal
        origin = Origin(election, actor.pseudonym, channel, self._clock.now(), rehearsal)
        for _ in range(3):
            try:
                return await self._try(claim, run, origin, remit=actor.remit)
            except KeyTaken:
                continue
            except DBAPIError as error:
                if not isinstance(error.orig, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
                    raise
        raise IdempotencyKeyReused(
            "This key is in use by another request.", detail_id="Kunci ini sedang dipakai permintaan lain."
        )

    async def _try(self, claim: Claim, run: Run, origin: Origin, *, remit: Remit) -> Response:
        try:
            async with self._database.transaction(remit) as uow:
                known = (await find_answers(uow, [claim])).get(claim)
                if isinstance(known, IdempotencyKeyReused):
                    raise known
                if known is not None:
                    self._metrics.idempotent_replays.inc()
                    return known.response(replayed=True)
                receipt = await run(uow, origin)
                answer = answer_of(receipt)
                await store_answers(uow, [(claim, answer)], now=origin.now)
                crash_point("before_commit")
            crash_point("after_commit")
            if receipt.shown is not None:
                once = answer_of(replace(receipt, body=receipt.shown)).response()
                once.headers["Cache-Control"] = "no-store"
                return once
            return answer.response()
        except IdempotencyKeyReused:
            raise
        except Problem as problem:
            refusal = honest(problem, self._request)
            answer = answer_of_refusal(refusal, self._request)
            if answer is None:
                return await self._answered_meanwhile(claim, refusal)
            return await self._store_refusal(claim, answer, origin)

    async def _answered_meanwhile(self, claim: Claim, refusal: Problem) -> Response:
        """Return what the key was answered while its command waited for a lock: it may be refused for its own effect.

        Raises:
            Problem: the refusal, where the key was not answered.
        """
        if refusal.status < 500:
            async with self._database.reading(NOWHERE) as connection:
                known = (await find_answers(connection, [claim])).get(claim)
            if isinstance(known, IdempotencyKeyReused):
                raise known
            if known is not None:
                return known.response(replayed=True)
        raise refusal

    async def _store_refusal(self, claim: Claim, answer: Answer, origin: Origin) -> Response:
        async with self._database.transaction(NOWHERE) as uow:
            known = (await find_answers(uow, [claim])).get(claim)
            if isinstance(known, IdempotencyKeyReused):
                raise known
            if known is not None:
                return known.response(replayed=True)
            await store_answers(uow, [(claim, answer)], now=origin.now)
        return answer.response()


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description=KEY_DESCRIPTION),
    ] = None,
) -> Once:
    return Once(request, idempotency_key)


OnceDep = Annotated[Once, Depends(_once)]
