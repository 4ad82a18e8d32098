"""What a hand-over or a receipt does to a box.

Nothing that happened is refused: what looks wrong is a finding, and what somebody has to settle is a discrepancy. Time
is the device's, but never later than the desk's own.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.access import covers
from contracts.device_clocks import CLOCK_AHEAD, is_ahead, placed_at
from contracts.logistics_events import (
    BoxState,
    DiscrepancyKind,
    HandoverPoint,
    OpenDiscrepancy,
    Party,
    ReceiptOutcome,
    Resolution,
)

LATE_AFTER = timedelta(minutes=15)
"""A scan that reaches the desk later than this after it happened is called late; a phone without signal is usual."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box as it stands."""

    box_id: UUID
    election: str
    tps_id: UUID
    tps_code: str
    contest: str
    seal_number: str
    ballots_packed: int
    state: BoxState
    state_at: datetime
    place: str
    holder: Party
    shipment_id: UUID | None
    warehouse_id: UUID | None
    replaces: UUID | None
    arrived_at: datetime | None
    received_at: datetime | None
    received_on_time: bool | None
    receipt_outcome: ReceiptOutcome | None
    receipt_at: datetime | None
    ballots_received: int | None
    counted_at: datetime | None
    void_reason: str | None
    due_at: datetime | None
    version: int
    open: tuple[OpenDiscrepancy, ...] = ()

    def has_open(self, kind: DiscrepancyKind) -> bool:
        """Say whether a discrepancy of this kind is open."""
        return any(discrepancy.kind is kind for discrepancy in self.open)


@dataclass(frozen=True, slots=True)
class Handover:
    """A change of hands, as it was told."""

    scan_point: HandoverPoint
    place: str
    from_party: Party
    to_party: Party
    seal_seen: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a hand-over or a receipt.

    Attributes:
        placed_at: the moment that it counts from.
        opens: discrepancies that it opens.
        settles: open discrepancies that it answers by itself.
    """

    placed_at: datetime
    findings: list[str]
    opens: list[DiscrepancyKind]
    settles: list[DiscrepancyKind]
    late: bool = False
    out_of_order: bool = False


def timing_findings(occurred_at: datetime, recorded_at: datetime) -> list[str]:
    """Return what is to be said of a report's time.

    Example: a scan at 10:00 that the desk gets at 12:00 is `W-SCAN-LATE`.

    Source: D6, minutes at each hand-over.
    """
    if recorded_at - occurred_at > LATE_AFTER:
        return ["W-SCAN-LATE"]
    return [CLOCK_AHEAD] if is_ahead(occurred_at, recorded_at) else []


def state_after(handover: Handover) -> BoxState:
    """Return where a box is after a hand-over: on the road with a courier, else at the point.

    Example: from the courier to the PPS at a kelurahan it is `at_kelurahan`.
    """
    if handover.to_party is Party.COURIER:
        return BoxState.IN_TRANSIT
    match handover.scan_point:
        case HandoverPoint.WAREHOUSE:
            return BoxState.AT_WAREHOUSE
        case HandoverPoint.KECAMATAN:
            return BoxState.AT_KECAMATAN
        case HandoverPoint.KELURAHAN:
            return BoxState.AT_KELURAHAN
        case HandoverPoint.TPS:
            return BoxState.AT_TPS


def hand_over(box: Box, handover: Handover, *, recorded_at: datetime) -> tuple[Box, Verdict]:
    """Return a box after a hand-over, and what is to be said of it.

    A hand-over that happened before the one that the box's state comes from is kept and changes no state, so the state
    is the same whatever the order in which scans arrive.

    Example: the seal `B-2` on a box that was sealed with `A-1` is `W-SEAL-MISMATCH`, and opens a discrepancy.

    Source: D6.
    """
    when = placed_at(handover.occurred_at, recorded_at)
    findings = timing_findings(handover.occurred_at, recorded_at)
    late, out_of_order = "W-SCAN-LATE" in findings, when < box.state_at
    opens: list[DiscrepancyKind] = []
    state, right_place = state_after(handover), covers(handover.place, box.tps_code)
    if handover.seal_seen is not None and handover.seal_seen != box.seal_number:
        findings.append("W-SEAL-MISMATCH")
        opens.append(DiscrepancyKind.SEAL_MISMATCH)
    if not right_place:
        findings.append("W-WRONG-PLACE")
        if state is not BoxState.IN_TRANSIT and not out_of_order:
            opens.append(DiscrepancyKind.WRONG_PLACE)
    if box.state is BoxState.VOID:
        return box, Verdict(when, [*findings, "W-VOID-BOX"], [], [], late, out_of_order)
    if out_of_order:
        findings.append("W-SCAN-ORDER")
    elif handover.from_party is not box.holder:
        findings.append("W-CUSTODY-GAP")
    arrived = box.arrived_at
    if state is BoxState.AT_TPS and right_place:
        arrived = when if arrived is None else min(arrived, when)
        if box.due_at is not None and box.arrived_at is None and when >= box.due_at:
            findings.append("W-AFTER-DUE")
    if out_of_order:
        after = replace(box, arrived_at=arrived)
    else:
        after = replace(
            box,
            state=state,
            state_at=when,
            place=handover.place,
            holder=handover.to_party,
            arrived_at=arrived,
        )
    return after, Verdict(when, findings, _not_open(box, opens), [], late, out_of_order)


@dataclass(frozen=True, slots=True)
class ReportedReceipt:
    """What a TPS's crew told of one of its boxes."""

    outcome: ReceiptOutcome
    seal_seen: str | None
    ballots: int | None
    occurred_at: datetime


