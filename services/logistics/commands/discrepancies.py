"""Settling what was found wrong with a box."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload, WrongState
from contracts.logistics_events import DiscrepancyKind, Resolution
from services.logistics.commands.custody import Custody
from services.logistics.commands.scans import may_touch
from services.logistics.errors import DiscrepancyUnknown
from services.logistics.rules.boxes import ways_out
from services.logistics.schemas.boxes import DiscrepancyOut, ResolutionIn

_ONE = "select * from discrepancy where discrepancy_id = $1"


async def resolve_discrepancy(
    uow: UnitOfWork, discrepancy_id: UUID, command: ResolutionIn, *, regions: Sequence[str], origin: Origin
) -> Receipt:
    """Settle a discrepancy of a box, with a reason.

    Emits:
        box.discrepancy_resolved

    Raises:
        DiscrepancyUnknown: no box of the caller's regions has it.
        WrongState: it is settled already, or cannot be settled in this way.
        InvalidPayload: the new seal, or the new count, is missing.
    """
    row = await uow.fetch_row(_ONE, discrepancy_id)
    if row is None:
        raise DiscrepancyUnknown
    custody = Custody(uow)
    await custody.lock([row["box_id"]])
    box = custody.boxes[row["box_id"]]
    if not may_touch(box, regions, election=origin.election):
        raise DiscrepancyUnknown
    standing = custody.open.get(discrepancy_id)
    if standing is None:
        raise WrongState(
            "The discrepancy is settled already.",
            detail_id="Selisih ini sudah diselesaikan.",
            current_state="resolved",
            allowed=[],
        )
    _check_way_out(standing.kind, command)
    custody.resolve(
        standing,
        command.resolution,
        reason=command.reason,
        new_seal=command.seal_number,
        ballots=command.ballots,
        origin=origin,
    )
    await custody.write()
    return Receipt(
        DiscrepancyOut(
            discrepancy_id=discrepancy_id,
            kind=standing.kind,
            state="resolved",
            cause=row["cause"],
            seal_seen=standing.seal_seen,
            opened_at=row["opened_at"],
            resolution=command.resolution,
            reason=command.reason,
            resolved_at=origin.now,
        ),
        location=f"/v1/elections/{origin.election}/boxes/{box.box_id}",
        aggregate=f"box/{box.box_id}",
        version=custody.boxes[box.box_id].version,
        status=200,
    )


def _check_way_out(kind: DiscrepancyKind, command: ResolutionIn) -> None:
    """Refuse a way out that is none for this kind, or that lacks what it needs.

    Raises:
        WrongState, InvalidPayload
    """
    allowed = ways_out(kind)
    if command.resolution not in allowed:
        raise WrongState(
            "A discrepancy of this kind is not settled in this way.",
            detail_id="Selisih jenis ini tidak dapat diselesaikan dengan cara tersebut.",
            current_state=f"open: {kind}",
            allowed=[*(way.value for way in allowed), "pack a box that replaces it"],
        )
    needed = {
        Resolution.RESEALED: ("/seal_number", command.seal_number),
        Resolution.RECOUNTED: ("/ballots", command.ballots),
        Resolution.COMPLETED: ("/ballots", command.ballots),
    }.get(command.resolution)
    if needed is not None and needed[1] is None:
        error = FieldError(
            needed[0], "missing", "This resolution needs it.", "Penyelesaian ini memerlukannya."
        )
        raise InvalidPayload(
            "The resolution lacks what it needs.", detail_id="Penyelesaian belum lengkap.", errors=[error]
        )
