"""Scans at each hand-over. `record_scans` is written for a list; the single route reaches it through the coalescer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.coalescer import Item
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import Problem
from contracts.access import covers
from contracts.logistics_events import StrayScanRecorded
from services.logistics.commands.custody import Custody, Twin
from services.logistics.rules.boxes import Box, Handover, timing_findings
from services.logistics.schemas.scans import CustodyScanIn, CustodyScanOut
from services.logistics.tables.codes import present_codes


@dataclass(frozen=True, slots=True)
class RecordScan:
    """A scan, and the regions of whoever sent it; its origin says which of them covers the place of the scan."""

    scan: CustodyScanIn
    regions: tuple[str, ...]


NaturalKey = tuple[UUID, datetime, str, str, str]
"""What makes two stray scans of one person the same."""

_KEEP_STRAYS = """
insert into stray_scan (scan_id, election, box_id, scan_point, place, from_party, to_party, seal_seen, occurred_at,
    recorded_at, actor, channel, granted_region, state, reason, version)
select u.*, 'open', '', 1 from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::text[]) u
on conflict (election, box_id, occurred_at, scan_point, from_party, to_party, actor)
    do update set version = stray_scan.version
returning scan_id, election, box_id, occurred_at, scan_point, from_party, to_party, actor
"""


async def record_scans(uow: UnitOfWork, items: Sequence[Item[RecordScan]]) -> list[Receipt | Problem]:
    """Record scans of boxes, many in one transaction, each judged alone.

    A scan is never refused. One that happened before the box's latest hand-over is kept in its place and changes no
    state; one that is known already changes nothing. A scan of a box that is none of the boxes in the caller's regions
    is kept in quarantine, the same whether the box exists or not. A code that a TPS had before is its place, and the region of
    a token that was made for it.

    Returns:
        one receipt per item, in their order.

    Emits:
        box.scanned, and box.discrepancy_opened where the seal or the place is wrong; stray_scan.recorded.
    """
    custody = Custody(uow)
    await custody.lock(item.command.scan.box_id for item in items)
    await custody.recall([item.command.scan.occurred_at for item in items])
    moved = await _moved_codes(uow, custody, items)
    results: list[Receipt | Problem | None] = []
    strays: dict[int, Item[RecordScan]] = {}
    for n, item in enumerate(items):
        scan, box = item.command.scan, custody.boxes.get(item.command.scan.box_id)
        handover = handover_of(scan, place=moved.get((item.origin.election, scan.place), scan.place))
        regions = [moved.get((item.origin.election, held), held) for held in item.command.regions]
        if box is None or not may_touch(box, regions, election=item.origin.election):
            strays[n] = item
            results.append(None)
        elif (twin := custody.twin(box.box_id, handover)) is not None:
            results.append(_known_receipt(scan, box, twin, item.origin))
        else:
            granted = replace(item.origin, granted_region=_grant_over(box, item, moved))
            scan_id, verdict = custody.scan(box.box_id, handover, origin=granted)
            box = custody.boxes[box.box_id]
            outcome = "out_of_order" if verdict.out_of_order else "placed"
            out = _out(
                scan, box, scan_id, outcome, late=verdict.late, findings=verdict.findings, origin=item.origin
            )
            results.append(_receipt(out, box, item.origin))
    await custody.write()
    kept = await _keep_strays(uow, strays)
    return [result or kept[n] for n, result in enumerate(results)]


def may_touch(box: Box, regions: Sequence[str], *, election: str) -> bool:
    """Say whether a caller with these regions may change a box: its TPS decides, not the place of the scan."""
    return box.election == election and any(covers(held, box.tps_code) for held in regions)


def _grant_over(box: Box, item: Item[RecordScan], moved: Mapping[tuple[str, str], str]) -> str | None:
    """Return which of the caller's regions covers a box, as the scan's row has to show; that of the origin covers the place."""
    held = (
        held for held in item.command.regions if covers(moved.get((box.election, held), held), box.tps_code)
    )
    return next(held, None)


async def _moved_codes(
    uow: UnitOfWork, custody: Custody, items: Sequence[Item[RecordScan]]
) -> dict[tuple[str, str], str]:
    """Return the present codes of TPS by those that they had before: of places, and of regions that do not cover the box."""
    codes: set[tuple[str, str]] = set()
    for item in items:
        scan, election = item.command.scan, item.origin.election
        box = custody.boxes.get(scan.box_id)
        if box is None:
            continue
        if scan.place != box.tps_code:
            codes.add((election, scan.place))
        if not may_touch(box, item.command.regions, election=election):
            codes |= {(election, held) for held in item.command.regions}
    return await present_codes(uow, codes)


def handover_of(scan: CustodyScanIn, *, place: str) -> Handover:
    """Return the hand-over that a scan tells of, at a place by its present code."""
    return Handover(scan.scan_point, place, scan.from_party, scan.to_party, scan.seal_seen, scan.occurred_at)


def _natural_key(scan: CustodyScanIn) -> NaturalKey:
    return (scan.box_id, scan.occurred_at, scan.scan_point, scan.from_party, scan.to_party)


def _key_of(row: Row) -> NaturalKey:
    return (row["box_id"], row["occurred_at"], row["scan_point"], row["from_party"], row["to_party"])


async def _keep_strays(uow: UnitOfWork, strays: dict[int, Item[RecordScan]]) -> dict[int, Receipt]:
    """Keep scans that no box of the caller's takes, each once."""
    if not strays:
        return {}
    fresh: dict[tuple[object, ...], Item[RecordScan]] = {
        (item.origin.election, *_natural_key(item.command.scan), item.origin.actor): item
        for item in strays.values()
    }
    made = {key: uuid7() for key in fresh}
    rows = [_stray_row(made[key], fresh[key]) for key in sorted(fresh, key=str)]
    kept: dict[tuple[object, ...], UUID] = {
        (row["election"], *_key_of(row), row["actor"]): row["scan_id"]
        for row in await uow.fetch(_KEEP_STRAYS, *(list(column) for column in zip(*rows, strict=True)))
    }
    for key, item in fresh.items():
        if kept[key] == made[key]:
            _emit_stray(uow, made[key], item)
    receipts: dict[int, Receipt] = {}
    for n, item in strays.items():
        scan, origin = item.command.scan, item.origin
        scan_id = kept[origin.election, *_natural_key(scan), origin.actor]
        findings = ["W-UNKNOWN-BOX", *timing_findings(scan.occurred_at, origin.now)]
        late = "W-SCAN-LATE" in findings
        out = _out(scan, None, scan_id, "quarantined", late=late, findings=findings, origin=origin)
        location = f"/v1/elections/{origin.election}/stray-scans/{scan_id}"
        receipts[n] = Receipt(
            out, location=location, aggregate=f"stray_scan/{scan_id}", version=1, status=202
        )
    return receipts


