"""The rows of who may get a token: agencies, applications, people, devices; no secret can be read in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

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
