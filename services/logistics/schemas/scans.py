"""What callers send of a scan and what they get; shapes only, no rules."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from contracts.logistics_events import BoxState, HandoverPoint, Party
from contracts.vocabulary import Channel, Instant, Moment
from services.logistics.schemas.shapes import Input, PlaceCode, Reason, SealNumber

SEGMENTS_OF_POINT = {HandoverPoint.KECAMATAN: 3, HandoverPoint.KELURAHAN: 4, HandoverPoint.TPS: 5}
"""How many parts the code of a point's place has; a warehouse lies in a region of any level."""


class CustodyScanIn(Input):
    """A box that changed hands, as a device read its label."""

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


class BatchScanIn(CustodyScanIn):
    """One scan of a batch, with the id that its device made for it: the item's idempotency key."""

    id: UUID


class CustodyScanBatch(Input):
    """Up to 500 scans; each is judged alone and has a result of its own."""

    items: Annotated[list[BatchScanIn], Field(min_length=1, max_length=500)]


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

    settlement: Literal["adopted", "dismissed"]
    box_id: UUID | None = Field(
        default=None,
        description="The box that was scanned, where the label was misread; the scan's own if left out.",
    )
    reason: Reason
    channel: Channel = Channel.API