def _stray_row(scan_id: UUID, item: Item[RecordScan]) -> tuple[object, ...]:
    scan, origin = item.command.scan, item.origin
    return (
        *(scan_id, origin.election, scan.box_id, scan.scan_point, scan.place, scan.from_party, scan.to_party),
        *(
            scan.seal_seen,
            scan.occurred_at,
            origin.now,
            origin.actor,
            origin.channel,
            origin.granted_region,
        ),
    )


def _emit_stray(uow: UnitOfWork, scan_id: UUID, item: Item[RecordScan]) -> None:
    scan = item.command.scan
    uow.emit(
        StrayScanRecorded(
            scan_id=scan_id,
            box_id=scan.box_id,
            region_code=scan.place,
            scan_point=scan.scan_point,
            from_party=scan.from_party,
            to_party=scan.to_party,
            scanned_at=scan.occurred_at,
        ),
        aggregate_id=scan_id,
        version=1,
        origin=item.origin,
        occurred_at=scan.occurred_at,
    )


def _known_receipt(scan: CustodyScanIn, box: Box, twin: Twin, origin: Origin) -> Receipt:
    out = _out(scan, box, twin.scan_id, "unchanged", late=twin.late, findings=twin.findings, origin=origin)
    return _receipt(out, box, origin, status=200)


def _receipt(out: CustodyScanOut, box: Box, origin: Origin, *, status: int = 201) -> Receipt:
    location = f"/v1/elections/{origin.election}/boxes/{box.box_id}"
    return Receipt(out, location=location, aggregate=f"box/{box.box_id}", version=box.version, status=status)


def _out(
    scan: CustodyScanIn,
    box: Box | None,
    scan_id: UUID,
    outcome: str,
    *,
    late: bool,
    findings: list[str],
    origin: Origin,
) -> CustodyScanOut:
    return CustodyScanOut.model_validate(
        {
            "scan_id": scan_id,
            "box_id": scan.box_id,
            "outcome": outcome,
            "tps_code": box.tps_code if box else None,
            "state": box.state if box else None,
            "state_at": box.state_at if box else None,
            "late": late,
            "findings": findings,
            "occurred_at": scan.occurred_at,
            "recorded_at": origin.now,
        }
    )
