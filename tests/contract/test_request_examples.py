"""Whoever reads a document finds a body to begin with for each operation that takes one, and the desk takes it as it stands."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter

from chassis.masking import mask
from contracts.vocabulary import Service
from services.registry.commands.import_files import read_rows
from services.registry.schemas.imports import ROW_SHAPES, ImportKind, MediaType
from tests.harness import bare_app

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = (*(service.value for service in Service), "gateway")
DOCUMENTS = sorted([*(ROOT / "contracts" / "openapi").glob("*.json"), ROOT / "docs/reference/openapi.json"])
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def bodies(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Give each form of each request body of a document: its operation, its media type, what is said of it."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{method.upper()} {path}", media_type, content


def examples_of(content: Json, document: Json) -> list[Any]:
    """Return the examples of a form of a body, those of its schema among them."""
    schema = content["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    named = [example["value"] for example in content.get("examples", {}).values()]
    alone = [content["example"]] if "example" in content else []
    return [*named, *alone, *schema.get("examples", [])]


def without_nobodys(example: Any) -> str:
    """Return an example without the NIK that are nobody's: no region has the code 99."""
    return re.sub(r"(?<![0-9])99[0-9]{14}(?![0-9])", "", json.dumps(example))


def faults(example: Any, schema: Json, document: Json) -> list[str]:
    """Return what a schema of a document has against an example."""
    whole = {**schema, "components": document["components"]}
    checker = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in checker.iter_errors(example)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_body_has_an_example_that_fits_its_schema(path: Path):
    document = json.loads(path.read_text())
    found = list(bodies(document))
    assert found
    wrong: list[str] = []
    for operation, media_type, content in found:
        examples = examples_of(content, document)
        if not examples and media_type != SPREADSHEET:  # a document has no way to show one
            wrong.append(f"{operation} has none as {media_type}")
        for example in examples:
            wrong += [f"{operation}: {fault}" for fault in faults(example, content["schema"], document)]
            if mask(shown := without_nobodys(example)) != shown:
                wrong.append(f"{operation}: the example looks like somebody's data")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_schema_shows_the_example_of_another(path: Path):
    """A model that descends from one with an example has the same example until it has its own."""
    document = json.loads(path.read_text())
    wrong = [
        f"{name}: {fault}"
        for name, schema in document["components"]["schemas"].items()
        for example in schema.get("examples", [])
        for fault in faults(example, schema, document)
    ]
    assert not wrong, "\n".join(wrong)


def models(process: str) -> Iterator[type[BaseModel]]:
    """Give the models of the bodies that the public operations of a process take."""
    for route in iter_route_contexts(bare_app(process).routes):
        dependant = getattr(route, "dependant", None)
        if isinstance(dependant, Dependant) and str(route.path_format).startswith("/v1/"):
            for parameter in dependant.body_params:
                yield cast(type[BaseModel], parameter.field_info.annotation)


@pytest.mark.parametrize("process", PROCESSES)
def test_every_example_is_taken_by_its_model(process: str):
    """A schema cannot say all: that a place is a TPS or a region, that a receipt is of something."""
    found = list(models(process))
    assert found
    for model in found:
        for example in cast(Mapping[str, list[Any]], model.model_json_schema())["examples"]:
            TypeAdapter(model).validate_json(json.dumps(example))


def test_the_rows_of_the_files_are_taken():
    document = json.loads((ROOT / "contracts/openapi/registry.json").read_text())
    kinds: dict[str, MediaType] = {"text/csv": "csv", "application/x-ndjson": "ndjson"}
    for operation, media_type, content in bodies(document):
        if media_type in kinds:
            shape = ROW_SHAPES[ImportKind.VOTERS if "/voters/" in operation else ImportKind.TPS]
            file = io.BytesIO(content["example"].encode())
            rows = list(read_rows(file, kinds[media_type], columns=shape.model_fields, required=["tps_code"]))
            assert rows
            for row in rows:
                assert row.fault is None
                shape.model_validate(row.values)
