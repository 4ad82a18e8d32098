"""What logistics tells in the story."""

from contracts.logistics_events import (
    BoxDiscrepancyOpened,
    BoxDiscrepancyResolved,
    BoxFacts,
    BoxPacked,
    BoxReceived,
    BoxScanned,
    BoxVoided,
    DiscrepancyKind,
    ItemHeld,
    ItemNeed,
    KecamatanNeedComputed,
    OpenDiscrepancy,
    ShipmentArrived,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentPlanned,
    StrayScanRecorded,
    StrayScanSettled,
    TpsItemsReceived,
    TpsNeedComputed,
    WarehouseRegistered,
    WarehouseStockCounted,
)
from tests.story.telling import DUE_AT, ELECTION, GOVERNOR, MAYOR, Place, Story, made


def need(place: Place, *, active: bool = True) -> TpsNeedComputed:
    """Return the event that tells what a TPS needs."""
    ballots = [
        ItemNeed(item="ballot", contest=contest, unit="sheet", quantity=523, sealed=True)
        for contest in (GOVERNOR, MAYOR)
    ]
    booths = ItemNeed(item="voting_booth", contest=None, unit="piece", quantity=4, sealed=False)
    return TpsNeedComputed(
        tps_id=place.id,
        tps_code=place.code,
        active=active,
        due_at=DUE_AT,
        zone="Asia/Jakarta",
        boxes=2,
        contests=[GOVERNOR, MAYOR],
        items=[*ballots, booths],
    )


def box(at: Place, contest: str, state: str, story: Story, /, **more: object) -> dict[str, object]:
    """Return the facts of a box as it stands."""
    facts: dict[str, object] = {
        "box_id": made("box", at.code, contest),
        "tps_id": at.id,
        "tps_code": at.code,
        "contest": contest,
        "seal_number": "S-0001",
        "ballots_packed": 523,
        "state": state,
        "state_at": story.now,
        "place": "32.71",
        "holder": "warehouse",
        "shipment_id": None,
        "arrived_at": None,
        "received_at": None,
        "received_on_time": None,
        "receipt_outcome": None,
        "ballots_received": None,
        "open_discrepancies": [],
        "due_at": DUE_AT,
    }
    assert set(facts) == set(BoxFacts.model_fields)
    return facts | more


def arrived(place: Place, contest: str, story: Story, /, **more: object) -> dict[str, object]:
    """Return the facts of a box that its TPS has received."""
    told = {"place": place.code, "holder": "kpps", "arrived_at": story.now, "received_at": story.now}
    told |= {"received_on_time": True, "receipt_outcome": "accepted", "ballots_received": 523}
    return box(place, contest, "at_tps", story, **(told | more))


def tell_boxes(story: Story, place: Place, *, received: bool = True) -> None:
    """Tell the way of the boxes of a TPS."""
    story.tell(need(place), place.id, tps=place)
    for contest in (GOVERNOR, MAYOR):
        box_id = made("box", place.code, contest)
        told = box(place, contest, "packed", story)
        packed = BoxPacked.model_validate(
            {**told, "warehouse_id": made("warehouse", 1), "replaces": None, "findings": []}
        )
        story.tell(packed, box_id, tps=place, contest=contest)
        scan = {
            "scan_id": made("scan", place.code, contest),
            "scan_point": "kecamatan",
            "scan_place": "32.71.06",
            "from_party": "courier",
            "to_party": "ppk",
            "seal_seen": "S-0001",
            "late": False,
            "out_of_order": False,
            "findings": [],
        }
        told = box(place, contest, "at_kecamatan", story, holder="ppk", place="32.71.06")
        story.tell(BoxScanned.model_validate(told | scan), box_id, tps=place, contest=contest)
        if received:
            report = {"reported_outcome": "accepted", "reported_ballots": 523, "findings": []}
            told = arrived(place, contest, story)
            story.tell(BoxReceived.model_validate(told | report), box_id, tps=place, contest=contest)


def tell_discrepancy(story: Story, place: Place) -> None:
    """Tell of a box that came short and of its end, and of one that was packed in error."""
    box_id, discrepancy = made("box", place.code, MAYOR), made("discrepancy", place.code)
    opened = OpenDiscrepancy(discrepancy_id=discrepancy, kind=DiscrepancyKind.SHORT, opened_at=story.now)
    told = arrived(place, MAYOR, story, open_discrepancies=[opened.model_dump()])
    what = {"discrepancy_id": discrepancy, "kind": "short"}
    story.tell(
        BoxDiscrepancyOpened.model_validate({**told, **what, "cause": "receipt"}),
        box_id,
        tps=place,
        contest=MAYOR,
    )
    story.tell(
        BoxDiscrepancyResolved.model_validate(
            {**arrived(place, MAYOR, story), **what, "resolution": "recounted"}
        ),
        box_id,
        tps=place,
        contest=MAYOR,
    )
    spare = made("box", place.code, "spare")
    void = box(place, MAYOR, "void", story, box_id=spare)
    story.tell(BoxVoided.model_validate({**void, "replaced_by": None}), spare, tps=place, contest=MAYOR)


def tell_stock(story: Story, place: Place) -> None:
    """Tell of a warehouse, shipments, spare boxes, what a TPS counted, and a scan of no known box."""
    warehouse = made("warehouse", 1)
    story.tell(
        WarehouseRegistered(
            warehouse_id=warehouse,
            region_code="32.71",
            name="GOR Contoh",
            address="Jl. Contoh 3",
            lat=-6.59,
            lon=106.80,
            active=True,
        ),
        warehouse,
    )
    story.tell(
        WarehouseStockCounted(
            warehouse_id=warehouse, region_code="32.71", item="ballot", contest=MAYOR, good=5000, damaged=12
        ),
        warehouse,
    )
    story.tell(
        KecamatanNeedComputed(
            region_code="32.71.06",
            contests=[GOVERNOR, MAYOR],
            spare_boxes=2,
            items=[ItemNeed(item="ballot_box", contest=None, unit="piece", quantity=2, sealed=False)],
        ),
        f"{ELECTION}.32.71.06",
    )
    held = ItemHeld(item="voting_booth", contest=None, quantity=4, needed=4)
    story.tell(
        TpsItemsReceived(tps_id=place.id, tps_code=place.code, items=[held], complete=True),
        place.id,
        tps=place,
    )
    for name, kinds in (
        (
            "sent",
            ((ShipmentPlanned, "planned"), (ShipmentDispatched, "dispatched"), (ShipmentArrived, "arrived")),
        ),
        ("stopped", ((ShipmentPlanned, "planned"), (ShipmentCancelled, "cancelled"))),
    ):
        for model, state in kinds:
            shipment = {
                "shipment_id": made("shipment", name),
                "region_code": "32.71.06",
                "warehouse_id": warehouse,
                "state": state,
                "vehicle": "truck",
                "box_ids": [made("box", place.code, MAYOR)],
                "planned_at": story.now,
                "dispatched_at": story.now if state in ("dispatched", "arrived") else None,
                "arrived_at": story.now if state == "arrived" else None,
                "missing_box_ids": [],
            }
            story.tell(model.model_validate(shipment), made("shipment", name))
    stray = {
        "scan_id": made("stray", 1),
        "box_id": made("box", "elsewhere"),
        "region_code": place.code,
        "scan_point": "tps",
        "from_party": "courier",
        "to_party": "kpps",
        "scanned_at": story.now,
    }
    story.tell(StrayScanRecorded.model_validate(stray), stray["scan_id"])
    story.tell(StrayScanSettled.model_validate({**stray, "settlement": "dismissed"}), stray["scan_id"])
