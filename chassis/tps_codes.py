"""Which TPS a code means, by what a service knows of TPS from the registry's events (its table `tps_ref`).

A code may have gone from one TPS to another, and every service chooses alike: the TPS that has the code, else the one that had
it last (ADR 0027).
"""

from datetime import datetime

from chassis.database import Row
from chassis.row_security import Reads
from contracts.former_codes import CODE_MOVED, may_mean_another

_HOLDER = """select h.*, exists (
        select from tps_ref f where f.election = c.election and f.former_codes <> '{}'
            and f.former_codes @> array[c.tps_code] and f.tps_id <> h.tps_id
    ) as had_by_another
    from tps_ref h where h.election = c.election and h.tps_code = c.tps_code
    order by h.told_at desc nulls last, h.tps_id limit 1"""
# Of two that had a code before, the one with fewer codes since then, as in the registry; ids decide the rest.
_FORMER = """select f.*, false as had_by_another from tps_ref f
    where election = c.election and former_codes <> '{}' and former_codes @> array[c.tps_code]
        and not exists (select from tps_ref h where h.election = c.election and h.tps_code = c.tps_code)
    order by cardinality(former_codes) - array_position(former_codes, c.tps_code), tps_id limit 1"""


def by_code(statement: str) -> tuple[str, str]:
    """Return a statement that finds TPS by code, and its twin for the codes that it does not find.

    `<tps>` in it becomes a lateral probe by the code of a row `c`: in the first the TPS that has the code, in the second the
    TPS that had it last, where nobody has it now.

    Where a renumbering is under way two may seem to have a code, for events of two TPS come in any order. In the registry a
    code belongs to one TPS at a time, so the one that it told of last has it. `had_by_another` says whether another TPS had the
    code before the one that has it now.
    """
    return statement.replace("<tps>", _HOLDER), statement.replace("<tps>", _FORMER)


_FIND = by_code(
    "select t.* from (select $1::text, $2::text) c(election, tps_code) cross join lateral (<tps>) t"
)


async def find_tps(reads: Reads, election: str, code: str) -> Row | None:
    """Return the row of the TPS that a code means, or None where the election has no such TPS."""
    for statement in _FIND:
        if rows := await reads.fetch(statement, election, code):
            return rows[0]
    return None


def code_findings(at: datetime, tps: Row) -> list[str]:
    """Return what is to be said of the code that a report names.

    Args:
        at: the moment that the report counts from.
        tps: as it was found by that code.
    """
    return [CODE_MOVED] if tps["had_by_another"] and may_mean_another(at, tps["code_since"]) else []
