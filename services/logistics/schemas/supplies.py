"""What callers send about what a TPS needs, gets and holds; shapes only, no rules."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.logistics_events import ItemHeld, ItemNeed, ItemScope, ReceiptOutcome
from contracts.vocabulary import Channel, ContestId, Instant, Moment
from services.logistics.schemas.boxes import BoxStanding, DiscrepancyOut
from services.logistics.schemas.shapes import Count, Input, ItemCode, Name, Note, SealNumber


class BoxReceiptIn(Input):
    """What became of one box that was due."""

    box_id: UUID
    outcome: ReceiptOutcome
    seal_seen: SealNumber | None = None
    ballots_counted: Count | None = Field(
        default=None,
        description="Ballots inside; null while the box is sealed, for it is opened on voting day only.",
    )
    note: Note = ""


class ItemHeldIn(Input):
    """How much of an item the TPS holds now, all deliveries together; it replaces what was counted before."""

    item: ItemCode
    contest: ContestId | None = None
    quantity: Count


class TpsReceiptIn(Input):
    """What a TPS's crew received: boxes, and what came beside them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "boxes": [
                        {
                            "box_id": "0193a3b0-7f31-7c41-a6d7-3c4b5a697880",
                            "outcome": "accepted",
                            "seal_seen": "KPU-327106-0281",
                        }
                    ],
                    "items": [{"item": "ink", "quantity": 2}],
                    "occurred_at": "2024-11-26T16:40:00+07:00",
                    "channel": "app",
                }
            ]
        }
    )

    boxes: Annotated[list[BoxReceiptIn], Field(max_length=50)] = []
    items: Annotated[list[ItemHeldIn], Field(max_length=100)] = []
    occurred_at: Moment
    channel: Channel = Channel.API

    @model_validator(mode="after")
    def _says_something_once(self) -> Self:
        """Refuse a receipt of nothing, and one that tells of a box or an item twice.

        Raises:
            ValueError: it is one of these.
        """
        if not self.boxes and not self.items:
            raise ValueError("a receipt is of at least one box or item")
        if len({box.box_id for box in self.boxes}) < len(self.boxes):
            raise ValueError("a box stands twice in the receipt")
        if len({(held.item, held.contest) for held in self.items}) < len(self.items):
            raise ValueError("an item stands twice in the receipt")
        return self


class BoxReceiptOut(BaseModel):
    """A box of a receipt as it was taken."""

    box_id: UUID
    result: Literal["recorded", "unchanged", "quarantined"]
    outcome: ReceiptOutcome
    findings: list[str]
    opened: list[str] = Field(description="Kinds of the discrepancies that this receipt opened.")


class TpsReceiptOut(BaseModel):
    """A receipt as it was taken."""

    tps_code: str
    boxes: list[BoxReceiptOut]
    items: list[ItemHeld]
    occurred_at: Instant
    recorded_at: Instant


class TpsBoxOut(BoxStanding):
    """A box of a TPS with what is wrong with it."""

    discrepancies: list[DiscrepancyOut]


class TpsSupplyOut(BaseModel):
    """What a TPS needs, what it holds, and its boxes."""

    tps_code: str
    due_at: Instant | None
    zone: str
    boxes_needed: int
    needs: list[ItemNeed]
    held: list[ItemHeld]
    boxes: list[TpsBoxOut]


class CatalogueItemIn(Input):
    """An item of the catalogue; the quantity is per place that `per` names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Ink",
                    "name_id": "Tinta",
                    "unit": "botol",
                    "per": "tps",
                    "quantity": 2,
                    "sealed": False,
                    "source": "Keputusan KPU (contoh)",
                }
            ]
        }
    )

    name: Name
    name_id: Name
    unit: Name
    per: ItemScope
    quantity: Annotated[int, Field(ge=0, le=10_000)]
    sealed: bool
    source: Name
    verified: bool = Field(default=False, description="Somebody saw the source.")
    channel: Channel = Channel.API


class CatalogueItemOut(BaseModel):
    """An item of the catalogue."""

    item: str
    name: str
    name_id: str
    unit: str
    per: ItemScope
    quantity: int
    reserve_ratio: Decimal | None = Field(
        description="Where it is set, the quantity is multiplied by the DPT and this share of it, rounded up per TPS."
    )
    sealed: bool
    source: str
    verified: bool
    of_election: bool = Field(description="The quantity is a setting of the election, and is changed there.")
    version: int


class CatalogueOut(BaseModel):
    """The whole catalogue of an election."""

    items: list[CatalogueItemOut]
