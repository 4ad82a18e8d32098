"""Rows of the outbox as batches of their partitions: record by record the broker's client takes three times as long."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from chassis.crash import crash_point
from chassis.database import Row
from chassis.wire import Headers, encode_headers
from contracts.catalog import PARTITIONS

Sent = tuple[RecordMetadata, int, UUID]
"""A batch that the broker has: where its first record lies, how many there are, and the event in the last."""


async def send_rows(
    producer: AIOKafkaProducer, topic: str, rows: Sequence[Row], *, service: str, epoch: int
) -> list[Sent]:
    """Send rows, in order within each partition, and return what the broker acknowledged.

    Raises:
        UnknownTopicOrPartitionError: the topic has fewer partitions than ours has, as one that the broker made by itself.
    """
    batches: dict[int, list[_Batch]] = {}
    for row in rows:
        headers = encode_headers(row, service=service, epoch=epoch)
        key, value = row["partition_key"].encode(), row["body"].encode()
        found = batches.setdefault(_partition_of(key), [])
        if not found or not found[-1].append(key, value, headers, row["event_id"]):
            found.append(_Batch(producer.create_batch()))
            found[-1].append(key, value, headers, row["event_id"])
    in_order = [(partition, batch) for partition, found in batches.items() for batch in found]
    waiting = [await _send_batch(producer, batch, topic, partition=p) for p, batch in in_order]
    crash_point("produced")
    firsts = await asyncio.gather(*waiting)
    return [
        (first, batch.builder.record_count(), batch.last)
        for first, (_, batch) in zip(firsts, in_order, strict=True)
    ]


class _Batch:
    """Records of one partition on their way to the broker, in order."""

    def __init__(self, builder: BatchBuilder) -> None:
        self.builder = builder
        self.last: UUID

    def append(self, key: bytes, value: bytes, headers: Headers, event_id: UUID) -> bool:
        """Add a record, or say that the batch is full; the broker gives it its time."""
        if self.builder.append(key=key, value=value, timestamp=None, headers=headers) is None:
            return False
        self.last = event_id
        return True


async def _send_batch(
    producer: AIOKafkaProducer, batch: _Batch, topic: str, *, partition: int
) -> "asyncio.Future[RecordMetadata]":
    """Hand a batch to the client, which only asserts that the partition is there."""
    if partition not in await producer.partitions_for(topic):
        raise UnknownTopicOrPartitionError(f"{topic} has no partition {partition}")
    return await producer.send_batch(batch.builder, topic, partition=partition)


@lru_cache(maxsize=100_000)
def _partition_of(key: bytes) -> int:
    """Return the partition of a key as every client of Kafka counts it; computed in Python, so it is remembered."""
    return (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
