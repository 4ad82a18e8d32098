"""Which TPS a code means, for commands and queries alike."""

_HOLDER = """select * from tps_ref where election = c.election and tps_code = c.tps_code
    order by told_at desc nulls last, tps_id limit 1"""


def by_code(statement: str) -> str:
    """Return a statement that finds TPS by code: `<tps>` in it becomes a lateral probe by the code of a row `c`.

    Where a renumbering is under way two may seem to have a code, for events of two TPS come in any order. In the registry a
    code belongs to one TPS at a time, so the one that it told of last has it.
    """
    return statement.replace("<tps>", _HOLDER)
