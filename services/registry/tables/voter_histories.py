"""What happened to a voter's rows, as they are read: all rows of one NIK, those that were left with a move among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Row
from chassis.row_security import Reads
from chassis.sealing import SealingKeys
from services.registry.errors import VoterUnknown
from services.registry.schemas.voter_changes import ChangeKind, WhichVoter
from services.registry.schemas.voters import ChangeNotes, Person
from services.registry.tables.frames import TpsState, tps_state
from services.registry.tables.voters import ROWS_OF_NIK, nik_of, opened, opened_notes

HEALTH_MAY_SHOW = "special"
"""The class of reasons of which evidence and reason are shown in an export alone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened."""

    kind: ChangeKind
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    channel: str
    from_tps: str | None
    to_tps: str | None
    reason: str | None
    notes: ChangeNotes


@dataclass(frozen=True, slots=True)
class Told:
    """A voter with what happened, as the keys open it."""

    row: Row
    person: Person
    tps: TpsState
    history: Sequence[Change]


async def find_voter(reads: Reads, which: WhichVoter, *, election: str, keys: SealingKeys) -> Told:
    """Return a voter by NIK or id, with the history of all rows that the NIK had.

    Raises:
        VoterUnknown: there is none.
        VotersUnavailable: something does not open.
    """
    indexes = keys.indexes(nik_of(election, which.nik)) if which.nik is not None else []
    rows = await reads.fetch(
        """select * from voter
           where election = $1 and (id = $2 or (nik_index = any($3::bytea[]) and status <> 'moved'))""",
        *(election, which.voter_id, indexes),
    )
    if not rows:
        raise voter_unknown()
    row = rows[0]
    person = opened(keys, row["id"], key_id=row["key_id"], content=row["sealed"])
    changes = await reads.fetch(
        f"select c.* from {ROWS_OF_NIK} v join voter_change c on c.voter_id = v.id order by c.id",  # noqa: S608 - of our own words
        *(election, keys.indexes(nik_of(election, person.nik))),
    )
    mentioned = {row["tps_id"], *(each[name] for each in changes for name in ("from_tps", "to_tps"))}
    places = await reads.fetch("select * from tps where id = any($1::uuid[])", list(mentioned - {None}))
    states = {place["id"]: tps_state(place) for place in places}
    return Told(row, person, states[row["tps_id"]], [_change(each, states, keys) for each in changes])


def _change(row: Row, states: Mapping[UUID, TpsState], keys: SealingKeys) -> Change:
    codes = [states[row[name]].code if row[name] else None for name in ("from_tps", "to_tps")]
    return Change(
        kind=ChangeKind(row["kind"]),
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        channel=row["channel"],
        from_tps=codes[0],
        to_tps=codes[1],
        reason=row["reason"],
        notes=opened_notes(keys, row["id"], key_id=row["key_id"], content=row["sealed"]),
    )


def voter_unknown() -> VoterUnknown:
    """Return the one refusal of a voter who is not there, or not in the caller's regions."""
    return VoterUnknown(
        "The list has no such voter in your regions.",
        detail_id="Daftar tidak memuat pemilih ini di wilayah Anda.",
    )
