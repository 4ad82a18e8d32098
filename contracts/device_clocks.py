"""The time that a device says, held against the desk's clock: one rule for every report of every service.

A phone's clock may be wrong, so a report is never refused for its time: it is kept with both times, `occurred_at` as it was
said and `recorded_at` by the desk's clock, and with a finding. What it counts from is the device's time as far as that can be.
"""

from datetime import datetime, timedelta

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a device's clock may be ahead of the desk's before it is told."""

CLOCK_AHEAD = "W-CLOCK-AHEAD"
OTHER_DAY = "W-OTHER-DAY"


def is_ahead(occurred_at: datetime, recorded_at: datetime) -> bool:
    """Say whether a device's clock is ahead of the desk's.

    Example: a report of 10:06 that the desk gets at 10:00 is `W-CLOCK-AHEAD`, one of 10:05 is not.
    """
    return occurred_at - recorded_at > CLOCK_TOLERANCE


def placed_at(occurred_at: datetime, recorded_at: datetime, *, possible: bool = True) -> datetime:
    """Return the moment that a report counts from: the device's, but never later than the desk's.

    Example: a phone whose clock is a day ahead cannot hold a box's state for a day.

    Args:
        possible: False where it cannot have happened on the day that the device says: then its clock says nothing.
    """
    return min(occurred_at, recorded_at) if possible else recorded_at
