"""How an election arranges its incidents."""

from collections.abc import Mapping

from chassis.database import Connection, Row
from contracts.incidents_events import IncidentCategory
from services.incidents.errors import ElectionUnknown
from services.incidents.rules.clocks import DEFAULT_CLOCKS, Clock
from services.incidents.rules.routing import DEFAULT_ROUTES
from services.incidents.schemas.arrangements import (
    CategoryClockOut,
    CategoryRouteOut,
    IncidentArrangementsOut,
)


async def arrangements(connection: Connection, *, election: str) -> IncidentArrangementsOut:
    """Return every clock and route of an election with its source, and whether it is only the default.

    Raises:
        ElectionUnknown: the desk has no such election.
    """
    if await connection.fetchval("select 1 from election_ref where election = $1", election) is None:
        raise ElectionUnknown
    clocks = {
        IncidentCategory(row["category"]): row
        for row in await connection.fetch("select * from category_clock where election = $1", election)
    }
    routes = await connection.fetch(
        "select * from agency_route where election = $1 order by category, region_code", election
    )
    return IncidentArrangementsOut(
        clocks=[_clock(category, clocks) for category in IncidentCategory],
        routes=[
            *(
                CategoryRouteOut(
                    category=category,
                    region_code=None,
                    agency=route.agency,
                    also_informed=list(route.also_informed),
                    source=route.source,
                    is_default=True,
                )
                for category, route in DEFAULT_ROUTES.items()
            ),
            *(CategoryRouteOut.model_validate({**row, "is_default": False}) for row in routes),
        ],
    )


def _clock(category: IncidentCategory, rows: Mapping[IncidentCategory, Row]) -> CategoryClockOut:
    row = rows.get(category)
    if row is not None:
        return CategoryClockOut.model_validate({**row, "is_default": False})
    default: Clock = DEFAULT_CLOCKS[category]
    return CategoryClockOut(
        category=category,
        acknowledge_minutes=default.acknowledge_minutes,
        act_minutes=default.act_minutes,
        report_within_days=default.report_within_days,
        decide_days=default.decide_days,
        extension_days=default.extension_days,
        source=default.source,
        is_default=True,
    )
