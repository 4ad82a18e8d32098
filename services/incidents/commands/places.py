"""What the commands look up before they write: places, clocks and routes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from chassis.database import UnitOfWork
from chassis.tps_codes import find_tps
from contracts.incidents_events import Agency, IncidentCategory
from contracts.vocabulary import kelurahan_of
from services.incidents.errors import PlaceUnknown
from services.incidents.rules.clocks import DEFAULT_CLOCKS, Clock
from services.incidents.rules.routing import Route, choose_route
from services.incidents.tables.arrangements import AgencyRoute, CategoryClock


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a region, and the TPS where it is one.

    Attributes:
        had_by_another: another TPS had the code before this one.
        code_since: when this one took its code; None where that is not known.
    """

    region_code: str
    tps_id: UUID | None
    tps_code: str | None
    had_by_another: bool = False
    code_since: datetime | None = None

    @property
    def code(self) -> str:
        """Return the code of the TPS, or of the region where there is none."""
        return self.tps_code or self.region_code


# A range in pattern order: every code that begins with the region's and a dot (a slash is the sign behind the dot).
_ANY_WITHIN = """select 1 from tps_ref
    where election = $1 and tps_code ~>=~ ($2::text || '.') and tps_code ~<~ ($2::text || '/') limit 1"""


async def place_of(uow: UnitOfWork, code: str, *, election: str) -> Place:
    """Return the place that a code means; the code that a TPS had before means the TPS.

    Emits:
        nothing.

    Raises:
        PlaceUnknown: the election has no such TPS, or none in that region.
    """
    if code.count(".") < 4:
        if await uow.fetch_row(_ANY_WITHIN, election, code) is None:
            raise PlaceUnknown(
                "No TPS of this election lies in that region.",
                detail_id="Tidak ada TPS pemilihan ini di wilayah tersebut.",
            )
        return Place(code, None, None)
    row = await find_tps(uow, election, code)
    if row is None:
        raise PlaceUnknown(
            "No TPS of this election has that code.",
            detail_id="Tidak ada TPS pemilihan ini dengan kode tersebut.",
        )
    return Place(
        kelurahan_of(row["tps_code"]),
        row["tps_id"],
        row["tps_code"],
        row["had_by_another"],
        row["code_since"],
    )


async def clock_of(uow: UnitOfWork, category: IncidentCategory, *, election: str) -> Clock:
    """Return the clock of a category: the election's own, else the default.

    Emits:
        nothing.
    """
    with uow.session.no_autoflush:  # what the command has changed so far need not hold yet
        row = await uow.session.get(CategoryClock, (election, category))
    if row is None:
        return DEFAULT_CLOCKS[category]
    return Clock(
        row.acknowledge_minutes,
        row.act_minutes,
        row.report_within_days,
        row.decide_days,
        row.extension_days,
        row.source,
    )


async def route_of(uow: UnitOfWork, category: IncidentCategory, place: Place, *, election: str) -> Route:
    """Return who deals with a category at a place.

    Emits:
        nothing.
    """
    with uow.session.no_autoflush:  # as above
        found = await uow.session.exec(
            select(AgencyRoute).where(
                col(AgencyRoute.election) == election, col(AgencyRoute.category) == category
            )
        )
    set_routes = {
        row.region_code: Route(row.agency, tuple(Agency(each) for each in row.also_informed), row.source)
        for row in found
    }
    return choose_route(category, place.code, set_routes=set_routes)
