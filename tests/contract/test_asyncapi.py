"""The document of the topics is one of AsyncAPI 3, as its authors define it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError

from contracts.catalog import CATALOG

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: Json = json.loads((Path(__file__).parent / "asyncapi" / "3.0.0.json").read_text())


def document() -> Json:
    return json.loads((ROOT / "contracts" / "asyncapi.json").read_text())


def faults(said: Json) -> list[str]:
    """Return what AsyncAPI's own schema has against a document, at the place where it is."""
    checker = Draft7Validator(SCHEMA, format_checker=Draft7Validator.FORMAT_CHECKER)
    return [
        f"{fault.json_path}: {fault.message}"
        for error in checker.iter_errors(said)
        for fault in _innermost(error)
    ]


def _innermost(error: ValidationError) -> Iterator[ValidationError]:
    if error.context:
        for inner in error.context:
            yield from _innermost(inner)
    else:
        yield error


def test_the_document_is_one_of_asyncapi_3():
    found = faults(document())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("part", "spoilt"),
    [
        ("info", {"title": "no version"}),
        ("operations", {"follow": {"action": "watch", "channel": {"$ref": "#/channels/turnout"}}}),
        ("channels", {"turnout": {"address": 1}}),
        ("channels", {"turnout": {"bindings": {"kafka": {"partitions": "twelve"}}}}),
        ("components", {"messages": {"a": {"headers": 1}}}),
        ("servers", []),
    ],
)
def test_what_is_none_is_seen(part: str, spoilt: Json):
    assert faults(document() | {part: spoilt})


def test_every_event_is_a_message_of_a_channel():
    told = document()
    assert set(told["components"]["messages"]) == set(CATALOG)
    assert {name for channel in told["channels"].values() for name in channel["messages"]} == set(CATALOG)
