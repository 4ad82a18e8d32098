"""The outbox: every event of a service, written in the transaction of its cause, kept as the service's ledger.

Rows are never deleted while their election is open; topics can always be made again from here. The table is one table
and not partitioned, because PostgreSQL keeps `unique (aggregate, version)` only on a table that is whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.clock import wall_now
from chassis.telemetry import current_traceparent
from contracts.catalog import BY_MODEL
from contracts.envelope import EventData

if TYPE_CHECKING:
    from chassis.database import Connection

MAX_BODY_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose command it is, how it came and when the desk took it.

    Attributes:
        now: the desk's time, UTC; `recorded_at` of all that the command writes.
        actor: pseudonym of the person, or of the application where there is no person.
        heard_at: when the desk took it by the machine's time, UTC, which tokens run by whatever day a rehearsal plays.
    """

    election: str
    actor: str
    channel: str
    now: datetime
    rehearsal: bool
    heard_at: datetime = field(default_factory=wall_now)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that a command wants to publish.

    Attributes:
        aggregate_id: id of the aggregate, without its name.
        version: the aggregate's version after this event.
        occurred_at: when it happened, by the reporter's device; the desk's time where nobody said.
        tps_id: the TPS that the aggregate belongs to, for types that are partitioned by TPS.
    """

    data: EventData
    aggregate_id: str
    version: int
    origin: Origin
    occurred_at: datetime
    contest: str | None = None
    tps_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row of the outbox as it is written."""

    event_id: UUID
    aggregate: str
    version: int


_INSERT = """
insert into outbox (event_id, type, aggregate, version, partition_key, election, contest, occurred_at, recorded_at,
                    channel, actor, data_class, rehearsal, traceparent, body)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                     $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::bool[],
                     $14::text[], $15::text[])
"""


async def write_outbox(connection: "Connection", drafts: Sequence[Draft]) -> list[OutboxRow]:
    """Write events to the outbox with one statement, in the order given, which becomes their `seq`.

    Raises:
        ValueError: an event's body is over 256 kB, or a type partitioned by TPS came without one.
    """
    if not drafts:
        return []
    trace = current_traceparent()
    columns: list[tuple[object, ...]] = []
    rows: list[OutboxRow] = []
    for draft in drafts:
        kind, origin = BY_MODEL[type(draft.data)], draft.origin
        body = draft.data.model_dump_json()
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"{kind.type}: an event of {len(body)} bytes is over {MAX_BODY_BYTES}")
        if kind.partition_by == "tps" and draft.tps_id is None:
            raise ValueError(f"{kind.type} is partitioned by TPS, and none was given")
        key = str(draft.tps_id) if kind.partition_by == "tps" else draft.aggregate_id
        row = OutboxRow(uuid7(), f"{kind.aggregate}/{draft.aggregate_id}", draft.version)
        rows.append(row)
        what = (row.event_id, kind.type, row.aggregate, row.version, key)
        whose = (origin.election, draft.contest, draft.occurred_at, origin.now, origin.channel, origin.actor)
        columns.append((*what, *whose, kind.data_class.value, origin.rehearsal, trace, body))
    await connection.execute(_INSERT, *(list(column) for column in zip(*columns, strict=True)))
    return rows
