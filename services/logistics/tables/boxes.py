"""The rows of boxes, of their life, and of scans that found no box."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from chassis.tables import instant, texts, version
from services.logistics.tables.known import Table


class BoxRow(Table, table=True):
    """A box as it stands."""

    __tablename__ = "box"

    box_id: UUID = Field(primary_key=True)
    election: str
    tps_id: UUID
    contest: str
    seal_number: str
    ballots_packed: int
    state: str
    state_at: datetime = Field(sa_column=instant())
    place: str
    holder: str
    shipment_id: UUID | None = None
    warehouse_id: UUID | None = None
    replaces: UUID | None = None
    arrived_at: datetime | None = Field(sa_column=instant(nullable=True))
    received_at: datetime | None = Field(sa_column=instant(nullable=True))
    received_on_time: bool | None = None
    receipt_outcome: str | None = None
    receipt_at: datetime | None = Field(sa_column=instant(nullable=True))
    ballots_received: int | None = None
    counted_at: datetime | None = Field(sa_column=instant(nullable=True))
    void_reason: str | None = None
    open_discrepancies: int
    packed_at: datetime = Field(sa_column=instant())
    findings: list[str] = Field(sa_column=texts())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str
    version: int = Field(sa_column=version())
    granted_region: str | None = None


class CustodyScanRow(Table, table=True):
    """A hand-over as it was told; every one is kept."""

    __tablename__ = "custody_scan"

    scan_id: UUID = Field(primary_key=True)
    box_id: UUID
    scan_point: str
    place: str
    from_party: str
    to_party: str
    seal_seen: str | None = None
    late: bool
    out_of_order: bool
    findings: list[str] = Field(sa_column=texts())
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str
    granted_region: str | None = None


class BoxReceiptRow(Table, table=True):
    """What a TPS's crew told of a box; every receipt is kept."""

    __tablename__ = "box_receipt"

    receipt_id: UUID = Field(primary_key=True)
    box_id: UUID
    outcome: str
    ballots: int | None = None
    seal_seen: str | None = None
    note: str
    findings: list[str] = Field(sa_column=texts())
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str


class Discrepancy(Table, table=True):
    """Something that was found wrong with a box, and what settled it."""

    __tablename__ = "discrepancy"

    discrepancy_id: UUID = Field(primary_key=True)
    box_id: UUID
    kind: str
    cause: str
    seal_seen: str | None = None
    opened_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    resolution: str | None = None
    reason: str
    resolved_at: datetime | None = Field(sa_column=instant(nullable=True))
    resolved_by: str | None = None


class StrayScan(Table, table=True):
    """A scan of a box that is none of the boxes in its scanner's regions; `granted_region` is what let it in."""

    __tablename__ = "stray_scan"

    scan_id: UUID = Field(primary_key=True)
    election: str
    box_id: UUID
    scan_point: str
    place: str
    from_party: str
    to_party: str
    seal_seen: str | None = None
    occurred_at: datetime = Field(sa_column=instant())
    recorded_at: datetime = Field(sa_column=instant())
    actor: str
    channel: str
    granted_region: str
    state: str
    reason: str
    settled_at: datetime | None = Field(sa_column=instant(nullable=True))
    settled_by: str | None = None
    version: int = Field(sa_column=version())
