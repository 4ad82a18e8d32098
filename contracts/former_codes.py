"""What a code of a TPS says once it went from one TPS to another: one rule for every service that is told a code."""

from datetime import datetime, timedelta

CODE_MOVED = "W-CODE-MOVED"

CODE_SETTLES_AFTER = timedelta(days=7)
"""So long after a TPS took the code of another one, a report by that code may still mean the other one. The desk's own."""


def may_mean_another(at: datetime, code_since: datetime | None) -> bool:
    """Say whether a report by a code that another TPS had before may mean that one.

    Example: for a code that was taken on 20 November, a report of the 19th may, and one of the 26th; one of the 28th does not.

    Args:
        at: the moment that the report counts from.
        code_since: when the TPS that has the code took it; None where that is not known.
    """
    return code_since is None or at < code_since + CODE_SETTLES_AFTER
