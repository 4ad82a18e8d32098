"""A batch of mixed commands, as a phone's outbox holds them: each goes the way of its own route, inside this process.

An item is a request of a single route, written down. It is given to the application as if it had come by itself, with the
sender's own token and the item's id as its Idempotency-Key: shape, permission, region, version and budgets are judged
where they always are, and a command that came singly before is a duplicate here. Items are taken one after the other, so
that what belongs together stays in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import Annotated, Final, Literal, cast
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic_core import from_json, to_json
from starlette.routing import compile_path
from starlette.types import Message, Scope

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.conflicts import (
    Clash,
    CommandConflicts,
    Decision,
    conflicts,
    keep_conflicts,
    settle_conflict,
)
from chassis.idempotency import CLAIMED, REPLAYED, Claim, OnceDep
from chassis.identity import permission, permissions_of
from chassis.masking import MASKED
from chassis.problem_responses import language_of, problem_document
from chassis.problems import IdempotencyKeyReused, InternalError, NotFound, Overloaded, Problem
from chassis.reading import ReaderDep
from chassis.telemetry import current_traceparent, trace_of
from contracts.access import FIELD_SCOPES, NATION, place_code
from contracts.access import Scope as Allowed
from contracts.vocabulary import PRINTABLE, ElectionId

log = structlog.get_logger(__name__)

PREFIX: Final = "/v1/elections/{election}"
_PASSED_ON: Final = (b"authorization", b"accept-language", b"x-forwarded-for")
_MAY_PASS: Final = frozenset({401, 408, 429})

Outcome = Literal["created", "duplicate", "conflict", "rejected", "deferred"]
Path = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._:-]{1,100}){1,6}$")]
IfMatch = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,80}$")]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]


_SENT: Final[dict[str, JsonValue]] = {
    "id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01",
    "path": "/tps/32.71.06.1002.028/milestones",
    "body": {"milestone": "opened", "occurred_at": "2024-11-27T07:00:00+07:00", "channel": "app"},
}


class Sent(BaseModel):
    """One command of an outbox: a request of its route, written down."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_SENT]})

    id: UUID = Field(description="Made by the device before the first try: the command's Idempotency-Key.")
    path: Path = Field(
        description="Of the command's route, below the election: `/tps/32.71.06.1002.028/milestones`."
    )
    if_match: IfMatch | None = Field(
        default=None, description="ETag of the version that is changed, where the route asks for it."
    )
    body: dict[str, object] = Field(description="As the route takes it.")


class SentBatch(BaseModel):
    """Commands of one service, in the order in which they were sent."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"device": "hp-tps-028", "items": [_SENT]}]},
    )

    device: DeviceId
    items: Annotated[list[Sent], Field(min_length=1, max_length=500)]


class SyncResult(BaseModel):
    """What became of one command; only what is `deferred` is to be sent again, with the same id and body."""

    id: UUID | None = Field(description="Null where the item has none that can be read.")
    outcome: Outcome
    status: int = Field(description="That the command's own route answers with.")
    answer: dict[str, object] | None
    problem: dict[str, object] | None
    location: str | None = Field(description="Path of the thing that the command made or changed.")
    etag: str | None = Field(description="Version of it, for `if_match` of what comes next.")
    position: str | None = Field(description="`Desk-Position`, for `Desk-After`.")
    conflict_id: UUID | None = Field(description="Under which a conflict is kept.")


class SyncResults(BaseModel):
    """One result per command, in their order."""

    items: list[SyncResult]


class SettlementIn(BaseModel):
    """How a conflict was decided: the first command stands alone, or the second was sent anew under an id of its own."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"decision": "first_stands", "reason": "Salah tekan dua kali (contoh)."}]
        },
    )

    decision: Decision
    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=PRINTABLE),
        MASKED,
    ]


class NoFieldCommand(NotFound):
    """No command of the field has this path; others are sent to their own routes."""

    code = "no-field-command"
    title, title_id = "No command of the field has this path", "Tidak ada perintah lapangan dengan alamat ini"


def no_field_command() -> NoFieldCommand:
    """Return the refusal of an item whose path is no field command's."""
    return NoFieldCommand(
        "Send the path of a command's route below the election, as in /tps/32.71.06.1002.028/milestones.",
        detail_id="Kirimkan alamat rute perintah di bawah pemilihan, misalnya /tps/32.71.06.1002.028/milestones.",
    )


