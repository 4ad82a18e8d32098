"""What every step of the work on an incident has alike: lock, judge, tell, answer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from chassis.actor import Actor
from chassis.conditional import check_version
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import WrongState
from contracts.incidents_events import Agency, IncidentFacts, IncidentState, IncidentStatusPublished
from services.incidents.errors import AgencyNotYours, IncidentUnknown
from services.incidents.events.incidents import card, facts, published, retracted
from services.incidents.rules.clocks import time_findings
from services.incidents.rules.lifecycle import Step, after, allowed
from services.incidents.rules.routing import may_handle
from services.incidents.tables.incidents import CaseStep, Incident


@dataclass(frozen=True, slots=True)
class Handling:
    """Who wants to do something with what, and which version of it they have read."""

    subject_id: UUID
    actor: Actor
    expected_version: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A locked incident before a step.

    Attributes:
        leads_to: the state that the step leads to; the command sets it.
        before: what was published of the incident so far.
    """

    incident: Incident
    leads_to: IncidentState
    before: IncidentStatusPublished | None


async def lock_incidents(
    uow: UnitOfWork, ids: list[UUID], *, actor: Actor, election: str
) -> dict[UUID, Incident]:
    """Lock incidents, always in the order of their ids.

    What lies outside the caller's regions is as unknown as what is not there.

    Emits:
        nothing.

    Raises:
        IncidentUnknown: one of them is not there for this caller.
    """
    found = await uow.session.exec(
        select(Incident)
        .where(Incident.election == election, col(Incident.incident_id).in_(ids))
        .order_by(col(Incident.incident_id))
        .with_for_update()
    )
    rows = {row.incident_id: row for row in found if actor.granted_region(row.place) is not None}
    if missing := set(ids) - set(rows):
        raise IncidentUnknown(
            f"No incident within your regions has the id {min(missing)}.",
            detail_id=f"Tidak ada kejadian di wilayah Anda dengan id {min(missing)}.",
        )
    return rows


async def begin(
    uow: UnitOfWork, handling: Handling, step: Step, *, origin: Origin, also: tuple[UUID, ...] = ()
) -> tuple[Begun, dict[UUID, Incident]]:
    """Lock an incident for a step, and judge whether this caller can take it; lock others with it.

    Emits:
        nothing.

    Raises:
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    ids = list({handling.subject_id, *also})
    rows = await lock_incidents(uow, ids, actor=handling.actor, election=origin.election)
    incident = rows[handling.subject_id]
    agencies = [incident.agency, *(Agency(each) for each in incident.also_informed)]
    if not may_handle(handling.actor.roles, agencies=agencies):
        raise AgencyNotYours(
            f"{incident.agency.value} deals with this incident; the desk can reroute it.",
            detail_id=f"Kejadian ini ditangani oleh {incident.agency.value}; desk dapat mengalihkannya.",
        )
    state = after(incident.state, step)
    if state is None:
        raise WrongState(
            f"An incident that is {incident.state.value} cannot be taken through {step.value}.",
            detail_id=f"Kejadian berstatus {incident.state.value} tidak dapat menjalani langkah {step.value}.",
            current_state=incident.state.value,
            allowed=allowed(incident.state),
        )
    check_version(handling.expected_version, incident.version)
    return Begun(incident, state, published(incident)), rows


async def tell(
    uow: UnitOfWork,
    begun: Begun,
    kind: type[IncidentFacts],
    *,
    step: Step,
    reason: str,
    origin: Origin,
    occurred_at: datetime | None,
    announced: Origin | None = None,
) -> Receipt:
    """Keep the step, tell of the incident as it stands now, and answer with it.

    Args:
        uow: the unit of work of the command.
        begun: the locked incident, changed by now.
        kind: the event of the step.
        step: what was done.
        reason: why, or what exactly.
        origin: whose command it is.
        occurred_at: when it was done; now where nobody said.
        announced: the origin that the events carry, where it is not the command's: a reporter is not told of.

    Emits:
        an event of `kind`, and incident.status_published where what everybody may know has changed.
    """
    incident = begun.incident
    announced = announced or origin
    incident.version += 1
    if step is not Step.REPORT and occurred_at is not None:
        found = time_findings(occurred_at, recorded_at=origin.now)
        incident.findings = list(dict.fromkeys([*incident.findings, *found]))
    told = CaseStep(
        subject_id=incident.incident_id,
        version=incident.version,
        step=step,
        state=incident.state,
        agency=incident.agency,
        reason=reason,
        actor=origin.actor,
        channel=origin.channel,
        occurred_at=occurred_at or origin.now,
        recorded_at=origin.now,
    )
    uow.emit(
        kind(**facts(incident).model_dump()),
        aggregate_id=incident.incident_id,
        version=incident.version,
        origin=announced,
        occurred_at=occurred_at,
    )
    _publish(uow, begun, origin=announced)
    await uow.session.flush()  # a step is of the incident that it is a step of, so that one is written first
    uow.session.add(told)
    location = f"/v1/elections/{incident.election}/incidents/{incident.incident_id}"
    return Receipt(
        card(incident, now=origin.now),
        location=location,
        aggregate=f"incident/{incident.incident_id}",
        version=incident.version,
        status=200,
    )


def _publish(uow: UnitOfWork, begun: Begun, *, origin: Origin) -> None:
    """Tell everybody what everybody may know, if that has changed."""
    incident, before = begun.incident, begun.before
    now = published(incident)
    if now == before:
        return
    told = now if now is not None else before and retracted(before)
    assert told is not None  # they differ, so one of them is there
    incident.version += 1
    uow.emit(told, aggregate_id=incident.incident_id, version=incident.version, origin=origin)
