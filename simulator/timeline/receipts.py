"""The boxes at the TPS: the crews take them over, what is wrong is settled, and late ones raise an alarm."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.access import Role
from contracts.incidents_events import IncidentCategory, Severity
from contracts.logistics_events import DiscrepancyKind, ReceiptOutcome, Resolution
from simulator.plan.model import TpsPlan
from simulator.timeline.actions import Network
from simulator.timeline.book import Book
from simulator.timeline.chance import eve, minutes, pick
from simulator.timeline.commands import (
    AcknowledgeIncident,
    ActOnIncident,
    Box,
    CloseIncident,
    Found,
    HandOver,
    ReceiveBoxes,
    ReportIncident,
    ScanBoxes,
    SettleDiscrepancy,
)
from simulator.timeline.people import agency, chair, kabkota_of, kelurahan_committee, warehouse_keeper

LATE_RATIO = 0.004
DISCREPANCY_RATIO = 0.003
BOOTHS = 4
"""Voting booths of a TPS. Source: KPU Kota Bogor, October 2024."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What may be wrong with a box, and how it is settled."""

    outcome: ReceiptOutcome
    kind: DiscrepancyKind
    note: str
    resolution: Resolution
    reason: str


_TROUBLES = (
    _Trouble(
        ReceiptOutcome.SEAL_MISMATCH,
        DiscrepancyKind.SEAL_MISMATCH,
        "Nomor segel pada kotak tidak sama dengan surat jalan.",
        Resolution.ACCEPTED_WITH_MINUTE,
        "Segel dicatat dengan berita acara, disaksikan pengawas TPS.",
    ),
    _Trouble(
        ReceiptOutcome.DAMAGED,
        DiscrepancyKind.DAMAGED,
        "Kotak penyok dan basah di satu sisi; segel utuh.",
        Resolution.ACCEPTED_WITH_MINUTE,
        "Isi kering dan utuh; kotak dilapisi dan diterima dengan berita acara.",
    ),
    _Trouble(
        ReceiptOutcome.SHORT,
        DiscrepancyKind.SHORT,
        "Label menyebut jumlah surat suara di bawah kebutuhan.",
        Resolution.COMPLETED,
        "Kekurangan surat suara dipenuhi dari PPK dengan berita acara.",
    ),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A shipment under way.

    Attributes:
        boxes: by TPS.
        key: of its departure.
        arrives: when it reaches the kelurahan.
    """

    boxes: Mapping[str, tuple[Box, ...]]
    key: UUID
    arrives: datetime


def receive_all(book: Book, sent: Mapping[str, Sent], held_back: Mapping[str, datetime]) -> None:
    """Write how each TPS takes its boxes over.

    Args:
        book: the chapter.
        sent: shipments by kelurahan.
        held_back: TPS that take their boxes at a moment of their own.
    """
    free = [tps for tps in book.plan.tps if tps.code not in held_back]
    late = {tps.code for tps in pick(book.rng, free, LATE_RATIO)}
    punctual = [tps for tps in free if tps.code not in late]
    troubles = itertools.cycle(_TROUBLES)
    troubled = {tps.code: next(troubles) for tps in pick(book.rng, punctual, DISCREPANCY_RATIO, at_least=3)}
    for tps in book.plan.tps:
        shipment = sent[tps.kelurahan]
        latest = eve(book.plan, tps.code, "20:30")
        if tps.code in held_back:
            occurred = held_back[tps.code]
        elif tps.code in late:
            # Past midnight: the boxes should have been there on the eve.
            occurred = eve(book.plan, tps.code, "23:59") + minutes(book.rng.uniform(30, 330))
            _alarm(book, tps, arrives=occurred)
        else:
            room = (latest - shipment.arrives).total_seconds() / 60
            occurred = shipment.arrives + minutes(25 + (room - 25) * book.rng.betavariate(1.6, 2.4))
        _receive(book, tps, shipment, occurred=occurred, trouble=troubled.get(tps.code))


def _receive(
    book: Book, tps: TpsPlan, shipment: Sent, *, occurred: datetime, trouble: _Trouble | None
) -> None:
    """Write the scan at the TPS and the crew's receipt; the first box has the trouble, if there is any."""
    boxes = shipment.boxes[tps.code]
    crew = chair(tps.code)
    queued = book.rng.random() < 0.01
    sent = occurred + minutes(book.rng.uniform(60, 150) if queued else book.rng.uniform(0.2, 3))
    network = Network.QUEUED if queued else None
    scan = ScanBoxes(HandOver.TPS_IN, tps.code, boxes, occurred)
    book.write(sent, crew, scan, name=(tps.code, "scan"), network=network, after=(shipment.key,))
    first, *others = boxes
    found = [_found(first, trouble), *(_found(box, None) for box in others)]
    moment = sent + minutes(0.5)
    receipt = ReceiveBoxes(tps.code, tuple(found), BOOTHS, occurred)
    received = book.write(moment, crew, receipt, name=(tps.code,), network=network, after=(shipment.key,))
    if trouble is not None:
        solved = moment + minutes(book.rng.uniform(60, 240))
        ballots = first.ballots if trouble.resolution is Resolution.COMPLETED else None
        solution = SettleDiscrepancy(
            tps=tps.code,
            box=first,
            kind=trouble.kind,
            resolution=trouble.resolution,
            reason=trouble.reason,
            ballots=ballots,
            occurred_at=solved,
        )
        keeper = warehouse_keeper(kabkota_of(tps))
        book.write(solved, keeper, solution, name=(tps.code, "settled"), after=(received,))


def _found(box: Box, trouble: _Trouble | None) -> Found:
    if trouble is None:
        return Found(box, ReceiptOutcome.ACCEPTED, box.seal, "")
    other_seal = trouble.outcome is ReceiptOutcome.SEAL_MISMATCH
    return Found(box, trouble.outcome, f"{box.seal}X" if other_seal else box.seal, trouble.note)


def _alarm(book: Book, tps: TpsPlan, *, arrives: datetime) -> None:
    """Write the incident of a TPS that has no boxes late on the eve; it is closed when they are there."""
    noticed = eve(book.plan, tps.code, "21:30") + minutes(book.rng.uniform(0, 60))
    keeper, desk = kelurahan_committee(tps.kelurahan), agency(Role.DESK, kabkota_of(tps))
    report = ReportIncident(
        incident=book.id_at(noticed, tps.code, "late"),
        category=IncidentCategory.LOGISTICS,
        severity=Severity.HIGH,
        tps=tps.code,
        region=tps.kelurahan,
        title="Kotak suara belum tiba di TPS",
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
