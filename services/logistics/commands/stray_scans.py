"""Scans that found no box: they find it when it is packed, or a person says what they are."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.access import covers
from contracts.logistics_events import HandoverPoint, Party, StrayScanSettled
from services.logistics.commands.custody import Custody
from services.logistics.errors import BoxUnknown, StrayScanUnknown
from services.logistics.rules.boxes import Handover
from services.logistics.schemas.scans import StrayScanOut, StraySettlementIn

_WAITING = """select * from stray_scan where box_id = any($1::uuid[]) and state = 'open'
    order by occurred_at, scan_id for update"""
_SETTLE = """update stray_scan set state = $2, reason = $3, settled_at = $4, settled_by = $5, version = version + 1
    where scan_id = $1 returning *"""


async def adopt_strays(uow: UnitOfWork, custody: Custody, box_ids: Sequence[UUID], *, origin: Origin) -> None:
    """Give new boxes the scans that waited for them, where the scanner's region covers the box.

    Emits:
        box.scanned and stray_scan.settled, for each scan.
    """
    for row in await uow.fetch(_WAITING, box_ids) if box_ids else []:
        box = custody.boxes[row["box_id"]]
        if row["election"] != box.election or not covers(row["granted_region"], box.tps_code):
            continue
        await _take(custody, row, box_id=box.box_id, origin=origin)
        await _settle(uow, row["scan_id"], "adopted", reason="Its box was packed.", origin=origin)


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
        raise WrongState("The scan is settled already.", current_state=row["state"] if row else None)
    if command.settlement == "adopted":
        await _take(custody, row, box_id=box_id, origin=origin)
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


async def _take(custody: Custody, row: Row, *, box_id: UUID, origin: Origin) -> None:
    """Give a box a scan that waited, as it was told, unless another device told of the same hand-over."""
    handover = Handover(
        HandoverPoint(row["scan_point"]),
        row["place"],
        Party(row["from_party"]),
        Party(row["to_party"]),
        row["seal_seen"],
        row["occurred_at"],
    )
    await custody.recall([handover.occurred_at])
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
