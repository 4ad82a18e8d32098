"""The reconciler: compares the totals of regions with the sum of their rows, which are written apart from one another.

One region at a time, for a province has half a million rows. Both sides come from one statement, so from one moment.
"""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection
from contracts.access import NATION

_REGIONS = {
    "nation": f"region = '{NATION}'",
    "province": r"region ~ '^\d\d$'",
    "kab_kota": r"region ~ '^\d\d\.\d\d$'",
    "kecamatan": r"region ~ '^\d\d\.\d\d\.\d\d$'",
}
# Figures of a contest are added up no wider than its region: `reach_of` in `totals.py`.
_DRIFT = """
with rows as (
    select f.key, sum(f.value::bigint) as value from projected p, jsonb_each_text(p.figures::jsonb) f
    cross join lateral (select split_part(split_part(f.key, '/', 2), '-', 2) as region) contest
    where p.election = $1 and ($2 = '*' or p.region = $2 or p.region like $3) and p.figures <> '{}'
      and (f.key !~ '^(contest|tally)/' or $2 = contest.region or starts_with($2, contest.region || '.'))
    group by 1
), totals as (
    select f.key, sum(f.value::bigint) as value from region_total t, jsonb_each_text(t.figures::jsonb) f
    where t.election = $1 and t.region = $2 group by 1
)
select count(*) from rows r full join totals t using (key) where coalesce(r.value, 0) <> coalesce(t.value, 0)
"""
_WAITING = """
select state, min(recorded_at) as since from projected
where election = $1 and kind = 'tally' and state in ('held', 'disputed') and ($2 = '*' or region = $2 or region like $3)
group by 1 order by 1
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at one region found.

    Attributes:
        drift: figures whose total is not the sum over the rows.
        waited_s: desk seconds that the oldest form in a state has waited, by state (`held`, `disputed`).
    """

    election: str
    region: str
    drift: int
    waited_s: dict[str, float]


async def regions_at(connection: Connection, *, level: str) -> list[tuple[str, str]]:
    """Return the elections and their regions of one level that anything is known of.

    Args:
        level: `nation`, `province`, `kab_kota` or `kecamatan`.
    """
    rows = await connection.fetch(
        f"select distinct election, region from region_total where {_REGIONS[level]} order by 1, 2"  # noqa: S608 - one of our own four conditions
    )
    return [(row["election"], row["region"]) for row in rows]


async def check(connection: Connection, *, election: str, region: str, now: datetime) -> Checked:
    """Compare the totals of a region with the sum of its rows, and see how long forms have waited.

    Args:
        now: the desk's time.
    """
    below = f"{region}.%"
    drift: int = await connection.fetchval(_DRIFT, election, region, below)
    rows = await connection.fetch(_WAITING, election, region, below)
    waited_s = {row["state"]: (now - row["since"]).total_seconds() for row in rows}
    return Checked(election, region, drift, waited_s)
