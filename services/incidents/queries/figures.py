"""The open incidents in figures, for the metrics: how many, how many overdue, and how long until the next clock runs out."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection


@dataclass(frozen=True, slots=True)
class OpenFigure:
    """Open incidents of a region, category and state."""

    election: str
    region: str
    category: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class ClockFigure:
    """Clocks that run for a region and category: how many are overdue, and the seconds until the first runs out."""

    election: str
    region: str
    category: str
    clock: str
    overdue: int
    seconds_left: float


_REGION = "array_to_string((string_to_array(region_code, '.'))[1:$1], '.')"
_OPEN = f"""
select election, {_REGION} as region, category, state, count(*) as count from incident
where state in ('reported', 'acknowledged', 'acting') group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""  # noqa: S608 - no value stands in it
_CLOCKS = f"""
with clocks as (
    select election, {_REGION} as region, category, clock, due
    from incident, lateral (values
        ('acknowledge', case when acknowledged_at is null then acknowledge_until end),
        ('act', case when acted_at is null then act_until end),
        ('decide', decide_until)) c(clock, due)
    where state in ('reported', 'acknowledged', 'acting') and due is not null
)
select election, region, category, clock, count(*) filter (where due < $2) as overdue,
       extract(epoch from min(due) - $2)::float8 as seconds_left
from clocks group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""  # noqa: S608 - no value stands in it


async def open_figures(connection: Connection, *, region_level: int) -> list[OpenFigure]:
    """Return the open incidents by region, category and state.

    Args:
        connection: to the service's database.
        region_level: how many segments of the region's code to keep.
    """
    return [OpenFigure(**row) for row in await connection.fetch(_OPEN, region_level)]


async def clock_figures(connection: Connection, *, region_level: int, now: datetime) -> list[ClockFigure]:
    """Return the clocks that run, by region and category.

    Args:
        connection: to the service's database.
        region_level: how many segments of the region's code to keep.
        now: the desk's time.
    """
    return [ClockFigure(**row) for row in await connection.fetch(_CLOCKS, region_level, now)]
