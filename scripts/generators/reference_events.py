"""docs/reference/events.md: every type of event, from contracts/catalog.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.catalog import CATALOG, PARTITIONS, EventType
from contracts.vocabulary import Service
from scripts.generators._code import first_sentence, head

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNS = ["docs/reference/events.md"]

_WORDS = f"""\
CloudEvents 1.0 in Kafka's binary mode, JSON bodies, {PARTITIONS} partitions per topic, kept for ever
([decision 7](../adr/0007-events.md)). Delivery is at least once, in order per aggregate; (aggregate, version) tells duplicates.
Fields may be added; anything else is a `v2` beside the `v1`, so ignore what you do not know. The class says who may see it:
`public` everybody with a token, `operational` the desk's agencies, `restricted` named scopes.
"""


def generate() -> Iterator[tuple[str, str]]:
    """Yields the one page."""
    lines = [head("Events", "contracts/catalog.py", _WORDS)]
    for service in Service:
        types = [event for event in CATALOG.values() if event.service == service]
        if types:
            lines += [
                f"## `{types[0].topic}`\n",
                "| type | what happened | class | partitioned by | fields |",
                "|---|---|---|---|---|",
            ]
            lines += [_row(event) for event in sorted(types, key=lambda event: event.type)]
            lines.append("")
    yield "docs/reference/events.md", "\n".join(lines)


def _row(event: EventType) -> str:
    fields = ", ".join(f"`{name}`" for name in event.model.model_fields)
    return f"| `{event.type}` | {first_sentence(event.summary)} | {event.data_class.value} | {event.partition_by} | {fields} |"
