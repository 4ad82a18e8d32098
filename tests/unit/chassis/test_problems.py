"""Problems: the tree, and how each leaves an application."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, cast

import asyncpg
import httpx
import pytest
import sqlalchemy.exc
from fastapi import APIRouter, Depends, FastAPI, Header
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator

from chassis import problems
from chassis.actor import Actor
from chassis.identity import permission, public_route
from chassis.openapi import install_openapi
from chassis.problem_responses import ProblemDocument, language_of, problem_document, problem_responses
from chassis.problems import Problem, WrongState, problem_types
from contracts.access import Scope
from tests.unit.chassis.mint import Mint, application, calling

NIK = "3271064508900001"
OURS = [kind for kind in problem_types() if kind.__module__ == problems.__name__]


# --- the tree ----------------------------------------------------------------------------------------------------


def test_every_code_is_one_kebab_case_word_of_its_own() -> None:
    codes = [kind.code for kind in OURS]  # services may call the same thing by the same code
    assert len(codes) == len(set(codes))
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


def test_problems_of_one_code_stand_in_the_order_of_their_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services share codes, and a set has an order of its own in every process."""
    seen: list[list[str]] = []
    kinds = [_leaf(module) for module in ("services.b.errors", "services.a.errors", "services.c.errors")]
    for order in (kinds, kinds[::-1]):

        def descendants(
            _: type[Problem], order: Sequence[type[Problem]] = tuple(order)
        ) -> Iterator[type[Problem]]:
            return iter(order)

        monkeypatch.setattr(problems, "_descendants", descendants)
        seen.append([kind.__module__ for kind in problem_types()])
    assert seen == [sorted(seen[0])] * 2


def _leaf(module: str) -> type[Problem]:
    """Return a problem of a module; under an abstract root of its own, so that no document ever shows it."""
    words = {"__module__": module, "status": 404, "code": "shared-by-services", "title": "t", "title_id": "j"}
    return cast(type[Problem], type("Shared", (Exception,), words))


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_every_problem_says_itself_in_both_languages(kind: type[Problem]) -> None:
    assert kind.__doc__
    assert kind.title
    assert kind.title_id
    assert kind.title != kind.title_id
    assert 400 <= kind.status <= 504
    assert kind.status < 500 or kind.retryable or kind is problems.InternalError


def test_the_tree_at_the_top_of_the_file_is_the_tree() -> None:
    drawn: list[tuple[str, str]] = []
    for line in (problems.__doc__ or "").splitlines():
        found = re.fullmatch(r"\s+[x-] (\w+)(?: \d+)?\s+([a-z-]+)", line)
        if found:
            drawn.append((found[1], found[2]))
    assert sorted(drawn) == sorted((kind.__name__, kind.code) for kind in OURS)


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_a_problem_becomes_a_document(kind: type[Problem]) -> None:
    document = problem_document(kind("what"), instance="/x", trace_id="t", language="en")
    ProblemDocument.model_validate(document)
    assert document["type"] == f"/problems/{kind.code}"
    assert document["detail"] == "what"
    assert document["retryable"] is kind.retryable


def test_a_conflict_shows_the_way_out() -> None:
    problem = WrongState("x", current_state="verified", allowed=["correct"])
    document = problem_document(problem, instance="/x", trace_id=None, language="id")
    assert (document["current_state"], document["allowed"]) == ("verified", ["correct"])


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("id", "id"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("in", "id"),
        ("en;q=0.5, id;q=0.4", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("id;q=x", "en"),
        ("ID", "id"),
    ],
)
def test_the_language_is_the_callers(accept: str, language: str) -> None:
    assert language_of(accept) == language


@given(st.text())
def test_no_accept_language_breaks_an_answer(accept: str) -> None:
    assert language_of(accept) in {"en", "id"}


# --- answers -----------------------------------------------------------------------------------------------------


class Dog(BaseModel):
    kind: str = Field(max_length=3)


class Deeper(BaseModel, extra="forbid"):
    pass


