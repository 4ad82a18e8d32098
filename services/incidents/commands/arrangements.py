"""How an election arranges its incidents: its own clocks and routes in the place of the defaults."""

from chassis.actor import Actor, require_whole
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.incidents_events import ClockSet, IncidentCategory, RouteSet
from services.incidents.commands.places import place_of
from services.incidents.errors import ElectionUnknown
from services.incidents.schemas.arrangements import (
    CategoryClockOut,
    CategoryRouteOut,
    IncidentClockIn,
    IncidentRouteIn,
)
from services.incidents.tables.arrangements import AgencyRoute, CategoryClock
from services.incidents.tables.known import ElectionRef


async def set_clock(
    uow: UnitOfWork, category: IncidentCategory, command: IncidentClockIn, *, actor: Actor, origin: Origin
) -> Receipt:
    """Set the clock of a category; incidents that are there already keep theirs.

    Emits:
        clock.set

    Raises:
        ElectionUnknown: the desk has no such election.
        RegionNotCovered: the caller's regions do not cover the whole of it.
    """
    election = await uow.session.get(ElectionRef, origin.election)
    if election is None:
        raise ElectionUnknown
    require_whole(actor, election.region_code)
    await _lock(uow, f"clock:{origin.election}:{category.value}")
    row = await uow.session.get(CategoryClock, (origin.election, category))
    told = ClockSet(category=category, **command.model_dump(exclude={"channel"}))
    version = row.version + 1 if row else 1
    await uow.session.merge(
        CategoryClock(
            election=origin.election,
            category=category,
            version=version,
            acknowledge_minutes=command.acknowledge_minutes,
            act_minutes=command.act_minutes,
            report_within_days=command.report_within_days,
            decide_days=command.decide_days,
            extension_days=command.extension_days,
            source=command.source,
            set_at=origin.now,
            set_by=origin.actor,
        )
    )
    identity = f"{origin.election}:{category.value}"
    uow.emit(told, aggregate_id=identity, version=version, origin=origin)
    return Receipt(
        CategoryClockOut(**told.model_dump(), is_default=False),
        location=f"/v1/elections/{origin.election}/incident-arrangements",
        aggregate=f"clock/{identity}",
        version=version,
        status=200,
    )


async def set_route(
    uow: UnitOfWork, category: IncidentCategory, code: str, command: IncidentRouteIn, *, origin: Origin
) -> Receipt:
    """Set who deals with a category in a region; incidents that are there already stay where they are.

    Emits:
        route.set

    Raises:
        PlaceUnknown: the election has no TPS in that region.
    """
    await place_of(uow, code, election=origin.election)
    await _lock(uow, f"route:{origin.election}:{category.value}:{code}")
    row = await uow.session.get(AgencyRoute, (origin.election, category, code))
    also = [each for each in dict.fromkeys(command.also_informed) if each is not command.agency]
    told = RouteSet(
        category=category,
        region_code=code,
        agency=command.agency,
        also_informed=also,
        source=command.source,
    )
    version = row.version + 1 if row else 1
    await uow.session.merge(
        AgencyRoute(
            election=origin.election,
            category=category,
            region_code=code,
            version=version,
            agency=command.agency,
            also_informed=[each.value for each in also],
            source=command.source,
            set_at=origin.now,
            set_by=origin.actor,
        )
    )
    identity = f"{origin.election}:{category.value}:{code}"
    uow.emit(told, aggregate_id=identity, version=version, origin=origin)
    return Receipt(
        CategoryRouteOut(**told.model_dump(), is_default=False),
        location=f"/v1/elections/{origin.election}/incident-arrangements",
        aggregate=f"route/{identity}",
        version=version,
        status=200,
    )


async def _lock(uow: UnitOfWork, name: str) -> None:
    """Let one transaction at a time set this; there may be no row yet that could be locked."""
    await uow.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)
