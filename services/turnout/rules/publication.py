"""When unofficial results may be told."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

RESULTS_PUBLIC = time(15, 0)
"""Of voting day, WIB. Source: D34, Perpu 1/2014 art. 132(3); an election's own setting goes before it."""

_WIB = ZoneInfo("Asia/Jakarta")


def results_public_at(voting_date: date) -> datetime:
    """Return the moment until which votes per choice are withheld where an election says nothing of it, UTC.

    Two hours after the last TPS of the westernmost zone close, for the whole nation at once.

    Example: 27 November 2024 gives 08:00 UTC.

    Source: D34.
    """
    return datetime.combine(voting_date, RESULTS_PUBLIC, tzinfo=_WIB).astimezone(UTC)


def votes_withheld(*, now: datetime, public_at: datetime, early: bool) -> bool:
    """Say whether votes per choice are withheld from a caller.

    Args:
        now: the desk's time.
        public_at: from then on anybody may see them.
        early: whether the caller may see results early.

    Source: D34.
    """
    return not early and now < public_at
