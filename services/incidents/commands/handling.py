"""The work on an incident: every step locks it, asks the rules, changes it and tells of it as it stands then."""

from datetime import datetime

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.incidents_events import (
    Agency,
    ClosureOutcome,
    IncidentAcknowledged,
    IncidentActed,
    IncidentClosed,
    IncidentCorrected,
    IncidentExtended,
    IncidentMarkedDuplicate,
    IncidentReopened,
    IncidentRerouted,
    IncidentState,
)
from services.incidents.commands.cases import Handling
from services.incidents.commands.incident_work import begin, tell
from services.incidents.commands.places import Place, clock_of, place_of, route_of
from services.incidents.errors import ClockNotExtendable, DuplicateOfDuplicate, NothingChanges
from services.incidents.rules.clocks import acknowledge_until, deadlines, is_late
from services.incidents.rules.lifecycle import Step, allowed
from services.incidents.schemas.incidents import (
    AcknowledgementIn,
    ActionIn,
    CorrectionIn,
    DuplicateMarkIn,
    ExtensionIn,
    IncidentClosureIn,
    IncidentReopeningIn,
    ReroutingIn,
)
from services.incidents.tables.incidents import Incident


async def acknowledge_incident(
    uow: UnitOfWork, handling: Handling, command: AcknowledgementIn, *, origin: Origin
) -> Receipt:
    """Record that the agency has taken notice.

    Emits:
        incident.acknowledged, and incident.status_published where that changed.

    Raises:
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.ACKNOWLEDGE, command, origin=origin)
    incident = begun.incident
    incident.state = begun.leads_to
    _hear(incident, begun.taken.counts_from)
    incident.severity = command.severity or incident.severity
    return await tell(uow, begun, IncidentAcknowledged)


async def act_on_incident(
    uow: UnitOfWork, handling: Handling, command: ActionIn, *, origin: Origin
) -> Receipt:
    """Record what the agency did; who acts has taken notice too.

    Emits:
        incident.acted, and incident.status_published where that changed.

    Raises:
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.ACT, command, origin=origin)
    incident, when = begun.incident, begun.taken.counts_from
    incident.state = begun.leads_to
    _hear(incident, when)
    incident.acted_at = incident.acted_at or when
    return await tell(uow, begun, IncidentActed)


async def close_incident(
    uow: UnitOfWork, handling: Handling, command: IncidentClosureIn, *, origin: Origin
) -> Receipt:
    """Close an incident with its outcome.

    Emits:
        incident.closed, and incident.status_published where that changed.

    Raises:
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.CLOSE, command, origin=origin)
    incident, when = begun.incident, begun.taken.counts_from
    incident.state = begun.leads_to
    incident.closed_at, incident.outcome = when, command.outcome
    # What was never there is not published by being closed.
    if command.outcome is not ClosureOutcome.UNFOUNDED:
        incident.first_heard_at = incident.first_heard_at or when
    return await tell(uow, begun, IncidentClosed)


async def reopen_incident(
    uow: UnitOfWork, handling: Handling, command: IncidentReopeningIn, *, origin: Origin
) -> Receipt:
    """Open a closed incident again, or one that was taken for a duplicate; the agency's clocks begin anew, the law's does not.

    Emits:
        incident.reopened, and incident.status_published where that changed.

    Raises:
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.REOPEN, command, origin=origin)
    incident = begun.incident
    incident.state, incident.clock_began_at = begun.leads_to, origin.now
    clock = await clock_of(uow, incident.category, election=origin.election)
    anew = deadlines(clock, region_code=incident.region_code, reported_at=origin.now)
    incident.acknowledge_until, incident.act_until = anew.acknowledge_until, anew.act_until
    incident.acknowledged_at = incident.acted_at = incident.closed_at = None
    incident.outcome = incident.duplicate_of = None
    return await tell(uow, begun, IncidentReopened)


