"""The audit trail as the auditor asks for it: what was changed, who was shown what, and whether either chain still holds.

Every process with a database answers for its own part, under its own name; to read the trail is a look that stands in it.
An auditor sees what belongs to the regions of the token, and what belongs to no region.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from pydantic_core import from_json

from chassis.access_trail import Trail, access_of, check_accesses
from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.database import Connection, Row
from chassis.identity import permission
from chassis.ledger_chain import ChainCheck, check_blocks
from chassis.pagination import ListParameters, ListQuery, Page, cut_page, known_parameters_only
from chassis.problems import InvalidParameter
from chassis.reading import ReaderDep
from chassis.row_security import require_purpose
from contracts.access import NATION, Scope
from contracts.vocabulary import ElectionId, Instant, Moment

_MAY_READ: Final = permission(Scope.AUDIT_READ)
"""One for all routes: what a route and its answer both ask for is judged once."""

Auditor = Annotated[Actor, Depends(_MAY_READ)]
Behind = Annotated[
    int, Query(ge=0, le=2**63 - 1, description="Number of the last one that was looked at before.")
]
Piece = Annotated[int, Query(ge=1, le=2_000, description="How many to look at.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the trail is asked for."""

    election: str
    actor: str | None
    subject: str | None
    recorded_since: datetime | None
    recorded_until: datetime | None
    parameters: ListParameters


async def _named_election(election: ElectionId) -> str:
    """Say what the path names, for the routes that answer for all elections."""
    return election


async def _asked(
    election: ElectionId,
    parameters: ListQuery,
    *,
    actor: Annotated[str | None, Query(max_length=200, description="Pseudonym, or `client:<id>`.")] = None,
    subject: Annotated[str | None, Query(max_length=200, description="`<kind>/<id>`.")] = None,
    recorded_since: Annotated[Moment | None, Query(description="Then or later, by the desk's clock.")] = None,
    recorded_until: Annotated[Moment | None, Query(description="Before then, by the desk's clock.")] = None,
) -> Asked:
    if parameters.sort is not None or parameters.fields is not None:
        raise InvalidParameter(
            "The trail is told whole, the newest first.",
            detail_id="Jejak audit ditampilkan utuh, dari yang terbaru.",
        )
    return Asked(election, actor, subject, recorded_since, recorded_until, parameters)


AskedDep = Annotated[Asked, Depends(_asked)]


class RecordedChange(BaseModel):
    """One version of one thing: who made it, and what stood before and after."""

    seq: int
    event_id: str
    type: str
    subject: str = Field(description="The aggregate: `<kind>/<id>`.")
    version: int
    place: str | None = Field(description="Region or TPS that it belongs to.")
    actor: str = Field(description="Pseudonym of the person, or `client:<id>`.")
    channel: str
    occurred_at: Instant
    recorded_at: Instant
    before: dict[str, object] | None = Field(
        description="What the version before says; null where it is the first."
    )
    after: dict[str, object]


class AccessEntry(BaseModel):
    """One look: who was shown what, and why."""

    number: int
    at: Instant
    election: str | None
    actor: str
    client: str
    acting_client: str | None
    device: str | None
    roles: list[str]
    action: str = Field(description="`operationId` of what was asked.")
    subject: str
    place: str | None
    purpose: str | None
    trace_id: str | None


class AuditCheck(BaseModel):
    """What computing a part of a chain anew has found; ask again behind `checked_to` while there is `more`."""

    service: str
    chain: Literal["changes", "accesses"]
    checked_to: int
    rows: int
    more: bool
    intact: bool
    first_wrong: int | None = Field(description="The first block or entry that is not what it was.")
    checked_hash: str = Field(
        description="Hash of the last one that is what it was; compare it with one that was kept."
    )
    head_number: int
    head_hash: str = Field(
        description="Keep it: whoever has it notices when the chain is made anew behind it."
    )


_CHANGES: Final = """
select o.*, coalesce(o.body::json ->> 'tps_code', o.body::json ->> 'region_code') as place, b.body as before
from outbox o left join outbox b on b.aggregate = o.aggregate and b.version = o.version - 1
where o.election in ($1, 'desk') and ($2::text is null or o.actor = $2) and ($3::text is null or o.aggregate = $3)
    and ($4::timestamptz is null or o.recorded_at >= $4) and ($5::timestamptz is null or o.recorded_at < $5)
    and ($6::bigint is null or o.seq < $6)
    and ($7::text[] is null
        or exists (select from unnest($7) g where (coalesce(o.body::json ->> 'tps_code', o.body::json ->> 'region_code') || '.')
            ^@ (g || '.')))
order by o.seq desc limit $8
"""
_ACCESSES: Final = """
select * from access_entry
where (election is null or election = $1) and ($2::text is null or actor = $2) and ($3::text is null or subject = $3)
    and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)
    and ($6::bigint is null or number < $6)
    and ($7::text[] is null or exists (select from unnest($7) g where (place || '.') ^@ (g || '.')))
order by number desc limit $8
"""


