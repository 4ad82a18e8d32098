"""Problems as answers (RFC 9457 `application/problem+json`), in the caller's language, with no echo of what came.

`install_problem_handlers(app)` covers what is raised on purpose (`Problem`), what FastAPI refuses (a
payload's shape, an unknown path), what the database cannot do at the moment (503), and every fault of ours
(500, without its text).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import quote

import asyncpg
import sqlalchemy.exc
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from joserfc.errors import ClaimError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException  # noqa: TID251 - the one place that turns it into a problem

from chassis import problems
from chassis.database import passes_by_itself, sqlstate_of
from chassis.field_errors import field_error
from chassis.identity import permissions_of
from chassis.json_bodies import NameTwiceError
from chassis.limits import OTHER_CHARSET, PACKED
from chassis.masking import mask_text
from chassis.problems import Problem
from chassis.safe_headers import safe_headers
from chassis.telemetry import tell_reason, trace_of
from chassis.watermark import Watermarks

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 100
"""A batch of 500 broken items is told about the first hundred places only."""

Language = Literal["en", "id"]
_log = structlog.get_logger(__name__)


class FieldErrorDocument(BaseModel):
    """One place of the request that is wrong."""

    pointer: str = Field(
        description=(
            "JSON pointer into the body, or `query:`, `path:`, `header:` and a name. It ends at what holds the place where a "
            "name is no plain word: names that the sender made up are not repeated."
        )
    )
    code: str = Field(description="Stable word for what is wrong; accept words that you do not know.")
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details, the shape of every refusal and failure."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="URI reference of the kind of problem: `/problems/<code>`.")
    title: str = Field(description="The kind of problem, in the language of Accept-Language (id, en).")
    status: int
    detail: str = Field(description="What is wrong this time, in the same language.")
    instance: str = Field(description="Path of the request.")
    code: str = Field(description="Stable kebab-case name of the kind of problem.")
    retryable: bool = Field(description="Whether the same request, with the same key, may succeed later.")
    trace_id: str | None = Field(description="Name of this request in the desk's logs.")
    errors: list[FieldErrorDocument] = Field(default=[], description="The places that are wrong.")
    current_state: str | None = Field(default=None, description="For a conflict: the state the thing is in.")
    allowed: list[str] = Field(default=[], description="For a conflict: what can be done from there.")


def problem_document(
    problem: Problem, *, instance: str, trace_id: str | None, language: Language
) -> dict[str, object]:
    """Return a problem as the members of an RFC 9457 document.

    Args:
        problem: what was raised.
        instance: path of the request.
        trace_id: name of the request in the logs.
        language: of `title` and `detail`.
    """
    indonesian = language == "id"
    title = problem.title_id if indonesian else problem.title
    detail = (problem.detail_id or problem.detail) if indonesian else problem.detail
    document: dict[str, object] = {
        "type": f"/problems/{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": detail or title,
        "instance": instance,
        "code": problem.code,
        "retryable": problem.retryable,
        "trace_id": trace_id,
    }
    if problem.errors:
        document["errors"] = [
            {
                "pointer": error.pointer,
                "code": error.code,
                "detail": error.detail_id if indonesian else error.detail,
            }
            for error in problem.errors
        ]
    if problem.current_state is not None:
        document["current_state"] = problem.current_state
        document["allowed"] = list(problem.allowed)
    return document | problem.members


def problem_response(
    problem: Problem, request: Request, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem as the answer to a request.

    Args:
        problem: what was raised.
        request: what it answers; its `Accept-Language` chooses the language.
        headers: further headers of the answer.
    """
    request.scope["desk.problem"] = problem.code
    if isinstance(problem, problems.Unauthenticated):
        tell_reason(request.scope, _why_not_accepted(problem))
    language = language_of(request.headers.get("accept-language", ""))
    document = problem_document(
        problem, instance=_instance(request), trace_id=trace_of(request.scope), language=language
    )
    sent = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    sent.update(problem.headers())
    sent.update(headers or {})
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=sent)
    response.raw_headers += safe_headers(request.scope, {name for name, _ in response.raw_headers})
    return response


