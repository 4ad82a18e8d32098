"""The rows of who may get a token: agencies, applications, people, devices; no secret can be read in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from chassis.database import Row
from chassis.row_security import Reads
from services.registry.errors import AgencyUnknown
from services.registry.rules.grants import Reach
from services.registry.tables.columns import Table, instant, texts, version


class Agency(Table, table=True):
    """An organisation that works with the desk."""

    __tablename__ = "agency"

    id: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    kind: str
    name: str
    name_en: str
    contact: str
    active: bool


class Client(Table, table=True):
    """An application of an agency, and the most that its tokens may allow."""

    __tablename__ = "client"

    id: str = Field(primary_key=True)
    agency: str
    version: int = Field(sa_column=version())
    roles: list[str] = Field(sa_column=texts())
    regions: list[str] = Field(sa_column=texts())
    election: str | None
    may_act_for_persons: bool
    ends_at: datetime | None = Field(sa_column=instant(nullable=True))
    revoked_at: datetime | None = Field(sa_column=instant(nullable=True))


class ClientSecret(Table, table=True):
    """What an application proves itself with, as SHA-256: 256 random bits need no slow hash."""

    __tablename__ = "client_secret"

    id: UUID = Field(primary_key=True)
    client: str
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    revoked_at: datetime | None = Field(sa_column=instant(nullable=True))


class AgencyPerson(Table, table=True):
    """Somebody of an agency, by a pseudonym that the agency alone can resolve."""

    __tablename__ = "agency_person"

    agency: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    roles: list[str] = Field(sa_column=texts())
    regions: list[str] = Field(sa_column=texts())
    election: str | None
    ends_at: datetime | None = Field(sa_column=instant(nullable=True))


class Device(Table, table=True):
    """A field app's device: enrolled by a code, which it turns into a secret of its own; for a person, or a slot of a TPS."""

    __tablename__ = "device"

    id: str = Field(primary_key=True)
    agency: str
    client: str
    label: str
    person: str | None
    election: str | None
    tps_id: UUID | None
    duty: str | None
    slot: int | None
    code_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    code_expires_at: datetime = Field(sa_column=instant())
    made_at: datetime = Field(sa_column=instant())
    secret_sha256: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))
    redeemed_at: datetime | None = Field(sa_column=instant(nullable=True))
    revoked_at: datetime | None = Field(sa_column=instant(nullable=True))


class AccessChange(Table, table=True):
    """The last change of what tokens rest upon: the version that newer tokens carry."""

    __tablename__ = "access_change"

    tie: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    changed_at: datetime = Field(sa_column=instant())


ALL_COVERED = """not exists (
    select from (select agency, regions, election from client where revoked_at is null
                 union all select agency, regions, election from agency_person) held
    where held.agency = a.id and (
        ($2::text is not null and held.election is distinct from $2)
        or exists (
            select from unnest(held.regions) asked where not exists (
                select from unnest($1::text[]) own where own in ('*', asked) or starts_with(asked, own || '.')))))"""
"""Of an agency `a`: whether grants ($1) and election ($2) cover whatever its applications and people may, as `within` says."""


async def agency_within(reads: Reads, agency: str, reach: Reach, *, lock: str = "") -> Row | None:
    """Return an agency all of which somebody covers, None where there is none or only a part is covered.

    Args:
        lock: how its row is held (`for share`), where it is.
    """
    rows = await reads.fetch(
        f"select a.* from agency a where a.id = $3 and {ALL_COVERED} {lock}",  # noqa: S608 - of constants
        *(list(reach.grants), reach.election, agency),
    )
    return rows[0] if rows else None


def agency_unknown() -> AgencyUnknown:
    """Return the refusal of an agency that is not there, or of which the caller covers a part at most: both look alike."""
    return AgencyUnknown("No agency has this id.", detail_id="Tidak ada instansi dengan id ini.")
