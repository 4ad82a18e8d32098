"""The boxes of one transaction: locked, changed in memory by the rules, and written together with their events.

Every command that touches a box goes through here, so that whatever happens to a box is judged, stored and told alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.database import Row, UnitOfWork
from chassis.outbox import Origin
from contracts.logistics_events import (
    BoxDiscrepancyOpened,
    BoxDiscrepancyResolved,
    BoxFacts,
    BoxPacked,
    BoxReceived,
    BoxScanned,
    BoxState,
    BoxVoided,
    DiscrepancyKind,
    OpenDiscrepancy,
    Party,
    ReceiptOutcome,
    Resolution,
)
from services.logistics.commands import box_rows
from services.logistics.events.boxes import box_event
from services.logistics.rules.boxes import Box, Handover, ReportedReceipt, Verdict, hand_over, receive, settle


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An open discrepancy with what is needed to settle it."""

    discrepancy_id: UUID
    box_id: UUID
    kind: DiscrepancyKind
    seal_seen: str | None


@dataclass(frozen=True, slots=True)
class Twin:
    """A hand-over that is known already."""

    scan_id: UUID
    late: bool
    findings: list[str]


class Custody:
    """Boxes that a transaction holds locked.

    `boxes` has each as it stands so far; `write` stores all that changed, once, at the end.
    """

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self.boxes: dict[UUID, Box] = {}
        self.open: dict[UUID, OpenRow] = {}
        self._changed: set[UUID] = set()
        self._twins: dict[tuple[object, ...], Twin] = {}
        self._writes = box_rows.BoxWrites()

    async def lock(self, box_ids: Iterable[UUID], *, standing_of: Sequence[UUID] = ()) -> None:
        """Lock boxes, in the order of their ids, with what is open about them.

        Args:
            standing_of: ids of TPS, whose boxes that stand are locked too.
        """
        rows = await self._uow.fetch(
            box_rows.LOCK_STANDING if standing_of else box_rows.LOCK,
            list(set(box_ids)),
            *([list(standing_of)] if standing_of else []),
        )
        with_open = [row["box_id"] for row in rows if row["open_discrepancies"]]
        found: dict[UUID, list[Row]] = {}
        for row in await self._uow.fetch(box_rows.OPEN, with_open) if with_open else []:
            found.setdefault(row["box_id"], []).append(row)
            kind = DiscrepancyKind(row["kind"])
            self.open[row["discrepancy_id"]] = OpenRow(
                row["discrepancy_id"], row["box_id"], kind, row["seal_seen"]
            )
        for row in rows:
            self.boxes[row["box_id"]] = _box_of(row, found.get(row["box_id"], ()))

    def scan(self, box_id: UUID, handover: Handover, *, origin: Origin) -> tuple[UUID, Verdict]:
        """Take a hand-over of a locked box in; return its id and what is to be said of it."""
        box, verdict = hand_over(self.boxes[box_id], handover, recorded_at=origin.now)
        scan_id = uuid7()
        self._twins[_key_of(box_id, handover)] = Twin(scan_id, late=verdict.late, findings=verdict.findings)
        self._writes.scan(scan_id, box_id, handover, verdict=verdict, origin=origin)
        self._tell(
            BoxScanned,
            box,
            origin=origin,
            occurred_at=handover.occurred_at,
            scan_id=scan_id,
            scan_point=handover.scan_point,
            scan_place=handover.place,
            from_party=handover.from_party,
            to_party=handover.to_party,
            seal_seen=handover.seal_seen,
            late=verdict.late,
            out_of_order=verdict.out_of_order,
            findings=verdict.findings,
        )
        self.open_up(
            box_id,
            verdict.opens,
            cause="scan",
            seal_seen=handover.seal_seen,
            at=verdict.placed_at,
            origin=origin,
        )
        return scan_id, verdict

    async def recall(self, instants: Sequence[datetime]) -> None:
        """Recall the hand-overs of the locked boxes that happened at these instants, so that `twin` knows them."""
        for row in await self._uow.fetch(box_rows.TWINS, list(self.boxes), instants) if self.boxes else []:
            key = (row["box_id"], row["occurred_at"], row["scan_point"], row["from_party"], row["to_party"])
            self._twins[key] = Twin(row["scan_id"], late=row["late"], findings=row["findings"])

    def twin(self, box_id: UUID, handover: Handover) -> Twin | None:
        """Return the same hand-over as it was told before; the caller has recalled its instant."""
        return self._twins.get(_key_of(box_id, handover))

    def receive(self, box_id: UUID, receipt: ReportedReceipt, *, note: str, origin: Origin) -> Verdict:
        """Take a receipt of a locked box in; return what is to be said of it."""
        box, verdict = receive(self.boxes[box_id], receipt, recorded_at=origin.now)
        self._writes.receipt(uuid7(), box_id, receipt, note=note, verdict=verdict, origin=origin)
        self._tell(
            BoxReceived,
            box,
            origin=origin,
            occurred_at=receipt.occurred_at,
            reported_outcome=receipt.outcome,
            reported_ballots=receipt.ballots,
            findings=verdict.findings,
        )
        self.open_up(
            box_id,
            verdict.opens,
            cause="receipt",
            seal_seen=receipt.seal_seen,
            at=verdict.placed_at,
            origin=origin,
        )
        for kind in verdict.settles:
            for discrepancy in [d for d in self.boxes[box_id].open if d.kind is kind]:
                self.resolve(
                    self.open[discrepancy.discrepancy_id],
                    Resolution.FOUND,
                    reason="The box came: its TPS received it.",
                    origin=origin,
                )
        return verdict

    def open_up(
        self,
        box_id: UUID,
        kinds: Sequence[DiscrepancyKind],
        *,
        cause: str,
        seal_seen: str | None = None,
        at: datetime,
        origin: Origin,
    ) -> None:
        """Open discrepancies of a locked box; the caller knows that none of these kinds is open."""
        for kind in kinds:
            fact = OpenDiscrepancy(discrepancy_id=uuid7(), kind=kind, opened_at=at)
            seen = seal_seen if kind is DiscrepancyKind.SEAL_MISMATCH else None
            self.open[fact.discrepancy_id] = OpenRow(fact.discrepancy_id, box_id, kind, seen)
            self._writes.opened(fact, box_id, cause=cause, seal_seen=seen, origin=origin)
            box = self.boxes[box_id]
            self._tell(
                BoxDiscrepancyOpened,
                replace(box, open=(*box.open, fact)),
                origin=origin,
                occurred_at=at,
                discrepancy_id=fact.discrepancy_id,
                kind=kind,
                cause=cause,
            )

    def resolve(
        self,
        row: OpenRow,
        resolution: Resolution,
        *,
        reason: str,
        new_seal: str | None = None,
        ballots: int | None = None,
        origin: Origin,
    ) -> None:
        """Settle an open discrepancy of a locked box."""
        del self.open[row.discrepancy_id]
        self._writes.resolved(row.discrepancy_id, resolution, reason=reason, origin=origin)
        box = settle(
            self.boxes[row.box_id],
            row.kind,
            resolution,
            seal_seen=row.seal_seen,
            new_seal=new_seal,
            ballots=ballots,
            now=origin.now,
        )
        left = tuple(d for d in box.open if d.discrepancy_id != row.discrepancy_id)
        self._tell(
            BoxDiscrepancyResolved,
            replace(box, open=left),
            origin=origin,
            discrepancy_id=row.discrepancy_id,
            kind=row.kind,
            resolution=resolution,
        )

    def void(self, box_id: UUID, *, reason: str, replaced_by: UUID | None, origin: Origin) -> None:
        """Make a locked box count no more; what is open about it is settled with it."""
        resolution = Resolution.REPLACED if replaced_by else Resolution.REPORTED_IN_ERROR
        for discrepancy in self.boxes[box_id].open:
            self.resolve(self.open[discrepancy.discrepancy_id], resolution, reason=reason, origin=origin)
        box = replace(self.boxes[box_id], state=BoxState.VOID, state_at=origin.now, void_reason=reason)
        self._tell(BoxVoided, box, origin=origin, replaced_by=replaced_by)

    def pack(self, box: Box, *, findings: list[str], occurred_at: datetime, origin: Origin) -> None:
        """Add a box; the caller holds its TPS locked and knows that no other box stands."""
        self._writes.packed(box.box_id, findings=findings, occurred_at=occurred_at, origin=origin)
        self._tell(
            BoxPacked,
            box,
            origin=origin,
            occurred_at=occurred_at,
            warehouse_id=box.warehouse_id,
            replaces=box.replaces,
            findings=findings,
        )

    def assign(self, box_id: UUID, shipment_id: UUID) -> None:
        """Say on which shipment a locked box travels; its next event tells."""
        self.boxes[box_id] = replace(self.boxes[box_id], shipment_id=shipment_id)
        self._changed.add(box_id)

    async def write(self) -> None:
        """Store what changed; the unit of work stores the events."""
        await self._writes.write(self._uow, [self.boxes[box_id] for box_id in sorted(self._changed)])

    def _tell(
        self,
        model: type[BoxFacts],
        box: Box,
        *,
        origin: Origin,
        occurred_at: datetime | None = None,
        **more: object,
    ) -> None:
        box = replace(box, version=box.version + 1)
        self.boxes[box.box_id] = box
        self._changed.add(box.box_id)
        self._uow.emit(
            box_event(model, box, **more),
            aggregate_id=box.box_id,
            version=box.version,
            origin=origin,
            occurred_at=occurred_at,
            contest=box.contest,
            tps_id=box.tps_id,
        )


