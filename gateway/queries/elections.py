"""Elections and contests, as the registry's events leave them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from chassis.database import Connection
from contracts.access import NATION
from contracts.registry_events import ContestDefined, ElectionDefined
from contracts.vocabulary import ancestors
from contracts.zones import WIB, zone_of
from gateway.errors import ElectionUnknown


async def elections(connection: Connection) -> list[ElectionDefined]:
    """Return every election that the registry has told of."""
    rows = await connection.fetch("select body from projected where kind = 'election' order by election, id")
    return [ElectionDefined.model_validate_json(row["body"]) for row in rows]


async def election_of(connection: Connection, election: str) -> ElectionDefined | None:
    """Return an election, or None while the registry has not told of it."""
    body: str | None = await connection.fetchval(
        "select body from projected where kind = 'election' and election = $1 order by id limit 1", election
    )
    return ElectionDefined.model_validate_json(body) if body else None


async def require_election(connection: Connection, election: str) -> None:
    """See that an election is known; asked where there is nothing to show, so that a misspelt one does not look like that.

    Raises:
        ElectionUnknown: the registry has not told of it.
    """
    if await election_of(connection, election) is None:
        raise ElectionUnknown(
            f"This desk knows no election {election}.",
            detail_id=f"Desk ini tidak mengenal pemilihan {election}.",
        )


async def contests_of(
    connection: Connection, *, election: str, regions: Sequence[str]
) -> list[ContestDefined]:
    """Return the contests that are held in some regions or in a part of them, the widest first."""
    rows = await connection.fetch(
        """select body from projected where kind = 'contest' and election = $1
           and ($2 or region = any($3::text[]) or region like any($4::text[])) order by length(region), region, id""",
        election,
        NATION in regions,
        [wider for region in regions if region != NATION for wider in ancestors(region)],
        [f"{region}.%" for region in regions],
    )
    return [ContestDefined.model_validate_json(row["body"]) for row in rows]


def local_instant_of(region: str, day: date, civil: str) -> datetime:
    """Return a civil time of a region's day; the nation's is that of its capital's zone until people vote there.

    Example: `local_instant_of("*", date(2024, 11, 27), "07:00")` is midnight UTC.
    """
    zone = WIB if region == NATION else zone_of(region)
    return datetime.combine(day, time.fromisoformat(civil), tzinfo=ZoneInfo(zone))


def matching(contests: Sequence[ContestDefined], wanted: str | None) -> list[ContestDefined]:
    """Return the contests that were asked for: by id, or by kind of office (`walikota`); all of them for None."""
    if wanted is None:
        return list(contests)
    return [found for found in contests if wanted in (found.contest, found.contest.partition("-")[0])]