def _why_not_accepted(problem: Problem) -> str:
    """Return the class of the reason for a 401: never the token, nor anything that it holds."""
    cause = problem.__cause__
    if cause is None:
        return "not-accepted" if problem.detail else "no-token"
    claim = cause.claim if isinstance(cause, ClaimError) else None
    return f"{type(cause).__name__}:{claim}" if claim else type(cause).__name__


def language_of(accept_language: str) -> Language:
    """Return the language of an answer: whichever of `id` and `en` Accept-Language prefers, else `en`.

    Example: `language_of("id-ID,id;q=0.9,en;q=0.8") == "id"`.
    """
    weights = {"en": 0.0, "id": 0.0}
    for part in accept_language.lower().split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = {"in": "id"}.get(
            tag.split("-")[0], tag.split("-")[0]
        )  # old Android says `in` for Indonesian
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(parameters))
    return "id" if weights["id"] > weights["en"] else "en"


def _weight(parameters: str) -> float:
    try:
        return float(parameters.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


def install_problem_handlers(app: FastAPI) -> None:
    """Let every refusal and failure of an application leave it as a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for kind in (
        sqlalchemy.exc.SQLAlchemyError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        ConnectionError,
        TimeoutError,
        Exception,
    ):
        app.add_exception_handler(kind, _on_fault)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    watermarks: Watermarks | None = getattr(request.app.state, "watermarks", None)
    if watermarks is not None:
        error = watermarks.honest(error)
    if error.status >= 500:
        _log.warning("refused", problem=error.code, cause=_cause(error), trace_id=trace_of(request.scope))
    return problem_response(error, request)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    refusal = await _refusal_of_caller(request)
    return problem_response(refusal or _invalid(request, error.errors()), request)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in _OF_THE_BODY:
        refusal = await _refusal_of_caller(request)
        if refusal is not None:
            return problem_response(refusal, request)
    if isinstance(error.__cause__, NameTwiceError):
        return problem_response(_ambiguous(), request)
    if isinstance(
        error.__cause__, ValueError | RecursionError
    ):  # so FastAPI wraps what json.loads says of a body
        return problem_response(_unreadable(), request)
    if error.detail in _UNREAD:
        return problem_response(_UNREAD[error.detail], request, headers=error.headers)
    kind = _KIND_OF_STATUS.get(error.status_code)
    if kind is None:
        kind = problems.InternalError if error.status_code >= 500 else problems.BadRequest
    headers = dict(error.headers or {})
    if "GET" in (allowed := headers.get("Allow", "").split(", ")):
        headers["Allow"] = ", ".join([*allowed, "HEAD"])  # no route names it; HeadMiddleware answers it
    return problem_response(kind(), request, headers=headers)  # a framework's own words are English alone


async def _on_fault(request: Request, error: Exception) -> Response:
    if sqlstate_of(error) in _NO_TEXT:
        return problem_response(_unkept_text(), request)
    problem = _away(error)
    if problem is not None:
        _log.warning("database_away", error=type(error).__name__, trace_id=trace_of(request.scope))
        return problem_response(problem, request)
    _log.error("fault", exc_info=error, trace_id=trace_of(request.scope))
    return problem_response(problems.InternalError(), request)


async def _refusal_of_caller(request: Request) -> Problem | None:
    """Judge the caller before its payload: FastAPI reads the body first, but 401 and 403 come before 422 and 413."""
    included = request.scope.get("fastapi", {}).get("effective_route_context")
    dependant = getattr(included or request.scope.get("route"), "dependant", None)
    try:
        for permission in permissions_of(dependant):
            await permission(request)
    except Problem as refusal:
        return refusal
    return None


def _invalid(request: Request, found: Sequence[Mapping[str, object]]) -> Problem:
    if any(_is_unread_body(request, error) for error in found):
        return problems.UnsupportedMediaType(
            "Send application/json, and say so in Content-Type.",
            detail_id="Kirimkan application/json, dan sebutkan pada Content-Type.",
        )
    if any(error.get("type") == "json_invalid" for error in found):
        return _unreadable()
    errors = [field_error(error) for error in found[:MOST_ERRORS]]
    return problems.InvalidPayload(
        f"{len(found)} place(s) of the request are not as they should be.",
        detail_id=f"{len(found)} bagian permintaan tidak sesuai.",
        errors=errors,
    )


def _unreadable() -> Problem:
    """Return the one answer to a body that is no JSON, whichever way the framework stumbles over it."""
    return problems.BodyUnreadable(
        "The body is not JSON: it ends early, is not UTF-8, or is nested too deep.",
        detail_id="Isi permintaan bukan JSON: terputus, bukan UTF-8, atau bersarang terlalu dalam.",
    )


_UNREAD: Final[Mapping[str, Problem]] = {
    PACKED: problems.UnsupportedMediaType(
        "Send the body as it is, without Content-Encoding.",
        detail_id="Kirimkan isi permintaan apa adanya, tanpa Content-Encoding.",
    ),
    OTHER_CHARSET: problems.UnsupportedMediaType(
        "Send the body in UTF-8; Content-Type names another charset.",
        detail_id="Kirimkan isi permintaan dalam UTF-8; Content-Type menyebut charset lain.",
    ),
}


def _ambiguous() -> Problem:
    return problems.BodyAmbiguous(
        "An object of the body has one name twice; send each name once.",
        detail_id="Sebuah objek pada isi permintaan memuat satu nama dua kali; kirim setiap nama sekali saja.",
    )


def _is_unread_body(request: Request, error: Mapping[str, object]) -> bool:
    if error.get("loc") != ("body",) or error.get("type") == "missing":
        return False
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return not (media_type.startswith("application/") and media_type.endswith(("/json", "+json")))


_NO_TEXT: Final = frozenset({"22021", "22P05"})
"""SQLSTATEs of a text that PostgreSQL cannot keep: a NUL, as such or as `\\u0000`."""


def _unkept_text() -> Problem:
    return problems.InvalidPayload(
        "A text of the request has a character that cannot be kept (NUL).",
        detail_id="Sebuah teks pada permintaan memuat karakter yang tidak dapat disimpan (NUL).",
    )


def _away(error: Exception) -> Problem | None:
    """Return the problem of a database that is away or too busy, None where the fault is ours."""
    lost = isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated
    closed = isinstance(error, asyncpg.InterfaceError | sqlalchemy.exc.InterfaceError) and "clos" in str(
        error
    )
    if isinstance(error, sqlalchemy.exc.TimeoutError):  # every connection of the pool is lent
        return problems.Overloaded()
    if passes_by_itself(error) or lost or closed or isinstance(error, ConnectionError | TimeoutError):
        return problems.Unavailable(
            "The database is away or too busy; repeat with the same key.",
            detail_id="Basis data sedang tidak tersedia; ulangi dengan kunci yang sama.",
        )
    return None


def _cause(error: BaseException) -> str | None:
    return type(error.__cause__).__name__ if error.__cause__ is not None else None


def _instance(request: Request) -> str:
    return quote(mask_text(request.scope["path"]), safe="/:@!$&'()*+,;=~")


_OF_THE_BODY: Final = frozenset({400, 408, 413, 415, 422})

_KIND_OF_STATUS: Final[Mapping[int, type[Problem]]] = {
    kind.status: kind for kind in problems.problem_types() if kind.__base__ is Problem
}


def problem_responses(*kinds: type[Problem] | int) -> dict[int | str, dict[str, object]]:
    """Return the `responses=` of a route, for its description in OpenAPI.

    Args:
        kinds: problems that the route may answer with, by class, or every one of a status.
    """
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in kinds:
        found = [kind] if not isinstance(kind, int) else [_KIND_OF_STATUS[kind]]
        for each in found:
            by_status.setdefault(each.status, []).append(each)
    return {status: _described(by_status[status]) for status in sorted(by_status)}


def _described(kinds: Sequence[type[Problem]]) -> dict[str, object]:
    examples = {
        kind.code: {"summary": kind.title, "value": _example(kind)}
        for kind in sorted(kinds, key=lambda k: k.code)
    }
    return {
        "description": "; ".join(f"{kind.title} (`{kind.code}`)" for kind in kinds),
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}, "examples": examples}
        },
    }


def _example(kind: type[Problem]) -> dict[str, object]:
    return problem_document(
        kind(),
        instance="/v1/elections/pilkada-2024/…",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        language="en",
    )
