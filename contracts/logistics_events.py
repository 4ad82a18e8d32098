"""What logistics tells: what each TPS needs and has, the life of each sealed box, shipments and warehouses.

A box belongs to one TPS for life. Every event of a box holds the whole box as it stands now (`BoxFacts`), so one upsert
by `box_id` serves all of them. At most one box that is not void stands for a contest of a TPS: the ballots received for
a contest are that box's. Nothing here names a person.
"""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import EventData, EventSpec
from contracts.vocabulary import ContestId, DataClass, Instant, RegionCode, TpsCode


class BoxState(StrEnum):
    """Where a box is by the last hand-over that happened; `void` is a box that counts no more."""

    PACKED = "packed"
    IN_TRANSIT = "in_transit"
    AT_WAREHOUSE = "at_warehouse"
    AT_KECAMATAN = "at_kecamatan"
    AT_KELURAHAN = "at_kelurahan"
    AT_TPS = "at_tps"
    VOID = "void"


class HandoverPoint(StrEnum):
    """The kind of place where a box changes hands."""

    WAREHOUSE = "warehouse"
    KECAMATAN = "kecamatan"
    KELURAHAN = "kelurahan"
    TPS = "tps"


class Party(StrEnum):
    """Who holds a box: a function, never a name."""

    WAREHOUSE = "warehouse"
    COURIER = "courier"
    PPK = "ppk"
    PPS = "pps"
    KPPS = "kpps"


class ReceiptOutcome(StrEnum):
    """What the crew of a TPS found when its box was due."""

    ACCEPTED = "accepted"
    SHORT = "short"
    DAMAGED = "damaged"
    SEAL_MISMATCH = "seal_mismatch"
    MISSING = "missing"


class DiscrepancyKind(StrEnum):
    """What is wrong with a box; at most one of each kind is open at a time."""

    SHORT = "short"
    DAMAGED = "damaged"
    SEAL_MISMATCH = "seal_mismatch"
    MISSING = "missing"
    WRONG_PLACE = "wrong_place"


class Resolution(StrEnum):
    """What settled a discrepancy."""

    ACCEPTED_WITH_MINUTE = "accepted_with_minute"
    RESEALED = "resealed"
    RECOUNTED = "recounted"
    COMPLETED = "completed"
    FOUND = "found"
    MOVED = "moved"
    REPLACED = "replaced"
    REPORTED_IN_ERROR = "reported_in_error"


class ShipmentState(StrEnum):
    """How far a shipment is."""

    PLANNED = "planned"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


class ItemScope(StrEnum):
    """What a quantity of an item is counted by."""

    TPS = "tps"
    CONTEST = "contest"
    KECAMATAN_CONTEST = "kecamatan_contest"


class LogisticsPart(BaseModel):
    """Base of what events are made of."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ItemNeed(LogisticsPart):
    """How much of one item a place needs."""

    item: str = Field(
        description="Code of the item in the catalogue: `ballot_box`, `ballot`, `voting_booth`."
    )
    contest: ContestId | None = Field(description="Null where the item is not of one contest.")
    unit: str
    quantity: int
    sealed: bool = Field(description="Travels as, or inside, a sealed box.")


class TpsNeedComputed(EventData):
    """What a TPS needs was computed, or computed again with other facts: the whole of it as it stands now."""

    tps_id: UUID
    tps_code: TpsCode
    active: bool = Field(description="False where the TPS was dissolved: it needs nothing.")
    due_at: Instant = Field(
        description="Everything is at the TPS before this moment (D6: the end of H-1, local)."
    )
    zone: str
    boxes: int = Field(description="Sealed boxes that it needs, over all its contests.")
    contests: list[ContestId] = Field(description="The contests that each need a box.")
    items: list[ItemNeed]


class ItemHeld(LogisticsPart):
    """How much of one item a TPS holds, counted."""

    item: str
    contest: ContestId | None
    quantity: int
    needed: int | None = Field(description="Null where the catalogue asks for none.")


class TpsItemsReceived(EventData):
    """A TPS counted what it holds beside its sealed boxes: all items counted so far."""

    tps_id: UUID
    tps_code: TpsCode
    items: list[ItemHeld]
    complete: bool | None = Field(
        description="Every needed item that is not sealed is there; null while some were never counted."
    )


class KecamatanNeedComputed(EventData):
    """The spare boxes of a kecamatan were computed, or computed again (D5)."""

    region_code: RegionCode
    contests: list[ContestId] = Field(description="Of all its TPS together.")
    spare_boxes: int
    items: list[ItemNeed]


class OpenDiscrepancy(LogisticsPart):
    """Something that is wrong with a box and not settled."""

    discrepancy_id: UUID
    kind: DiscrepancyKind
    opened_at: Instant


class BoxFacts(EventData):
    """A box as it stands now; every event of a box carries it."""

    box_id: UUID
    tps_id: UUID
    tps_code: TpsCode
    contest: ContestId
    seal_number: str = Field(description="The seal that it should carry.")
    ballots_packed: int
    state: BoxState
    state_at: Instant = Field(
        description="When it came into this state: by the device, never later than the record."
    )
    place: str = Field(description="Code of the region or TPS where it was last handed over.")
    holder: Party
    shipment_id: UUID | None
    arrived_at: Instant | None = Field(description="First seen at its TPS, by a scan or a receipt.")
    received_at: Instant | None = Field(description="Received by the TPS's crew; null until then.")
    received_on_time: bool | None = Field(description="Received before it was due; null until received.")
    receipt_outcome: ReceiptOutcome | None = Field(
        description="Of the receipt that stands; null without one."
    )
    ballots_received: int | None = Field(description="Counted at the TPS; null until they were counted.")
    open_discrepancies: list[OpenDiscrepancy]
    due_at: Instant | None = Field(description="When its TPS must have it, as this event was written.")


class BoxPacked(BoxFacts):
    """A box was packed and sealed for a contest of a TPS."""

    warehouse_id: UUID | None
    replaces: UUID | None = Field(description="The box in whose place it comes, which is void from now on.")
    findings: list[str]


class BoxScanned(BoxFacts):
    """A box was scanned at a hand-over; a late scan is placed by when it happened and may change nothing else."""

    scan_id: UUID
    scan_point: HandoverPoint
    scan_place: str = Field(description="Code of the region or TPS where it was scanned.")
    from_party: Party
    to_party: Party
    seal_seen: str | None
    late: bool = Field(description="It reached the desk long after it happened.")
    out_of_order: bool = Field(
        description="A later hand-over was known already: the box's state is not this scan's."
    )
    findings: list[str]


class BoxReceived(BoxFacts):
    """A TPS's crew told what became of a box that was due, or told it again."""

    reported_outcome: ReceiptOutcome
    reported_ballots: int | None
    findings: list[str]


