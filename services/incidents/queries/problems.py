"""What can be asked about one problem."""

from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from chassis.database import Connection
from services.incidents.errors import problem_unknown
from services.incidents.events.problems import card
from services.incidents.queries.incidents import follow_ups_on, steps
from services.incidents.schemas.problems import ProblemOut
from services.incidents.tables.problems import ProblemRow


async def problem(
    connection: Connection, problem_id: UUID, *, actor: Actor, election: str, now: datetime
) -> ProblemOut:
    """Return a problem whole, with its work.

    Raises:
        ProblemUnknown: no problem within the caller's regions has that id.
    """
    row = await connection.fetchrow(
        "select * from problem where election = $1 and problem_id = $2", election, problem_id
    )
    found = ProblemRow.model_validate(dict(row)) if row is not None else None
    if found is None or actor.granted_region(found.place) is None:
        raise problem_unknown(problem_id)
    return ProblemOut(
        **card(found, now=now).model_dump(),
        description=found.description,
        steps=await steps(connection, problem_id, readable=True),
        follow_ups=await follow_ups_on(connection, problem_id),
    )
