"""Contracts only grow: each of the repository's last commits, and what lies here now, only added to what was there before."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from scripts.generators import event_schemas, openapi_gateway
from tests.contract.growth import breaks_of_api, breaks_of_schema
from tests.contract.history import ROOT, NoHistoryError, Step, is_shallow, steps

Json = dict[str, Any]

API = "docs/reference/openapi.json"
CONTRACTS = (API, "contracts/schemas", "contracts/examples/*.json")
MEANT: Mapping[str, str] = {
    f"{API} POST /v1/elections/{{election}}/stream-tickets wants path:election": (
        "the path had it all along, and every caller had to fill it in; only the document did not say so"
    ),
    **{
        f"{API} GET /v1/elections/{{election}}/regions/{{code}}/guarding 200.police_named {how}": (
            "it never held a figure; `police_planned` has what it was meant for"
        )
        for how in ("is not required any more", "is gone")
    },
    **{
        f"{API} POST /v1/elections/{{election}}/{batch}:batch 200.items[].id may be ['null'] now": (
            "an item whose id cannot be read has a result of its own; before, the whole batch was refused for it"
        )
        for batch in ("turnout-reports", "custody-scans", "boxes", "check-ins")
    },
}
"""What was broken on purpose before the first release, in the words of `breaks_of`, and why; at whichever step."""


@cache
def api() -> Json:
    ((_, text),) = openapi_gateway.generate()
    return json.loads(text)


def breaks_of(step: Step) -> Iterator[str]:
    """Give what a step broke: of a golden example any change, of a schema or the API what a reader may count on."""
    if step.after is None:
        yield f"{step.path} is gone"
    elif step.path.startswith("contracts/examples/"):
        yield f"{step.path} was edited: add another example beside it"
    else:
        compare = breaks_of_api if step.path == API else breaks_of_schema
        for found in compare(json.loads(step.before), json.loads(step.after)):
            yield f"{step.path} {found}"


def test_each_step_only_added() -> None:
    try:
        broken = [(step.at, found) for step in steps(CONTRACTS) for found in breaks_of(step)]
    except NoHistoryError as error:
        pytest.skip(f"nothing to hold the contracts against, for this is no clone: {error}")
    assert [f"{at} {found}" for at, found in broken if found not in MEANT] == []
    assert all(MEANT.values()), "each step that is meant says why"
    if is_shallow():
        pytest.skip(
            "this clone is shallow: only the steps that it holds were looked at (`git fetch --unshallow`)"
        )


@pytest.mark.parametrize(
    ("step", "broken"),
    [
        (Step("abc", "contracts/schemas/a.json", "{}", None), ["contracts/schemas/a.json is gone"]),
        (
            Step("abc", "contracts/examples/a/v1/first.json", "{}", '{"b": 1}'),
            ["contracts/examples/a/v1/first.json was edited: add another example beside it"],
        ),
        (
            Step("abc", "contracts/schemas/a.json", '{"properties": {"b": {}}}', "{}"),
            ["contracts/schemas/a.json $.b is gone"],
        ),
        (Step("abc", "contracts/schemas/a.json", "{}", '{"properties": {"b": {}}}'), []),
        (
            Step("abc", API, '{"paths": {"/a": {"get": {}}}}', '{"paths": {}}'),
            [f"{API} GET /a is gone"],
        ),
    ],
)
def test_a_step_that_breaks_is_seen(step: Step, broken: list[str]) -> None:
    assert list(breaks_of(step)) == broken


def test_the_committed_documents_are_those_of_the_code():
    for path, text in event_schemas.generate():
        assert (ROOT / path).read_text() == text, "run scripts/generate event_schemas"
    assert json.loads((ROOT / "docs/reference/openapi.json").read_text()) == api(), (
        "run scripts/generate openapi_gateway"
    )


def test_every_reference_of_the_documents_leads_somewhere():
    for document in (api(), json.loads((ROOT / "contracts/asyncapi.json").read_text())):
        for reference in _references(document):
            target: Any = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/")]
            assert target


def _references(part: Any) -> set[str]:
    match part:
        case dict():
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set[str]()
            return own.union(*(_references(value) for value in part.values()))
        case list():
            return set[str]().union(*(_references(value) for value in part))
        case _:
            return set()


def test_operations_have_names_of_their_own():
    operations = [operation for path in api()["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation.get("description") and operation.get("summary") for operation in operations)


OLD: Json = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    "required": ["a"],
}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"c": {"type": "string"}}, []),
        ({"a": {"type": "string"}}, ["$.a may be ['string'] now"]),
        ({"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, ["$.a may be ['null'] now"]),
        ({"b": {"type": "string"}}, []),
    ],
)
def test_what_breaks_a_reader_is_seen(change: Json, broken: list[str]):
    new = {**OLD, "properties": OLD["properties"] | change}
    assert list(breaks_of_schema(OLD, new)) == broken


def test_a_field_that_went_is_seen():
    new = {**OLD, "properties": {"b": OLD["properties"]["b"]}, "required": []}
    assert list(breaks_of_schema(OLD, new)) == ["$.a is not required any more", "$.a is gone"]


def test_an_operation_that_went_is_seen():
    operation = {"operationId": "read", "responses": {"200": {"description": "ok"}}}
    old = {"paths": {"/a": {"get": operation}}}
    wanting = {**operation, "parameters": [{"name": "x", "in": "query", "required": True}]}
    assert list(breaks_of_api(old, {"paths": {}})) == ["GET /a is gone"]
    assert list(breaks_of_api(old, {"paths": {"/a": {"get": wanting}}})) == ["GET /a wants query:x"]
    renamed = {**operation, "operationId": "show"}
    assert list(breaks_of_api(old, {"paths": {"/a": {"get": renamed}}})) == ["GET /a is called show now"]


def test_every_parameter_of_a_path_is_described():
    """A client that is made from a document leaves out what it cannot call."""
    wrong = [
        f"{method.upper()} {path}: {name}"
        for path, operations in api()["paths"].items()
        for method, operation in operations.items()
        for name in re.findall(r"{([^}]+)}", path)
        if (name, "path") not in {(p["name"], p["in"]) for p in operation.get("parameters", [])}
    ]
    assert not wrong, wrong
