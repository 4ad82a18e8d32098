"""What the gateway keeps of logistics' events."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import cast

from contracts.access import place_code
from contracts.envelope import Envelope, EventData
from contracts.logistics_events import (
    BoxFacts,
    BoxState,
    KecamatanNeedComputed,
    ShipmentFacts,
    StrayScanFacts,
    StrayScanSettled,
    TpsItemsReceived,
    TpsNeedComputed,
    WarehouseRegistered,
    WarehouseStockCounted,
)
from contracts.vocabulary import kelurahan_of
from gateway.projections import (
    Body,
    Combined,
    Fold,
    Projection,
    code_of,
    due_figure,
    instant,
    parts_of,
    version_of,
    with_part,
)

BOXES = "tps_boxes"
_BOX_FIELDS = set(BoxFacts.model_fields)
_SCAN_FIELDS = set(StrayScanFacts.model_fields)


def need_computed(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep what a TPS needs."""
    assert isinstance(data, TpsNeedComputed)
    return _supply({**body, "need": data.model_dump(mode="json")}, data.tps_code)


def items_received(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep what a TPS counted beside its sealed boxes."""
    assert isinstance(data, TpsItemsReceived)
    return _supply({**body, "held": data.model_dump(mode="json")}, data.tps_code)


def _supply(body: Body, tps_code: str) -> Projection:
    figures: dict[str, int] = {}
    need, held = cast(Body, body.get("need", {})), cast(Body, body.get("held", {}))
    active = need.get("active", True)
    if active:
        _add_items(figures, need, "needed")
        _add_items(figures, held, "held")
    state = {True: "complete", False: "incomplete", None: "not_counted"}[
        cast(bool | None, held.get("complete"))
    ]
    kept: Body = {**body, "tps_code": tps_code, "tps_id": need.get("tps_id") or held.get("tps_id")}
    return Projection(
        "tps_supply", kelurahan_of(tps_code), tps_code, state if active else "dissolved", kept, figures
    )


def _add_items(figures: dict[str, int], of: Body, word: str) -> None:
    for item in cast(list[Body], of.get("items", [])):
        name = f"item/{item['item']}/{item['contest'] or '-'}/{word}"
        figures[name] = figures.get(name, 0) + cast(int, item["quantity"])


def kecamatan_need_computed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep the spare boxes that a kecamatan needs."""
    assert isinstance(data, KecamatanNeedComputed)
    figures = {"boxes/spare_needed": data.spare_boxes}
    return Projection(
        "kecamatan_need", data.region_code, None, "computed", data.model_dump(mode="json"), figures
    )


def box_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a box as it stands; what it adds to the totals, the combined row of its TPS adds."""
    assert isinstance(data, BoxFacts)
    body = data.model_dump(mode="json", include=_BOX_FIELDS)
    state = "discrepancy" if data.open_discrepancies and data.state != BoxState.VOID else data.state
    return Projection("box", kelurahan_of(data.tps_code), data.tps_code, state, body, {})


def shipment_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a shipment as it stands."""
    assert isinstance(data, ShipmentFacts)
    figures = {f"shipment/{data.state}": 1}
    return Projection("shipment", data.region_code, None, data.state, data.model_dump(mode="json"), figures)


def warehouse_registered(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep a warehouse."""
    assert isinstance(data, WarehouseRegistered)
    return _warehouse({**body, **data.model_dump(mode="json")}, data.region_code)


def warehouse_stock_counted(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep the stock of one item of a warehouse."""
    assert isinstance(data, WarehouseStockCounted)
    stock = dict(cast(dict[str, Body], body.get("stock", {})))
    stock[f"{data.item}/{data.contest or '-'}"] = {"good": data.good, "damaged": data.damaged}
    return _warehouse({**body, "stock": dict(sorted(stock.items()))}, data.region_code)


def _warehouse(body: Body, region: str) -> Projection:
    figures = {"warehouse/active": 1} if body.get("active") else {}
    for item, counted in cast(dict[str, dict[str, int]], body.get("stock", {})).items():
        figures |= {f"stock/{item}/{word}": count for word, count in counted.items() if count}
    state = "active" if body.get("active", True) else "closed"
    return Projection("warehouse", region, None, state, body, figures)


def stray_scan_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a scan that belongs to no known box, until it is settled."""
    assert isinstance(data, StrayScanFacts)
    code = place_code(data.region_code) or data.region_code
    tps_code = code if code.count(".") == 4 else None
    settled = isinstance(data, StrayScanSettled)
    body = data.model_dump(mode="json", include=_SCAN_FIELDS)
    body["settlement"] = data.settlement if settled else None
    region, state = kelurahan_of(code) if tps_code else code, "settled" if settled else "open"
    return Projection("stray_scan", region, tps_code, state, body, {} if settled else {"stray_scan/open": 1})


def boxes_of_tps(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Combine what a TPS needs with where its sealed boxes are."""
    match data:
        case TpsNeedComputed():
            part: Body = {"active": data.active, "contests": data.contests, "boxes": data.boxes}
            part["due_at"] = instant(data.due_at)
        case BoxFacts():
            part = {"contest": data.contest, "state": data.state, "received": data.received_at is not None}
            part |= {"on_time": data.received_on_time, "open": len(data.open_discrepancies)}
        case _:
            raise TypeError(type(data).__name__)
    kept = with_part(body, envelope, part, code=place_code(data.tps_code) or data.tps_code)
    figures = partial(_box_figures, parts_of(kept))
    code = code_of(kept, owner="tps_supply")
    return Projection(BOXES, kelurahan_of(code), code, "combined", kept, figures, version_of(kept))


def _box_figures(parts: Mapping[str, Body]) -> dict[str, int]:
    need = next((part for name, part in parts.items() if name.startswith("tps_supply/")), None)
    if need is not None and not need["active"]:
        return {}
    boxes = [
        part for name, part in parts.items() if name.startswith("box/") and part["state"] != BoxState.VOID
    ]
    figures = _counted(boxes)
    if need is None:
        return figures
    figures["boxes/needed"] = cast(int, need["boxes"])
    arrived = {cast(str, box["contest"]) for box in boxes if box["received"] and not box["open"]}
    is_open = any(box["open"] for box in boxes)
    done = not is_open and arrived.issuperset(cast(list[str], need["contests"]))
    figures |= {"supply/tps": 1, **({"supply/tps_discrepancy": 1} if is_open else {})}
    if done:
        figures["supply/tps_done"] = 1
        if all(box["on_time"] for box in boxes if box["received"]):
            figures["supply/tps_on_time"] = 1
    else:
        figures[due_figure("boxes", datetime.fromisoformat(cast(str, need["due_at"])))] = 1
    return figures


def _counted(boxes: list[Body]) -> dict[str, int]:
    figures: dict[str, int] = {}
    for box in boxes:
        words = ["boxes/known", f"boxes/state/{box['state']}"]
        words += ["boxes/received"] if box["received"] else []
        words += ["boxes/on_time"] if box["on_time"] else []
        words += ["boxes/discrepancy"] if box["open"] else []
        for word in words:
            figures[word] = figures.get(word, 0) + 1
    return figures


_BOX_EVENTS = ("packed", "scanned", "received", "discrepancy_opened", "discrepancy_resolved", "voided")
FOLDS: dict[str, Fold | None] = {
    "desk.logistics.tps_supply.need_computed.v1": need_computed,
    "desk.logistics.tps_supply.items_received.v1": items_received,
    "desk.logistics.kecamatan_need.computed.v1": kecamatan_need_computed,
    **{f"desk.logistics.box.{fact}.v1": box_changed for fact in _BOX_EVENTS},
    "desk.logistics.shipment.planned.v1": shipment_changed,
    "desk.logistics.shipment.dispatched.v1": shipment_changed,
    "desk.logistics.shipment.arrived.v1": shipment_changed,
    "desk.logistics.shipment.cancelled.v1": shipment_changed,
    "desk.logistics.warehouse.registered.v1": warehouse_registered,
    "desk.logistics.warehouse.stock_counted.v1": warehouse_stock_counted,
    "desk.logistics.stray_scan.recorded.v1": stray_scan_changed,
    "desk.logistics.stray_scan.settled.v1": stray_scan_changed,
}
COMBINED: dict[str, Combined] = {
    "desk.logistics.tps_supply.need_computed.v1": (BOXES, boxes_of_tps),
    **{f"desk.logistics.box.{fact}.v1": (BOXES, boxes_of_tps) for fact in _BOX_EVENTS},
}
