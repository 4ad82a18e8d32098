"""Requests that schemathesis makes from the committed description of an API, sent and judged.

An answer is judged by what the description promises: no 5xx that a caller could bring about, a status that is documented,
a body of the documented shape, and for each refusal a problem document of a type that docs/reference/problems.md lists.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, cast
from urllib.parse import urlencode

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.rooms import EVERY_ROLE, Names, Room
from tests.fuzz.spoiling import NIK, spoilt
from tests.harness import bearer

ROOT: Final = Path(__file__).parents[2]
CHECKS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LEFT_OUT: Final = {
    "GET /v1/elections/{election}/stream",  # it does not end; tests/services/gateway/test_streams.py reads it
    "POST /v1/desk/projections:rebuild",  # it empties the room
}
UNHEALTHY: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
SPOILT: Final = 0.5
"""Share of the requests that are sent with one thing more wrong in them."""
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
Send = Callable[[httpx.Request], httpx.Response]


@cache
def documented_problems() -> frozenset[str]:
    """Return the codes of the problems that the reference lists."""
    page = (ROOT / "docs" / "reference" / "problems.md").read_text()
    return frozenset(re.findall(r'<a id="([a-z-]+)"></a>', page))


@cache
def described(process: str) -> dict[str, Any]:
    """Return the committed description of the operations that a process answers by itself."""
    if process != "gateway":
        return json.loads((ROOT / "contracts" / "openapi" / f"{process}.json").read_text())
    document = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())
    document["paths"] = {
        path: own
        for path, operations in document["paths"].items()
        if (own := {m: o for m, o in operations.items() if "x-desk-owner" not in o})
    }
    return document


def operations_of(process: str) -> Iterator[Operation]:
    """Give the operations of a process that are fuzzed."""
    schema = schemathesis.openapi.from_dict(described(process))
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), "an operation is not described as it should be"
        operation = cast(Operation, found.ok())
        if operation.label not in LEFT_OUT:
            yield operation


def ask(operation: Operation, room: Room, send: Send, *, examples: int, seed_of_run: int) -> list[str]:
    """Send requests to one operation, half of them as described and half not, and return what is wrong with the answers."""
    complaints: dict[str, str] = {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        strategy = _strategy(operation, mode)
        if strategy is None:
            continue

        @seed(seed_of_run)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=UNHEALTHY,
        )
        @given(case=strategy, luck=st.randoms(use_true_random=False))
        def try_one(case: AnyCase, luck: Random) -> None:
            _name_what_is_there(case, room.names, luck)
            sent = wire_form(case)
            if sent is None:
                return
            if luck.random() < SPOILT:
                sent = spoilt(sent, luck)
            for kind, complaint in judge(case, send(sent)):
                complaints.setdefault(f"{operation.label}: {kind}", complaint)

        # Of some descriptions nothing wrong can be made; right requests can be of all.
        with suppress(Unsatisfiable) if mode == GenerationMode.NEGATIVE else nullcontext():
            try_one()
    return [f"{what}\n    {complaint}" for what, complaint in complaints.items()]


def _strategy(operation: Operation, mode: GenerationMode) -> Any:
    nothing_to_spoil = not (operation.body or operation.query or operation.path_parameters)
    return (
        None
        if mode == GenerationMode.NEGATIVE and nothing_to_spoil
        else operation.as_strategy(generation_mode=mode)
    )


def wire_form(case: AnyCase) -> httpx.Request | None:
    """Return a case as it goes over the wire with a token for everything, None where no HTTP client could send it."""
    made = case.as_transport_kwargs(base_url="http://desk")
    own = {str(name).lower(): str(value) for name, value in (made.get("headers") or {}).items()}
    ours = {name.lower(): value for name, value in bearer(EVERY_ROLE).items()}
    try:
        content = _content(made)
        return httpx.Request(
            case.method, made["url"], params=made.get("params"), headers=own | ours, content=content
        )
    except (ValueError, TypeError, httpx.InvalidURL):
        return None


def _content(made: Mapping[str, Any]) -> bytes:
    if "json" in made:
        return json.dumps(made["json"]).encode()
    match made.get("data"):
        case bytes(raw):
            return raw
        case str(text):
            return text.encode()
        case dict(form):
            return urlencode(cast(dict[str, str], form), doseq=True).encode()
        case _:
            return b""


def judge(case: AnyCase, answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """Give what is wrong with an answer: a short name of it, and the details."""
    sent = answer.request
    told = f"{sent.method} {sent.url} {sent.content[:600]!r} -> {answer.status_code} {answer.text[:600]}"
    for complaint in judge_status(answer):
        yield complaint, told
    for check in CHECKS:
        try:
            case.validate_response(answer, checks=[check])
        except (AssertionError, FailureGroup) as failure:
            yield f"{check.__name__} {answer.status_code}", f"{_first_words(failure)}\n    {told}"


def judge_status(answer: httpx.Response) -> Iterator[str]:
    """Give what is wrong with an answer whatever its operation: a fault, or a refusal that is no documented problem."""
    if answer.status_code >= 500 and not _excused(answer):
        yield f"server error {answer.status_code}"
    if answer.status_code < 400:
        return
    if answer.request.url.path.startswith("/v1/oauth/") and "error" in answer.json():
        return  # OAuth's own clients read OAuth's own words (RFC 6749 section 5.2)
    if answer.headers.get("content-type") != "application/problem+json":
        yield f"no problem document {answer.status_code}"
        return
    if NIK in answer.text and NIK not in str(answer.request.url):
        yield "says back what was sent"
    problem = answer.json()
    if problem["code"] not in documented_problems() or problem["type"] != f"/problems/{problem['code']}":
        yield f"undocumented problem {problem['code']}"


def _excused(answer: httpx.Response) -> bool:
    """Say whether a 503 is the honest answer of a process whose neighbours are not there in this test."""
    return answer.status_code == 503 and answer.json().get("code") in {
        "not-caught-up",
        "service-away",
        "not-yet-projected",
    }


def _first_words(failure: BaseException) -> str:
    inner = failure.exceptions[0] if isinstance(failure, BaseExceptionGroup) else failure
    return " ".join(str(inner).split())[:500]


def _name_what_is_there(case: AnyCase, names: Names, luck: Random) -> None:
    for name in list(case.path_parameters or {}):
        if name in names and luck.random() < (0.9 if name == "election" else 0.7):
            case.path_parameters[name] = luck.choice(names[name])
    for name in list(case.query or {}):
        if name in names and luck.random() < 0.5:
            case.query[name] = luck.choice(names[name])
    if isinstance(case.body, dict):
        for name in list(case.body):
            if name in names and luck.random() < 0.5:
                case.body[name] = cast(Any, luck.choice(names[name]))
