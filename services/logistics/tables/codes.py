"""Which codes TPS have now that were named by a former one, for commands and queries alike."""

from collections.abc import Iterable

from chassis.row_security import Reads
from chassis.tps_codes import by_code

_, _MOVED = by_code("""select c.election, c.tps_code as asked, t.tps_code
    from unnest($1::text[], $2::text[]) c(election, tps_code) cross join lateral (<tps>) t""")
_DOTS = 4  # in the code of a TPS; a region has fewer


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
