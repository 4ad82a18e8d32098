"""One box with its whole life, and one stray scan."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection, Row
from contracts.access import covers
from services.logistics.errors import BoxUnknown, StrayScanUnknown
from services.logistics.schemas.boxes import BoxOut, BoxReceiptStep, CustodyStep, DiscrepancyOut
from services.logistics.schemas.scans import StrayScanOut
from services.logistics.tables.codes import present_codes

_BOX = """select b.*, t.tps_code, s.due_at from box b join tps_ref t using (tps_id) join tps_supply s using (tps_id)
    where b.box_id = $1 and b.election = $2"""


async def box_life(
    connection: Connection, *, election: str, box_id: UUID, regions: Sequence[str]
) -> tuple[BoxOut, int]:
    """Return a box with its hand-overs, receipts and discrepancies, and its version.

    A region that is a code which the box's TPS had before covers it, where nobody has that code now.

    Raises:
        BoxUnknown: no box of the caller's regions has that id.
    """
    row = await connection.fetchrow(_BOX, box_id, election)
    if row is None:
        raise BoxUnknown
    if not any(covers(held, row["tps_code"]) for held in regions):
        moved = await present_codes(connection, [(election, held) for held in regions])
        if row["tps_code"] not in moved.values():
            raise BoxUnknown
    custody = await connection.fetch(
        "select * from custody_scan where box_id = $1 order by least(occurred_at, recorded_at), scan_id",
        box_id,
    )
    receipts = await connection.fetch(
        "select * from box_receipt where box_id = $1 order by least(occurred_at, recorded_at), receipt_id",
        box_id,
    )
    found = await connection.fetch(
        "select * from discrepancy where box_id = $1 order by discrepancy_id", box_id
    )
    out = BoxOut.model_validate(
        {
            **row,
            "custody": [CustodyStep.model_validate(dict(step)) for step in custody],
            "receipts": [BoxReceiptStep.model_validate(dict(receipt)) for receipt in receipts],
            "discrepancies": [discrepancy_out(discrepancy) for discrepancy in found],
        }
    )
    return out, row["version"]


def discrepancy_out(row: Row) -> DiscrepancyOut:
    """Return a discrepancy as it is shown."""
    return DiscrepancyOut.model_validate({**row, "state": "resolved" if row["resolution"] else "open"})


async def stray_scan(
    connection: Connection, *, election: str, scan_id: UUID, regions: Sequence[str]
) -> StrayScanOut:
    """Return a scan that found no box.

    Raises:
        StrayScanUnknown: no stray scan of the caller's regions has that id.
    """
    row = await connection.fetchrow(
        "select * from stray_scan where scan_id = $1 and election = $2", scan_id, election
    )
    if row is None or not any(covers(held, row["place"]) for held in regions):
        raise StrayScanUnknown
    return StrayScanOut.model_validate(dict(row))
