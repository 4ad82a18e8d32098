"""What a consumer reads from records and failures: the event, its epoch, how far a batch goes, why something is not taken."""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from pydantic import ValidationError

from chassis.database import passes_by_itself
from chassis.inbox import Decoded, Position
from chassis.subscription import Received
from chassis.wire import MalformedEvent, decode_headers
from contracts.catalog import CATALOG
from contracts.envelope import EventData


def decode(record: ConsumerRecord, *, known: Container[str], rehearsal: bool) -> Decoded:
    """Return a record as an event, or with the reason why it cannot be taken.

    Args:
        known: types that the consumer handles or ignores.
        rehearsal: whether it is of a rehearsal: the data of one never mix with a real election's.
    """
    headers, body = record.headers, record.value or b""
    envelope, reason = None, ""
    try:
        envelope = decode_headers(headers)
    except MalformedEvent as error:
        reason = str(error)
    else:
        if envelope.type not in known:
            reason = f"type {envelope.type[:80]} is unknown"
        elif envelope.rehearsal != rehearsal:
            reason = "rehearsal data and a real election's never mix"
    fit = None if reason else envelope
    return Decoded(fit, headers, body, record.topic, record.partition, record.offset, reason, envelope)


def validated(event: Decoded) -> Received[EventData]:
    """Return an event with its body.

    Raises:
        ValidationError: the body fails its schema.
    """
    envelope = event.envelope
    assert envelope is not None
    data = CATALOG[envelope.type].model.model_validate_json(event.body)
    return Received(envelope, data, event.topic, event.partition, event.offset)


def epoch_of(record: ConsumerRecord) -> int | None:
    """Return the epoch of the ledger that a record says it belongs to, or None where it says none."""
    for name, value in record.headers:
        if name == "ce_ledgerepoch":
            try:
                return int(value)
            except (ValueError, TypeError):
                return None
    return None


def moved_by(
    decoded: Sequence[Decoded], positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, Position]:
    """Return where the positions stand behind a batch."""
    ends: dict[tuple[str, int], tuple[int, int]] = {}
    for d in decoded:
        lane = (d.topic, d.partition)
        epoch = d.raw_envelope.epoch if d.raw_envelope else 0
        ends[lane] = (d.offset + 1, max(epoch, ends[lane][1] if lane in ends else 0))
    moved: dict[TopicPartition, Position] = {}
    for lane, (next_offset, epoch) in ends.items():
        tp = TopicPartition(*lane)
        moved[tp] = Position(next_offset, max(epoch, positions[tp].epoch))
    return moved


def reason_of(error: Exception) -> str:
    """Say why without the data: the kind of error, and for a body that fails its schema the fields."""
    if isinstance(error, ValidationError):
        fields = "; ".join(
            f"{'/'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False)[:5]
        )
        return f"body fails its schema: {fields}"
    return f"handler refused: {type(error).__name__}"


def is_the_databases(error: Exception) -> bool:
    """Say whether a database is away, full or too busy: no fault of the event, which waits.

    A statement that takes too long may be the event's own fault, and counts as a refusal.
    """
    return passes_by_itself(error) and not isinstance(error, asyncpg.QueryCanceledError)


class Assignments(ConsumerRebalanceListener):
    """Takes partitions up when the group has shared them out, and remembers where that failed.

    The client writes down what goes wrong here, and goes on: a database that was away for a moment would leave its
    process without a single partition, for ever.
    """

    def __init__(self, assign: Callable[[Sequence[TopicPartition]], Awaitable[None]]) -> None:
        self._assign = assign
        self._failure: Exception | None = None

    def check(self) -> None:
        """Raise what went wrong, so that the session starts over."""
        if self._failure is not None:
            raise self._failure

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing to let go of: what was not committed to the database was not taken."""

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Take partitions up."""
        try:
            await self._assign(list(assigned))
        except Exception as error:  # noqa: BLE001 - whatever it is, the session ends with it
            self._failure = error
