"""Warehouses, shipments, scans and receipts."""

from uuid import UUID, uuid5

from contracts.logistics_events import DiscrepancyKind
from contracts.vocabulary import Channel
from simulator.speech.saying import Names, Saying, moment, name_of
from simulator.timeline.commands import (
    ArriveShipment,
    Box,
    CountStock,
    DispatchShipment,
    PackBoxes,
    PlanShipment,
    ReceiveBoxes,
    RegisterWarehouse,
    ScanBoxes,
    SettleDiscrepancy,
)

BOOTH = "voting_booth"


def warehouse(command: RegisterWarehouse, channel: Channel) -> Saying:
    """Register a warehouse."""
    body = {
        "region_code": command.region,
        "name": command.name,
        "address": command.address,
        "channel": channel,
    }
    return Saying("/warehouses", body, makes=command.warehouse, told_as="warehouse_id")


def stock(command: CountStock, channel: Channel, names: Names) -> Saying:
    """Tell how much of an item lies in a warehouse."""
    body = {
        "item": command.item,
        "contest": command.contest,
        "good": command.good,
        "occurred_at": moment(command.occurred_at),
        "channel": channel,
    }
    return Saying(f"/warehouses/{name_of(names, command.warehouse)}/stock-counts", body)


def packing(command: PackBoxes, channel: Channel, names: Names) -> Saying:
    """Register boxes as packed and sealed."""
    items = [
        {
            "id": str(box.id),
            "box_id": str(box.id),
            "tps_code": box.tps,
            "contest": box.contest,
            "seal_number": box.seal,
            "ballots": box.ballots,
            "warehouse_id": name_of(names, command.warehouse),
            "occurred_at": moment(command.occurred_at),
            "channel": channel,
        }
        for box in command.boxes
    ]
    return Saying("/boxes:batch", {"items": items}, batch=True)


def shipment(command: PlanShipment, channel: Channel, names: Names) -> Saying:
    """Plan a shipment."""
    body = {
        "warehouse_id": name_of(names, command.warehouse),
        "region_code": command.destination,
        "vehicle": command.vehicle,
        "box_ids": [str(box.id) for box in command.boxes],
        "channel": channel,
    }
    return Saying("/shipments", body, makes=command.shipment, told_as="shipment_id")


def departure(command: DispatchShipment, channel: Channel, names: Names) -> Saying:
    """Tell that a shipment left."""
    body = {"occurred_at": moment(command.occurred_at), "channel": channel}
    return Saying(f"/shipments/{name_of(names, command.shipment)}/dispatch", body)


def arrival(command: ArriveShipment, channel: Channel, names: Names) -> Saying:
    """Tell that a shipment arrived with all its boxes."""
    body = {"occurred_at": moment(command.occurred_at), "channel": channel}
    return Saying(f"/shipments/{name_of(names, command.shipment)}/arrival", body)


def scans(command: ScanBoxes, channel: Channel, *, key: UUID) -> Saying:
    """Tell that boxes changed hands. Each scan's key comes from the action's."""
    point, giver, taker = command.hand_over.value
    items = [
        {
            "id": str(uuid5(key, str(box.id))),
            "box_id": str(box.id),
            "scan_point": point,
            "place": command.place,
            "from_party": giver,
            "to_party": taker,
            "occurred_at": moment(command.occurred_at),
            "channel": channel,
        }
        for box in command.boxes
    ]
    return Saying("/custody-scans:batch", {"items": items}, batch=True)


def receipt(command: ReceiveBoxes, channel: Channel) -> Saying:
    """Tell how a TPS found its boxes."""
    body = {
        "boxes": [
            {
                "box_id": str(found.box.id),
                "outcome": found.outcome,
                "seal_seen": found.seal,
                "note": found.note,
            }
            for found in command.found
        ],
        "items": [{"item": BOOTH, "quantity": command.booths}],
        "occurred_at": moment(command.occurred_at),
        "channel": channel,
    }
    return Saying(f"/tps/{command.tps}/receipts", body)


def discrepancy_of(box: Box, kind: DiscrepancyKind) -> UUID:
    """Return what we call a discrepancy until the desk's id of it was looked up."""
    return uuid5(box.id, kind)


def discrepancy(command: SettleDiscrepancy, channel: Channel, names: Names) -> Saying:
    """Settle what was wrong with a box."""
    body: dict[str, object] = {
        "resolution": command.resolution,
        "reason": command.reason,
        "channel": channel,
    }
    if command.ballots is not None:
        body["ballots"] = command.ballots
    known = name_of(names, discrepancy_of(command.box, command.kind))
    return Saying(f"/discrepancies/{known}/resolution", body)
