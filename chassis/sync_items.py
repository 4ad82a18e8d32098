"""A batch of mixed commands, as a phone's outbox holds them: each goes the way of its own route, inside this process.

An item is a request of a single route, written down. It is given to the application as if it had come by itself, with the
sender's own token and the item's id as its Idempotency-Key: shape, permission, region, version and budgets are judged
where they always are, and a command that came singly before is a duplicate here. Items are taken one after the other, so
that what belongs together stays in order.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import Final, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from pydantic_core import from_json, to_json
from starlette.routing import compile_path
from starlette.types import Message, Scope

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.conflicts import (
    Clash,
    keep_conflicts,
)
from chassis.database import Database
from chassis.idempotency import CLAIMED, Claim, principal_of
from chassis.identity import permissions_of
from chassis.problems import IdempotencyKeyReused, InternalError, Overloaded
from chassis.sync_shapes import Sent, SyncResult, no_field_command, result_of, result_of_refusal
from chassis.telemetry import current_traceparent
from contracts.access import FIELD_SCOPES, NATION, place_code

log = structlog.get_logger(__name__)

_PASSED_ON: Final = (b"authorization", b"accept-language", b"x-forwarded-for")


def field_commands(app: FastAPI) -> dict[str, Pattern[str]]:
    """Return an application's field commands by template: POST, with one of the field's scopes, and no batch itself."""
    found: dict[str, Pattern[str]] = {}
    for route in iter_route_contexts(app.routes):
        path = route.path_format
        if path is None or "POST" not in (route.methods or ()) or path.endswith(":batch"):
            continue
        if any(each.scope in FIELD_SCOPES for each in permissions_of(getattr(route, "dependant", None))):
            found[path] = compile_path(path)[0]
    return found


@dataclass(slots=True)
class _Answered:
    """What the application said to a request that came from inside."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Take the next message of the answer in."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Outbox:
    """Gives the commands of one batch to the application, one by one."""

    def __init__(
        self,
        request: Request,
        sender: Actor,
        *,
        election: str,
        device: str,
        paths: Mapping[str, Pattern[str]],
    ) -> None:
        self._request = request
        self._sender = sender
        self._election = election
        self._device = device
        self._paths = paths
        passed = [(name, value) for name, value in request.headers.raw if name in _PASSED_ON]
        self._headers = [*passed, (b"content-type", b"application/json")]
        self._routes: dict[str, str] = {}

    async def take_all(self, items: Sequence[Sent]) -> list[SyncResult]:
        """Do commands in their order, and return what became of each."""
        database: Database = self._request.app.state.database
        async with database.reading() as connection:
            rows = await connection.fetch(
                "select key, route from idempotency_key where key = any($1::text[]) and principal = $2",
                *([str(sent.id) for sent in items], principal_of(self._sender)),
            )
        self._routes = {row["key"]: row["route"] for row in rows if not row["route"].endswith(":batch")}
        return [await self.take(sent) for sent in items]

    async def take(self, sent: Sent) -> SyncResult:
        """Do one command, and return what became of it."""
        path = f"/v1/elections/{self._election}{sent.path}"
        template = next((each for each, pattern in self._paths.items() if pattern.fullmatch(path)), None)
        if template is None:
            return result_of_refusal(sent.id, no_field_command(), self._request)
        route = f"POST {template}"
        if self._routes.get(str(sent.id), route) != route:
            return await self._of_another_kind(sent, path)
        claimed: list[Claim] = []
        answered = await self._ask(sent, path, claimed)
        told: dict[str, object] = from_json(answered.body) if answered.body else {}
        failed = answered.status >= 400
        result = result_of(
            sent.id,
            answered.status,
            answer=None if failed else told,
            problem=told if failed else None,
            headers=answered.headers,
        )
        if claimed and result.outcome in ("created", "duplicate"):
            self._routes[str(sent.id)] = claimed[0].route
        return await self._kept(sent, claimed, result) if result.outcome == "conflict" else result

    async def _of_another_kind(self, sent: Sent, path: str) -> SyncResult:
        """Keep a command whose id stands for one of another route; by its hash alone, for no route has read it."""
        key = str(sent.id)
        fingerprint = hashlib.sha256(b"POST " + path.encode() + b"\0" + to_json(sent.body)).digest()
        claim = Claim(principal_of(self._sender), self._routes[key], key, fingerprint, blind=True)
        reused = IdempotencyKeyReused(
            "This id was used for another kind of command; make a new one.",
            detail_id="Id ini sudah dipakai untuk perintah jenis lain; buatlah yang baru.",
        )
        return await self._kept(sent, [claim], result_of_refusal(sent.id, reused, self._request))

    async def _ask(self, sent: Sent, path: str, claimed: list[Claim]) -> _Answered:
        body = to_json(sent.body)
        answered = _Answered()
        scope = self._scope(sent, path, len(body))
        scope[CLAIMED] = claimed
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return messages.pop() if messages else {"type": "http.disconnect"}

        try:
            await self._request.app(scope, receive, answered.take)
        except Exception as error:  # noqa: BLE001 - the application has answered and told of it; the others go on
            log.warning("item_failed", error=type(error).__name__)
        if not answered.status:
            refusal = result_of_refusal(sent.id, InternalError(), self._request)
            answered.status, answered.body = refusal.status, to_json(refusal.problem)
        return answered

    def _scope(self, sent: Sent, path: str, length: int) -> Scope:
        outer = self._request.scope
        headers = [
            *self._headers,
            (b"idempotency-key", str(sent.id).encode()),
            (b"content-length", str(length).encode()),
        ]
        if trace := current_traceparent():
            headers.append((b"traceparent", trace.encode()))
        if sent.if_match is not None:
            headers.append((b"if-match", sent.if_match.encode()))
        return {
            **{
                name: outer[name]
                for name in ("asgi", "http_version", "scheme", "client", "server")
                if name in outer
            },
            **({"state": dict(outer["state"])} if "state" in outer else {}),
            "type": "http",
            "method": "POST",
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
        }

    async def _kept(self, sent: Sent, claimed: Sequence[Claim], result: SyncResult) -> SyncResult:
        """Keep a command that came under the id of another; where it is that very command, it is only in use just now."""
        clock: DeskClock = self._request.app.state.clock
        clashes = [
            Clash(claim, self._sender, self._election, self._place(sent), self._device) for claim in claimed
        ]
        kept = await keep_conflicts(self._request.app.state.database, clashes, now=clock.now())
        if not kept or kept[0] is None:
            return result_of_refusal(
                sent.id,
                Overloaded(
                    "The same command is being done for another request.",
                    detail_id="Perintah yang sama sedang dikerjakan untuk permintaan lain.",
                ),
                self._request,
            )
        return result.model_copy(update={"conflict_id": kept[0]})

    def _place(self, sent: Sent) -> str:
        """Return the TPS or region that a command names; where none, or none of the sender's, the widest of the sender's."""
        parts = sent.path.split("/")
        named = [parts[2] if parts[1] == "tps" and len(parts) > 2 else None]
        named += [cast(str | None, sent.body.get(name)) for name in ("tps_code", "place", "region_code")]
        codes = (place_code(each) for each in named if isinstance(each, str))
        inside = [code for code in codes if code and self._sender.granted_region(code)]
        return inside[0] if inside else next(iter(self._sender.regions), NATION)
