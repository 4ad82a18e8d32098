"""Activities that bring the election to voters: one by its code, and for everybody those that are still to come."""

from datetime import datetime

from chassis.actor import Actor
from chassis.database import Connection
from services.registry.errors import OutreachUnknown
from services.registry.rules.regions import region_name
from services.registry.schemas.outreach import ComingOutreach, ComingOutreachList, OutreachFacts, OutreachOut
from services.registry.tables.frames import load_frame


async def outreach(connection: Connection, *, election: str, code: str, reader: Actor) -> OutreachOut:
    """Return an activity.

    Raises:
        OutreachUnknown: the election has no such activity, or not in the reader's regions.
    """
    row = await connection.fetchrow(
        """select o.*, e.rehearsal from outreach o join election e on e.id = o.election
           where o.election = $1 and o.code = $2""",
        election,
        code,
    )
    if row is None or not reader.may_touch(row["region_code"]):
        raise OutreachUnknown(
            f"No activity has the code {code}.", detail_id=f"Tidak ada kegiatan dengan kode {code}."
        )
    facts = {name: row[name] for name in OutreachFacts.model_fields}
    named = {name: row[name] for name in ("code", "version", "rehearsal")}
    return OutreachOut.model_validate({**facts, **named, "activity_id": row["id"]})


async def coming(
    connection: Connection, *, election: str, region: str | None, now: datetime
) -> ComingOutreachList:
    """Return the activities that are planned and not over, the next first and at most a hundred.

    Args:
        region: only those in it; those of the regions around it reach its people too and are among them.

    Raises:
        ElectionUnknown: there is no such election.
    """
    frame = await load_frame(connection, election)
    rows = await connection.fetch(
        """select * from outreach
           where election = $1 and state = 'planned' and coalesce(ends_at, starts_at) >= $2
             and ($3::text is null or region_code = $3 or region_code like $3 || '.%' or $3 like region_code || '.%')
           order by starts_at, code limit 100""",
        *(election, now, region),
    )
    items = [
        ComingOutreach.model_validate({**dict(row), "region": region_name(row["region_code"])})
        for row in rows
    ]
    return ComingOutreachList(items=items, as_of=now, rehearsal=frame.rehearsal)