async def reroute_incident(
    uow: UnitOfWork, handling: Handling, command: ReroutingIn, *, origin: Origin
) -> Receipt:
    """Give an incident to another agency, which has to take notice anew; the other clocks run on.

    Emits:
        incident.rerouted, and incident.status_published where that changed.

    Raises:
        NothingChanges: that agency has it already, and the same ones are told of it.
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.REROUTE, command, origin=origin)
    incident = begun.incident
    also = [each for each in dict.fromkeys(command.also_informed) if each is not command.agency]
    if command.agency is incident.agency and set(also) == set(incident.also_informed):
        raise NothingChanges(
            f"{command.agency.value} deals with this incident already.",
            detail_id=f"Kejadian ini sudah ditangani oleh {command.agency.value}.",
            current_state=incident.state.value,
            allowed=allowed(incident.state),
        )
    await _hand_over(uow, incident, command.agency, also, origin=origin)
    return await tell(uow, begun, IncidentRerouted)


async def correct_incident(
    uow: UnitOfWork, handling: Handling, command: CorrectionIn, *, origin: Origin
) -> Receipt:
    """Correct category, severity, title or place; another category brings its own clocks, and its agency if that is another.

    Emits:
        incident.corrected, and incident.status_published where that changed.

    Raises:
        NothingChanges: all of it is so already.
        PlaceUnknown: the election has no such place.
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.CORRECT, command, origin=origin)
    incident = begun.incident
    before = _correctable(incident)
    incident.severity = command.severity or incident.severity
    incident.title = command.title or incident.title
    if command.code is not None:
        place = await place_of(uow, command.code, election=origin.election)
        incident.region_code = place.region_code
        incident.tps_id, incident.tps_code = place.tps_id, place.tps_code
    if command.code is not None or command.lat is not None:  # a point of another place would be a wrong one
        incident.lat, incident.lon = command.lat, command.lon
    recategorised = command.category not in (None, incident.category)
    incident.category = command.category or incident.category
    if _correctable(incident) == before:
        raise NothingChanges(
            "Nothing of this incident would be different.",
            detail_id="Tidak ada yang berubah pada kejadian ini.",
            current_state=incident.state.value,
            allowed=allowed(incident.state),
        )
    await _set_legal_clock(uow, incident, origin=origin)
    if recategorised:
        await _take_up_category(uow, incident, origin=origin)
    return await tell(uow, begun, IncidentCorrected)


