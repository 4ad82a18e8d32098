"""Scans that found no box: they find it when it is packed, or a person says what they are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from chassis.tps_codes import by_code
from contracts.access import covers
from contracts.logistics_events import HandoverPoint, Party, StrayScanSettled
from services.logistics.commands.custody import Custody
from services.logistics.errors import BoxUnknown, StrayScanUnknown
from services.logistics.rules.boxes import Handover
from services.logistics.schemas.scans import StrayScanOut, StraySettlementIn
from services.logistics.tables.codes import present_codes

# The region that let a scanner in may be a code that the box's TPS had before.
_, _FOUND = by_code("""
select s.scan_id, s.box_id from stray_scan s join box b using (box_id, election) join tps_ref t using (tps_id)
cross join lateral (select s.election, s.granted_region as tps_code) c
left join lateral (<tps>) g on true
where s.state = 'open' and (
    s.granted_region in ('*', t.tps_code) or starts_with(t.tps_code, s.granted_region || '.') or g.tps_id = t.tps_id
)
order by s.occurred_at, s.scan_id limit $1
""")
_OPEN = """select * from stray_scan where scan_id = any($1::uuid[]) and state = 'open'
    order by occurred_at, scan_id for update skip locked"""
_SETTLE = """update stray_scan set state = $2, reason = $3, settled_at = $4, settled_by = $5, version = version + 1
    where scan_id = $1 returning *"""


async def adopt_strays(uow: UnitOfWork, *, now: datetime, rehearsal: bool, limit: int = 500) -> int:
    """Give boxes that were packed meanwhile the scans that waited for them; return how many found theirs.

    A scan finds its box only where the region that its scanner was let in by covers the box.

    Emits:
        box.scanned and stray_scan.settled, for each scan.
    """
    found = await uow.fetch(_FOUND, limit)
    if not found:
        return 0
    custody = Custody(uow)
    await custody.lock(row["box_id"] for row in found)
    rows = await uow.fetch(_OPEN, [row["scan_id"] for row in found])
    await custody.recall([row["occurred_at"] for row in rows])
    moved = await present_codes(uow, ((row["election"], row["place"]) for row in rows))
    for row in rows:
        origin = Origin(row["election"], "service:logistics", "api", now, rehearsal)
        told: str = row["place"]
        place = moved.get((row["election"], told), told)
        _take(custody, row, box_id=row["box_id"], place=place, origin=origin)
        await _settle(uow, row["scan_id"], "adopted", reason="Its box was packed.", origin=origin)
    await custody.write()
    return len(rows)


async def settle_stray_scan(
    uow: UnitOfWork, scan_id: UUID, command: StraySettlementIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Say what a stray scan is: a hand-over of a box, which then gets it, or nothing (a foreign label, a mistake).

    Emits:
        stray_scan.settled, and box.scanned for the box that gets it.

    Raises:
        StrayScanUnknown: no stray scan of the caller's regions has that id.
        BoxUnknown: no box of the caller's regions has the id that it is adopted for.
        WrongState: it is settled already.
    """
    row = await uow.fetch_row("select * from stray_scan where scan_id = $1", scan_id)
    if row is None or row["election"] != origin.election or not _covered(row["place"], regions):
        raise StrayScanUnknown
    custody = Custody(uow)
    box_id: UUID = command.box_id or row["box_id"]
    if command.settlement == "adopted":
        await custody.lock([box_id])
        box = custody.boxes.get(box_id)
        if box is None or box.election != origin.election or not _covered(box.tps_code, regions):
            raise BoxUnknown
    row = await uow.fetch_row("select * from stray_scan where scan_id = $1 for update", scan_id)
    if row is None or row["state"] != "open":
        raise WrongState(
            "The scan is settled already.",
            detail_id="Pemindaian ini sudah diselesaikan.",
            current_state=row["state"] if row else "settled",
            allowed=[],
        )
    if command.settlement == "adopted":
        await custody.recall([row["occurred_at"]])
        told: str = row["place"]
        moved = await present_codes(uow, [(origin.election, told)])
        place = moved.get((origin.election, told), told)
        _take(custody, row, box_id=box_id, place=place, origin=origin)
        await custody.write()
    settled = await _settle(uow, scan_id, command.settlement, reason=command.reason, origin=origin)
    return Receipt(
        StrayScanOut.model_validate(dict(settled)),
        location=f"/v1/elections/{origin.election}/stray-scans/{scan_id}",
        aggregate=f"stray_scan/{scan_id}",
        version=settled["version"],
        status=200,
    )


def _covered(place: str, regions: Sequence[str]) -> bool:
    return any(covers(held, place) for held in regions)


def _take(custody: Custody, row: Row, *, box_id: UUID, place: str, origin: Origin) -> None:
    """Give a box a scan that waited, as it was told, unless another device told of the same hand-over."""
    handover = Handover(
        HandoverPoint(row["scan_point"]),
        place,
        Party(row["from_party"]),
        Party(row["to_party"]),
        row["seal_seen"],
        row["occurred_at"],
    )
    if custody.twin(box_id, handover) is not None:
        return
    told = Origin(origin.election, row["actor"], row["channel"], row["recorded_at"], origin.rehearsal)
    custody.scan(box_id, handover, origin=told)


async def _settle(uow: UnitOfWork, scan_id: UUID, state: str, *, reason: str, origin: Origin) -> Row:
    row = await uow.fetch_row(_SETTLE, scan_id, state, reason, origin.now, origin.actor)
    assert row is not None
    uow.emit(
        StrayScanSettled(
            scan_id=scan_id,
            box_id=row["box_id"],
            region_code=row["place"],
            scan_point=row["scan_point"],
            from_party=row["from_party"],
            to_party=row["to_party"],
            scanned_at=row["occurred_at"],
            settlement=state,
        ),
        aggregate_id=scan_id,
        version=row["version"],
        origin=origin,
        occurred_at=row["occurred_at"],
    )
    return row
