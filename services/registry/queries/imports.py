"""How far an import is, and the rows that have something to tell."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.pagination import CursorValue, cut_page
from contracts.access import covers
from services.registry.errors import ImportUnknown
from services.registry.schemas.import_reasons import told_reason
from services.registry.schemas.imports import ImportOut, ImportRowOut, ImportRows, RowStatus
from services.registry.tables.frames import parts_of
from services.registry.tables.imports import import_out

LISTING = "import-rows|row"


async def import_of(
    connection: Connection,
    *,
    election: str,
    import_id: UUID,
    reader: str | None,
    regions: Sequence[str],
    voters: bool,
) -> ImportOut:
    """Return an import.

    Args:
        reader: who asks; None may see everybody's.
        regions: of whoever asks; they cover all that the import was sent with.
        voters: whether it is one of voters that is asked for, or one of anything else.

    Raises:
        ImportUnknown: there is no such import, or it is somebody else's.
    """
    row = await connection.fetchrow(
        """select * from import where election = $1 and id = $2 and ($3::text is null or actor = $3)
           and (kind = 'voters') = $4""",
        *(election, import_id, reader, voters),
    )
    if row is None or not all(any(covers(held, grant) for held in regions) for grant in row["grants"]):
        raise ImportUnknown(
            "There is no such import, or it is somebody else's.",
            detail_id="Impor tidak ditemukan, atau milik orang lain.",
        )
    return import_out(row)


async def import_rows(
    connection: Connection,
    import_id: UUID,
    *,
    status: RowStatus | None,
    limit: int,
    start: tuple[CursorValue, ...] | None,
    now: datetime,
) -> ImportRows:
    """Return a page of the rows that have something to tell, in the order of the file."""
    rows = await connection.fetch(
        """select "row", status, reasons from import_row
           where import_id = $1 and "row" > $2 and ($3::text is null or status = $3) order by "row" limit $4""",
        import_id,
        start[0] if start else 0,
        status.value if status else None,
        limit + 1,
    )
    page, next_cursor = cut_page(rows, limit=limit, key=lambda row: (row["row"],), listing=LISTING)
    items = [
        ImportRowOut.model_validate({**dict(row), "reasons": [*map(told_reason, parts_of(row["reasons"]))]})
        for row in page
    ]
    return ImportRows(items=items, next_cursor=next_cursor, as_of=now)
