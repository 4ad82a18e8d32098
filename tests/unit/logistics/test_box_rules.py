"""What hand-overs and receipts do to a box, whatever the order in which they are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.logistics_events import (
    BoxState,
    DiscrepancyKind,
    HandoverPoint,
    OpenDiscrepancy,
    Party,
    ReceiptOutcome,
    Resolution,
)
from services.logistics.rules.boxes import (
    Box,
    Handover,
    ReportedReceipt,
    hand_over,
    packing_findings,
    receive,
    settle,
    state_after,
    ways_out,
)

TPS = "32.71.06.1002.028"
PACKED = datetime(2024, 11, 24, 2, tzinfo=UTC)
DUE = datetime(2024, 11, 26, 17, tzinfo=UTC)
LATER = datetime(2024, 11, 28, tzinfo=UTC)


def a_box(**change: object) -> Box:
    box = Box(
        box_id=uuid4(),
        election="pilkada-2024",
        tps_id=UUID(int=1),
        tps_code=TPS,
        contest="walikota-32.71",
        seal_number="A-1",
        ballots_packed=547,
        state=BoxState.PACKED,
        state_at=PACKED,
        place="32.71",
        holder=Party.WAREHOUSE,
        shipment_id=None,
        warehouse_id=None,
        replaces=None,
        arrived_at=None,
        received_at=None,
        received_on_time=None,
        receipt_outcome=None,
        receipt_at=None,
        ballots_received=None,
        counted_at=None,
        void_reason=None,
        due_at=DUE,
        version=1,
    )
    return replace(box, **change)


def a_handover(
    point: str = "tps",
    place: str = TPS,
    parties: tuple[str, str] = ("courier", "kpps"),
    *,
    hours: float = 24,
    seal: str | None = "A-1",
) -> Handover:
    return Handover(
        HandoverPoint(point),
        place,
        Party(parties[0]),
        Party(parties[1]),
        seal,
        PACKED + timedelta(hours=hours),
    )


WAY = (
    a_handover("warehouse", "32.71", ("warehouse", "courier"), hours=1),
    a_handover("kecamatan", "32.71.06", ("courier", "ppk"), hours=2),
    a_handover("kecamatan", "32.71.06", ("ppk", "courier"), hours=20),
    a_handover("kelurahan", "32.71.06.1002", ("courier", "pps"), hours=21),
    a_handover("kelurahan", "32.71.06.1002", ("pps", "courier"), hours=40),
    a_handover("tps", TPS, ("courier", "kpps"), hours=41),
)


def test_the_usual_way_finds_nothing() -> None:
    box = a_box()
    states: list[str] = []
    for step in WAY:
        box, verdict = hand_over(box, step, recorded_at=step.occurred_at)
        assert (verdict.findings, verdict.opens, verdict.out_of_order) == ([], [], False)
        states.append(box.state)
    assert states == ["in_transit", "at_kecamatan", "in_transit", "at_kelurahan", "in_transit", "at_tps"]
    assert (box.holder, box.place, box.arrived_at) == (Party.KPPS, TPS, WAY[-1].occurred_at)


@given(st.permutations(WAY))
def test_where_a_box_is_does_not_depend_on_the_order_of_arrival(steps: list[Handover]) -> None:
    box = a_box()
    for step in steps:
        box, _ = hand_over(box, step, recorded_at=LATER)
    assert (box.state, box.state_at, box.place, box.holder) == (
        BoxState.AT_TPS,
        WAY[-1].occurred_at,
        TPS,
        Party.KPPS,
    )
    assert box.arrived_at == WAY[-1].occurred_at


@given(st.lists(st.sampled_from(WAY), max_size=20), st.integers(-100, 100))
def test_no_report_can_place_a_box_in_the_future(steps: list[Handover], hours: int) -> None:
    now = PACKED + timedelta(hours=hours)
    box = a_box(state_at=min(PACKED, now))
    for step in steps:
        box, _ = hand_over(box, step, recorded_at=now)
    assert box.state_at <= now


def test_a_device_that_is_a_day_ahead_is_told_and_does_not_hold_the_box() -> None:
    step = a_handover(hours=24)
    box, verdict = hand_over(a_box(), step, recorded_at=step.occurred_at - timedelta(days=1))
    assert "W-CLOCK-AHEAD" in verdict.findings
    assert box.state_at == step.occurred_at - timedelta(days=1)


def test_a_scan_that_was_long_without_signal_is_late() -> None:
    step = a_handover("warehouse", "32.71", ("warehouse", "courier"))
    _, verdict = hand_over(a_box(), step, recorded_at=step.occurred_at + timedelta(hours=2))
    assert verdict.late
    assert verdict.findings == ["W-SCAN-LATE"]


@pytest.mark.parametrize(
    ("step", "findings", "opens"),
    [
        (a_handover(seal="B-2"), ["W-SEAL-MISMATCH", "W-CUSTODY-GAP"], [DiscrepancyKind.SEAL_MISMATCH]),
        (a_handover(seal=None), ["W-CUSTODY-GAP"], []),
        (
            a_handover("tps", "32.71.06.1002.029"),
            ["W-WRONG-PLACE", "W-CUSTODY-GAP"],
            [DiscrepancyKind.WRONG_PLACE],
        ),
        (a_handover("kecamatan", "32.71.05", ("courier", "courier")), ["W-WRONG-PLACE", "W-CUSTODY-GAP"], []),
        (a_handover(hours=100), ["W-CUSTODY-GAP", "W-AFTER-DUE"], []),
    ],
)
def test_what_looks_wrong_is_a_finding(
    step: Handover, findings: list[str], opens: list[DiscrepancyKind]
) -> None:
    _, verdict = hand_over(a_box(), step, recorded_at=step.occurred_at)
    assert (verdict.findings, verdict.opens) == (findings, opens)


def test_a_discrepancy_that_is_open_is_not_opened_again() -> None:
    known = OpenDiscrepancy(discrepancy_id=uuid4(), kind=DiscrepancyKind.SEAL_MISMATCH, opened_at=PACKED)
    step = a_handover(seal="B-2")
    _, verdict = hand_over(a_box(open=(known,)), step, recorded_at=step.occurred_at)
    assert verdict.opens == []


def test_a_void_box_is_told_and_stays_void() -> None:
    void = a_box(state=BoxState.VOID, void_reason="torn")
    step = a_handover()
    box, verdict = hand_over(void, step, recorded_at=step.occurred_at)
    assert box == void
    assert "W-VOID-BOX" in verdict.findings
    told, _ = receive(void, a_receipt(), recorded_at=step.occurred_at)
    assert told == void


def a_receipt(
    outcome: str = "accepted", *, seal: str | None = None, ballots: int | None = None, hours: float = 42
) -> ReportedReceipt:
    return ReportedReceipt(ReceiptOutcome(outcome), seal, ballots, PACKED + timedelta(hours=hours))


def test_a_receipt_receives_the_box_on_time() -> None:
    receipt = a_receipt(seal="A-1")
    box, verdict = receive(a_box(), receipt, recorded_at=receipt.occurred_at)
    assert verdict.findings == []
    assert (box.received_at, box.received_on_time, box.arrived_at) == (
        receipt.occurred_at,
        True,
        receipt.occurred_at,
    )
    assert (box.state, box.holder, box.receipt_outcome) == (
        BoxState.AT_TPS,
        Party.KPPS,
        ReceiptOutcome.ACCEPTED,
    )


def test_a_box_that_comes_after_the_deadline_is_received_late() -> None:
    receipt = a_receipt(hours=80)
    box, verdict = receive(a_box(), receipt, recorded_at=receipt.occurred_at)
    assert box.received_on_time is False
    assert verdict.findings == ["W-AFTER-DUE"]


def test_a_count_on_voting_day_keeps_the_first_receipt() -> None:
    first, count = a_receipt(), a_receipt("short", ballots=540, hours=90)
    box, _ = receive(a_box(), first, recorded_at=first.occurred_at)
    box, verdict = receive(box, count, recorded_at=count.occurred_at)
    assert (box.received_at, box.received_on_time, box.ballots_received) == (first.occurred_at, True, 540)
    assert verdict.opens == [DiscrepancyKind.SHORT]
    assert verdict.findings == ["W-BALLOT-COUNT"]


def test_a_missing_box_is_not_received_and_settles_itself_when_it_comes() -> None:
    missing, came = a_receipt("missing"), a_receipt(hours=50)
    box, verdict = receive(a_box(), missing, recorded_at=missing.occurred_at)
    assert (box.received_at, box.state, verdict.opens) == (None, BoxState.PACKED, [DiscrepancyKind.MISSING])
    known = OpenDiscrepancy(discrepancy_id=uuid4(), kind=DiscrepancyKind.MISSING, opened_at=PACKED)
    box, verdict = receive(replace(box, open=(known,)), came, recorded_at=came.occurred_at)
    assert (box.received_at, verdict.settles) == (came.occurred_at, [DiscrepancyKind.MISSING])


RECEIPTS = (a_receipt(hours=42), a_receipt("damaged", hours=43), a_receipt("short", ballots=540, hours=90))


@given(st.permutations((*WAY, *RECEIPTS)))
def test_what_stands_does_not_depend_on_the_order_of_arrival(told: list[Handover | ReportedReceipt]) -> None:
    box = a_box()
    for item in told:
        change = hand_over if isinstance(item, Handover) else receive
        box, _ = change(box, item, recorded_at=LATER)  # type: ignore[operator]  # each takes its own kind
    assert (box.received_at, box.receipt_outcome, box.ballots_received) == (
        RECEIPTS[0].occurred_at,
        ReceiptOutcome.SHORT,
        540,
    )
    assert (box.state, box.holder, box.arrived_at) == (BoxState.AT_TPS, Party.KPPS, WAY[-1].occurred_at)


def test_every_discrepancy_has_a_way_out_and_a_way_back() -> None:
    for kind in DiscrepancyKind:
        assert len(ways_out(kind)) > 1
        assert Resolution.REPORTED_IN_ERROR in ways_out(kind)
        assert Resolution.REPLACED not in ways_out(kind)


@pytest.mark.parametrize(
    ("resolution", "seal"),
    [
        (Resolution.RESEALED, "C-3"),
        (Resolution.ACCEPTED_WITH_MINUTE, "B-2"),
        (Resolution.REPORTED_IN_ERROR, "A-1"),
    ],
)
def test_the_seal_after_a_mismatch_was_settled(resolution: Resolution, seal: str) -> None:
    box = settle(
        a_box(),
        DiscrepancyKind.SEAL_MISMATCH,
        resolution,
        seal_seen="B-2",
        new_seal="C-3",
        ballots=None,
        now=LATER,
    )
    assert box.seal_number == seal


def test_a_new_count_settles_what_was_short() -> None:
    box = settle(
        a_box(),
        DiscrepancyKind.SHORT,
        Resolution.RECOUNTED,
        seal_seen=None,
        new_seal=None,
        ballots=547,
        now=LATER,
    )
    assert box.ballots_received == 547


def test_packing_is_compared_with_the_need() -> None:
    assert packing_findings(547, needed=547, seal_used=False) == []
    assert packing_findings(540, needed=None, seal_used=False) == []
    assert packing_findings(540, needed=547, seal_used=True) == ["W-PACKED-NEED", "W-SEAL-REUSED"]


def test_to_a_courier_is_on_the_road_from_anywhere() -> None:
    for point in HandoverPoint:
        step = Handover(point, TPS, Party.KPPS, Party.COURIER, None, PACKED)
        assert state_after(step) is BoxState.IN_TRANSIT
