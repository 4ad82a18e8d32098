"""Receipt at a TPS: what became of each box that was due, and what came beside the boxes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload
from contracts.device_clocks import placed_at
from contracts.logistics_events import HandoverPoint, ItemHeld, Party, StrayScanRecorded, TpsItemsReceived
from services.logistics.commands.custody import Custody
from services.logistics.commands.known_tps import KnownTps, lock_tps
from services.logistics.errors import tps_unknown
from services.logistics.rules.boxes import ReportedReceipt
from services.logistics.schemas.supplies import (
    BoxReceiptIn,
    BoxReceiptOut,
    ItemHeldIn,
    TpsReceiptIn,
    TpsReceiptOut,
)

_KNOWN = """select box_id, outcome, ballots, seal_seen, occurred_at from box_receipt
    where box_id = any($1::uuid[]) and occurred_at = $2"""
_CATALOGUE = "select item from catalogue_item where election = $1"
_HELD = "select item, contest, quantity, counted_at from item_held where tps_id = $1 order by item, contest"
_HOLD = """
insert into item_held (tps_id, item, contest, quantity, counted_at, recorded_at, actor, channel)
select $1, u.item, u.contest, u.quantity, $5, $6, $7, $8 from unnest($2::text[], $3::text[], $4::int[]) u(item, contest, quantity)
on conflict (tps_id, item, contest) do update set quantity = excluded.quantity, counted_at = excluded.counted_at,
    recorded_at = excluded.recorded_at, actor = excluded.actor, channel = excluded.channel
    where item_held.counted_at <= excluded.counted_at
"""
_KEEP_STRAY = """
insert into stray_scan (scan_id, election, box_id, scan_point, place, from_party, to_party, seal_seen, occurred_at,
    recorded_at, actor, channel, granted_region, state, reason, version)