class Inner(BaseModel, extra="forbid"):
    deeper: Deeper = Deeper()


class Payload(BaseModel, extra="forbid"):
    nik: str = Field(default="", max_length=4)
    count: int = Field(default=0, ge=0, le=10)
    pair: dict[str, int] = {}
    inner: Inner = Inner()
    checked: str = ""

    @field_validator("checked")
    @classmethod
    def careless(cls, value: str) -> str:
        if value:
            raise ValueError(f"{value} is a NIK that a careless validator repeats")
        return value


class LostError(Exception):
    sqlstate = "57P01"


RAISED: dict[str, Exception] = {
    "problem": WrongState("no", detail_id="tidak", current_state="open", allowed=["close"]),
    "bug": ValueError(f"secret {NIK}"),
    "refused": ConnectionRefusedError("10.0.0.7:5432"),
    "timeout": TimeoutError(),
    "pool": sqlalchemy.exc.TimeoutError("QueuePool limit"),
    "shutdown": asyncpg.AdminShutdownError("terminating connection"),
    "starting": asyncpg.CannotConnectNowError("the database system is starting up"),
    "lost": sqlalchemy.exc.DBAPIError(f"insert {NIK}", {}, LostError()),
    "closed": asyncpg.InterfaceError("connection is closed"),
    "slow": asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    "locked": asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
    "deadlock": asyncpg.DeadlockDetectedError("deadlock detected"),
    "unique": asyncpg.UniqueViolationError(f"Key (nik)=({NIK}) already exists."),
    "misuse": asyncpg.InterfaceError("another operation is in progress"),
}


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1/elections/{election}")

    @router.post("/tps/{code}/reports")
    async def report(
        body: Payload,
        reporter: Annotated[Actor, Depends(permission(Scope.TURNOUT_REPORT, region_param="code"))],
        *,
        x_count: Annotated[int, Header()] = 0,
        limit: int = 1,
    ) -> str:
        return reporter.pseudonym

    @router.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise RAISED[what]

    _ = report, fail
    return router


PATH = "/v1/elections/pilkada-2024/tps/32.71.06.1002.028/reports"


