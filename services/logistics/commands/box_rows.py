"""How changed boxes become rows: one statement per table, however many boxes a transaction has."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.logistics_events import OpenDiscrepancy, Resolution
from services.logistics.rules.boxes import Box, Handover, ReportedReceipt, Verdict

_SELECT = """
select b.box_id, b.election, b.tps_id, t.tps_code, b.contest, b.seal_number, b.ballots_packed, b.state, b.state_at,
    b.place, b.holder, b.shipment_id, b.warehouse_id, b.replaces, b.arrived_at, b.received_at, b.received_on_time,
    b.receipt_outcome, b.receipt_at, b.ballots_received, b.counted_at, b.void_reason, s.due_at, b.version,
    b.open_discrepancies
from box b join tps_ref t using (tps_id) join tps_supply s using (tps_id)
"""
LOCK = f"{_SELECT} where b.box_id = any($1::uuid[]) order by b.box_id for update of b"
LOCK_STANDING = f"""{_SELECT} where b.box_id = any($1::uuid[]) or (b.tps_id = any($2::uuid[]) and b.state <> 'void')
    order by b.box_id for update of b"""
OPEN = """select discrepancy_id, box_id, kind, seal_seen, opened_at from discrepancy
    where box_id = any($1::uuid[]) and resolution is null order by discrepancy_id"""
TWINS = """select scan_id, box_id, occurred_at, scan_point, from_party, to_party, late, findings from custody_scan
    where box_id = any($1::uuid[]) and occurred_at = any($2::timestamptz[])"""

_CHANGE = """
update box b set seal_number = u.seal_number, state = u.state, state_at = u.state_at, place = u.place,
    holder = u.holder, shipment_id = u.shipment_id, arrived_at = u.arrived_at, received_at = u.received_at,
    received_on_time = u.received_on_time, receipt_outcome = u.receipt_outcome, receipt_at = u.receipt_at,
    ballots_received = u.ballots_received, counted_at = u.counted_at, void_reason = u.void_reason,
    open_discrepancies = u.open_discrepancies, version = u.version
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[],
            $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::text[], $12::timestamptz[], $13::int[],
            $14::timestamptz[], $15::text[], $16::int[], $17::bigint[])
    u(box_id, seal_number, state, state_at, place, holder, shipment_id, arrived_at, received_at, received_on_time,
      receipt_outcome, receipt_at, ballots_received, counted_at, void_reason, open_discrepancies, version)
where b.box_id = u.box_id
"""
_ADD = """
insert into box (box_id, seal_number, state, state_at, place, holder, shipment_id, arrived_at, received_at,
    received_on_time, receipt_outcome, receipt_at, ballots_received, counted_at, void_reason, open_discrepancies,
    version, election, tps_id, contest, ballots_packed, warehouse_id, replaces, findings, packed_at, recorded_at, actor,
    channel, granted_region)
select box_id, seal_number, state, state_at, place, holder, shipment_id, arrived_at, received_at, received_on_time,
    receipt_outcome, receipt_at, ballots_received, counted_at, void_reason, open_discrepancies, version, election,
    tps_id, contest, ballots_packed, warehouse_id, replaces, string_to_array(findings, ' '), packed_at, recorded_at,
    actor, channel, granted_region
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[],
            $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::text[], $12::timestamptz[], $13::int[],
            $14::timestamptz[], $15::text[], $16::int[], $17::bigint[], $18::text[], $19::uuid[], $20::text[],
            $21::int[], $22::uuid[], $23::uuid[], $24::text[], $25::timestamptz[], $26::timestamptz[], $27::text[],
            $28::text[], $29::text[])
    u(box_id, seal_number, state, state_at, place, holder, shipment_id, arrived_at, received_at, received_on_time,
      receipt_outcome, receipt_at, ballots_received, counted_at, void_reason, open_discrepancies, version, election,
      tps_id, contest, ballots_packed, warehouse_id, replaces, findings, packed_at, recorded_at, actor, channel,
      granted_region)
"""
_SCANS = """
insert into custody_scan (scan_id, box_id, scan_point, place, from_party, to_party, seal_seen, late, out_of_order,
    findings, occurred_at, recorded_at, actor, channel, granted_region)
select scan_id, box_id, scan_point, place, from_party, to_party, seal_seen, late, out_of_order,
    string_to_array(findings, ' '), occurred_at, recorded_at, actor, channel, granted_region
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
            $9::boolean[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[], $15::text[])
    u(scan_id, box_id, scan_point, place, from_party, to_party, seal_seen, late, out_of_order, findings, occurred_at,
      recorded_at, actor, channel, granted_region)
