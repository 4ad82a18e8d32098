"""Shipments: planned with a manifest of sealed boxes, dispatched, arrived, or cancelled before they leave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, WrongState
from contracts.access import covers
from contracts.device_clocks import placed_at
from contracts.logistics_events import (
    BoxState,
    DiscrepancyKind,
    HandoverPoint,
    Party,
    ShipmentArrived,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentFacts,
    ShipmentPlanned,
    ShipmentState,
)
from services.logistics.commands.custody import Custody
from services.logistics.errors import ManifestUnfit, ShipmentUnknown, WarehouseUnknown
from services.logistics.rules.boxes import Box, Handover
from services.logistics.schemas.shipments import (
    ArriveShipmentIn,
    CancelShipmentIn,
    DispatchShipmentIn,
    PlanShipmentIn,
    ShipmentOut,
)
from services.logistics.tables.shipments import Shipment, ShipmentBox, Warehouse

_UNFIT = (
    "box-unfit",
    "No box with this id goes to the region of the shipment.",
    "Tidak ada kotak suara dengan id ini yang menuju wilayah pengiriman.",
)
_VOID = ("box-void", "This box counts no more.", "Kotak suara ini sudah batal.")
_UNDER_WAY = ("box-under-way", "Another shipment has this box.", "Kotak suara ini ada pada pengiriman lain.")
_TWICE = (
    "box-twice",
    "This box stands twice in the manifest.",
    "Kotak suara ini tercantum dua kali pada manifes.",
)
_NOT_ON_IT = (
    "not-on-manifest",
    "The manifest does not have this box.",
    "Manifes tidak memuat kotak suara ini.",
)
_WAYS_ON = {
    ShipmentState.PLANNED: ["dispatch", "cancel"],
    ShipmentState.DISPATCHED: ["arrive"],
    ShipmentState.ARRIVED: [],
    ShipmentState.CANCELLED: [],
}


@dataclass(slots=True)
class _Loaded:
    """A shipment whose row is locked, with its manifest."""

    row: Shipment
    manifest: dict[UUID, ShipmentBox]


async def plan_shipment(
    uow: UnitOfWork, command: PlanShipmentIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Plan a shipment with its manifest; each box is on one shipment under way at a time.

    Emits:
        shipment.planned

    Raises:
        WarehouseUnknown: no warehouse of the caller's regions has that id.
        ManifestUnfit: a box is unknown, void, on another shipment, or goes elsewhere.
    """
    warehouse = await uow.session.get(Warehouse, command.warehouse_id)
    if (
        warehouse is None
        or warehouse.election != origin.election
        or not _covered(warehouse.region_code, regions)
    ):
        raise WarehouseUnknown
    custody = Custody(uow)
    await custody.lock(command.box_ids)
    await _check_manifest(uow, custody, command, origin)
    row = Shipment(
        shipment_id=uuid7(),
        election=origin.election,
        warehouse_id=command.warehouse_id,
        region_code=command.region_code,
        vehicle=command.vehicle,
        state=ShipmentState.PLANNED,
        planned_at=origin.now,
        version=1,
    )
    uow.session.add(row)
    await uow.session.flush()
    manifest = {box_id: ShipmentBox(shipment_id=row.shipment_id, box_id=box_id) for box_id in command.box_ids}
    uow.session.add_all(manifest.values())
    return _told(uow, ShipmentPlanned, _Loaded(row, manifest), origin, status=201)


async def _check_manifest(uow: UnitOfWork, custody: Custody, command: PlanShipmentIn, origin: Origin) -> None:
    found = await uow.session.exec(
        select(ShipmentBox.box_id).where(
            col(ShipmentBox.box_id).in_(command.box_ids), col(ShipmentBox.under_way)
        )
    )
    under_way, errors, seen = set(found), list[FieldError](), set[UUID]()
    for n, box_id in enumerate(command.box_ids):
        box = custody.boxes.get(box_id)
        if box is None or box.election != origin.election or not covers(command.region_code, box.tps_code):
            error = _UNFIT
        elif box.state is BoxState.VOID:
            error = _VOID
        elif box_id in under_way:
            error = _UNDER_WAY
        elif box_id in seen:
            error = _TWICE
        else:
            seen.add(box_id)
            continue
        errors.append(FieldError(f"/box_ids/{n}", *error))
    if errors:
        raise ManifestUnfit(
            "Boxes of the manifest cannot go with this shipment.",
            detail_id="Kotak suara pada manifes tidak dapat ikut pengiriman ini.",
            errors=errors[:100],
        )


