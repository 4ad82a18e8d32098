"""What every step of the work on an incident has alike: lock and judge it, then tell of it and answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.incidents_events import Agency, IncidentFacts, IncidentState, IncidentStatusPublished
from services.incidents.commands.cases import Handling, StepTaken, judge, keep_step, step_taken
from services.incidents.errors import incident_unknown
from services.incidents.events.incidents import card, facts, published, retracted
from services.incidents.rules.clocks import time_findings
from services.incidents.rules.lifecycle import STEPS, Step, allowed
from services.incidents.schemas.shapes import StepIn
from services.incidents.tables.incidents import Incident


@dataclass(frozen=True, slots=True)
class Begun:
    """An incident before a step: locked, or new where the step is its report.

    Attributes:
        taken: the step.
        leads_to: the state that the step leads to; the command sets it.
        before: what was published of the incident so far.
        locked: every incident that was locked for the step, by id.
    """

    incident: Incident
    taken: StepTaken
    leads_to: IncidentState
    before: IncidentStatusPublished | None = None
    locked: Mapping[UUID, Incident] = field(default_factory=dict[UUID, Incident])


async def begin(
    uow: UnitOfWork,
    handling: Handling,
    step: Step,
    command: StepIn,
    *,
    origin: Origin,
    also: tuple[UUID, ...] = (),
) -> Begun:
    """Lock an incident for a step, and judge whether this caller can take it; lock others with it.

    Emits:
        nothing.

    Raises:
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    ids = {handling.case_id, *also}
    locked = await _lock(uow, ids, actor=handling.actor, election=origin.election)
    incident = locked[handling.case_id]
    agencies = [incident.agency, *(Agency(each) for each in incident.also_informed)]
    judge(handling, incident, step, allowed=allowed(incident.state), agencies=agencies)
    if command.occurred_at is not None:
        found = time_findings(command.occurred_at, recorded_at=origin.now)
        incident.findings = list(dict.fromkeys([*incident.findings, *found]))
    return Begun(
        incident,
        step_taken(step, command, origin=origin),
        STEPS[incident.state][step],
        published(incident),
        locked,
    )


async def _lock(uow: UnitOfWork, ids: set[UUID], *, actor: Actor, election: str) -> dict[UUID, Incident]:
    """Lock incidents, always in the order of their ids; what the caller does not see is as unknown as what is not there."""
    found = await uow.session.exec(
        select(Incident)
        .where(Incident.election == election, col(Incident.incident_id).in_(ids))
        .order_by(col(Incident.incident_id))
        .with_for_update()
    )
    rows = {row.incident_id: row for row in found if actor.granted_region(row.place) is not None}
    if missing := ids - set(rows):
        raise incident_unknown(min(missing))
    return rows


async def tell(uow: UnitOfWork, begun: Begun, kind: type[IncidentFacts]) -> Receipt:
    """Keep the step, tell of the incident as it stands now, and answer with it.

    Args:
        uow: the unit of work of the command.
        begun: the locked incident, changed by now.
        kind: the event of the step.

    Emits:
        an event of `kind`, and incident.status_published where what everybody may know has changed.
    """
    incident = begun.incident
    told = kind(**facts(incident).model_dump())
    await keep_step(uow, incident, begun.taken, told, published=_news(begun))
    return Receipt(
        card(incident, now=begun.taken.origin.now),
        location=f"/v1/elections/{incident.election}/incidents/{incident.incident_id}",
        aggregate=f"incident/{incident.incident_id}",
        version=incident.version,
        status=200,
    )


def _news(begun: Begun) -> IncidentStatusPublished | None:
    """Return what everybody may know from now on, or None where that is what it was."""
    now, before = published(begun.incident), begun.before
    if now == before:
        return None
    return now or (before and retracted(before))