def audit_routes(service: str, *, has_ledger: bool) -> APIRouter:
    """Return the routes of one process's part of the audit trail.

    Args:
        service: its name, which stands in the paths.
        has_ledger: whether it changes anything by itself.
    """
    router = APIRouter(
        prefix=f"/v1/elections/{{election}}/audit/{service}",
        tags=["audit"],
        dependencies=[Depends(known_parameters_only), Depends(_named_election)],
    )
    _add_accesses(router, service)
    if has_ledger:
        _add_changes(router, service)
    return router


async def _may_read_ledger(read: Connection) -> None:
    """Ask the database: the ledger is behind no policy, for every command writes it and the relay reads it."""
    await require_purpose(read, Scope.AUDIT_READ)


def _add_changes(router: APIRouter, service: str) -> None:
    async def read_changes(
        auditor: Auditor, asked: AskedDep, read: ReaderDep, trail: Trail, *, request: Request
    ) -> Page[RecordedChange]:
        """Show what was changed, the newest first: who, when, and what stood before and after."""
        await _may_read_ledger(read)
        await trail.seen(
            read, auditor, subject=f"audit/{service}.changes", election=asked.election, place=None
        )
        rows, following = await _page(read, _CHANGES, asked, auditor, key="seq")
        return Page(items=[_change(row) for row in rows], next_cursor=following, as_of=_now(request))

    async def check_changes(read: ReaderDep, *, after: Behind = 0, limit: Piece = 200) -> AuditCheck:
        """Compute blocks of the ledger's chain anew, of all elections, and say whether they are what they were."""
        await _may_read_ledger(read)
        return _told(service, "changes", await check_blocks(read, after=after, limit=limit))

    _add(router, "/changes", read_changes, f"read_{service}_changes")
    _add(router, "/changes/check", check_changes, f"check_{service}_changes")


def _add_accesses(router: APIRouter, service: str) -> None:
    async def read_accesses(
        auditor: Auditor, asked: AskedDep, read: ReaderDep, trail: Trail, *, request: Request
    ) -> Page[AccessEntry]:
        """Show who was shown what, the newest first."""
        await trail.seen(
            read, auditor, subject=f"audit/{service}.accesses", election=asked.election, place=None
        )
        rows, following = await _page(read, _ACCESSES, asked, auditor, key="number")
        items = [AccessEntry.model_validate({"number": row["number"], **_members(row)}) for row in rows]
        return Page(items=items, next_cursor=following, as_of=_now(request))

    async def check_access_entries(read: ReaderDep, *, after: Behind = 0, limit: Piece = 2_000) -> AuditCheck:
        """Compute the chain of looks anew, of all elections, and say whether it is what it was."""
        return _told(service, "accesses", await check_accesses(read, after=after, limit=limit))

    _add(router, "/accesses", read_accesses, f"read_{service}_accesses")
    _add(router, "/accesses/check", check_access_entries, f"check_{service}_accesses")


def _add(router: APIRouter, path: str, endpoint: Callable[..., object], name: str) -> None:
    router.add_api_route(path, endpoint, name=name, methods=["GET"], dependencies=[Depends(_MAY_READ)])


async def _page(
    read: Connection, statement: str, asked: Asked, auditor: Actor, *, key: Literal["seq", "number"]
) -> tuple[Sequence[Row], str | None]:
    listing = f"audit|-{key}"
    start = asked.parameters.start(listing, kinds=(int,))
    limit = asked.parameters.limit
    rows = await read.fetch(
        statement,
        asked.election,
        asked.actor,
        asked.subject,
        asked.recorded_since,
        asked.recorded_until,
        start[0] if start else None,
        None if NATION in auditor.regions else list(auditor.regions),
        limit + 1,
    )
    return cut_page(rows, limit=limit, key=lambda row: (cast(int, row[key]),), listing=listing)


def _change(row: Row) -> RecordedChange:
    return RecordedChange(
        seq=row["seq"],
        event_id=str(row["event_id"]),
        type=row["type"],
        subject=row["aggregate"],
        version=row["version"],
        place=row["place"],
        actor=row["actor"],
        channel=row["channel"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        before=from_json(row["before"]) if row["before"] is not None else None,
        after=from_json(row["body"]),
    )


def _members(row: Row) -> Mapping[str, object]:
    access = access_of(row)
    return {name: getattr(access, name) for name in type(access).__slots__}


def _told(service: str, chain: Literal["changes", "accesses"], check: ChainCheck) -> AuditCheck:
    return AuditCheck(
        service=service,
        chain=chain,
        checked_to=check.checked_to,
        rows=check.rows,
        more=check.more,
        intact=check.first_wrong is None,
        first_wrong=check.first_wrong,
        checked_hash=check.hash.hex(),
        head_number=check.head.number,
        head_hash=check.head.hash.hex(),
    )


def _now(request: Request) -> datetime:
    clock: DeskClock = request.app.state.clock
    return clock.now()