async def extend_legal_clock(
    uow: UnitOfWork, handling: Handling, command: ExtensionIn, *, origin: Origin
) -> Receipt:
    """Record that information was asked for, which gives the legal clock more days, once.

    Emits:
        incident.extended

    Raises:
        ClockNotExtendable: no legal clock runs, it was lengthened before, or it had run out when information was asked for.
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    begun = await begin(uow, handling, Step.EXTEND, command, origin=origin)
    incident = begun.incident
    clock = await clock_of(uow, incident.category, election=origin.election)
    if incident.decide_until is None or clock.decide_days is None or clock.extension_days is None:
        raise ClockNotExtendable(
            "No legal clock that can be made longer runs for this incident.",
            detail_id="Kejadian ini tidak memiliki tenggat hukum yang dapat diperpanjang.",
            current_state="no legal clock",
            allowed=_without_extension(incident),
        )
    if incident.extended:
        raise ClockNotExtendable(
            "The legal clock of this incident was made longer before.",
            detail_id="Tenggat hukum kejadian ini sudah pernah diperpanjang.",
            current_state="extended",
            allowed=_without_extension(incident),
        )
    if (command.occurred_at or origin.now) > incident.decide_until:
        raise ClockNotExtendable(
            "The legal clock had run out when information was asked for.",
            detail_id="Tenggat hukum sudah lewat ketika keterangan diminta.",
            current_state="run out",
            allowed=_without_extension(incident),
        )
    incident.extended = True
    await _set_legal_clock(uow, incident, origin=origin)
    return await tell(uow, begun, IncidentExtended)


async def mark_duplicate(
    uow: UnitOfWork, handling: Handling, command: DuplicateMarkIn, *, origin: Origin
) -> Receipt:
    """Say that an incident is another one, reported again; the work goes on there.

    Only an incident that is no duplicate itself can be the other one, so that no circle comes about.

    Emits:
        incident.marked_duplicate, and incident.status_published where that changed.

    Raises:
        DuplicateOfDuplicate: the other one is a duplicate too, or this very one.
        IncidentUnknown, AgencyNotYours, WrongState, PreconditionFailed: the step cannot be taken.
    """
    other_id = command.duplicate_of
    if other_id == handling.case_id:
        raise DuplicateOfDuplicate(
            "An incident is no duplicate of itself.",
            detail_id="Sebuah kejadian bukan duplikat dari dirinya sendiri.",
            current_state="the same incident",
            allowed=["name the incident where the work goes on"],
        )
    begun = await begin(uow, handling, Step.MARK_DUPLICATE, command, origin=origin, also=(other_id,))
    other = begun.locked[other_id]
    if other.state is IncidentState.DUPLICATE:
        raise DuplicateOfDuplicate(
            f"The other incident is a duplicate of {other.duplicate_of}.",
            detail_id=f"Kejadian yang lain adalah duplikat dari {other.duplicate_of}.",
            current_state=other.state.value,
            allowed=["name the incident where the work goes on", "reopen the other one"],
        )
    begun.incident.state, begun.incident.duplicate_of = begun.leads_to, other_id
    return await tell(uow, begun, IncidentMarkedDuplicate)


def _hear(incident: Incident, when: datetime) -> None:
    """Note that an agency knows of an incident."""
    incident.acknowledged_at = incident.acknowledged_at or when
    incident.first_heard_at = incident.first_heard_at or when


def _without_extension(incident: Incident) -> list[str]:
    """Return the steps that are left where the legal clock stays as it is."""
    return [step for step in allowed(incident.state) if step != Step.EXTEND.value]


def _correctable(incident: Incident) -> tuple[object, ...]:
    place = (incident.region_code, incident.tps_id, incident.lat, incident.lon)
    return (incident.category, incident.severity, incident.title, *place)


async def _hand_over(
    uow: UnitOfWork, incident: Incident, agency: Agency, also: list[Agency], *, origin: Origin
) -> None:
    """Give an incident to agencies; one that did not have it has to take notice first."""
    if agency is not incident.agency:
        clock = await clock_of(uow, incident.category, election=origin.election)
        incident.acknowledge_until = acknowledge_until(clock, origin.now)
        incident.acknowledged_at, incident.state = None, IncidentState.REPORTED
    incident.agency, incident.also_informed = agency, [each.value for each in also]


async def _set_legal_clock(uow: UnitOfWork, incident: Incident, *, origin: Origin) -> None:
    """Compute the clock of the law again, from the report: its days are those of the category and the place."""
    clock = await clock_of(uow, incident.category, election=origin.election)
    region, reported_at = incident.region_code, incident.reported_at
    due = deadlines(clock, region_code=region, reported_at=reported_at, extended=incident.extended)
    incident.decide_on, incident.decide_until = due.decide_on, due.decide_until
    incident.reported_late = is_late(
        clock, region_code=region, known_at=incident.known_at, reported_at=reported_at
    )


async def _take_up_category(uow: UnitOfWork, incident: Incident, *, origin: Origin) -> None:
    """Give an incident the clocks of its new category, from where they began, and the agency that deals with it."""
    clock = await clock_of(uow, incident.category, election=origin.election)
    due = deadlines(clock, region_code=incident.region_code, reported_at=incident.clock_began_at)
    incident.acknowledge_until, incident.act_until = due.acknowledge_until, due.act_until
    incident.clock_source = clock.source
    place = Place(incident.region_code, incident.tps_id, incident.tps_code)
    route = await route_of(uow, incident.category, place, election=origin.election)
    await _hand_over(uow, incident, route.agency, list(route.also_informed), origin=origin)