"""
_RECEIPTS = """
insert into box_receipt (receipt_id, box_id, outcome, ballots, seal_seen, note, findings, occurred_at, recorded_at,
    actor, channel)
select receipt_id, box_id, outcome, ballots, seal_seen, note, string_to_array(findings, ' '), occurred_at, recorded_at,
    actor, channel
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::text[], $11::text[])
    u(receipt_id, box_id, outcome, ballots, seal_seen, note, findings, occurred_at, recorded_at, actor, channel)
"""
_OPENED = """
insert into discrepancy (discrepancy_id, box_id, kind, cause, seal_seen, opened_at, recorded_at, actor, reason)
select u.*, '' from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                           $7::timestamptz[], $8::text[]) u
"""
_RESOLVED = """
update discrepancy d set resolution = u.resolution, reason = u.reason, resolved_at = u.resolved_at,
    resolved_by = u.resolved_by
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
    u(discrepancy_id, resolution, reason, resolved_at, resolved_by)
where d.discrepancy_id = u.discrepancy_id
"""
Values = tuple[object, ...]


class BoxWrites:
    """What a transaction will store about its boxes."""

    def __init__(self) -> None:
        self._packed: dict[UUID, Values] = {}
        self._scans: list[Values] = []
        self._receipts: list[Values] = []
        self._opened: list[Values] = []
        self._resolved: list[Values] = []

    def packed(self, box_id: UUID, *, findings: list[str], occurred_at: datetime, origin: Origin) -> None:
        """Note how a new box was packed."""
        how = (" ".join(findings), occurred_at, origin.now, origin.actor, origin.channel)
        self._packed[box_id] = (*how, origin.granted_region)

    def scan(
        self, scan_id: UUID, box_id: UUID, handover: Handover, *, verdict: Verdict, origin: Origin
    ) -> None:
        """Note a hand-over."""
        self._scans.append(
            (
                *(
                    scan_id,
                    box_id,
                    handover.scan_point,
                    handover.place,
                    handover.from_party,
                    handover.to_party,
                ),
                *(handover.seal_seen, verdict.late, verdict.out_of_order, " ".join(verdict.findings)),
                *(handover.occurred_at, origin.now, origin.actor, origin.channel, origin.granted_region),
            )
        )

    def receipt(
        self,
        receipt_id: UUID,
        box_id: UUID,
        receipt: ReportedReceipt,
        *,
        note: str,
        verdict: Verdict,
        origin: Origin,
    ) -> None:
        """Note a receipt."""
        self._receipts.append(
            (
                *(receipt_id, box_id, receipt.outcome, receipt.ballots, receipt.seal_seen, note),
                *(" ".join(verdict.findings), receipt.occurred_at, origin.now, origin.actor, origin.channel),
            )
        )

    def opened(
        self, fact: OpenDiscrepancy, box_id: UUID, *, cause: str, seal_seen: str | None, origin: Origin
    ) -> None:
        """Note a discrepancy that was opened."""
        self._opened.append(
            (
                *(fact.discrepancy_id, box_id, fact.kind, cause, seal_seen),
                *(fact.opened_at, origin.now, origin.actor),
            )
        )

    def resolved(self, discrepancy_id: UUID, resolution: Resolution, *, reason: str, origin: Origin) -> None:
        """Note a discrepancy that was settled."""
        self._resolved.append((discrepancy_id, resolution, reason, origin.now, origin.actor))

    async def write(self, uow: UnitOfWork, boxes: Sequence[Box]) -> None:
        """Store all of it. Boxes that stand no more go first, so that those in their place may stand."""
        added = [box for box in boxes if box.box_id in self._packed]
        changed = [_standing(box) for box in boxes if box.box_id not in self._packed]
        await _store(uow, _CHANGE, changed)
        await _store(
            uow, _ADD, [(*_standing(box), *_identity(box), *self._packed[box.box_id]) for box in added]
        )
        await _store(uow, _SCANS, self._scans)
        await _store(uow, _RECEIPTS, self._receipts)
        await _store(uow, _OPENED, self._opened)
        await _store(uow, _RESOLVED, self._resolved)


def _standing(box: Box) -> Values:
    return (
        *(box.box_id, box.seal_number, box.state, box.state_at, box.place, box.holder, box.shipment_id),
        *(box.arrived_at, box.received_at, box.received_on_time, box.receipt_outcome, box.receipt_at),
        *(box.ballots_received, box.counted_at, box.void_reason, len(box.open), box.version),
    )


def _identity(box: Box) -> Values:
    return (box.election, box.tps_id, box.contest, box.ballots_packed, box.warehouse_id, box.replaces)


async def _store(uow: UnitOfWork, statement: str, rows: Sequence[Values]) -> None:
    if rows:
        await uow.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
