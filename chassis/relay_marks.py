"""What the relay writes down once the broker has a batch: published, chained to what was before, last of each partition."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from chassis.clock import wall_now
from chassis.database import Row
from chassis.ledger_chain import ChainHead, block_after

Acknowledged = Mapping[int, tuple[int, UUID]]
"""By partition: offset and event of what the broker acknowledged last."""

_REMEMBER: Final = """
insert into relay_state (partition, last_offset, event_id)
select * from unnest($1::int[], $2::bigint[], $3::uuid[])
on conflict (partition) do update set last_offset = excluded.last_offset, event_id = excluded.event_id
"""
_MARK: Final = f"""
with marked as (
    update outbox set published_at = $5 where seq = any($4::bigint[]) and published_at is null
), sealed as (
    insert into ledger_block (number, seqs, sealed_at, content_hash, previous_hash, hash)
    values ($6, $4, $5, $7, $8, $9)
)
{_REMEMBER}"""  # noqa: S608 - of two constants


async def mark_published(
    connection: "asyncpg.Connection[Row]", rows: Sequence[Row], latest: Acknowledged, *, head: ChainHead
) -> ChainHead:
    """Mark rows as published and chain them to what was published before; all of it or nothing.

    Two instances that both hold themselves for the relay cannot make the same block: the second one fails.

    Args:
        connection: the relay's own.
        rows: of the outbox, in the order in which they were sent.
        latest: what the broker acknowledged last of them.
        head: of the chain before.

    Returns:
        The head of the chain after.
    """
    block = block_after(head, rows)
    await connection.execute(
        _MARK,
        *_columns(latest),
        block.seqs,
        wall_now(),
        block.number,
        block.content_hash,
        block.previous_hash,
        block.hash,
    )
    return ChainHead(block.number, block.hash)


async def remember(connection: "asyncpg.Connection[Row]", latest: Acknowledged) -> None:
    """Write down what the broker acknowledged last, and forget what it did before."""
    async with connection.transaction():
        await connection.execute("delete from relay_state")
        await connection.execute(_REMEMBER, *_columns(latest))


def _columns(acknowledged: Acknowledged) -> tuple[list[int], list[int], list[UUID]]:
    parts = sorted(acknowledged)
    return parts, [acknowledged[p][0] for p in parts], [acknowledged[p][1] for p in parts]
