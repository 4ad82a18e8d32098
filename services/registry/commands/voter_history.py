"""What is written down of a change of a voter's row: one row more, that nobody takes back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from chassis.sealing import SealingKeys
from services.registry.rules.moves import SPECIAL
from services.registry.schemas.voter_changes import ChangeKind
from services.registry.schemas.voters import ChangeNotes, VoterMoveReason
from services.registry.tables.voters import sealed_notes

CHANGE_COLUMNS = (
    *("id", "voter_id", "election", "kind", "from_tps", "to_tps", "reason", "former_nik_index"),
    *("key_id", "sealed", "actor", "channel", "occurred_at", "recorded_at"),
)
ORDINARY_MOVE, SPECIAL_MOVE = "ordinary", "special"
ChangeRow = tuple[object, ...]


def class_of_move(reason: VoterMoveReason) -> str:
    """Return what is shown of the reason of a move: the reason itself may tell of health, and is kept sealed."""
    return SPECIAL_MOVE if reason in SPECIAL else ORDINARY_MOVE


def change_row(
    keys: SealingKeys,
    voter: UUID,
    kind: ChangeKind,
    notes: ChangeNotes,
    *,
    from_tps: UUID | None,
    to_tps: UUID | None,
    reason: str | None,
    origin: Origin,
    occurred_at: datetime | None = None,
    former_nik_index: bytes | None = None,
) -> ChangeRow:
    """Return a row of a voter's history, in the order of `CHANGE_COLUMNS`.

    Args:
        former_nik_index: of the NIK that the voter had until now, where it was corrected.
    """
    change: UUID = uuid7()
    return (
        *(change, voter, origin.election, kind.value, from_tps, to_tps, reason, former_nik_index),
        *(keys.current, sealed_notes(keys, change, notes), origin.actor, origin.channel),
        *(occurred_at or origin.now, origin.now),
    )


# By name, for COPY has no way into a table with row-level security.
_ADD = f"""
insert into voter_change ({", ".join(CHANGE_COLUMNS)})
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::bytea[],
                     $9::text[], $10::bytea[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[])
"""  # noqa: S608 - of constants


async def write_history(uow: UnitOfWork, rows: Sequence[ChangeRow]) -> None:
    """Add rows to the history of voters.

    Emits:
        nothing
    """
    if rows:
        await uow.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


async def note_key(uow: UnitOfWork, keys: SealingKeys) -> None:
    """Write down the fingerprint of the key that seals what is new, so that a file without it is noticed.

    Emits:
        nothing
    """
    await uow.execute(
        "insert into voter_key (id, fingerprint) values ($1, $2) on conflict do nothing",
        *(keys.current, keys.fingerprints[keys.current]),
    )
