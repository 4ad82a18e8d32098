"""What a batch of mixed commands is made of, and what is told of each command."""

import json
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic_core import to_json

from chassis.conflicts import (
    Decision,
)
from chassis.idempotency import REPLAYED
from chassis.masking import MASKED
from chassis.personal_numbers import in_key
from chassis.problem_responses import language_of, problem_document
from chassis.problems import IdempotencyKeyReused, NotFound, Problem
from chassis.telemetry import trace_of
from contracts.vocabulary import PRINTABLE

PREFIX: Final = "/v1/elections/{election}"
_MAY_PASS: Final = frozenset({401, 408, 429})

NameT = TypeVar("NameT", str, UUID)
Outcome = Literal["created", "duplicate", "conflict", "rejected", "deferred"]
Path = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._:-]{1,100}){1,6}$")]
IfMatch = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,80}$")]


def _without_number(made: NameT) -> NameT:
    """Refuse a name that holds a NIK: it is kept, and told to others.

    Raises:
        ValueError: it does.
    """
    if in_key(str(made)):
        raise ValueError("this has sixteen digits as a NIK has them; make one at random")
    return made


DeviceId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"),
    AfterValidator(_without_number),
]
CommandId = Annotated[UUID, AfterValidator(_without_number)]


_SENT: Final[dict[str, JsonValue]] = {
    "id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01",
    "path": "/tps/32.71.06.1002.028/milestones",
    "body": {"milestone": "opened", "occurred_at": "2024-11-27T07:00:00+07:00", "channel": "app"},
}


def _can_be_sent_on(body: dict[str, object]) -> dict[str, object]:
    """Refuse a body that cannot be written again: half a character, a number beyond all numbers, or nested too deep.

    Raises:
        ValueError: it is one of these.
    """
    try:
        json.dumps(body, allow_nan=False)
        to_json([[[[body]]]])  # as deep as it will lie in the batch
    except (ValueError, RecursionError):
        raise ValueError("this is no JSON that can be sent on") from None
    return body


class Sent(BaseModel):
    """One command of an outbox: a request of its route, written down."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_SENT]})

    id: CommandId = Field(
        description="Made by the device before the first try: the command's Idempotency-Key."
    )
    path: Path = Field(
        description="Of the command's route, below the election: `/tps/32.71.06.1002.028/milestones`."
    )
    if_match: IfMatch | None = Field(
        default=None, description="ETag of the version that is changed, where the route asks for it."
    )
    body: Annotated[dict[str, object], AfterValidator(_can_be_sent_on)] = Field(
        description="As the route takes it."
    )


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
        detail_id="Kirimkan alamat perintah di bawah pemilihan, misalnya /tps/32.71.06.1002.028/milestones.",
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
