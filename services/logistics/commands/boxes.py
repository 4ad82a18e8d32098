"""Packing boxes, and calling one void. `pack_boxes` is written for a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chassis.coalescer import Item
from chassis.database import Row, UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import Problem, WrongState
from contracts.access import covers
from contracts.logistics_events import BoxState, Party
from services.logistics.commands.custody import Custody
from services.logistics.commands.known_tps import KnownTps, lock_tps
from services.logistics.commands.scans import may_touch
from services.logistics.errors import (
    BoxKnown,
    BoxStands,
    BoxUnknown,
    ContestNotAtTps,
    WarehouseUnknown,
    tps_unknown,
)
from services.logistics.events.boxes import box_standing
from services.logistics.rules.boxes import Box, packing_findings, placed_at
from services.logistics.rules.quantities import BALLOT
from services.logistics.schemas.boxes import PackBoxIn, PackedBoxOut, VoidBoxIn

_WAREHOUSES = "select warehouse_id, election, region_code from warehouse where warehouse_id = any($1::uuid[])"
_SEALS = """select distinct b.election, b.seal_number from unnest($1::text[], $2::text[]) u(election, seal_number)
    join box b using (election, seal_number) where b.state <> 'void' and not (b.box_id = any($3::uuid[]))"""
_TAKEN = "select box_id from box where box_id = any($1::uuid[])"
# An id that nobody packed has no row to lock; two warehouses that pack it for two TPS queue here.
_ONE_AT_A_TIME = """select pg_advisory_xact_lock(hashtextextended(box_id::text, 0))
    from (select unnest($1::uuid[]) as box_id) ids"""
KAB_KOTA = 5
"""Characters of the code of a kab/kota: where a box is packed while nobody says in which warehouse."""


@dataclass(frozen=True, slots=True)
class PackBox:
    """A box to pack, and the regions of whoever packs it."""

    box: PackBoxIn
    regions: tuple[str, ...]


@dataclass(slots=True)
class _Packing:
    """What a list of boxes is judged by."""

    tps: Mapping[tuple[str, str], KnownTps]
    warehouses: Mapping[UUID, Row]
    seals: set[tuple[str, str]]
    taken: set[UUID]
    custody: Custody
    standing: dict[tuple[UUID, str], UUID]


async def pack_boxes(uow: UnitOfWork, items: Sequence[Item[PackBox]]) -> list[Receipt | Problem]:
    """Register boxes as packed and sealed, many in one transaction, each judged alone.

    At most one box stands for a contest of a TPS; a further one says which box it replaces, and that one is void from
    then on, with what was open about it settled.

    Returns:
        one result per item, in their order: the receipt, or `TpsUnknown`, `WarehouseUnknown`, `ContestNotAtTps`,
        `BoxKnown`, `BoxStands`.

    Emits:
        box.packed, box.voided and box.discrepancy_resolved for a box that is replaced.
    """
    packing = await _prepare(uow, items)
    results: list[Receipt | Problem] = []
    for item in items:
        try:
            results.append(_pack(packing, item))
        except Problem as problem:
            results.append(problem)
    await packing.custody.write()
    return results


async def _prepare(uow: UnitOfWork, items: Sequence[Item[PackBox]]) -> _Packing:
    tps = await lock_tps(uow, ((item.origin.election, item.command.box.tps_code) for item in items))
    ids = [i for item in items for i in (item.command.box.box_id, item.command.box.replaces) if i is not None]
    await uow.execute(_ONE_AT_A_TIME, sorted({item.command.box.box_id for item in items}))
    custody = Custody(uow)
    await custody.lock(ids, standing_of=[known.tps_id for known in tps.values()])
    wanted = [w for item in items if (w := item.command.box.warehouse_id) is not None]
    warehouses = {row["warehouse_id"]: row for row in await uow.fetch(_WAREHOUSES, wanted)} if wanted else {}
    async with uow.beyond_regions():  # an id and a seal are one in the whole election, whoever packed them
        seals = await uow.fetch(
            _SEALS,
            [item.origin.election for item in items],
            [item.command.box.seal_number for item in items],
            [item.command.box.box_id for item in items],
        )
        rows = await uow.fetch(_TAKEN, [item.command.box.box_id for item in items])
    standing = {
        (box.tps_id, box.contest): box.box_id
        for box in custody.boxes.values()
        if box.state is not BoxState.VOID
    }
    known_seals = {(row["election"], row["seal_number"]) for row in seals}
    taken = {row["box_id"] for row in rows}
    return _Packing(tps, warehouses, known_seals, taken, custody, standing)


def _pack(packing: _Packing, item: Item[PackBox]) -> Receipt:
    """Pack one box of a list.

    Raises:
        TpsUnknown, WarehouseUnknown, ContestNotAtTps, BoxKnown, BoxStands: it cannot be packed.
    """
    wanted, origin = item.command.box, item.origin
    tps = packing.tps.get((origin.election, wanted.tps_code))
    if tps is None:
        raise tps_unknown(wanted.tps_code)
    if (known := packing.custody.boxes.get(wanted.box_id)) is not None:
        return _packed_before(known, wanted, tps, origin)
    if wanted.box_id in packing.taken:
        raise _known_otherwise("elsewhere")
    place = _place(packing, item)
    if wanted.contest not in tps.contests:
        raise ContestNotAtTps(
            "The registry knows the contests of this TPS, and this is none of them.",
            detail_id="Pemilihan ini tidak dilaksanakan di TPS tersebut.",
            current_state="not at this TPS",
            allowed=[f"pack it for {contest}" for contest in tps.contests],
        )
    _make_room(packing, wanted, tps, origin)
    seal = (origin.election, wanted.seal_number)
    needed = tps.needs_of(BALLOT, wanted.contest)
    findings = packing_findings(wanted.ballots, needed=needed, seal_used=seal in packing.seals)
    packing.seals.add(seal)
    box = _new_box(wanted, tps, place=place, origin=origin)
    packing.custody.pack(box, findings=findings, occurred_at=wanted.occurred_at, origin=origin)
    packing.standing[box.tps_id, box.contest] = box.box_id
    return _receipt(packing.custody.boxes[box.box_id], wanted, findings, outcome="created", origin=origin)


def _packed_before(known: Box, wanted: PackBoxIn, tps: KnownTps, origin: Origin) -> Receipt:
    same = (
        known.election == origin.election
        and (known.tps_id, known.contest, known.seal_number)
        == (tps.tps_id, wanted.contest, wanted.seal_number)
        and (known.ballots_packed, known.replaces) == (wanted.ballots, wanted.replaces)
    )
    if not same:
        raise _known_otherwise(known.state.value)
    return _receipt(known, wanted, [], outcome="unchanged", origin=origin)


def _known_otherwise(state: str) -> BoxKnown:
    return BoxKnown(
        "A box with this id is packed already, with other facts.",
        detail_id="Kotak suara dengan id ini sudah dikemas dengan data lain.",
        current_state=state,
        allowed=["read the box", "pack under another id"],
    )


def _place(packing: _Packing, item: Item[PackBox]) -> str:
    wanted = item.command.box
    if wanted.warehouse_id is None:
        return wanted.tps_code[:KAB_KOTA]
    row = packing.warehouses.get(wanted.warehouse_id)
    if (
        row is None
        or row["election"] != item.origin.election
        or not any(covers(held, row["region_code"]) for held in item.command.regions)
    ):
        raise WarehouseUnknown
    return row["region_code"]


def _make_room(packing: _Packing, wanted: PackBoxIn, tps: KnownTps, origin: Origin) -> None:
    box_id = packing.standing.get((tps.tps_id, wanted.contest))
    standing = None if box_id is None else packing.custody.boxes[box_id]
    if standing is None and wanted.replaces is None:
        return
    if standing is None or standing.box_id != wanted.replaces:
        raise BoxStands(
            "The box that stands for this contest of the TPS is another one.",
            detail_id="Kotak suara yang berlaku untuk pemilihan ini di TPS tersebut adalah kotak lain.",
            current_state="no box stands" if standing is None else standing.state.value,
            allowed=["pack it as a box that replaces the one that stands"]
            if standing
            else ["pack it as a first box"],
        )
    packing.custody.void(
        standing.box_id, reason="Another box took its place.", replaced_by=wanted.box_id, origin=origin
    )


def _new_box(wanted: PackBoxIn, tps: KnownTps, *, place: str, origin: Origin) -> Box:
    return Box(
        box_id=wanted.box_id,
        election=origin.election,
        tps_id=tps.tps_id,
        tps_code=tps.tps_code,
        contest=wanted.contest,
        seal_number=wanted.seal_number,
        ballots_packed=wanted.ballots,
        state=BoxState.PACKED,
        state_at=placed_at(wanted.occurred_at, origin.now),
        place=place,
        holder=Party.WAREHOUSE,
        shipment_id=None,
        warehouse_id=wanted.warehouse_id,
        replaces=wanted.replaces,
        arrived_at=None,
        received_at=None,
        received_on_time=None,
        receipt_outcome=None,
        receipt_at=None,
        ballots_received=None,
        counted_at=None,
        void_reason=None,
        due_at=tps.due_at,
        version=0,
    )


def _receipt(
    box: Box,
    wanted: PackBoxIn,
    findings: list[str],
    *,
    outcome: Literal["created", "unchanged"],
    origin: Origin,
) -> Receipt:
    out = PackedBoxOut(
        box_id=box.box_id,
        tps_code=box.tps_code,
        contest=box.contest,
        seal_number=box.seal_number,
        ballots=box.ballots_packed,
        replaces=box.replaces,
        findings=findings,
        outcome=outcome,
        occurred_at=wanted.occurred_at,
        recorded_at=origin.now,
    )
    location = f"/v1/elections/{origin.election}/boxes/{box.box_id}"
    status = 201 if outcome == "created" else 200
    return Receipt(out, location=location, aggregate=f"box/{box.box_id}", version=box.version, status=status)


async def void_box(
    uow: UnitOfWork, box_id: UUID, command: VoidBoxIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Say that a box counts no more, because it was packed in error; one that was received is replaced instead.

    Emits:
        box.voided, and box.discrepancy_resolved for what was open about it.

    Raises:
        BoxUnknown: no box of the caller's regions has that id.
        WrongState: it is void already, or was received by its TPS.
    """
    custody = Custody(uow)
    await custody.lock([box_id])
    box = custody.boxes.get(box_id)
    if box is None or not may_touch(box, regions, election=origin.election):
        raise BoxUnknown
    if box.state is BoxState.VOID or box.received_at is not None:
        allowed = [] if box.state is BoxState.VOID else ["pack a box that replaces it"]
        raise WrongState(
            "A box that is void, or that its TPS received, is not called void.",
            detail_id="Kotak suara yang sudah batal atau sudah diterima TPS tidak dapat dibatalkan.",
            current_state=box.state,
            allowed=allowed,
        )
    custody.void(box_id, reason=command.reason, replaced_by=None, origin=origin)
    await custody.write()
    box = custody.boxes[box_id]
    return Receipt(
        box_standing(box),
        location=f"/v1/elections/{origin.election}/boxes/{box_id}",
        aggregate=f"box/{box_id}",
        version=box.version,
        status=200,
    )
