"""Contracts only grow: what is made from the code now, against what the repository's last commit says."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from contracts.catalog import CATALOG
from scripts.generators import event_schemas, openapi_gateway
from tests.contract.growth import breaks_of_api, breaks_of_schema

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


def committed(path: str) -> Json | None:
    """Return a file as the last commit has it; without git's history (an archive), as it lies here."""
    shown = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, check=False)
    if shown.returncode == 0:
        return json.loads(shown.stdout)
    return json.loads((ROOT / path).read_text()) if (ROOT / path).exists() else None


@cache
def api() -> Json:
    ((_, text),) = openapi_gateway.generate()
    return json.loads(text)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_the_schema_of_an_event_only_grows(name: str):
    before = committed(f"contracts/schemas/{name}.json")
    if before is not None:  # a new type has nothing to break
        assert list(breaks_of_schema(before, event_schemas.schema_of(CATALOG[name]))) == []


def test_the_public_api_only_grows():
    before = committed("docs/reference/openapi.json")
    assert before is not None
    assert list(breaks_of_api(before, api())) == []


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
