"""What callers send of a scan and what they get; shapes only, no rules."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from chassis.batches import JudgedAlone
from contracts.logistics_events import BoxState, HandoverPoint, Party
from contracts.vocabulary import Channel, Instant, Moment
from services.logistics.schemas.shapes import Input, PlaceCode, Reason, SealNumber

SEGMENTS_OF_POINT = {HandoverPoint.KECAMATAN: 3, HandoverPoint.KELURAHAN: 4, HandoverPoint.TPS: 5}
"""How many parts the code of a point's place has; a warehouse lies in a region of any level."""


_SCAN: dict[str, JsonValue] = {
    "box_id": "0193a3b0-7f31-7c41-a6d7-3c4b5a697880",
    "scan_point": "kecamatan",
    "place": "32.71.06",
    "from_party": "courier",
    "to_party": "ppk",
    "seal_seen": "KPU-327106-0281",
    "occurred_at": "2024-11-26T08:15:00+07:00",
    "channel": "app",
}


class CustodyScanIn(Input):
    """A box that changed hands, as a device read its label."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SCAN]})

    box_id: UUID = Field(description="What the QR code of the label holds.")
    scan_point: HandoverPoint
    place: PlaceCode = Field(
        description="Where it was scanned: the region of the warehouse, the kecamatan, the kelurahan, or the TPS."
    )
    from_party: Party
    to_party: Party
    seal_seen: SealNumber | None = Field(
        default=None, description="The seal on the box; null where nobody looked."
    )
    occurred_at: Moment
    channel: Channel = Channel.API

    @model_validator(mode="after")
    def _place_is_of_the_point(self) -> Self:
        """Refuse a place that is not of the point's kind.

        Raises:
            ValueError: the code has another level.
        """
        wanted = SEGMENTS_OF_POINT.get(self.scan_point)
        if wanted is not None and self.place.count(".") + 1 != wanted:
            raise ValueError("the place is not of the kind of the point")
        if self.from_party is self.to_party:
            raise ValueError("a hand-over has two parties")
        return self


_SCAN_OF_A_BATCH: dict[str, JsonValue] = {"id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01", **_SCAN}


class BatchScanIn(CustodyScanIn):
    """One scan of a batch, with the id that its device made for it: the item's idempotency key."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SCAN_OF_A_BATCH]})

    id: UUID


class CustodyScanBatch(Input):
    """Up to 500 scans; each is judged alone and has a result of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SCAN_OF_A_BATCH]}]})

    items: Annotated[list[JudgedAlone[BatchScanIn]], Field(min_length=1, max_length=500)]


class CustodyScanOut(BaseModel):
    """A scan as it was taken.

    `quarantined`: no box of the caller's regions has that id; the scan is kept, and finds its box when that is packed.
    """

    scan_id: UUID
    box_id: UUID
    outcome: Literal["placed", "out_of_order", "unchanged", "quarantined"]
    tps_code: str | None
    state: BoxState | None
    state_at: Instant | None
    late: bool
    findings: list[str]
    occurred_at: Instant
    recorded_at: Instant


class StrayScanOut(BaseModel):
    """A scan that belongs to no box that its scanner may touch."""

    scan_id: UUID
    box_id: UUID
    scan_point: HandoverPoint
    place: str
    from_party: Party
    to_party: Party
    seal_seen: str | None
    state: Literal["open", "adopted", "dismissed"]
    reason: str
    occurred_at: Instant
    recorded_at: Instant
    settled_at: Instant | None


class StraySettlementIn(Input):
    """What a stray scan turned out to be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "settlement": "adopted",
                    "box_id": "0193a3b0-7f31-7c41-a6d7-3c4b5a697880",
                    "reason": "Label terbaca salah (contoh).",
                }
            ]
        }
    )

    settlement: Literal["adopted", "dismissed"]
    box_id: UUID | None = Field(
        default=None,
        description="The box that was scanned, where the label was misread; the scan's own if left out.",
    )
    reason: Reason
    channel: Channel = Channel.API
