"""Golden examples: every type has one, schemas allow them, and every consumer takes those of its topics."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from jsonschema import Draft202012Validator

from chassis.consumer import Consumer
from chassis.records import decode
from chassis.row_security import EVERYWHERE
from contracts.catalog import CATALOG, topic_of
from contracts.envelope import ATTRIBUTES
from gateway.projections.engine import ACCESS_CHANGED
from tests.harness import package_of, running_service

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "contracts" / "examples"
CONSUMERS = [
    service
    for service in ("registry", "logistics", "incidents", "turnout", "gateway")
    if (ROOT / package_of(service).replace(".", "/") / "consumers.py").exists() or service == "gateway"
]
Example = dict[str, Any]


@cache
def examples() -> list[tuple[str, Example]]:
    """Return every example with its name, in the order in which the events were recorded."""
    found = [
        (str(path.relative_to(EXAMPLES)), json.loads(path.read_text())) for path in EXAMPLES.rglob("*.json")
    ]
    return sorted(found, key=lambda item: (item[1]["time"], item[0]))


def test_every_type_has_an_example():
    assert {example["type"] for _, example in examples()} == set(CATALOG)


def test_examples_lie_where_their_type_says():
    for name, example in examples():
        stem, _, major = example["type"].rpartition(".")
        assert name.startswith(f"{stem}/{major}/"), name


@pytest.mark.parametrize(("name", "example"), examples(), ids=[name for name, _ in examples()])
def test_an_example_fits_its_schema_and_its_model(name: str, example: Example):
    kind = CATALOG[example["type"]]
    schema = json.loads((ROOT / "contracts" / "schemas" / f"{kind.type}.json").read_text())
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example["data"])
    read = kind.model.model_validate(example["data"]).model_dump(mode="json", exclude_unset=True)
    assert is_said(example["data"], read), "what a producer said is read as it was said"
    assert (example["dataclass"], example["source"]) == (kind.data_class, f"/{kind.service}")
    assert set(ATTRIBUTES.values()) - set(example) <= {"contest", "traceparent"}
    assert set(example) - set(ATTRIBUTES.values()) == {"specversion", "datacontenttype", "data"}


def is_said(said: object, read: object) -> bool:
    """Say whether all that was said is in what was read; parts learn new fields, and those that said nothing of them stay."""
    match said, read:
        case dict(), dict():
            return said.keys() <= read.keys() and all(is_said(said[name], read[name]) for name in said)
        case list(), list():
            return len(said) == len(read) and all(map(is_said, said, read))
        case _:
            return said == read


def record(example: Example, offset: int, *, version: int) -> ConsumerRecord:
    """Return an example as the broker hands it over."""
    attributes = {name: value for name, value in example.items() if name not in ("data", "datacontenttype")}
    attributes["aggregateversion"] = version
    headers = [("content-type", b"application/json")]
    for name, value in attributes.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        headers.append((f"ce_{name}", text.encode()))
    body = json.dumps(example["data"]).encode()
    return ConsumerRecord(
        topic=topic_of(CATALOG[example["type"]].service),
        partition=0,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=example["partitionkey"].encode(),
        value=body,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=len(body),
        headers=headers,
    )


@pytest.mark.anyio
@pytest.mark.parametrize("service", CONSUMERS)
async def test_a_consumer_takes_every_example_of_its_topics(
    service: str, database_url: Callable[[str], str]
) -> None:
    """Examples are single events out of lives, so each gets the version that its aggregate has here."""
    async with running_service(
        service, database_url=database_url(service), kafka=None, desk_time=datetime(2024, 11, 28, tzinfo=UTC)
    ) as running:
        consumer: Consumer = running.app.state.consumer
        subscribed = consumer._subscription.services
        versions: dict[str, int] = {}
        taken: list[str] = []
        for name, example in examples():
            if CATALOG[example["type"]].service not in subscribed:
                continue
            version = versions[example["subject"]] = versions.get(example["subject"], 0) + 1
            rehearsal = running.app.state.settings.rehearsal
            told = record(example, len(taken), version=version)
            event = decode(told, known=consumer._subscription.handlers, rehearsal=rehearsal)
            assert event.envelope is not None, (name, event.reason)
            async with running.app.state.database.transaction(EVERYWHERE) as uow:
                await consumer._run_handlers(uow, [event])
            taken.append(name)
        assert taken
        if service == "gateway":
            kept = await running.sql("select count(*) as n from event_feed")
            silent = [name for name, example in examples() if example["type"] == ACCESS_CHANGED]
            assert kept[0]["n"] == len(examples()) - len(silent)
            assert len(taken) == len(examples())
