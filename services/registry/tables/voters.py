"""The rows of voters: the person sealed, found by a blind index; no NIK, name or birth date can be read in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field

from chassis.database import Row
from chassis.row_security import Reads
from chassis.sealing import SealBrokenError, SealingKeys
from services.registry.errors import VotersUnavailable
from services.registry.rules.moves import contests_of_mover
from services.registry.schemas.voter_changes import VoterOut
from services.registry.schemas.voters import ChangeNotes, Person, VoterKind
from services.registry.tables.columns import Table, instant, json, version
from services.registry.tables.frames import TpsState


def _bytes(*, nullable: bool = False) -> Column[bytes]:
    return Column(LargeBinary, nullable=nullable)


class VoterKey(Table, table=True):
    """A key that rows are sealed with: what tells whether the file still has it, and nothing of the key."""

    __tablename__ = "voter_key"

    id: str = Field(primary_key=True)
    fingerprint: bytes = Field(sa_column=_bytes())


class Voter(Table, table=True):
    """A person of an election's list."""

    __tablename__ = "voter"

    id: UUID = Field(primary_key=True)
    election: str
    tps_id: UUID
    kind: str
    sex: str
    status: str
    strike_reason: str | None
    canary: bool
    key_id: str
    nik_index: bytes = Field(sa_column=_bytes())
    family_index: bytes | None = Field(sa_column=_bytes(nullable=True))
    sealed: bytes = Field(sa_column=_bytes())
    recorded_at: datetime = Field(sa_column=instant())
    moved_from: UUID | None
    from_code: str | None


class VoterChange(Table, table=True):
    """What happened to a voter's row: who said so, when, and sealed the evidence and what stood before; only ever added."""

    __tablename__ = "voter_change"

    id: UUID = Field(primary_key=True)
    voter_id: UUID
    election: str
    kind: str
    from_tps: UUID | None
    to_tps: UUID | None
    reason: str | None
    former_nik_index: bytes | None = Field(sa_column=_bytes(nullable=True))
    key_id: str
    sealed: bytes = Field(sa_column=_bytes())
    actor: str
    channel: str
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())


class TpsVoters(Table, table=True):
    """What the voters of a TPS come to, as it was last told; `counting` is the import after whose end it is counted anew."""

    __tablename__ = "tps_voters"

    tps_id: UUID = Field(primary_key=True)
    version: int = Field(sa_column=version())
    counts: dict[str, object] = Field(sa_column=json())
    counting: UUID | None


class LookupBudget(Table, table=True):
    """How often somebody asked where a voter votes, within a window of time; who it was is kept as a keyed hash alone."""

    __tablename__ = "lookup_budget"

    name: str = Field(primary_key=True)
    spender: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    window_s: int = Field(primary_key=True)
    window_number: int = Field(sa_column=Column(BigInteger, primary_key=True))
    spent: int
    missed: int


class VoterSeen(Table, table=True):
    """A NIK that an import under way has met, by its blind index: what finds the second row of somebody in a file."""

    __tablename__ = "voter_seen"

    import_id: UUID = Field(primary_key=True)
    nik_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    row: int
    tps_id: UUID


def unavailable() -> VotersUnavailable:
    """Return the refusal of a desk that has no keys, or not those that its list was sealed with."""
    return VotersUnavailable(
        "The keys of the list of voters are not here.",
        detail_id="Kunci daftar pemilih tidak tersedia di sini.",
    )


async def require_same_keys(reads: Reads, keys: SealingKeys | None) -> SealingKeys:
    """Return the keys, once they are those that the list was sealed with: by others nobody would be found.

    Raises:
        VotersUnavailable: there are none, or one that the list was sealed with is missing or another.
    """
    rows = await reads.fetch("select id, fingerprint from voter_key")
    if keys is None or any(keys.fingerprints.get(row["id"]) != row["fingerprint"] for row in rows):
        raise unavailable()
    return keys


ROWS_OF_NIK = """
(select * from voter where election = $1 and nik_index = any($2::bytea[]) and status <> 'moved'
 union all
 select * from voter where election = $1 and nik_index = any($2::bytea[]) and status = 'moved')
"""
"""All rows that some NIK have, those that were left among them: in two halves, for each has an index and both have none."""


def nik_of(election: str, nik: str) -> str:
    """Return what the blind index of a NIK is made of: two elections' lists cannot be laid over one another."""
    return f"nik/{election}/{nik}"


def family_of(election: str, family_number: str) -> str:
    """Return what the blind index of a family's number is made of."""
    return f"family/{election}/{family_number}"


def family_index_of(
    keys: SealingKeys, election: str, person: Person, *, standing: bytes | None
) -> bytes | None:
    """Return the blind index of a person's family by the current key; where the row has no number, what stands."""
    number = person.family_number
    return standing if number is None else keys.indexes(family_of(election, number))[0]


def sealed(keys: SealingKeys, voter: UUID, person: Person) -> bytes:
    """Return a person as the row of a voter keeps them."""
    return keys.seal(person.model_dump_json().encode(), bound_to=voter.bytes)


def opened(keys: SealingKeys, voter: UUID, *, key_id: str, content: bytes) -> Person:
    """Return the person of a voter's row.

    Raises:
        VotersUnavailable: it does not open: the row was changed, or belongs to another one.
    """
    try:
        plain = keys.open(content, key_id=key_id, bound_to=voter.bytes)
    except SealBrokenError:
        raise unavailable() from None
    return Person.model_validate_json(plain)


def sealed_notes(keys: SealingKeys, change: UUID, notes: ChangeNotes) -> bytes:
    """Return what a row of a voter's history keeps sealed."""
    return keys.seal(notes.model_dump_json().encode(), bound_to=change.bytes)


def opened_notes(keys: SealingKeys, change: UUID, *, key_id: str, content: bytes) -> ChangeNotes:
    """Return the sealed part of a row of a voter's history.

    Raises:
        VotersUnavailable: it does not open.
    """
    try:
        plain = keys.open(content, key_id=key_id, bound_to=change.bytes)
    except SealBrokenError:
        raise unavailable() from None
    return ChangeNotes.model_validate_json(plain)


def voter_out(row: Row, tps: TpsState) -> VoterOut:
    """Return a row of the list as it is shown: where and how somebody votes, and not who."""
    contests = tps.contests()
    if row["kind"] == VoterKind.PINDAHAN and row["from_code"] is not None:
        contests = contests_of_mover(contests, home=row["from_code"])
    return VoterOut(
        voter_id=row["id"],
        tps_code=tps.code,
        kind=row["kind"],
        status=row["status"],
        strike_reason=row["strike_reason"],
        from_code=row["from_code"],
        contests=contests,
    )
