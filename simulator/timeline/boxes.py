"""The eve of the vote: sealed boxes travel from the warehouse over kecamatan and kelurahan to the TPS.

Most go as they should. Some scans arrive hours late because there was no network, a few boxes reach their TPS only in the
night, and a few are found short, damaged or with another seal, and are settled with a minute before the vote.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.access import Role
from simulator.plan.model import TpsPlan
from simulator.timeline.actions import (
    AcknowledgeIncident,
    ActOnIncident,
    Box,
    Category,
    CloseIncident,
    Condition,
    HandOver,
    Network,
    ReceiveBox,
    RegisterShipment,
    RegisterWarehouse,
    ReportIncident,
    ResolveReceipt,
    ScanBoxes,
    Severity,
)
from simulator.timeline.book import Book, by_kecamatan, by_kelurahan
from simulator.timeline.chance import local, minutes, pick
from simulator.timeline.people import (
    agency,
    chair,
    courier,
    kabkota_of,
    kecamatan_committee,
    kelurahan_committee,
    warehouse_keeper,
)

LATE_RATIO = 0.004
DISCREPANCY_RATIO = 0.003
OFFLINE_KELURAHAN_RATIO = 0.05

_NOTES = {
    Condition.ACCEPTED: "",
    Condition.SEAL_MISMATCH: "Nomor segel pada kotak tidak sama dengan surat jalan.",
    Condition.DAMAGED: "Kotak penyok dan basah di satu sisi; segel utuh.",
    Condition.SHORT: "Label menyebut jumlah surat suara di bawah kebutuhan.",
}
_RESOLUTIONS = {
    Condition.SEAL_MISMATCH: "Segel dipasang ulang dengan berita acara, disaksikan pengawas TPS.",
    Condition.DAMAGED: "Kotak diganti kotak cadangan kecamatan dengan berita acara.",
    Condition.SHORT: "Kekurangan surat suara dipenuhi dari PPK dengan berita acara.",
}


@dataclass(frozen=True, slots=True)
class _Sent:
    """A shipment under way: its id, the key of its registration, and when it reaches the kelurahan."""

    shipment: UUID
    key: UUID
    arrives: datetime


def _boxes_of(tps: TpsPlan) -> tuple[Box, ...]:
    return tuple(
        Box(
            code=f"KS-{tps.code}-{position}",
            seal=f"SGL-{tps.code.replace('.', '')}{position}",
            contest=form.contest,
            tps=tps.code,
            ballots=form.ballots_received,
        )
        for position, form in enumerate(tps.forms, start=1)
    )


def write_boxes(book: Book, *, held_back: dict[str, datetime]) -> None:
    """Write the shipments, scans and receipts of the eve.

    Args:
        book: the chapter.
        held_back: TPS that take their boxes at a moment of their own (they are being moved).
    """
    warehouses = _open_warehouses(book)
    sent: dict[str, _Sent] = {}
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
    _send_spares(book, warehouses)
    _receive_all(book, sent, held_back)


def _eve(book: Book, region: str, clock: str) -> datetime:
    return local(region, book.plan.voting_day - timedelta(days=1), clock)


def _open_warehouses(book: Book) -> dict[str, UUID]:
    opened: dict[str, UUID] = {}
    for kabkota in dict.fromkeys(kabkota_of(tps) for tps in book.plan.tps):
        at = _eve(book, kabkota, "03:30")
        opened[kabkota] = book.id_at(at, kabkota)
        command = RegisterWarehouse(
            opened[kabkota], f"GD-{kabkota}", f"Gudang logistik KPU {kabkota} (rekaan)", kabkota
        )
        book.write(at, warehouse_keeper(kabkota), command, name=(kabkota,))
    return opened


def _send(
    book: Book, *, kelurahan: str, tps: Sequence[TpsPlan], warehouse: UUID, delay: timedelta, offline: bool
) -> _Sent:
    """Send a kelurahan its boxes."""
    boxes = tuple(box for one in tps for box in _boxes_of(one))
    departs = _eve(book, kelurahan, "05:00") + delay
    shipment, registered = _register(book, kelurahan, boxes=boxes, warehouse=warehouse, departs=departs)
    at_kecamatan = departs + minutes(book.rng.uniform(20, 55))
    at_kelurahan = at_kecamatan + minutes(book.rng.uniform(15, 50))
    steps = (
        (departs, HandOver.WAREHOUSE_OUT, kelurahan[:5], warehouse_keeper(kelurahan[:5])),
        (at_kecamatan, HandOver.KECAMATAN_IN, kelurahan[:8], kecamatan_committee(kelurahan[:8])),
        (at_kelurahan, HandOver.KELURAHAN_IN, kelurahan, courier(kelurahan)),
    )
    for occurred, hand_over, place, by in steps:
        late = offline and hand_over is HandOver.KELURAHAN_IN
        book.write(
            occurred + (minutes(book.rng.uniform(240, 420)) if late else minutes(book.rng.uniform(0.2, 4))),
            by,
            ScanBoxes(shipment, hand_over, place, boxes, occurred),
            name=(kelurahan, hand_over),
            network=Network.QUEUED if late else None,
            after=(registered,),
        )
    return _Sent(shipment, registered, at_kelurahan)


def _register(
    book: Book, destination: str, *, boxes: tuple[Box, ...], warehouse: UUID, departs: datetime
) -> tuple[UUID, UUID]:
    at = _eve(book, destination, "04:00") + minutes(book.rng.uniform(0, 50))
    shipment = book.id_at(at, destination)
    command = RegisterShipment(shipment, f"SJ-{destination}", warehouse, destination, boxes, departs)
    key = book.write(at, warehouse_keeper(destination[:5]), command, name=(destination,))
    return shipment, key


def _send_spares(book: Book, warehouses: dict[str, UUID]) -> None:
    """Send each kecamatan one spare box per contest. Source: KPU Kota Bogor, October 2024 (3,072 boxes for 1,530 TPS)."""
    for kecamatan, tps in by_kecamatan(book.plan).items():
        contests = book.plan.contests_of(tps[0])
        boxes = tuple(
            Box(f"KS-{kecamatan}-C{n}", f"SGL-{kecamatan.replace('.', '')}C{n}", contest, None, 0)
            for n, contest in enumerate(contests, start=1)
        )
        departs = _eve(book, kecamatan, "05:00")
        shipment, registered = _register(
            book, kecamatan, boxes=boxes, warehouse=warehouses[kecamatan[:5]], departs=departs
        )
        arrived = departs + minutes(book.rng.uniform(20, 55))
        for occurred, hand_over, place, by in (
            (departs, HandOver.WAREHOUSE_OUT, kecamatan[:5], warehouse_keeper(kecamatan[:5])),
            (arrived, HandOver.KECAMATAN_IN, kecamatan, kecamatan_committee(kecamatan)),
        ):
            command = ScanBoxes(shipment, hand_over, place, boxes, occurred)
            sent = occurred + minutes(book.rng.uniform(0.2, 4))
            book.write(sent, by, command, name=(kecamatan, hand_over), after=(registered,))


def _receive_all(book: Book, sent: dict[str, _Sent], held_back: dict[str, datetime]) -> None:
    free = [tps for tps in book.plan.tps if tps.code not in held_back]
    late = {tps.code for tps in pick(book.rng, free, LATE_RATIO)}
    punctual = [tps for tps in free if tps.code not in late]
    troubles = itertools.cycle((Condition.SEAL_MISMATCH, Condition.DAMAGED, Condition.SHORT))
    troubled = {tps.code: next(troubles) for tps in pick(book.rng, punctual, DISCREPANCY_RATIO, at_least=3)}
    for tps in book.plan.tps:
        shipment = sent[tps.kelurahan]
        latest = _eve(book, tps.code, "20:30")
        if tps.code in held_back:
            occurred = held_back[tps.code]
        elif tps.code in late:
            # Past midnight: the boxes should have been there on the eve.
            occurred = _eve(book, tps.code, "23:59") + minutes(book.rng.uniform(30, 330))
            _alarm(book, tps, arrives=occurred)
        else:
            room = (latest - shipment.arrives).total_seconds() / 60
            occurred = shipment.arrives + minutes(25 + (room - 25) * book.rng.betavariate(1.6, 2.4))
        trouble = troubled.get(tps.code, Condition.ACCEPTED)
        _receive(book, tps, shipment=shipment, occurred=occurred, trouble=trouble)


def _receive(book: Book, tps: TpsPlan, *, shipment: _Sent, occurred: datetime, trouble: Condition) -> None:
    """Write the scan at the TPS and one receipt per box; the first box has the trouble, if there is any."""
    boxes = _boxes_of(tps)
    crew = chair(tps.code)
    queued = book.rng.random() < 0.01
    sent = occurred + minutes(book.rng.uniform(60, 150) if queued else book.rng.uniform(0.2, 3))
    network = Network.QUEUED if queued else None
    scan = ScanBoxes(shipment.shipment, HandOver.TPS_IN, tps.code, boxes, occurred)
    book.write(sent, crew, scan, name=(tps.code, HandOver.TPS_IN), network=network, after=(shipment.key,))
    for position, box in enumerate(boxes):
        condition = trouble if position == 0 else Condition.ACCEPTED
        command = ReceiveBox(
            tps=tps.code,
            box=box,
            seal=box.seal[:-2] + "X" + box.seal[-1] if condition is Condition.SEAL_MISMATCH else box.seal,
            ballots=box.ballots - 25 if condition is Condition.SHORT else box.ballots,
            condition=condition,
            occurred_at=occurred,
            note=_NOTES[condition],
        )
        moment = sent + minutes(0.5 + position)
        received = book.write(
            moment, crew, command, name=(tps.code, position), network=network, after=(shipment.key,)
        )
        if condition is not Condition.ACCEPTED:
            solved = moment + minutes(book.rng.uniform(60, 240))
            solution = ResolveReceipt(tps.code, box, _RESOLUTIONS[condition], solved)
            keeper = kelurahan_committee(tps.kelurahan)
            book.write(solved, keeper, solution, name=(tps.code, "resolved"), after=(received,))


def _alarm(book: Book, tps: TpsPlan, *, arrives: datetime) -> None:
    """Write the incident of a TPS that has no boxes late on the eve; it is closed when they are there."""
    noticed = _eve(book, tps.code, "21:30") + minutes(book.rng.uniform(0, 60))
    keeper, desk = kelurahan_committee(tps.kelurahan), agency(Role.DESK, kabkota_of(tps))
    report = ReportIncident(
        incident=book.id_at(noticed, tps.code, "late"),
        category=Category.LOGISTICS,
        severity=Severity.HIGH,
        tps=tps.code,
        region=tps.kelurahan,
        description="Kotak suara belum tiba di TPS menjelang akhir H-1; kendaraan mogok di jalan.",
        occurred_at=noticed,
    )
    key = book.write(noticed + minutes(2), keeper, report, name=(tps.code,))
    at = noticed + minutes(book.rng.uniform(4, 15))
    seen = AcknowledgeIncident(report.incident, "Diterima desk logistik.")
    key = book.write(at, desk, seen, name=(tps.code,), after=(key,))
    act = ActOnIncident(report.incident, "Kendaraan pengganti berangkat dengan kawalan polisi.")
    key = book.write(at + minutes(10), desk, act, name=(tps.code,), after=(key,))
    end = CloseIncident(report.incident, "Kotak diterima di TPS lewat tengah malam, segel utuh.")
    book.write(arrives + minutes(20), desk, end, name=(tps.code,), after=(key,))
