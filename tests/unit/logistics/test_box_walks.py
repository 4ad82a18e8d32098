"""Where a box is, beside a model that only sorts what was told by when it happened.

Reports arrive in any order, long after they happened. After each of them the box stands where the latest report of those
that arrived puts it; what came first, and what was counted last, is found the same way.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.logistics_events import BoxState, HandoverPoint, Party, ReceiptOutcome
from services.logistics.rules.boxes import Box, Handover, ReportedReceipt, hand_over, receive
from tests.unit.logistics.test_box_rules import DUE, LATER, PACKED, TPS, a_box

Report = Handover | ReportedReceipt
PLACES = {
    HandoverPoint.WAREHOUSE: (BoxState.AT_WAREHOUSE, "32.71"),
    HandoverPoint.KECAMATAN: (BoxState.AT_KECAMATAN, "32.71.06"),
    HandoverPoint.KELURAHAN: (BoxState.AT_KELURAHAN, "32.71.06.1002"),
    HandoverPoint.TPS: (BoxState.AT_TPS, TPS),
}
ELSEWHERE = "32.71.01.1003.001"


@st.composite
def reports(draw: st.DrawFn) -> list[Report]:
    """Draw reports, no two of the same moment, some from before the box was packed."""
    minutes = draw(st.lists(st.integers(-60, 5_600), unique=True, max_size=12))
    return [draw(st.one_of(_handover(when), _receipt(when))) for when in minutes]


def _at(minutes: int) -> datetime:
    return PACKED + timedelta(minutes=minutes)


def _handover(minutes: int) -> st.SearchStrategy[Handover]:
    def made(point: HandoverPoint, to: Party, *, astray: bool) -> Handover:
        place = ELSEWHERE if astray and point is HandoverPoint.TPS else PLACES[point][1]
        return Handover(point, place, Party.WAREHOUSE, to, None, _at(minutes))

    return st.builds(made, st.sampled_from(HandoverPoint), st.sampled_from(Party), astray=st.booleans())


def _receipt(minutes: int) -> st.SearchStrategy[ReportedReceipt]:
    def made(outcome: ReceiptOutcome, ballots: int | None) -> ReportedReceipt:
        return ReportedReceipt(outcome, None, ballots, _at(minutes))

    return st.builds(made, st.sampled_from(ReceiptOutcome), st.one_of(st.none(), st.integers(0, 600)))


def where(told: Sequence[Report]) -> tuple[object, ...]:
    """Return state, since when, place and holder by the latest report that says where the box is."""
    stood: tuple[object, ...] = (BoxState.PACKED, PACKED, "32.71", Party.WAREHOUSE)
    for report in sorted(told, key=lambda one: one.occurred_at):
        when = report.occurred_at
        if when < PACKED:
            continue
        if isinstance(report, ReportedReceipt):
            if report.outcome is not ReceiptOutcome.MISSING:
                stood = (BoxState.AT_TPS, when, TPS, Party.KPPS)
        else:
            at = PLACES[report.scan_point][0]
            state = BoxState.IN_TRANSIT if report.to_party is Party.COURIER else at
            stood = (state, when, report.place, report.to_party)
    return stood


def came(told: Sequence[Report]) -> tuple[object, ...]:
    """Return when the box arrived, was received, in time or not, and what the last receipt and the last count say."""
    receipts = sorted(
        (r for r in told if isinstance(r, ReportedReceipt)), key=lambda receipt: receipt.occurred_at
    )
    received = [r.occurred_at for r in receipts if r.outcome is not ReceiptOutcome.MISSING]
    seen = [
        h.occurred_at
        for h in told
        if isinstance(h, Handover)
        and (h.scan_point, h.place) == (HandoverPoint.TPS, TPS)
        and h.to_party is not Party.COURIER
    ]
    counts = [r.ballots for r in receipts if r.ballots is not None]
    return (
        min([*received, *seen], default=None),
        min(received, default=None),
        min(received) < DUE if received else None,
        receipts[-1].outcome if receipts else None,
        counts[-1] if counts else None,
    )


def shown(box: Box) -> tuple[tuple[object, ...], tuple[object, ...]]:
    return (
        (box.state, box.state_at, box.place, box.holder),
        (box.arrived_at, box.received_at, box.received_on_time, box.receipt_outcome, box.ballots_received),
    )


@given(reports())
def test_a_box_goes_the_way_of_its_model(told: list[Report]) -> None:
    box = a_box()
    for n, report in enumerate(told, start=1):
        if isinstance(report, Handover):
            box, _ = hand_over(box, report, recorded_at=LATER)
        else:
            box, _ = receive(box, report, recorded_at=LATER)
        assert shown(box) == (where(told[:n]), came(told[:n]))
