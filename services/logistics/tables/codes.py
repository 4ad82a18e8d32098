"""Which TPS a code means, for commands and queries alike."""

from collections.abc import Iterable
from typing import Protocol

from chassis.database import Row

_HOLDER = """select * from tps_ref where election = c.election and tps_code = c.tps_code
    order by told_at desc nulls last, tps_id limit 1"""
# Of two that had a code before, the one with fewer codes since then, as in the registry; ids decide the rest.
_FORMER = """select * from tps_ref f
    where election = c.election and former_codes <> '{}' and former_codes @> array[c.tps_code]
        and not exists (select from tps_ref h where h.election = c.election and h.tps_code = c.tps_code)
    order by cardinality(former_codes) - array_position(former_codes, c.tps_code), tps_id limit 1"""


def by_code(statement: str) -> tuple[str, str]:
    """Return a statement that finds TPS by code, and its twin for the codes that it does not find.

    `<tps>` in it becomes a lateral probe by the code of a row `c`: in the first the TPS that has the code, in the second the
    TPS that had it last, where nobody has it now.

    Where a renumbering is under way two may seem to have a code, for events of two TPS come in any order. In the registry a
    code belongs to one TPS at a time, so the one that it told of last has it.
    """
    return statement.replace("<tps>", _HOLDER), statement.replace("<tps>", _FORMER)


_, _MOVED = by_code("""select c.election, c.tps_code as asked, t.tps_code
    from unnest($1::text[], $2::text[]) c(election, tps_code) cross join lateral (<tps>) t""")
_DOTS = 4  # in the code of a TPS; a region has fewer


class Reads(Protocol):
    """A connection or a unit of work, as far as reading goes."""

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """Run SQL and return its rows."""
        ...


async def present_codes(reads: Reads, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the present codes of TPS that are named by election and a code that they had before, and that nobody has now.

    Args:
        reads: a connection or a unit of work; not asked where no place is a TPS.
        places: elections and codes; what is no TPS's code is left out.
    """
    wanted = sorted({(election, code) for election, code in places if code.count(".") == _DOTS})
    if not wanted:
        return {}
    elections, codes = [election for election, _ in wanted], [code for _, code in wanted]
    rows = await reads.fetch(_MOVED, elections, codes)
    return {(row["election"], row["asked"]): row["tps_code"] for row in rows}
