"""What can be asked about one incident."""

from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from chassis.database import Connection
from contracts.access import Scope
from contracts.incidents_events import IncidentState
from services.incidents.errors import incident_unknown
from services.incidents.events.follow_ups import brief
from services.incidents.events.incidents import card
from services.incidents.rules.lifecycle import DESCRIBED_TO_HANDLERS, Step, public_state
from services.incidents.rules.tracking import as_written
from services.incidents.schemas.incidents import IncidentOut
from services.incidents.schemas.public_reports import PublicReportState
from services.incidents.schemas.shapes import FollowUpBrief, StepOut
from services.incidents.tables.follow_ups import FollowUp
from services.incidents.tables.incidents import Incident

UNKNOWN = "unknown"


async def incident(
    connection: Connection, incident_id: UUID, *, actor: Actor, election: str, now: datetime
) -> IncidentOut:
    """Return an incident whole, with its work; its description only to whom it is for.

    Raises:
        IncidentUnknown: no incident within the caller's regions has that id.
    """
    row = await connection.fetchrow(
        "select * from incident where election = $1 and incident_id = $2", election, incident_id
    )
    found = Incident.model_validate(dict(row)) if row is not None else None
    if found is None or actor.granted_region(found.place) is None:
        raise incident_unknown(incident_id)
    duplicates = await connection.fetch(
        "select incident_id from incident where duplicate_of = $1 order by incident_id", incident_id
    )
    readable = found.category not in DESCRIBED_TO_HANDLERS or Scope.INCIDENTS_HANDLE in actor.scopes
    return IncidentOut(
        **card(found, now=now).model_dump(),
        description=found.description if readable else None,
        steps=await steps(connection, incident_id, readable=readable),
        follow_ups=await follow_ups_on(connection, incident_id),
        duplicates=[each["incident_id"] for each in duplicates],
    )


async def steps(connection: Connection, subject_id: UUID, *, readable: bool) -> list[StepOut]:
    """Return every step of the work on something; who reported is never among it, nor why where that is not for the caller."""
    rows = await connection.fetch(
        "select * from case_step where subject_id = $1 order by version", subject_id
    )
    return [
        StepOut.model_validate(
            {
                **row,
                "reason": row["reason"] if readable else "",
                "actor": None if row["step"] == Step.REPORT else row["actor"],
            }
        )
        for row in rows
    ]


async def follow_ups_on(connection: Connection, subject_id: UUID) -> list[FollowUpBrief]:
    """Return advice and tasks on an incident or a problem, in a line each."""
    rows = await connection.fetch(
        "select * from follow_up where incident_id = $1 or problem_id = $1 order by follow_up_id", subject_id
    )
    return [brief(FollowUp.model_validate(dict(row))) for row in rows]


# The work on a duplicate goes on at the incident that it is one of; the chain has no circle, see mark_duplicate.
_STATE_BY_CODE = """
with recursive chain as (
    select incident_id, duplicate_of, state from incident where election = $1 and tracking_code = $2
    union all
    select next.incident_id, next.duplicate_of, next.state
    from chain join incident next on next.incident_id = chain.duplicate_of
)
select state from chain where duplicate_of is null
"""


async def public_report_state(
    connection: Connection, written_code: str, *, election: str, now: datetime
) -> PublicReportState:
    """Return what became of a public report; a code that nobody was given gets an answer of the same shape."""
    code = as_written(written_code) or UNKNOWN
    state: str | None = await connection.fetchval(_STATE_BY_CODE, election, code)
    told = UNKNOWN if state is None else public_state(IncidentState(state)).value
    return PublicReportState(state=told, as_of=now)
