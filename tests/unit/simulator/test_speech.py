"""What the simulated people say is what the public API takes: every path is there, and every body fits its schema."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from jsonschema import Draft202012Validator

import contracts
from chassis.masking import mask_text
from simulator.desk.client import encoded
from simulator.plan.city import plan_city
from simulator.speech.boxes import discrepancy_of
from simulator.speech.say import saying_of
from simulator.speech.saying import Saying, UnknownThingError
from simulator.timeline import commands as c
from simulator.timeline.actions import Action
from simulator.timeline.days import timeline

DAYS = timeline(plan_city(3, tps=60))
PREFIX = "/v1/elections/{election}"


class EveryName(dict[UUID, str]):
    """The desk's id of everything, as a desk would have given it."""

    def __contains__(self, thing: object) -> bool:
        return True

    def __missing__(self, thing: UUID) -> str:
        return str(uuid5(thing, "of the desk"))


@cache
def operations() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every POST of the services by path, with the document that it stands in."""
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for file in (Path(contracts.__file__).parent / "openapi").glob("*.json"):
        document = json.loads(file.read_text())
        for path, methods in document["paths"].items():
            if "post" in methods:
                found[path] = methods["post"], document
    return found


def operation_of(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    matches = [
        found
        for template, found in operations().items()
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template[len(PREFIX) :])), path)
    ]
    assert len(matches) == 1, path
    return matches[0]


@cache
def validator_of(path: str) -> Draft202012Validator:
    operation, document = operation_of(path)
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": document["components"]})


def kind_of(action: Action) -> str:
    return f"{type(action.command).__name__}-{'public' if action.by.role is None else 'officer'}"


def one_of_each() -> list[Action]:
    """A few actions of every kind."""
    kinds: dict[str, list[Action]] = {}
    for action in DAYS:
        kinds.setdefault(kind_of(action), []).append(action)
    return [action for group in kinds.values() for action in group[:5]]


@pytest.mark.parametrize("action", one_of_each(), ids=kind_of)
def test_every_body_fits_the_schema_of_its_operation(action: Action) -> None:
    saying = saying_of(action, EveryName())
    body = json.loads(encoded(saying.body))
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator_of(saying.path).iter_errors(body)]
    assert faults == []
    assert saying.batch == saying.path.endswith(":batch")


@pytest.mark.parametrize("action", one_of_each(), ids=kind_of)
def test_what_wants_a_version_is_read_first_and_nothing_else(action: Action) -> None:
    saying = saying_of(action, EveryName())
    operation, _ = operation_of(saying.path)
    assert (saying.reads_first is not None) == ("428" in operation["responses"])


def test_the_same_action_says_the_same_bytes() -> None:
    again = timeline(plan_city(3, tps=60))
    names = EveryName()
    for one, other in zip(DAYS, again, strict=True):
        assert encoded(saying_of(one, names).body) == encoded(saying_of(other, names).body)


def test_every_item_of_a_batch_has_a_key_of_its_own() -> None:
    sayings = [saying_of(action, EveryName()) for action in DAYS]
    ids = [item["id"] for saying in sayings if saying.batch for item in items_of(saying)]
    assert len(set(ids)) == len(ids) > 100
    assert all(len(items_of(saying)) <= 500 for saying in sayings if saying.batch)


def items_of(saying: Saying) -> list[dict[str, Any]]:
    return json.loads(encoded(saying.body))["items"]


def test_nothing_that_is_said_looks_like_a_number_of_a_person() -> None:
    for action in one_of_each():
        for word in (action.by.person, action.by.device):
            assert mask_text(word) == word
        body = encoded(saying_of(action, EveryName()).body).decode()
        texts = re.findall(r'"(?:description|text|title|note|reason|address|place)":"([^"]*)"', body)
        assert all(mask_text(text) == text for text in texts)


def test_what_was_never_made_cannot_be_spoken_of() -> None:
    acts = next(action for action in DAYS if isinstance(action.command, c.ActOnIncident))
    with pytest.raises(UnknownThingError):
        saying_of(acts, {})
    settles = next(action for action in DAYS if isinstance(action.command, c.SettleDiscrepancy))
    assert isinstance(settles.command, c.SettleDiscrepancy)
    ours = discrepancy_of(settles.command.box, settles.command.kind)
    assert "/discrepancies/theirs/" in saying_of(settles, {ours: "theirs"}).path