class BoxDiscrepancyOpened(BoxFacts):
    """Something is wrong with a box: by a receipt, a scan, or an arrival without it."""

    discrepancy_id: UUID
    kind: DiscrepancyKind
    cause: str = Field(description="`scan`, `receipt`, `arrival`.")


class BoxDiscrepancyResolved(BoxFacts):
    """What was wrong with a box is settled."""

    discrepancy_id: UUID
    kind: DiscrepancyKind
    resolution: Resolution


class BoxVoided(BoxFacts):
    """A box counts no more: it was packed in error, or another one took its place."""

    replaced_by: UUID | None


class ShipmentFacts(EventData):
    """A shipment as it stands now; every event of a shipment carries it."""

    shipment_id: UUID
    region_code: RegionCode = Field(description="Where it goes.")
    warehouse_id: UUID
    state: ShipmentState
    vehicle: str
    box_ids: list[UUID] = Field(description="Its manifest.")
    planned_at: Instant
    dispatched_at: Instant | None
    arrived_at: Instant | None
    missing_box_ids: list[UUID] = Field(description="On the manifest and not in the vehicle when it arrived.")


class ShipmentPlanned(ShipmentFacts):
    """A shipment was planned, with its manifest."""


class ShipmentDispatched(ShipmentFacts):
    """A shipment left its warehouse; each of its boxes tells so itself (`box.scanned`)."""


class ShipmentArrived(ShipmentFacts):
    """A shipment arrived."""


class ShipmentCancelled(ShipmentFacts):
    """A shipment will not leave; its boxes are free for another one."""


class WarehouseRegistered(EventData):
    """A warehouse was registered, or registered again with other facts."""

    warehouse_id: UUID
    region_code: RegionCode
    name: str
    address: str
    lat: float | None
    lon: float | None
    active: bool


class WarehouseStockCounted(EventData):
    """The stock of one item in a warehouse was counted."""

    warehouse_id: UUID
    region_code: RegionCode
    item: str
    contest: ContestId | None
    good: int
    damaged: int


class StrayScanFacts(EventData):
    """A scan of a box that is none of the boxes in its scanner's regions, as it stands now."""

    scan_id: UUID
    box_id: UUID
    region_code: str = Field(description="Code of the region or TPS where it was scanned.")
    scan_point: HandoverPoint
    from_party: Party
    to_party: Party
    scanned_at: Instant


class StrayScanRecorded(StrayScanFacts):
    """A scan is kept that belongs to no box that its scanner may touch."""


class StrayScanSettled(StrayScanFacts):
    """A stray scan found its box, or was dismissed."""

    settlement: str = Field(description="`adopted` or `dismissed`.")


EVENTS: dict[str, EventSpec] = {
    "tps_supply.need_computed": (TpsNeedComputed, DataClass.PUBLIC, "tps"),
    "tps_supply.items_received": (TpsItemsReceived, DataClass.OPERATIONAL, "tps"),
    "kecamatan_need.computed": (KecamatanNeedComputed, DataClass.PUBLIC, "aggregate"),
    "box.packed": (BoxPacked, DataClass.OPERATIONAL, "tps"),
    "box.scanned": (BoxScanned, DataClass.OPERATIONAL, "tps"),
    "box.received": (BoxReceived, DataClass.OPERATIONAL, "tps"),
    "box.discrepancy_opened": (BoxDiscrepancyOpened, DataClass.OPERATIONAL, "tps"),
    "box.discrepancy_resolved": (BoxDiscrepancyResolved, DataClass.OPERATIONAL, "tps"),
    "box.voided": (BoxVoided, DataClass.OPERATIONAL, "tps"),
    "shipment.planned": (ShipmentPlanned, DataClass.OPERATIONAL, "aggregate"),
    "shipment.dispatched": (ShipmentDispatched, DataClass.OPERATIONAL, "aggregate"),
    "shipment.arrived": (ShipmentArrived, DataClass.OPERATIONAL, "aggregate"),
    "shipment.cancelled": (ShipmentCancelled, DataClass.OPERATIONAL, "aggregate"),
    "warehouse.registered": (WarehouseRegistered, DataClass.OPERATIONAL, "aggregate"),
    "warehouse.stock_counted": (WarehouseStockCounted, DataClass.OPERATIONAL, "aggregate"),
    "stray_scan.recorded": (StrayScanRecorded, DataClass.OPERATIONAL, "aggregate"),
    "stray_scan.settled": (StrayScanSettled, DataClass.OPERATIONAL, "aggregate"),
}
