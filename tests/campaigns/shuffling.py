"""Topics as a bad day leaves them: repeats, disorder, delays and records that never came, all drawn from one seed.

The promise is at least once, in order per aggregate by version. So a record may come twice, early, late, or between those of
other aggregates; what never comes on the topic, the owner's ledger still has.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord

from chassis.consumer import Received
from chassis.inbox import Decoded
from chassis.wire import encode_headers
from contracts.envelope import EventData

Lane = tuple[str, int]
"""A topic and a partition."""

_COLUMNS = (
    *("event_id", "type", "aggregate", "version", "partition_key", "election", "contest", "occurred_at"),
    *("recorded_at", "channel", "actor", "data_class", "rehearsal", "traceparent"),
)


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the day is: shares of the records of each partition, 0..1."""

    repeated: float = 0.3
    displaced: float = 0.3
    delayed: float = 0.1
    missing: float = 0.02


BAD, FINE = Weather(), Weather(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Topics:
    """What lies in each partition, in order, and the ledgers that hold all of it.

    Attributes:
        missing: how many events are in their ledger alone.
    """

    lanes: dict[Lane, list[ConsumerRecord]]
    ledger: Sequence[Received[EventData]]
    missing: int


def topics_of(events: Sequence[Received[EventData]], rng: random.Random, weather: Weather) -> Topics:
    """Return the topics that hold these events after such a day.

    Args:
        events: in the order in which they were told.
    """
    by_lane: dict[Lane, list[Received[EventData]]] = {}
    for event in events:
        by_lane.setdefault((event.topic, event.partition), []).append(event)
    newest = {event.envelope.aggregate: event.envelope.version for event in events}
    lanes: dict[Lane, list[ConsumerRecord]] = {}
    missing = 0
    for lane, told in sorted(by_lane.items()):
        kept = list(told)
        for event in told:
            # Only a gap that a later version shows is ever looked for.
            if event.envelope.version < newest[event.envelope.aggregate] and rng.random() < weather.missing:
                kept.remove(event)
                missing += 1
        lanes[lane] = [_record(event, offset) for offset, event in enumerate(_disordered(kept, rng, weather))]
    return Topics(lanes, events, missing)


def _disordered(
    told: Sequence[Received[EventData]], rng: random.Random, weather: Weather
) -> list[Received[EventData]]:
    placed: list[tuple[float, int, Received[EventData]]] = []

    def drawn(share: float) -> set[int]:
        return set(rng.sample(range(len(told)), round(share * len(told))))

    repeated, displaced, delayed = map(drawn, (weather.repeated, weather.displaced, weather.delayed))
    for n, event in enumerate(told):
        at = float(n)
        if n in displaced:
            at += rng.choice((-1, 1)) * rng.uniform(1, 6)
        if n in delayed:
            at += rng.uniform(0.3, 1) * len(told)
        placed.append((at, n, event))
        if n in repeated:
            placed.append((at + rng.expovariate(1 / 8), n, event))
    return [event for _, _, event in sorted(placed, key=lambda place: place[:2])]


def decoded(event: Received[EventData]) -> Decoded:
    """Return an event as the owner's ledger gives it to whoever asks for a gap."""
    record = _record(event, -1)
    headers = list(record.headers)
    return Decoded(event.envelope, headers, record.value or b"", event.topic, event.partition, -1)


def _record(event: Received[EventData], offset: int) -> ConsumerRecord:
    """Return an event as the broker's client hands it over."""
    row = {name: getattr(event.envelope, name) for name in _COLUMNS}
    headers = encode_headers(row, service=event.envelope.source.strip("/"), epoch=1)
    key, body = event.envelope.partition_key.encode(), event.data.model_dump_json().encode()
    return ConsumerRecord(
        topic=event.topic,
        partition=event.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=1,
        key=key,
        value=body,
        checksum=None,
        serialized_key_size=len(key),
        serialized_value_size=len(body),
        headers=headers,
    )