values ($1, $2, $3, 'tps', $4, 'courier', 'kpps', $5, $6, $7, $8, $9, $4, 'open', '', 1) on conflict do nothing
"""


async def receive_at_tps(uow: UnitOfWork, tps_code: str, command: TpsReceiptIn, *, origin: Origin) -> Receipt:
    """Record what a TPS's crew received: each box with its outcome, and how much it holds of what came beside them.

    A box that is none of this TPS's is kept as a stray scan: the crew has it, and it belongs elsewhere or was never
    packed. Nothing that came is refused. A code that a TPS had before means the TPS, where nobody has it now.

    Emits:
        box.received, box.discrepancy_opened, box.discrepancy_resolved (a missing box that came),
        tps_supply.items_received, stray_scan.recorded.

    Raises:
        TpsUnknown: the election has no such TPS.
        InvalidPayload: the catalogue has no such item.
    """
    tps = (await lock_tps(uow, [(origin.election, tps_code)])).get((origin.election, tps_code))
    if tps is None:
        raise tps_unknown(tps_code)
    custody = Custody(uow)
    await custody.lock(box.box_id for box in command.boxes)
    boxes = await _receive_boxes(uow, custody, tps, command=command, origin=origin)
    await custody.write()
    items, version = await _hold_items(uow, tps, command, origin)
    out = TpsReceiptOut(
        tps_code=tps.tps_code,
        boxes=boxes,
        items=items,
        occurred_at=command.occurred_at,
        recorded_at=origin.now,
    )
    aggregate, version = _position(custody, boxes, tps, version)
    location = f"/v1/elections/{origin.election}/tps/{tps.tps_code}/supply"
    return Receipt(out, location=location, aggregate=aggregate, version=version)


async def _receive_boxes(
    uow: UnitOfWork, custody: Custody, tps: KnownTps, *, command: TpsReceiptIn, origin: Origin
) -> list[BoxReceiptOut]:
    rows = await uow.fetch(_KNOWN, list(custody.boxes), command.occurred_at) if custody.boxes else []
    known = {(row["box_id"], row["outcome"], row["ballots"], row["seal_seen"]) for row in rows}
    results: list[BoxReceiptOut] = []
    for told in command.boxes:
        box = custody.boxes.get(told.box_id)
        if box is None or box.tps_id != tps.tps_id:
            await _keep_stray(
                uow, told, tps_code=tps.tps_code, occurred_at=command.occurred_at, origin=origin
            )
            results.append(_box_out(told, "quarantined", ["W-UNKNOWN-BOX"]))
        elif (told.box_id, told.outcome, told.ballots_counted, told.seal_seen) in known:
            results.append(_box_out(told, "unchanged", []))
        else:
            reported = ReportedReceipt(
                told.outcome, told.seal_seen, told.ballots_counted, command.occurred_at
            )
            verdict = custody.receive(told.box_id, reported, note=told.note, origin=origin)
            results.append(
                _box_out(told, "recorded", verdict.findings, [kind.value for kind in verdict.opens])
            )
    return results


def _box_out(
    told: BoxReceiptIn, result: str, findings: list[str], opened: Sequence[str] = ()
) -> BoxReceiptOut:
    return BoxReceiptOut.model_validate(
        {
            "box_id": told.box_id,
            "result": result,
            "outcome": told.outcome,
            "findings": findings,
            "opened": list(opened),
        }
    )


async def _keep_stray(
    uow: UnitOfWork, told: BoxReceiptIn, *, tps_code: str, occurred_at: datetime, origin: Origin
) -> None:
    scan_id: UUID = uuid7()
    tag = await uow.execute(
        _KEEP_STRAY,
        *(scan_id, origin.election, told.box_id, tps_code, told.seal_seen, occurred_at),
        *(origin.now, origin.actor, origin.channel),
    )
    if tag == "INSERT 0 1":
        uow.emit(
            StrayScanRecorded(
                scan_id=scan_id,
                box_id=told.box_id,
                region_code=tps_code,
                scan_point=HandoverPoint.TPS,
                from_party=Party.COURIER,
                to_party=Party.KPPS,
                scanned_at=occurred_at,
            ),
            aggregate_id=scan_id,
            version=1,
            origin=origin,
            occurred_at=occurred_at,
        )


async def _hold_items(
    uow: UnitOfWork, tps: KnownTps, command: TpsReceiptIn, origin: Origin
) -> tuple[list[ItemHeld], int]:
    """Store what the TPS counted, and return all that it holds with the version of its supply."""
    if not command.items:
        return [], tps.version
    await _check_items(uow, command.items, origin.election)
    when = placed_at(command.occurred_at, origin.now)
    await uow.execute(
        _HOLD,
        tps.tps_id,
        [item.item for item in command.items],
        [item.contest or "" for item in command.items],
        [item.quantity for item in command.items],
        *(when, origin.now, origin.actor, origin.channel),
    )
    version = tps.version + 1
    await uow.execute("update tps_supply set version = $2 where tps_id = $1", tps.tps_id, version)
    held = [
        ItemHeld(
            item=row["item"],
            contest=row["contest"] or None,
            quantity=row["quantity"],
            needed=tps.needs_of(row["item"], row["contest"] or None),
        )
        for row in await uow.fetch(_HELD, tps.tps_id)
    ]
    uow.emit(
        TpsItemsReceived(tps_id=tps.tps_id, tps_code=tps.tps_code, items=held, complete=_complete(tps, held)),
        aggregate_id=tps.tps_id,
        version=version,
        origin=origin,
        occurred_at=command.occurred_at,
        tps_id=tps.tps_id,
    )
    return held, version


async def _check_items(uow: UnitOfWork, items: Sequence[ItemHeldIn], election: str) -> None:
    known = {row["item"] for row in await uow.fetch(_CATALOGUE, election)}
    errors = [
        FieldError(
            f"/items/{n}/item",
            "item-unknown",
            "The catalogue has no such item.",
            "Katalog tidak memiliki barang ini.",
        )
        for n, held in enumerate(items)
        if held.item not in known
    ]
    if errors:
        raise InvalidPayload(
            "The receipt names items that the catalogue does not have.",
            detail_id="Tanda terima menyebut barang yang tidak ada dalam katalog.",
            errors=errors,
        )


def _complete(tps: KnownTps, held: Sequence[ItemHeld]) -> bool | None:
    """Say whether all that is not sealed is there; None while some of it was never counted."""
    counted = {(item.item, item.contest): item.quantity for item in held}
    loose = [need for need in tps.needs if not need.sealed and need.quantity > 0]
    if any(
        (need.item, need.contest) in counted and counted[need.item, need.contest] < need.quantity
        for need in loose
    ):
        return False
    if not loose or any((need.item, need.contest) not in counted for need in loose):
        return None
    return True


def _position(
    custody: Custody, boxes: Sequence[BoxReceiptOut], tps: KnownTps, version: int
) -> tuple[str, int]:
    """Return the position that an answer tells: of the last box that was recorded, else of the TPS's supply."""
    recorded = [box.box_id for box in boxes if box.result == "recorded"]
    if recorded:
        return f"box/{recorded[-1]}", custody.boxes[recorded[-1]].version
    return (f"tps_supply/{tps.tps_id}", version) if version else ("", 0)