def _key_of(box_id: UUID, handover: Handover) -> tuple[object, ...]:
    return (box_id, handover.occurred_at, handover.scan_point, handover.from_party, handover.to_party)


def _box_of(row: Row, open_rows: Sequence[Row]) -> Box:
    outcome = row["receipt_outcome"]
    return Box(
        box_id=row["box_id"],
        election=row["election"],
        tps_id=row["tps_id"],
        tps_code=row["tps_code"],
        contest=row["contest"],
        seal_number=row["seal_number"],
        ballots_packed=row["ballots_packed"],
        state=BoxState(row["state"]),
        state_at=row["state_at"],
        place=row["place"],
        holder=Party(row["holder"]),
        shipment_id=row["shipment_id"],
        warehouse_id=row["warehouse_id"],
        replaces=row["replaces"],
        arrived_at=row["arrived_at"],
        received_at=row["received_at"],
        received_on_time=row["received_on_time"],
        receipt_outcome=ReceiptOutcome(outcome) if outcome else None,
        receipt_at=row["receipt_at"],
        ballots_received=row["ballots_received"],
        counted_at=row["counted_at"],
        void_reason=row["void_reason"],
        due_at=row["due_at"],
        version=row["version"],
        open=tuple(
            OpenDiscrepancy(discrepancy_id=d["discrepancy_id"], kind=d["kind"], opened_at=d["opened_at"])
            for d in open_rows
        ),
    )