_OPENED_BY = {
    ReceiptOutcome.ACCEPTED: (),
    ReceiptOutcome.SHORT: (DiscrepancyKind.SHORT,),
    ReceiptOutcome.DAMAGED: (DiscrepancyKind.DAMAGED,),
    ReceiptOutcome.SEAL_MISMATCH: (DiscrepancyKind.SEAL_MISMATCH,),
    ReceiptOutcome.MISSING: (DiscrepancyKind.MISSING,),
}


def receive(box: Box, receipt: ReportedReceipt, *, recorded_at: datetime) -> tuple[Box, Verdict]:
    """Return a box after its TPS's crew told what became of it, and what is to be said of that.

    The receipt that happened last stands. A box is received once it came at all; a box that was called missing and came
    settles that by itself.

    Example: a box with 547 ballots in which 540 are counted is `W-BALLOT-COUNT`, and opens `short`.

    Source: D6; D19 for the count.
    """
    when = placed_at(receipt.occurred_at, recorded_at)
    findings = timing_findings(receipt.occurred_at, recorded_at)
    late, out_of_order = "W-SCAN-LATE" in findings, box.receipt_at is not None and when < box.receipt_at
    opens = list(_OPENED_BY[receipt.outcome])
    if receipt.seal_seen is not None and receipt.seal_seen != box.seal_number:
        findings.append("W-SEAL-MISMATCH")
        opens.append(DiscrepancyKind.SEAL_MISMATCH)
    if receipt.ballots is not None and receipt.ballots != box.ballots_packed:
        findings.append("W-BALLOT-COUNT")
        opens += [DiscrepancyKind.SHORT] if receipt.ballots < box.ballots_packed else []
    if box.state is BoxState.VOID:
        return box, Verdict(when, [*findings, "W-VOID-BOX"], [], [], late, out_of_order)
    if out_of_order:
        findings.append("W-SCAN-ORDER")
    came = receipt.outcome is not ReceiptOutcome.MISSING
    if came and box.received_at is None and box.due_at is not None and when >= box.due_at:
        findings.append("W-AFTER-DUE")
    settles = [DiscrepancyKind.MISSING] if came and box.has_open(DiscrepancyKind.MISSING) else []
    after = _with_receipt(box, receipt, when, came=came, stands=not out_of_order)
    return after, Verdict(when, findings, _not_open(box, opens), settles, late, out_of_order)


