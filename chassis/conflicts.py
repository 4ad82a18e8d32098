"""Commands of a batch whose id already stands for another command: kept for an operator, applied by nobody.

The first command under an id is what the desk did. Whoever sends another one under it made an error, or two devices share
ids: neither the first nor the last is right by itself. A batch cannot ask its sender, who may be offline by then; so what
was sent is written down beside what stands, until somebody decides.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic_core import from_json

from chassis.actor import Actor
from chassis.database import Connection, Database, Row, UnitOfWork
from chassis.idempotency import Claim, Receipt
from chassis.outbox import Origin
from chassis.problems import Conflict, NotFound
from chassis.row_security import Remit, shared
from contracts.access import NATION, Scope
from contracts.vocabulary import Instant

Decision = Literal["first_stands", "sent_anew"]


class ConflictSettled(Conflict):
    """Somebody has decided this conflict already."""

    code = "conflict-settled"
    title, title_id = "The conflict is settled", "Konflik ini sudah diputuskan"


class CommandConflict(BaseModel):
    """Two commands under one id: the one that was done, and the one that was not."""

    service: str
    conflict_id: UUID
    command_id: str = Field(description="The id under which both came.")
    route: str
    place: str = Field(description="TPS or region that the second is about, as far as it says.")
    actor: str = Field(description="Pseudonym of who sent both.")
    device_id: str | None = Field(description="That the second came from.")
    first_hash: str = Field(description="Salted: the two of one conflict can be compared, and nothing else.")
    first_status: int
    first_recorded_at: Instant
    second_hash: str
    second_recorded_at: Instant
    second: dict[str, object] | None = Field(
        description="What the second says; null for the entry of a form, or where restricted data are not the caller's to see."
    )
    decision: Decision | None
    reason: str
    decided_by: str | None
    decided_at: Instant | None


class CommandConflicts(BaseModel):
    """Conflicts, the oldest first."""

    items: list[CommandConflict]


@dataclass(frozen=True, slots=True)
class Clash:
    """A command that came under the id of another.

    Attributes:
        place: code of the TPS or region that it is about; where it says none, the widest of the sender's.
        device: that it came from, as the batch says.
    """

    claim: Claim
    actor: Actor
    election: str
    place: str
    device: str | None


async def keep_conflicts(database: Database, clashes: Sequence[Clash], *, now: datetime) -> list[UUID | None]:
    """Write clashes down, each once however often it comes, and return their ids.

    Where the key has no other content by now, it is none: None.
    """
    regions = shared(clash.actor.remit for clash in clashes).regions
    # That a command clashed is written by whoever sends it, and seen by those alone who settle.
    async with database.transaction(Remit(regions, frozenset({Scope.CONFLICTS_SETTLE}))) as uow:
        return [await _keep(uow, clash, now=now) for clash in clashes]


async def _keep(uow: UnitOfWork, clash: Clash, *, now: datetime) -> UUID | None:
    claim, actor = clash.claim, clash.actor
    row = await uow.fetch_row(
        """insert into command_conflict (election, principal, route, key, place, actor, device, salt, fingerprint, content,
                                         recorded_at)
           select $4, k.principal, k.route, k.key, $5, $6, $7, $8, $9, $10, $11 from idempotency_key k
           where k.principal = $1 and k.route = $2 and k.key = $3 and k.fingerprint <> $9
           on conflict (principal, route, key, fingerprint) do update set fingerprint = excluded.fingerprint
           returning id""",
        *(claim.principal, claim.route, claim.key),
        *(clash.election, clash.place, actor.pseudonym, clash.device or actor.device),
        *(secrets.token_bytes(16), claim.fingerprint, None if claim.blind else claim.content, now),
    )
    return row["id"] if row else None


async def conflicts(
    connection: Connection,
    *,
    service: str,
    election: str,
    actor: Actor,
    settled: bool,
    whole: bool,
    limit: int = 500,
) -> list[CommandConflict]:
    """Return the conflicts of the caller's regions, the oldest first.

    Args:
        settled: those that were decided, in place of those that were not.
        whole: with what the second command says.
    """
    rows = await connection.fetch(
        """select c.*, k.fingerprint as first, k.status, k.recorded_at as first_at
           from command_conflict c join idempotency_key k using (principal, route, key)
           where c.election = $1 and (c.decision is not null) = $2
             and ($3 or exists (select from unnest($4::text[]) r where c.place = r or starts_with(c.place, r || '.')))
           order by c.id limit $5""",
        *(election, settled, NATION in actor.regions, list(actor.regions), limit),
    )
    return [_told(service, row, whole=whole) for row in rows]


def _told(service: str, row: Row, *, whole: bool) -> CommandConflict:
    content: Mapping[str, object] | None = from_json(row["content"]) if whole and row["content"] else None
    return CommandConflict(
        service=service,
        conflict_id=row["id"],
        command_id=row["key"],
        route=row["route"],
        place=row["place"],
        actor=row["actor"],
        device_id=row["device"],
        first_hash=_salted(row["salt"], row["first"]),
        first_status=row["status"],
        first_recorded_at=row["first_at"],
        second_hash=_salted(row["salt"], row["fingerprint"]),
        second_recorded_at=row["recorded_at"],
        second=dict(content) if content is not None else None,
        decision=row["decision"],
        reason=row["reason"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )


def _salted(salt: bytes, fingerprint: bytes) -> str:
    return hashlib.sha256(bytes(salt) + bytes(fingerprint)).hexdigest()


class ConflictDecided(BaseModel):
    """A conflict that somebody has decided."""

    service: str
    conflict_id: UUID
    decision: Decision
    reason: str
    decided_by: str
    decided_at: Instant


async def settle_conflict(
    uow: UnitOfWork,
    conflict: UUID,
    *,
    service: str,
    decision: Decision,
    reason: str,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Write down how a conflict was decided; nothing is applied by it.

    Emits:
        nothing: what was done stands in the ledger already.

    Raises:
        NotFound: there is no such conflict in the caller's regions.
        ConflictSettled: it is decided.
    """
    row = await uow.fetch_row(
        "select place, decision from command_conflict where id = $1 and election = $2 for update",
        conflict,
        origin.election,
    )
    if row is None or not (NATION in actor.regions or actor.granted_region(row["place"])):
        raise NotFound(
            "No conflict of your regions has this id.",
            detail_id="Tidak ada konflik di wilayah Anda dengan id ini.",
        )
    if row["decision"] is not None:
        raise ConflictSettled(
            "It was decided before.",
            detail_id="Sudah diputuskan sebelumnya.",
            current_state=row["decision"],
            allowed=[],
        )
    await uow.execute(
        "update command_conflict set decision = $2, reason = $3, decided_by = $4, decided_at = $5 where id = $1",
        *(conflict, decision, reason, origin.actor, origin.now),
    )
    out = ConflictDecided(
        service=service,
        conflict_id=conflict,
        decision=decision,
        reason=reason,
        decided_by=origin.actor,
        decided_at=origin.now,
    )
    return Receipt(out, status=200)
