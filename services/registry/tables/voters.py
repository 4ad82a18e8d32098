"""The rows of voters: the person sealed, found by a blind index; no NIK, name or birth date can be read in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from chassis.sealing import SealBrokenError, SealingKeys
from services.registry.errors import VotersUnavailable
from services.registry.schemas.voters import Person
from services.registry.tables.columns import Table, instant
from services.registry.tables.frames import Reads


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


def nik_of(election: str, nik: str) -> str:
    """Return what the blind index of a NIK is made of: two elections' lists cannot be laid over one another."""
    return f"nik/{election}/{nik}"


def family_of(election: str, family_number: str) -> str:
    """Return what the blind index of a family's number is made of."""
    return f"family/{election}/{family_number}"


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
