"""Sums of regions: those that the projector keeps, one row per topic and partition, added up here.

A kelurahan has a few dozen TPS, so its sums are made from its rows when somebody asks: kept, they would be a row written
for nearly every event.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from pydantic_core import from_json

from chassis.database import Connection
from contracts.access import NATION, covers

Totals = Mapping[str, int]
_OF_A_CONTEST = ("contest", "tally")
"""First words of figures whose second word is a contest."""


@lru_cache(maxsize=100_000)
def reach_of(figure: str) -> str:
    """Return the widest region in which a figure is added up: a contest's own region for its figures, the nation for others.

    A mayor's votes say nothing in the sums of the province; there they would only be one more name for each of 545 contests.

    Example: `reach_of("tally/walikota-32.71/valid") == "32.71"`, and `reach_of("tps") == "*"`.
    """
    head, _, rest = figure.partition("/")
    return rest.partition("/")[0].partition("-")[2] if head in _OF_A_CONTEST else NATION


def is_kept(region: str) -> bool:
    """Say whether the projector keeps the sums of a region: from the nation to the kecamatan."""
    return region.count(".") < 3


async def totals_of_many(
    connection: Connection, *, election: str, regions: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return the figures of several regions; one of which nothing is known is absent."""
    kept = [region for region in regions if is_kept(region)]
    rows = await connection.fetch(
        "select region, figures from region_total where election = $1 and region = any($2::text[])",
        election,
        kept,
    )
    if len(kept) < len(regions):
        rows += await connection.fetch(
            "select region, figures from projected where election = $1 and region = any($2::text[]) and figures <> '{}'",
            election,
            [region for region in regions if not is_kept(region)],
        )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        totals = found.setdefault(row["region"], {})
        figures: dict[str, int] = from_json(row["figures"])
        for name, value in figures.items():
            totals[name] = totals.get(name, 0) + value
    return found


def added_up(found: Mapping[str, Totals], regions: Sequence[str]) -> dict[str, int]:
    """Return the figures of a place: those of its regions together.

    Args:
        regions: none of which lies in another.
    """
    if len(regions) == 1:
        return dict(found.get(regions[0], {}))
    totals: dict[str, int] = {}
    for region in regions:
        for name, value in found.get(region, {}).items():
            totals[name] = totals.get(name, 0) + value
    return totals


async def add_local_contests(
    connection: Connection, found: Mapping[str, dict[str, int]], *, election: str, contests: Mapping[str, str]
) -> None:
    """Add to the figures of regions those of contests that are held in a part of them only.

    Args:
        found: figures by region, as `totals_of_many` returns them; changed in place.
        contests: ids, and the region of each.
    """
    local = {
        contest: region
        for contest, region in contests.items()
        if any(region != wider and covers(wider, region) for wider in found)
    }
    further = sorted(set(local.values()) - found.keys())
    of_region = (
        {**found, **await totals_of_many(connection, election=election, regions=further)} if local else {}
    )
    for contest, region in local.items():
        begins = tuple(f"{word}/{contest}/" for word in _OF_A_CONTEST)
        own = {name: value for name, value in of_region.get(region, {}).items() if name.startswith(begins)}
        for wider, totals in found.items():
            if region != wider and covers(wider, region):
                totals.update(own)


def below(totals: Totals, prefix: str) -> dict[str, int]:
    """Return the figures whose name lies right below a path, by the last word.

    Example: `below({"tally/g/votes/1": 5, "tally/g/valid": 9}, "tally/g/votes/") == {"1": 5}`.
    """
    found = ((name.removeprefix(prefix), value) for name, value in totals.items() if name.startswith(prefix))
    return {name: value for name, value in found if "/" not in name}


@dataclass(frozen=True, slots=True)
class Due:
    """How many of one kind are due at one moment, and are not done.

    Attributes:
        of: what is due: `boxes`, `tasks`, `hoax/act`.
    """

    of: str
    at: datetime
    count: int


def dues(totals: Totals) -> list[Due]:
    """Return every deadline that runs, or ran out, the earliest first."""
    return sorted(_dues(totals), key=lambda due: (due.at, due.of))


def _dues(totals: Totals) -> Iterator[Due]:
    for name, count in totals.items():
        if name.startswith("due/") and count:
            of, _, epoch = name.removeprefix("due/").rpartition("/")
            yield Due(of, datetime.fromtimestamp(int(epoch), UTC), count)


def overdue(found: Iterable[Due], *, now: datetime, of: str | None = None) -> int:
    """Return how many deadlines have passed.

    Args:
        of: kind, or the beginning of its path (`hoax`); None for all of them.
    """
    return sum(
        due.count
        for due in found
        if due.at < now and (of is None or due.of == of or due.of.startswith(f"{of}/"))
    )
