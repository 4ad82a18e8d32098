"""What callers send about boxes and what they get; shapes only, no rules."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from chassis.batches import JudgedAlone
from contracts.logistics_events import BoxState, DiscrepancyKind, Party, ReceiptOutcome, Resolution
from contracts.vocabulary import Channel, ContestId, Instant, Moment, TpsCode
from services.logistics.schemas.shapes import Count, Input, Reason, SealNumber

_BOX: dict[str, JsonValue] = {
    "box_id": "0193a3b0-7f31-7c41-a6d7-3c4b5a697880",
    "tps_code": "32.71.06.1002.028",
    "contest": "walikota-32.71",
    "seal_number": "KPU-327106-0281",
    "ballots": 547,
    "warehouse_id": "0193a3b0-1a20-7b11-8c3d-2e4f60718293",
    "occurred_at": "2024-11-25T09:30:00+07:00",
}


class PackBoxIn(Input):
    """A box that was packed and sealed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BOX]})

    box_id: UUID = Field(description="Made when the label was printed; the QR code holds it.")
    tps_code: TpsCode
    contest: ContestId
    seal_number: SealNumber
    ballots: Count = Field(description="Ballots inside, as counted into it.")
    warehouse_id: UUID | None = None
    replaces: UUID | None = Field(
        default=None, description="The box in whose place it comes, void from then on."
    )
    occurred_at: Moment
    channel: Channel = Channel.API


_BOX_OF_A_BATCH: dict[str, JsonValue] = {"id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01", **_BOX}


class BatchBoxIn(PackBoxIn):
    """One box of a batch, with the id that its device made for it: the item's idempotency key."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BOX_OF_A_BATCH]})

    id: UUID


class PackBoxBatch(Input):
    """Up to 500 boxes; each is judged alone and has a result of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_BOX_OF_A_BATCH]}]})

    items: Annotated[list[JudgedAlone[BatchBoxIn]], Field(min_length=1, max_length=500)]


class PackedBoxOut(BaseModel):
    """A box as it was packed."""

    box_id: UUID
    tps_code: str
    contest: str
    seal_number: str
    ballots: int
    replaces: UUID | None
    findings: list[str]
    outcome: Literal["created", "unchanged"]
    occurred_at: Instant
    recorded_at: Instant


class VoidBoxIn(Input):
    """Why a box counts no more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Kotak rusak sebelum berangkat (contoh)."}]}
    )

    reason: Reason
    channel: Channel = Channel.API


class DiscrepancyOut(BaseModel):
    """What was found wrong with a box, and what became of it."""

    discrepancy_id: UUID
    kind: DiscrepancyKind
    state: Literal["open", "resolved"]
    cause: str
    seal_seen: str | None
    opened_at: Instant
    resolution: Resolution | None
    reason: str
    resolved_at: Instant | None


class ResolutionIn(Input):
    """What settled a discrepancy, and why it is settled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resolution": "resealed",
                    "reason": "Disegel ulang di depan pengawas (contoh).",
                    "seal_number": "KPU-327106-0282",
                }
            ]
        }
    )

    resolution: Resolution
    reason: Reason
    seal_number: SealNumber | None = Field(
        default=None, description="The new seal, where the box was sealed again."
    )
    ballots: Count | None = Field(
        default=None, description="The new count, where ballots were counted again or added."
    )
    channel: Channel = Channel.API


class CustodyStep(BaseModel):
    """One hand-over in the life of a box."""

    scan_point: str
    place: str
    from_party: Party
    to_party: Party
    seal_seen: str | None
    late: bool
    out_of_order: bool
    findings: list[str]
    occurred_at: Instant
    recorded_at: Instant


class BoxReceiptStep(BaseModel):
    """One receipt of a box."""

    outcome: ReceiptOutcome
    ballots: int | None
    seal_seen: str | None
    findings: list[str]
    note: str
    occurred_at: Instant
    recorded_at: Instant


class BoxStanding(BaseModel):
    """A box as it stands."""

    box_id: UUID
    tps_code: str
    contest: str
    seal_number: str
    ballots_packed: int
    state: BoxState
    state_at: Instant
    place: str
    holder: Party
    shipment_id: UUID | None
    replaces: UUID | None
    arrived_at: Instant | None
    received_at: Instant | None
    received_on_time: bool | None
    receipt_outcome: ReceiptOutcome | None
    ballots_received: int | None
    due_at: Instant | None
    void_reason: str | None


class BoxOut(BoxStanding):
    """A box with its whole life: hand-overs in the order in which they happened, receipts, discrepancies."""

    custody: list[CustodyStep]
    receipts: list[BoxReceiptStep]
    discrepancies: list[DiscrepancyOut]
