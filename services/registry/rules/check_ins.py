"""Rules of check-ins: when an officer came, held against the desk's clock and the voting day of the TPS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from contracts.device_clocks import CLOCK_AHEAD, OTHER_DAY, is_ahead, placed_at


@dataclass(frozen=True, slots=True)
class Hours:
    """The day on which a TPS votes and when it opens, in its own zone."""

    day: date
    opens: str
    zone: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The moment that a check-in counts from, and what is to be said of it.

    Attributes:
        of_the_day: whether that moment lies on the voting day: a trial the day before fills no TPS.
    """

    at: datetime
    of_the_day: bool
    findings: tuple[str, ...]


def place_check_in(
    occurred_at: datetime, recorded_at: datetime, *, hours: Hours, present: bool, active: bool
) -> Placed:
    """Return when somebody came, as far as it can be.

    Example: 06:12 of the voting day has no finding, 07:20 is `W-CHECK-IN-LATE`; 06:12 of the day before is `W-OTHER-DAY`,
    and counts from when the desk received it.

    Source: D10.
    """
    zone = ZoneInfo(hours.zone)
    possible = occurred_at.astimezone(zone).date() == hours.day
    at = placed_at(occurred_at, recorded_at, possible=possible)
    findings = [CLOCK_AHEAD] if is_ahead(occurred_at, recorded_at) else []
    if not possible:
        findings.append(OTHER_DAY)
    if possible and present and at > datetime.combine(hours.day, time.fromisoformat(hours.opens), zone):
        findings.append("W-CHECK-IN-LATE")
    if not active:
        findings.append("W-TPS-DISSOLVED")
    return Placed(at, at.astimezone(zone).date() == hours.day, tuple(findings))


def findings_of(placed: Placed, *, superseded: bool) -> Sequence[str]:
    """Return what is to be said of a check-in, once it is known whether a later one stands."""
    return [*placed.findings, "W-CHECK-IN-ORDER"] if superseded else list(placed.findings)