async def dispatch_shipment(
    uow: UnitOfWork, shipment_id: UUID, command: DispatchShipmentIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Record that a shipment left its warehouse: each box that was loaded changes hands to the courier.

    Boxes of the manifest that were not loaded, or are void by now, are free for another shipment.

    Emits:
        shipment.dispatched, and box.scanned for each box.

    Raises:
        ShipmentUnknown: no shipment of the caller's regions has that id.
        WrongState: it is not planned any more.
        ManifestUnfit: a box was loaded that is not on the manifest.
    """
    loaded = await _lock(uow, shipment_id, regions=regions, origin=origin)
    _expect(loaded.row, ShipmentState.PLANNED)
    custody = Custody(uow)
    await custody.lock(loaded.manifest)
    aboard = _aboard(loaded, custody.boxes.values(), command.box_ids)
    async with uow.beyond_regions():  # a kecamatan's boxes may leave from the warehouse of its city
        warehouse = await uow.session.get(Warehouse, loaded.row.warehouse_id)
    assert warehouse is not None
    handover = Handover(
        HandoverPoint.WAREHOUSE,
        warehouse.region_code,
        Party.WAREHOUSE,
        Party.COURIER,
        None,
        command.occurred_at,
    )
    await custody.recall([command.occurred_at])
    for box_id in sorted(aboard):
        custody.assign(box_id, shipment_id)
        if custody.twin(box_id, handover) is None:
            custody.scan(box_id, handover, origin=origin)
    for box_id in set(loaded.manifest) - aboard:
        await uow.session.delete(loaded.manifest.pop(box_id))
    await custody.write()
    loaded.row.version += 1
    loaded.row.state = ShipmentState.DISPATCHED
    loaded.row.dispatched_at = placed_at(command.occurred_at, origin.now)
    return _told(uow, ShipmentDispatched, loaded, origin)


def _aboard(loaded: _Loaded, boxes: Iterable[Box], told: Sequence[UUID] | None) -> set[UUID]:
    """Return the boxes that were loaded: those that were told of, or the manifest without what is void by now."""
    if told is None:
        aboard = {box.box_id for box in boxes if box.state is not BoxState.VOID}
    else:
        aboard = set(told)
        errors = [
            FieldError(f"/box_ids/{n}", *_NOT_ON_IT)
            for n, box_id in enumerate(told)
            if box_id not in loaded.manifest
        ]
        if errors:
            raise ManifestUnfit(
                "Boxes were loaded that are not on the manifest.",
                detail_id="Ada kotak suara dimuat yang tidak ada pada manifes.",
                errors=errors[:100],
            )
    if not aboard:
        raise WrongState(
            "All boxes of this shipment are void.",
            detail_id="Semua kotak suara pengiriman ini sudah batal.",
            current_state="planned",
            allowed=["cancel"],
        )
    return aboard


async def arrive_shipment(
    uow: UnitOfWork, shipment_id: UUID, command: ArriveShipmentIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Record that a shipment arrived, and which boxes were not in the vehicle.

    The boxes that came are scanned one by one at the hand-over; those that did not are missing until they are found.

    Emits:
        shipment.arrived, and box.discrepancy_opened for each box that is missing.

    Raises:
        ShipmentUnknown: no shipment of the caller's regions has that id.
        WrongState: it is not under way.
        ManifestUnfit: a box is called missing that is not on the manifest.
    """
    loaded = await _lock(uow, shipment_id, regions=regions, origin=origin)
    _expect(loaded.row, ShipmentState.DISPATCHED)
    errors = [
        FieldError(f"/missing_box_ids/{n}", *_NOT_ON_IT)
        for n, box_id in enumerate(command.missing_box_ids)
        if box_id not in loaded.manifest
    ]
    if errors:
        raise ManifestUnfit(
            "Boxes are called missing that are not on the manifest.",
            detail_id="Kotak suara yang disebut hilang tidak ada pada manifes.",
            errors=errors[:100],
        )
    custody = Custody(uow)
    await custody.lock(command.missing_box_ids)
    when = placed_at(command.occurred_at, origin.now)
    for box in list(custody.boxes.values()):
        loaded.manifest[box.box_id].missing = True
        if box.state is not BoxState.VOID and not box.has_open(DiscrepancyKind.MISSING):
            custody.open_up(box.box_id, [DiscrepancyKind.MISSING], cause="arrival", at=when, origin=origin)
    await custody.write()
    loaded.row.version += 1
    loaded.row.state, loaded.row.arrived_at = ShipmentState.ARRIVED, when
    _release(uow, loaded)
    return _told(uow, ShipmentArrived, loaded, origin)


async def cancel_shipment(
    uow: UnitOfWork, shipment_id: UUID, command: CancelShipmentIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Cancel a shipment that has not left; its boxes are free for another one.

    Emits:
        shipment.cancelled

    Raises:
        ShipmentUnknown: no shipment of the caller's regions has that id.
        WrongState: it left, or was cancelled already.
    """
    loaded = await _lock(uow, shipment_id, regions=regions, origin=origin)
    _expect(loaded.row, ShipmentState.PLANNED)
    loaded.row.version += 1
    loaded.row.state, loaded.row.reason = ShipmentState.CANCELLED, command.reason
    _release(uow, loaded)
    return _told(uow, ShipmentCancelled, loaded, origin)


def _release(uow: UnitOfWork, loaded: _Loaded) -> None:
    for line in loaded.manifest.values():
        line.under_way = False
    uow.session.add_all(loaded.manifest.values())


def _covered(place: str, regions: Sequence[str]) -> bool:
    return any(covers(held, place) for held in regions)


async def _lock(uow: UnitOfWork, shipment_id: UUID, *, regions: Sequence[str], origin: Origin) -> _Loaded:
    found = await uow.session.exec(
        select(Shipment).where(Shipment.shipment_id == shipment_id).with_for_update()
    )
    row = found.first()
    if row is None or row.election != origin.election or not _covered(row.region_code, regions):
        raise ShipmentUnknown
    lines = await uow.session.exec(select(ShipmentBox).where(ShipmentBox.shipment_id == shipment_id))
    return _Loaded(row, {line.box_id: line for line in lines})


def _expect(row: Shipment, state: ShipmentState) -> None:
    if row.state != state:
        raise WrongState(
            f"A shipment must be {state} for this.",
            detail_id=f"Untuk langkah ini pengiriman harus berstatus {state}.",
            current_state=row.state,
            allowed=_WAYS_ON[ShipmentState(row.state)],
        )


def _told(
    uow: UnitOfWork, kind: type[ShipmentFacts], loaded: _Loaded, origin: Origin, *, status: int = 200
) -> Receipt:
    row = loaded.row
    uow.session.add(row)
    facts = {
        **row.model_dump(),
        "box_ids": sorted(loaded.manifest),
        "missing_box_ids": sorted(box_id for box_id, line in loaded.manifest.items() if line.missing),
    }
    uow.emit(
        kind.model_validate(facts),
        aggregate_id=row.shipment_id,
        version=row.version,
        origin=origin,
        occurred_at=row.arrived_at or row.dispatched_at,
    )
    return Receipt(
        ShipmentOut.model_validate(facts),
        location=f"/v1/elections/{row.election}/shipments/{row.shipment_id}",
        aggregate=f"shipment/{row.shipment_id}",
        version=row.version,
        status=status,
    )