def result_of_refusal(command: UUID | None, problem: Problem, request: Request) -> SyncResult:
    """Return the result of a command that was not done, in the caller's language."""
    document = problem_document(
        problem,
        instance=request.scope["path"],
        trace_id=trace_of(request.scope),
        language=language_of(request.headers.get("accept-language", "")),
    )
    return result_of(command, problem.status, problem=document)


def result_of(
    command: UUID | None,
    status: int,
    *,
    answer: dict[str, object] | None = None,
    problem: dict[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> SyncResult:
    """Return the result of a command from the answer of its route.

    Args:
        headers: of the answer, by their names in small letters.
    """
    told = headers or {}
    outcome: Outcome
    if problem is None:
        outcome = "duplicate" if REPLAYED.lower() in told else "created"
    elif problem.get("code") == IdempotencyKeyReused.code:
        outcome = "conflict"
    else:
        passes = status >= 500 or status in _MAY_PASS or bool(problem.get("retryable"))
        outcome = "deferred" if passes else "rejected"
    return SyncResult(
        id=command,
        outcome=outcome,
        status=status,
        answer=answer,
        problem=problem,
        location=told.get("location"),
        etag=told.get("etag"),
        position=told.get("desk-position"),
        conflict_id=None,
    )


def field_commands(app: FastAPI) -> list[Pattern[str]]:
    """Return the paths of an application's field commands: POST, with one of the field's scopes, and no batch itself."""
    found: list[Pattern[str]] = []
    for route in iter_route_contexts(app.routes):
        path = route.path_format
        if path is None or "POST" not in (route.methods or ()) or path.endswith(":batch"):
            continue
        if any(each.scope in FIELD_SCOPES for each in permissions_of(getattr(route, "dependant", None))):
            found.append(compile_path(path)[0])
    return found


def sync_routes(service: str) -> APIRouter:
    """Return the routes by which a service takes a batch of mixed commands in, and tells of those that clash.

    They are in no service's document: the public ones are the gateway's.
    """
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    paths: list[Pattern[str]] = []

    @router.post("/sync:batch")
    async def take_commands(
        request: Request,
        election: ElectionId,
        body: SentBatch,
        sender: Annotated[Actor, Depends(permission(Allowed.EVENTS_PUBLIC))],
    ) -> SyncResults:
        if not paths:
            paths.extend(field_commands(request.app))
        outbox = _Outbox(request, sender, election=election, device=body.device, paths=paths)
        return SyncResults(items=[await outbox.take(each) for each in body.items])

    @router.get("/sync/conflicts")
    async def list_conflicts(
        election: ElectionId,
        settler: Annotated[Actor, Depends(permission(Allowed.CONFLICTS_SETTLE))],
        read: ReaderDep,
        *,
        settled: bool = False,
    ) -> CommandConflicts:
        whole = Allowed.EVENTS_RESTRICTED in settler.scopes
        found = await conflicts(
            read, service=service, election=election, actor=settler, settled=settled, whole=whole
        )
        return CommandConflicts(items=found)

    @router.post("/sync/conflicts/{conflict_id}/settlements")
    async def settle(
        *,
        election: ElectionId,
        conflict_id: UUID,
        body: SettlementIn,
        settler: Annotated[Actor, Depends(permission(Allowed.CONFLICTS_SETTLE, person=True))],
        once: OnceDep,
    ) -> object:
        return await once(
            settler,
            lambda uow, origin: settle_conflict(
                uow,
                conflict_id,
                service=service,
                decision=body.decision,
                reason=body.reason,
                actor=settler,
                origin=origin,
            ),
            election=election,
            body=body,
        )

    _ = take_commands, list_conflicts, settle
    return router


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


class _Outbox:
    """Gives the commands of one batch to the application, one by one."""

    def __init__(
        self, request: Request, sender: Actor, *, election: str, device: str, paths: Sequence[Pattern[str]]
    ) -> None:
        self._request = request
        self._sender = sender
        self._election = election
        self._device = device
        self._paths = paths
        passed = [(name, value) for name, value in request.headers.raw if name in _PASSED_ON]
        self._headers = [*passed, (b"content-type", b"application/json")]

    async def take(self, sent: Sent) -> SyncResult:
        """Do one command, and return what became of it."""
        path = f"/v1/elections/{self._election}{sent.path}"
        if not any(pattern.fullmatch(path) for pattern in self._paths):
            return result_of_refusal(sent.id, no_field_command(), self._request)
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
        return await self._kept(sent, claimed, result) if result.outcome == "conflict" else result

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
