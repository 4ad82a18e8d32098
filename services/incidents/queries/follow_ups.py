"""What can be asked about one piece of advice or one task."""

from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from chassis.database import Connection
from contracts.access import Scope
from contracts.incidents_events import IncidentCategory
from services.incidents.errors import follow_up_unknown
from services.incidents.events.follow_ups import card
from services.incidents.queries.incidents import steps
from services.incidents.rules.lifecycle import DESCRIBED_TO_HANDLERS
from services.incidents.schemas.follow_ups import FollowUpOut
from services.incidents.tables.follow_ups import FollowUp, FollowUpKind


async def follow_up(
    connection: Connection,
    follow_up_id: UUID,
    *,
    kind: FollowUpKind,
    actor: Actor,
    election: str,
    now: datetime,
) -> FollowUpOut:
    """Return advice or a task whole; its text only to whom the description of its incident is for.

    Raises:
        FollowUpUnknown: none within the caller's regions has that id.
    """
    row = await connection.fetchrow(
        """select f.*, i.category from follow_up f left join incident i using (incident_id)
           where f.election = $1 and f.follow_up_id = $2 and f.kind = $3""",
        election,
        follow_up_id,
        kind.value,
    )
    found = FollowUp.model_validate(dict(row)) if row is not None else None
    if row is None or found is None or actor.granted_region(found.place) is None:
        raise follow_up_unknown(follow_up_id)
    # An incident that was moved out of the caller's regions since is not seen: then nobody knows here whether it is guarded.
    category = IncidentCategory(row["category"]) if row["category"] is not None else None
    hidden = found.incident_id is not None and category is None
    guarded = hidden or category in DESCRIBED_TO_HANDLERS
    readable = not guarded or Scope.INCIDENTS_HANDLE in actor.scopes
    return FollowUpOut(
        **card(found, now=now).model_dump(),
        text=found.text if readable else None,
        steps=await steps(connection, follow_up_id, readable=readable),
    )
