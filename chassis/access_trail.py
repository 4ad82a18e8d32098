"""Who was shown what: one row for each answer that holds personal or withheld data, written before the answer is given.

    async def read_roster(…, trail: Trail) -> Roster:
        await trail.seen(read, reader, subject=f"tps_roster/{code}", election=election, place=code)

A row that cannot be written means no answer. Each row holds the hash of the one before (`chassis.ledger_chain` says what
such a chain proves), so rows are written one after the other: this is for what people look at, not for what is polled.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Header, Request
from pydantic import StringConstraints

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.database import Connection, Row
from chassis.ledger_chain import ChainCheck, ChainHead, hash_of, head_at, instant_text, newest_head
from chassis.masking import MASKED
from chassis.row_security import Reads
from chassis.safe_headers import show_once
from chassis.telemetry import trace_of

_ADD: Final = "select add_access($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
_CHECKED_AT_ONCE: Final = 500

Purpose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"),
    MASKED,
]


@dataclass(frozen=True, slots=True)
class Access:
    """One look at something.

    Attributes:
        at: by the desk's clock.
        action: the operation's id in the API's description.
        subject: what was shown: `<kind>/<id>`, never a NIK or a name.
        place: region or TPS that it belongs to, None where it belongs to none.
        purpose: why, in the caller's words, masked.
    """

    at: datetime
    election: str | None
    actor: str
    client: str
    acting_client: str | None
    device: str | None
    roles: Sequence[str]
    action: str
    subject: str
    place: str | None
    purpose: str | None
    trace_id: str | None


async def record_access(reads: Reads, access: Access) -> None:
    """Add a row to the trail; in a unit of work it is committed with what it tells of, and later rows wait for that."""
    told = [getattr(access, name) for name in Access.__slots__]
    await reads.fetch(_ADD, *told, _content_hash(access))


async def check_accesses(connection: Connection, *, after: int, limit: int) -> ChainCheck:
    """Compute the hashes of rows anew and compare them with what was stored, up to the first that differs.

    Args:
        connection: for reads.
        after: number of the row to begin behind, 0 for the first.
        limit: rows to look at.
    """
    head = await newest_head(connection, "access_entry")
    until = min(head.number, after + limit)
    before = await head_at(connection, "access_entry", after)
    looked_at = after
    while looked_at < until:
        rows = await connection.fetch(
            "select * from access_entry where number > $1 and number <= $2 order by number",
            looked_at,
            min(until, looked_at + _CHECKED_AT_ONCE),
        )
        by_number = {row["number"]: row for row in rows}
        for number in range(looked_at + 1, min(until, looked_at + _CHECKED_AT_ONCE) + 1):
            row = by_number.get(number)
            if row is None or before is None or not _stands(row, before):
                return ChainCheck(
                    number, number - after - 1, number < head.number, number, hash_of(before), head
                )
            before = ChainHead(number, bytes(row["hash"]))
        looked_at = min(until, looked_at + _CHECKED_AT_ONCE)
    return ChainCheck(looked_at, looked_at - after, looked_at < head.number, None, hash_of(before), head)


def access_of(row: Row) -> Access:
    """Return a row as the look that it tells of."""
    return Access(**{name: row[name] for name in Access.__slots__})


def _stands(row: Row, before: ChainHead) -> bool:
    return (bytes(row["previous_hash"]), bytes(row["hash"])) == (
        before.hash,
        _entry_hash(before, access_of(row)),
    )


def _entry_hash(before: ChainHead, access: Access) -> bytes:
    number = (before.number + 1).to_bytes(8, "big")
    return hashlib.sha256(b"desk-access-entry" + before.hash + number + _content_hash(access)).digest()


def _content_hash(access: Access) -> bytes:
    told = {name: getattr(access, name) for name in Access.__slots__}
    told |= {"at": instant_text(access.at), "roles": list(access.roles)}
    return hashlib.sha256(
        json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).digest()


class AccessTrail:
    """Writes down what one request is shown; an answer that holds such things is kept by no browser and no proxy."""

    def __init__(self, request: Request, purpose: str | None) -> None:
        self._request = request
        self._purpose = purpose

    async def seen(
        self, reads: Reads, actor: Actor, *, subject: str, election: str | None, place: str | None
    ) -> None:
        """Write down that a caller is about to be shown something; committed when this returns.

        Args:
            reads: the connection that it is read by, in no transaction.
            actor: the caller.
            subject: what is shown: `<kind>/<id>`.
            election: that it belongs to, if any.
            place: region or TPS that it belongs to, if any.

        Raises:
            PostgresError: it could not be written; nothing may be shown.
        """
        request = self._request
        clock: DeskClock = request.app.state.clock
        access = Access(
            at=clock.now(),
            election=election,
            actor=actor.pseudonym,
            client=actor.client,
            acting_client=actor.acting_client,
            device=actor.device,
            roles=sorted(actor.roles),
            action=getattr(request.scope.get("route"), "name", ""),
            subject=subject,
            place=place,
            purpose=self._purpose,
            trace_id=trace_of(request.scope),
        )
        await record_access(reads, access)
        show_once(request.scope)


async def write_down(
    request: Request,
    desk_purpose: Annotated[
        Purpose | None,
        Header(description="Why this is asked for, in a few words; stands in the audit trail."),
    ] = None,
) -> AccessTrail:
    """Give a route what it writes the looks of its request down with."""
    return AccessTrail(request, desk_purpose)


Trail = Annotated[AccessTrail, Depends(write_down)]
"""Of a route that shows personal or withheld data: it says so with `seen` before it answers."""
