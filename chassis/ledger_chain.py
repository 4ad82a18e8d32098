"""The chain over a service's ledger: what the relay publishes together is a block, and each block holds the hash of the last.

Whoever changes, removes or adds an event behind the desk's back breaks the block that it stands in, or has to make every
later block anew: then the newest hash differs from the one that somebody else has kept. A chain proves *unchanged since
then*, not *true*, and nothing of events that are not published yet.

    row      SHA-256 over the row's columns as UTF-8 text, one zero byte between them (no column can hold one)
    content  SHA-256 over the hashes of the rows, in the order of `seqs`
    block    SHA-256 over "desk-ledger-block", the hash before, number and count (8 bytes each, big-endian), content
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from chassis.database import Connection, Row

GENESIS: Final = bytes(32)
"""The hash before the first block."""

_CHECKED_AT_ONCE: Final = 50

ChainTable = Literal["ledger_block", "access_entry"]
"""The tables that are chains: each row has a number and a hash."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it is stored."""

    number: int
    seqs: Sequence[int]
    content_hash: bytes
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest block: how long the chain is, and the hash that holds all of it."""

    number: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What a look at a part of a chain found.

    Attributes:
        checked_to: number of the last block or entry that was looked at.
        rows: rows in what was looked at.
        more: whether there is more behind it.
        first_wrong: number of the first one that is not what it was, None where all are.
        hash: of the last one that was looked at, and is what it was.
        head: the newest block or entry of all.
    """

    checked_to: int
    rows: int
    more: bool
    first_wrong: int | None
    hash: bytes
    head: ChainHead


def block_after(head: ChainHead, rows: Sequence[Row]) -> Block:
    """Return the block that follows a head and holds these rows of the outbox."""
    number, content = head.number + 1, _content_hash(rows)
    return Block(
        number, [row["seq"] for row in rows], content, head.hash, _block_hash(head, len(rows), content)
    )


async def newest_head(connection: Connection, chain: ChainTable) -> ChainHead:
    """Return the head of a chain."""
    row = await connection.fetchrow(
        f"select number, hash from {chain} order by number desc limit 1"  # noqa: S608 - one of two words
    )
    return ChainHead(row["number"], bytes(row["hash"])) if row else ChainHead()


async def head_at(connection: Connection, chain: ChainTable, number: int) -> ChainHead | None:
    """Return a chain's head as it was at a number, None where that one is missing."""
    if number == 0:
        return ChainHead()
    row = await connection.fetchrow(f"select hash from {chain} where number = $1", number)  # noqa: S608 - as above
    return ChainHead(number, bytes(row["hash"])) if row else None


async def check_blocks(connection: Connection, *, after: int, limit: int) -> ChainCheck:
    """Compute blocks anew from the ledger's rows and compare them with what was stored, up to the first that differs.

    The last part also counts: a published event that stands in no block was put there behind the relay's back, and makes
    the number after the newest block the first wrong one.

    Args:
        connection: for reads.
        after: number of the block to begin behind, 0 for the first.
        limit: blocks to look at.
    """
    head = await newest_head(connection, "ledger_block")
    before = await head_at(connection, "ledger_block", after)
    looked_at, rows = after, 0
    while looked_at < min(head.number, after + limit):
        until = min(head.number, after + limit, looked_at + _CHECKED_AT_ONCE)
        blocks = await connection.fetch(
            "select * from ledger_block where number > $1 and number <= $2 order by number", looked_at, until
        )
        by_number = {block["number"]: block for block in blocks}
        for number in range(looked_at + 1, until + 1):
            stored = by_number.get(number)
            held = await _rows_of(connection, stored["seqs"]) if stored else []
            if stored is None or before is None or not _stands(stored, before, held):
                return ChainCheck(number, rows, number < head.number, number, hash_of(before), head)
            before = ChainHead(number, bytes(stored["hash"]))
            rows += len(held)
        looked_at = until
    more = looked_at < head.number
    stray = not more and await _strays(connection)
    return ChainCheck(looked_at, rows, more, head.number + 1 if stray else None, hash_of(before), head)


def hash_of(head: ChainHead | None) -> bytes:
    """Return the hash of a head, that before the first block where there is none."""
    return head.hash if head else GENESIS


async def _rows_of(connection: Connection, seqs: Sequence[int]) -> list[Row]:
    return await connection.fetch(
        """select o.* from unnest($1::bigint[]) with ordinality u(seq, n) join outbox o on o.seq = u.seq order by u.n""",
        seqs,
    )


async def _strays(connection: Connection) -> bool:
    """Say whether more is published than stands in blocks; one statement, so that no block is made between its halves."""
    return await connection.fetchval(
        """select (select count(*) from outbox where published_at is not null)
                > (select coalesce(sum(cardinality(seqs)), 0) from ledger_block)"""
    )


def _stands(stored: Row, before: ChainHead, rows: Sequence[Row]) -> bool:
    if len(rows) != len(stored["seqs"]):
        return False
    made = block_after(before, rows)
    return (made.content_hash, made.previous_hash, made.hash) == (
        bytes(stored["content_hash"]),
        bytes(stored["previous_hash"]),
        bytes(stored["hash"]),
    )


def _content_hash(rows: Sequence[Row]) -> bytes:
    content = hashlib.sha256()
    for row in rows:
        content.update(hashlib.sha256(_row_bytes(row)).digest())
    return content.digest()


def _row_bytes(row: Row) -> bytes:
    return "\0".join(
        (
            str(row["seq"]),
            str(row["event_id"]),
            row["type"],
            row["aggregate"],
            str(row["version"]),
            row["partition_key"],
            row["election"],
            row["contest"] or "",
            instant_text(row["occurred_at"]),
            instant_text(row["recorded_at"]),
            row["channel"],
            row["actor"],
            row["data_class"],
            "rehearsal" if row["rehearsal"] else "",
            row["body"],
        )
    ).encode()


def instant_text(at: datetime) -> str:
    """Return a moment as hashes take it in: UTC, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _block_hash(before: ChainHead, count: int, content: bytes) -> bytes:
    numbers = (before.number + 1).to_bytes(8, "big") + count.to_bytes(8, "big")
    return hashlib.sha256(b"desk-ledger-block" + before.hash + numbers + content).digest()
