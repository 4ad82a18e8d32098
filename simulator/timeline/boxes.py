"""The eve of the vote: sealed boxes travel from the warehouse over kecamatan and kelurahan to the TPS.

Most go as they should. Some scans arrive hours late because there was no network, a few boxes reach their TPS only in the
night, and a few are found short, damaged or with another seal, and are settled with a minute before the vote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from simulator.plan.model import TpsPlan
from simulator.timeline.actions import Network
from simulator.timeline.book import Book, by_kelurahan
from simulator.timeline.chance import eve, minutes, pick
from simulator.timeline.commands import (
    ArriveShipment,
    Box,
    CountStock,
    DispatchShipment,
    HandOver,
    PackBoxes,
    PlanShipment,
    RegisterWarehouse,
    ScanBoxes,
)
from simulator.timeline.people import (
    courier,
    kabkota_of,
    kecamatan_committee,
    kelurahan_committee,
    warehouse_keeper,
)
from simulator.timeline.receipts import Sent, receive_all

OFFLINE_KELURAHAN_RATIO = 0.05

REVOTE_BALLOTS = 2_000
"""Ballots of a city's own contest that stay in the warehouse for a revote.

Source: press figures of KPU Kota Bogor, October 2024 (836,324 for the governor, 838,324 for the mayor).
"""


def boxes_of(book: Book, tps: TpsPlan) -> tuple[Box, ...]:
    """Return the sealed boxes of a TPS, one per contest; their labels were printed before the eve."""
    printed = eve(book.plan, tps.code, "00:00")
    return tuple(
        Box(
            id=book.id_at(printed, tps.code, "box", position),
            seal=f"SGL-{tps.code.replace('.', '')}-{position}",
            contest=form.contest,
            tps=tps.code,
            ballots=form.ballots_received,
        )
        for position, form in enumerate(tps.forms, start=1)
    )


def write_boxes(book: Book, *, held_back: dict[str, datetime]) -> None:
    """Write warehouses, packing, shipments, scans and receipts.

    Args:
        book: the chapter.
        held_back: TPS that take their boxes at a moment of their own (they are being moved).
    """
    warehouses = _open_warehouses(book)
    sent: dict[str, Sent] = {}
    groups = by_kelurahan(book.plan)
    offline = set(pick(book.rng, list(groups), OFFLINE_KELURAHAN_RATIO))
    for index, (kelurahan, tps) in enumerate(groups.items()):
        sent[kelurahan] = _send(
            book,
            kelurahan=kelurahan,
            tps=tps,
            warehouse=warehouses[kelurahan[:5]],
            delay=minutes(240 * index / len(groups)),
            offline=kelurahan in offline,
        )
    receive_all(book, sent, held_back)


@dataclass(frozen=True, slots=True)
class _Warehouse:
    """A warehouse, and the key of its registration."""

    id: UUID
    key: UUID


def _open_warehouses(book: Book) -> dict[str, _Warehouse]:
    """Register the warehouse of each kab/kota and count what stays in it: revote ballots and spare boxes."""
    opened: dict[str, _Warehouse] = {}
    kecamatan = {tps.kecamatan for tps in book.plan.tps}
    for kabkota in dict.fromkeys(kabkota_of(tps) for tps in book.plan.tps):
        at, keeper = eve(book.plan, kabkota, "03:30"), warehouse_keeper(kabkota)
        command = RegisterWarehouse(
            warehouse=book.id_at(at, kabkota),
            name=f"Gudang logistik KPU {kabkota} (rekaan)",
            address=f"Jalan Simulasi 1, {kabkota} (alamat rekaan)",
            region=kabkota,
        )
        key = book.write(at, keeper, command, name=(kabkota,))
        opened[kabkota] = _Warehouse(command.warehouse, key)
        around = sum(code.startswith(f"{kabkota}.") for code in kecamatan)
        counted = at + minutes(1)
        for contest in _contests_in(book, kabkota):
            own = contest.endswith(f"-{kabkota}")
            for item, good in (("ballot", REVOTE_BALLOTS if own else 0), ("spare_ballot_box", around)):
                if good:
                    stock = CountStock(command.warehouse, item, contest, good, counted)
                    book.write(counted, keeper, stock, name=(kabkota, item, contest), after=(key,))
    return opened


def _contests_in(book: Book, kabkota: str) -> list[str]:
    found = (
        contest
        for tps in book.plan.tps
        if kabkota_of(tps) == kabkota
        for contest in book.plan.contests_of(tps)
    )
    return list(dict.fromkeys(found))


def _send(
    book: Book,
    *,
    kelurahan: str,
    tps: Sequence[TpsPlan],
    warehouse: _Warehouse,
    delay: timedelta,
    offline: bool,
) -> Sent:
    """Pack a kelurahan's boxes and send them there."""
    boxes = {one.code: boxes_of(book, one) for one in tps}
    whole = tuple(box for group in boxes.values() for box in group)
    departs = eve(book.plan, kelurahan, "05:00") + delay
    dispatched = _dispatch(book, kelurahan, boxes=whole, warehouse=warehouse, departs=departs)
    at_kecamatan = departs + minutes(book.rng.uniform(20, 55))
    onwards = at_kecamatan + minutes(book.rng.uniform(5, 12))
    at_kelurahan = onwards + minutes(book.rng.uniform(10, 40))
    ppk = kecamatan_committee(kelurahan[:8])
    steps = (
        (at_kecamatan, HandOver.KECAMATAN_IN, kelurahan[:8], ppk),
        (onwards, HandOver.KECAMATAN_OUT, kelurahan[:8], ppk),
        (at_kelurahan, HandOver.KELURAHAN_IN, kelurahan, kelurahan_committee(kelurahan)),
    )
    for occurred, hand_over, place, by in steps:
        late = offline and hand_over is HandOver.KELURAHAN_IN
        book.write(
            occurred + (minutes(book.rng.uniform(240, 420)) if late else minutes(book.rng.uniform(0.2, 4))),
            by,
            ScanBoxes(hand_over, place, whole, occurred),
            name=(kelurahan, hand_over.name),
            network=Network.QUEUED if late else None,
            after=(dispatched.key,),
        )
    arrived = ArriveShipment(dispatched.shipment, kelurahan, at_kelurahan)
    book.write(
        at_kelurahan + minutes(1), courier(kelurahan), arrived, name=(kelurahan,), after=(dispatched.key,)
    )
    return Sent(boxes, key=dispatched.key, arrives=at_kelurahan)