def _with_receipt(box: Box, receipt: ReportedReceipt, when: datetime, *, came: bool, stands: bool) -> Box:
    after = replace(box, receipt_outcome=receipt.outcome, receipt_at=when) if stands else box
    if receipt.ballots is not None and (box.counted_at is None or when >= box.counted_at):
        after = replace(after, ballots_received=receipt.ballots, counted_at=when)
    if not came:
        return after
    received = when if box.received_at is None else min(box.received_at, when)
    after = replace(
        after,
        received_at=received,
        received_on_time=None if box.due_at is None else received < box.due_at,
        arrived_at=received if box.arrived_at is None else min(box.arrived_at, received),
    )
    if when < box.state_at:
        return after
    return replace(after, state=BoxState.AT_TPS, state_at=when, place=box.tps_code, holder=Party.KPPS)


def _not_open(box: Box, kinds: Collection[DiscrepancyKind]) -> list[DiscrepancyKind]:
    return [kind for kind in dict.fromkeys(kinds) if not box.has_open(kind)] if kinds else []


_WAYS_OUT = {
    DiscrepancyKind.SHORT: (
        Resolution.ACCEPTED_WITH_MINUTE,
        Resolution.RECOUNTED,
        Resolution.COMPLETED,
        Resolution.REPORTED_IN_ERROR,
    ),
    DiscrepancyKind.DAMAGED: (Resolution.ACCEPTED_WITH_MINUTE, Resolution.REPORTED_IN_ERROR),
    DiscrepancyKind.SEAL_MISMATCH: (
        Resolution.ACCEPTED_WITH_MINUTE,
        Resolution.RESEALED,
        Resolution.REPORTED_IN_ERROR,
    ),
    DiscrepancyKind.MISSING: (Resolution.FOUND, Resolution.REPORTED_IN_ERROR),
    DiscrepancyKind.WRONG_PLACE: (Resolution.MOVED, Resolution.REPORTED_IN_ERROR),
}


def ways_out(kind: DiscrepancyKind) -> tuple[Resolution, ...]:
    """Return what may settle a discrepancy; besides, another box may take the box's place (`replaced`).

    Example: a wrong seal is accepted with a minute, sealed again, or was misread.

    Source: D6, minutes at each hand-over.
    """
    return _WAYS_OUT[kind]


def settle(
    box: Box,
    kind: DiscrepancyKind,
    resolution: Resolution,
    *,
    seal_seen: str | None,
    new_seal: str | None,
    ballots: int | None,
    now: datetime,
) -> Box:
    """Return a box after one of its discrepancies was settled.

    A seal that is accepted with a minute, or put on anew, is the box's seal from then on.

    Args:
        seal_seen: the seal that the discrepancy was about.
        new_seal: the seal that was put on, for `resealed`.
        ballots: the new count, for `recounted` and `completed`.
    """
    match resolution:
        case Resolution.RESEALED if new_seal is not None:
            return replace(box, seal_number=new_seal)
        case Resolution.ACCEPTED_WITH_MINUTE if (
            kind is DiscrepancyKind.SEAL_MISMATCH and seal_seen is not None
        ):
            return replace(box, seal_number=seal_seen)
        case Resolution.RECOUNTED | Resolution.COMPLETED if ballots is not None:
            return replace(box, ballots_received=ballots, counted_at=now)
        case _:
            return box


def packing_findings(ballots: int, *, needed: int | None, seal_used: bool) -> list[str]:
    """Return what is to be said of a box as it was packed.

    Example: `packing_findings(540, needed=547, seal_used=False) == ["W-PACKED-NEED"]`.

    Args:
        needed: ballots that the TPS needs of the contest; None while that is not computed.
        seal_used: another box of the election carries this seal.

    Source: D2, D6.
    """
    findings = ["W-PACKED-NEED"] if needed is not None and ballots != needed else []
    return [*findings, "W-SEAL-REUSED"] if seal_used else findings