def document_of(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    ProblemDocument.model_validate(document)
    assert document["status"] == answer.status_code
    assert len(document["trace_id"]) == 32
    return document


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("problem", 409, "wrong-state"),
        ("bug", 500, "internal-error"),
        ("refused", 503, "unavailable"),
        ("timeout", 503, "unavailable"),
        ("pool", 503, "overloaded"),
        ("shutdown", 503, "unavailable"),
        ("starting", 503, "unavailable"),
        ("lost", 503, "unavailable"),
        ("closed", 503, "unavailable"),
        ("slow", 503, "unavailable"),
        ("locked", 503, "unavailable"),
        ("deadlock", 503, "unavailable"),
        ("unique", 500, "internal-error"),
        ("misuse", 500, "internal-error"),
    ],
)
async def test_what_is_raised_becomes_an_answer(mint: Mint, what: str, status: int, code: str) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.get(f"/v1/elections/e/raise/{what}")
    document = document_of(answer)
    assert (answer.status_code, document["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert NIK not in answer.text
    assert "10.0.0.7" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_detail_follows_accept_language(mint: Mint) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.get("/v1/elections/e/raise/problem", headers={"Accept-Language": "id-ID"})
    document = document_of(answer)
    assert (document["detail"], answer.headers["content-language"]) == ("tidak", "id")
    assert document["title"] == WrongState.title_id


async def test_unknown_path_and_method_are_problems(mint: Mint) -> None:
    async with calling(application(mint, routes())) as http:
        assert document_of(await http.get("/nowhere"))["code"] == "not-found"
        refused = await http.get(PATH)
        assert document_of(refused)["code"] == "method-not-allowed"
        assert refused.headers["allow"] == "POST"


BAD_BODIES: dict[str, tuple[object, str, str]] = {
    "too long": ({"nik": NIK}, "/nik", "string_too_long"),
    "wrong type": ({"count": NIK + "x"}, "/count", "int_parsing"),
    "too large": ({"count": int(NIK)}, "/count", "less_than_equal"),
    "unknown member": ({NIK: 1}, "", "extra_forbidden"),
    "misspelt member": ({"strange": 1}, "/strange", "extra_forbidden"),
    "member with a NIK": ({f"NIK {NIK}": 1}, "", "extra_forbidden"),
    "member with a name": ({"Siti Rahmawati": 1}, "", "extra_forbidden"),
    "slash in a member": ({"a/b~c": 1}, "", "extra_forbidden"),
    "member within": ({"inner": {"deeper": {f"nik_{NIK}": 1}}}, "/inner/deeper", "extra_forbidden"),
    "misspelt within": ({"inner": {"deep_er": {}}}, "/inner/deep_er", "extra_forbidden"),
    "nested": ({"pair": {NIK: "x"}}, "/pair", "int_parsing"),
    "careless validator": ({"checked": NIK}, "/checked", "value_error"),
    "no object": ([1], "", "model_attributes_type"),
    "null": (None, "", "missing"),
}


@pytest.mark.parametrize(("body", "pointer", "code"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_payload_is_told_by_place_and_never_echoed(
    mint: Mint, body: object, pointer: str, code: str
) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.post(PATH, json=body, headers=mint.headers())
    document = document_of(answer)
    assert (answer.status_code, document["code"]) == (422, "invalid-payload")
    errors = document["errors"]
    assert isinstance(errors, list)
    assert [(error["pointer"], error["code"]) for error in errors] == [(pointer, code)]
    assert NIK not in answer.text
    assert "Siti" not in answer.text


async def test_parameters_are_told_by_their_place(mint: Mint) -> None:
    async with calling(application(mint, routes())) as http:
        answer = await http.post(PATH + "?limit=x", json={}, headers={**mint.headers(), "X-Count": NIK + "y"})
    errors = document_of(answer)["errors"]
    assert isinstance(errors, list)
    assert sorted(error["pointer"] for error in errors) == ["header:x-count", "query:limit"]
    assert NIK not in answer.text


BROKEN: dict[str, bytes] = {
    "ends early": f'{{"nik": {NIK}'.encode(),
    "more behind it": b"{} {}",
    "not UTF-8": b'{"nik": "\xff"}',
    "UTF-16 that is none": b"\xff\xfe{",
    "nested too deep": b"[" * 9_000,
    "a number without end": b'{"count": ' + b"9" * 6_000 + b"}",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
async def test_a_body_that_is_no_json_has_one_answer(mint: Mint, body: bytes) -> None:
    headers = {**mint.headers(), "Content-Type": "application/json", "Accept-Language": "id"}
    async with calling(application(mint, routes())) as http:
        answer = await http.post(PATH, content=body, headers=headers)
    document = document_of(answer)
    assert (answer.status_code, document["code"]) == (400, "body-unreadable")
    assert str(document["detail"]).startswith("Isi permintaan bukan JSON")
    assert NIK not in answer.text


async def test_each_place_is_told_in_the_callers_language(mint: Mint) -> None:
    body = {"nik": NIK, "count": 11, "inner": 1, "strange": 1}
    async with calling(application(mint, routes())) as http:
        answers = [
            await http.post(PATH, json=body, headers={**mint.headers(), "Accept-Language": language})
            for language in ("en", "id")
        ]
    english, indonesian = [{e["pointer"]: e["detail"] for e in answer.json()["errors"]} for answer in answers]
    assert english["/nik"] == "String should have at most 4 characters"
    assert indonesian == {
        "/nik": "Paling banyak 4 karakter.",
        "/count": "Paling besar 10.",
        "/inner": "Harus berupa objek.",
        "/strange": "Isian ini tidak dikenal.",
    }


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_body_in_another_form_is_415(mint: Mint, media_type: str | None) -> None:
    headers = mint.headers() | ({"Content-Type": media_type} if media_type else {})
    async with calling(application(mint, routes())) as http:
        answer = await http.post(PATH, content=b"nik=" + NIK.encode(), headers=headers)
    assert document_of(answer)["code"] == "unsupported-media-type"
    assert NIK not in answer.text


@pytest.mark.parametrize("body", [b"{", b'{"count": "x"}', b"[]", b"x" * 20_000])
async def test_the_caller_is_judged_before_the_payload(mint: Mint, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    outside = PATH.replace("32.71", "35.78")
    async with calling(application(mint, routes())) as http:
        assert document_of(await http.post(PATH, content=body, headers=headers))["status"] == 401
        assert (
            document_of(await http.post(outside, content=body, headers={**headers, **mint.headers()}))[
                "status"
            ]
            == 403
        )


async def test_only_the_first_hundred_errors_are_told(mint: Mint) -> None:
    body = {"pair": {f"k{n}": "x" for n in range(300)}}
    async with calling(application(mint, routes())) as http:
        document = document_of(await http.post(PATH, json=body, headers=mint.headers()))
    errors = document["errors"]
    assert isinstance(errors, list)
    assert len(errors) == 100
    assert str(document["detail"]).startswith("300 ")


async def test_the_instance_is_the_masked_path(mint: Mint) -> None:
    async with calling(application(mint, routes())) as http:
        document = document_of(await http.get(f"/voters/{NIK}/x y"))
    assert document["instance"] == "/voters/%5Bnik%5D/x%20y"


# --- description -------------------------------------------------------------------------------------------------


def test_responses_describe_each_status_with_its_codes() -> None:
    described = problem_responses(problems.RegionNotCovered, problems.PersonRequired, 404)
    assert list(described) == [403, 404]
    text = json.dumps(described)
    assert "person-required" in text
    assert "region-not-covered" in text
    assert "#/components/schemas/ProblemDocument" in text


def test_the_description_names_scopes_and_problems_in_their_true_form(mint: Mint) -> None:
    app = application(mint, routes())
    install_openapi(app)
    document = app.openapi()
    schemas = document["components"]["schemas"]
    assert {"ProblemDocument", "FieldErrorDocument"} <= set(schemas)
    assert "HTTPValidationError" not in schemas
    operation = document["paths"]["/v1/elections/{election}/tps/{code}/reports"]["post"]
    assert operation["security"] == [{"bearer": ["turnout:report"]}]
    assert {"200", "400", "401", "403", "404", "413", "415", "422", "503"} <= set(operation["responses"])
    assert operation["responses"]["422"] == {"$ref": "#/components/responses/Problem422"}
    assert list(document["components"]["responses"]["Problem422"]["content"]) == ["application/problem+json"]
    assert "security" not in document["paths"]["/v1/elections/{election}/raise/{what}"]["get"]
    assert _dangling(document) == set()


def test_a_put_that_makes_a_thing_is_described_as_one_that_may_find_it() -> None:
    app = FastAPI()

    async def kept() -> str:
        raise AssertionError

    app.put("/new", status_code=201, dependencies=[Depends(public_route)])(kept)
    app.put("/there", dependencies=[Depends(public_route)])(kept)
    app.post("/another", status_code=201, dependencies=[Depends(public_route)])(kept)
    install_openapi(app)
    told = {path: next(iter(found.values()))["responses"] for path, found in app.openapi()["paths"].items()}
    assert told["/new"]["200"]["content"] == told["/new"]["201"]["content"]
    assert {path: {"200", "201"} & set(told[path]) for path in told} == {
        "/new": {"200", "201"},
        "/there": {"200"},
        "/another": {"201"},
    }


def _dangling(document: dict[str, object]) -> set[str]:
    text = json.dumps(document)
    named = set(re.findall(r'"#/components/(?:schemas|responses)/([^"]+)"', text))
    return {name for name in named if f'"{name}": {{' not in text}