@dataclass(frozen=True, slots=True)
class _Dispatched:
    """A shipment under way, and the key of its departure."""

    shipment: UUID
    key: UUID


def _dispatch(
    book: Book, destination: str, *, boxes: tuple[Box, ...], warehouse: _Warehouse, departs: datetime
) -> _Dispatched:
    """Pack boxes, plan their shipment and let it leave."""
    keeper = warehouse_keeper(destination[:5])
    at = eve(book.plan, destination, "03:35") + minutes(book.rng.uniform(0, 25))
    packing = PackBoxes(warehouse.id, boxes, at)
    packed = book.write(at, keeper, packing, name=(destination,), after=(warehouse.key,))
    at += minutes(book.rng.uniform(5, 50))
    plan = PlanShipment(
        shipment=book.id_at(at, destination),
        warehouse=warehouse.id,
        destination=destination,
        vehicle=f"F 9{book.rng.randrange(100, 1000)} XX (rekaan)",
        boxes=boxes,
    )
    planned = book.write(at, keeper, plan, name=(destination,), after=(packed,))
    leaving = DispatchShipment(plan.shipment, destination, departs)
    sent_at = departs + minutes(book.rng.uniform(0.2, 4))
    return _Dispatched(
        plan.shipment, book.write(sent_at, keeper, leaving, name=(destination,), after=(planned,))
    )
