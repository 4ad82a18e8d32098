"""The rows of imports: the job with its cursor, the file in parts while it is worked on, the rows with something to tell."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from chassis.database import Row
from services.registry.schemas.import_reasons import told_reason
from services.registry.schemas.imports import ImportOut
from services.registry.tables.columns import Table, instant, json, texts
from services.registry.tables.frames import parts_of


class Import(Table, table=True):
    """An import. `cursor` is the last row that is committed: whoever goes on goes on behind it."""

    __tablename__ = "import"

    id: UUID = Field(primary_key=True)
    election: str
    kind: str
    media_type: str
    dry_run: bool
    sha256: str
    size_bytes: int
    source: str
    state: str
    cursor: int
    rows_read: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    with_findings: int
    failure: dict[str, object] | None = Field(sa_column=json(nullable=True))
    actor: str
    grants: list[str] = Field(sa_column=texts())
    rehearsal: bool
    received_at: datetime = Field(sa_column=instant())
    finished_at: datetime | None = Field(sa_column=instant(nullable=True))
    tries: int
    worker: UUID | None
    lease_until: datetime | None = Field(sa_column=instant(nullable=True))
    client: str = ""
    scopes: list[str] = Field(sa_column=texts())


class ImportPart(Table, table=True):
    """A part of an uploaded file, kept until its import has ended."""

    __tablename__ = "import_part"

    import_id: UUID = Field(primary_key=True)
    part: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bool
    stored_at: datetime = Field(sa_column=instant())


class ImportRow(Table, table=True):
    """A row that was refused, or taken with findings."""

    __tablename__ = "import_row"

    import_id: UUID = Field(primary_key=True)
    row: int = Field(primary_key=True)
    status: str
    reasons: list[dict[str, object]] = Field(sa_column=json())


def import_out(row: Row) -> ImportOut:
    """Return an import as callers see it."""
    failure = parts_of(row["failure"])
    return ImportOut.model_validate({**dict(row), "failure": failure and told_reason(failure)})
