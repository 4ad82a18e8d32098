"""contracts/schemas/*.json and contracts/asyncapi.json: what is on the topics, from contracts/catalog.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from contracts.catalog import CATALOG, PARTITIONS, EventType, topic_of
from contracts.envelope import ATTRIBUTES
from contracts.vocabulary import DataClass, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNS = ["contracts/schemas/*.json", "contracts/asyncapi.json"]

Json = dict[str, object]
_BY = "scripts/generate event_schemas"
_STRINGS = {"type": "string"}
_OPTIONAL = ("contest", "traceparent")
_DESCRIPTION = (
    "CloudEvents 1.0 in Kafka's binary mode: one header `ce_<attribute>` per attribute, JSON in the value. At least once, in "
    "order per aggregate (`ce_subject`), dedupable by (`ce_subject`, `ce_aggregateversion`). Fields may be added; anything "
    "else is a v2 beside the v1. The gateway serves the same events over HTTP, filtered by region and data class."
)


def generate() -> Iterator[tuple[str, str]]:
    """Yields the schema of each type's body, and the one AsyncAPI document."""
    for event in CATALOG.values():
        yield f"contracts/schemas/{event.type}.json", _text(schema_of(event))
    yield "contracts/asyncapi.json", _text(asyncapi())


def schema_of(event: EventType) -> Json:
    """Returns the JSON Schema of one type's body, as it is sent: what a model defaults to is there all the same."""
    schema = event.model.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"desk:{event.type}",
        "$comment": f"made by {_BY}",
        "x-data-class": event.data_class.value,
        "x-partition-by": event.partition_by,
        **schema,
    }


def asyncapi() -> Json:
    """Returns the AsyncAPI 3 document of all topics."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Desk Pilkada: events",
            "version": "1",
            "description": _DESCRIPTION,
            "x-generated-by": _BY,
        },
        "defaultContentType": "application/json",
        "channels": {service.value: _channel(service) for service in Service},
        "operations": {f"follow_{service}": _operation(service) for service in Service},
        "components": {
            "messages": {event.type: _message(event) for event in CATALOG.values()},
            "schemas": {"attributes": _attributes()},
        },
    }


def _channel(service: Service) -> Json:
    return {
        "address": topic_of(service),
        "description": f"Everything that {service} tells, kept for ever.",
        "messages": {
            event.type: {"$ref": f"#/components/messages/{event.type}"}
            for event in CATALOG.values()
            if event.service == service
        },
        "bindings": {
            "kafka": {
                "partitions": PARTITIONS,
                "topicConfiguration": {"retention.ms": -1, "retention.bytes": -1},
            }
        },
    }


def _operation(service: Service) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{service.value}"},
        "summary": f"{service} tells.",
    }


def _message(event: EventType) -> Json:
    schema = event.model.model_json_schema(
        mode="serialization", ref_template=f"#/components/messages/{event.type}/payload/$defs/{{model}}"
    )
    return {
        "name": event.type,
        "summary": event.summary,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/attributes"},
        "payload": schema,
        "x-data-class": event.data_class.value,
        "x-partition-by": event.partition_by,
        "bindings": {"kafka": {"key": {**_STRINGS, "description": "The value of `ce_partitionkey`."}}},
    }


def _attributes() -> Json:
    properties: dict[str, Json] = {
        f"ce_{name}": dict(_STRINGS) for name in ("specversion", *ATTRIBUTES.values())
    }
    properties["ce_specversion"] |= {"const": "1.0"}
    properties["ce_id"] |= {"format": "uuid"}
    for name in ("ce_time", "ce_occurredat"):
        properties[name] |= {"format": "date-time"}
    for name in ("ce_aggregateversion", "ce_ledgerepoch"):
        properties[name] |= {"pattern": r"^\d+$"}
    properties["ce_rehearsal"] |= {"enum": ["true", "false"]}
    properties["ce_dataclass"] |= {"enum": [word.value for word in DataClass]}
    optional = {f"ce_{ATTRIBUTES[name]}" for name in _OPTIONAL}
    return {
        "type": "object",
        "properties": cast(object, properties),
        "required": [name for name in properties if name not in optional],
    }


def _text(document: Json) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
