"""The clocks of an incident: minutes until the agency has to take notice and act, and days of the law where it sets some.

A deadline is computed once, when its clock begins, and kept as a UTC moment. The law's days are civil days of the place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from contracts.device_clocks import CLOCK_AHEAD, OTHER_DAY, is_ahead
from contracts.incidents_events import IncidentCategory
from contracts.zones import local_instant, zone_of

C = IncidentCategory

LONG_AGO = timedelta(days=365)
"""What happened longer ago than this belongs to no election that is held now. The desk's own: no source names one."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a category.

    Attributes:
        acknowledge_minutes: until the agency has to take notice, from the report.
        act_minutes: until it has to have done something, from the report.
        report_within_days: civil days after knowing within which the law wants the report; None where it says nothing.
        decide_days: civil days after the report within which the law wants a decision.
        extension_days: how many more when information is asked for.
        source: who says so.
    """

    acknowledge_minutes: int
    act_minutes: int
    report_within_days: int | None
    decide_days: int | None
    extension_days: int | None
    source: str


_NO_LAW = "desk default: no regulation that sets a time was seen"
_BY_LAW = "days: Perpu 1/2014 art. 134 (D31); minutes: desk default"
_BY_ANALOGY = (
    "days: Perpu 1/2014 art. 134 (D31), because Bawaslu takes it in as a violation report, unverified;"
    " minutes: desk default"
)

DEFAULT_CLOCKS: Mapping[IncidentCategory, Clock] = MappingProxyType(
    {
        C.DISASTER: Clock(15, 60, None, None, None, _NO_LAW),
        C.SECURITY: Clock(10, 60, None, None, None, _NO_LAW),
        C.VIOLATION: Clock(60, 1_440, 7, 3, 2, _BY_LAW),
        C.HOAX: Clock(30, 360, None, None, None, _NO_LAW),
        C.NEUTRALITY: Clock(60, 1_440, 7, 3, 2, _BY_ANALOGY),
        C.HEALTH: Clock(10, 60, None, None, None, _NO_LAW),
        C.LOGISTICS: Clock(15, 120, None, None, None, _NO_LAW),
        C.SOCIAL: Clock(30, 360, None, None, None, _NO_LAW),
    }
)
"""The clock of each category until an election sets its own."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When an incident's clocks run out; `decide_on` is the last civil day, `decide_until` the end of it."""

    acknowledge_until: datetime
    act_until: datetime
    decide_on: date | None
    decide_until: datetime | None


def deadlines(clock: Clock, *, region_code: str, reported_at: datetime, extended: bool = False) -> Deadlines:
    """Return when the clocks of an incident run out.

    Example: a violation in Bogor that is reported on 27 November 2024 at 20:00 WIB has to be decided by the end of
        30 November there, 17:00 UTC.

    Args:
        clock: of the incident's category.
        region_code: where it happened; gives the civil days their zone.
        reported_at: when the desk took the report.
        extended: whether information was asked for.

    Raises:
        LookupError: the region lies in no known time zone.

    Source: D31.
    """
    decide_on = decide_until = None
    if clock.decide_days is not None:
        days = clock.decide_days + ((clock.extension_days or 0) if extended else 0)
        decide_on = _civil_day(reported_at, region_code) + timedelta(days=days)
        decide_until = end_of(decide_on, region_code=region_code)
    return Deadlines(
        acknowledge_until=acknowledge_until(clock, reported_at),
        act_until=reported_at + timedelta(minutes=clock.act_minutes),
        decide_on=decide_on,
        decide_until=decide_until,
    )


def acknowledge_until(clock: Clock, begins_at: datetime) -> datetime:
    """Return when an agency has to have taken notice of what it was given at a moment."""
    return begins_at + timedelta(minutes=clock.acknowledge_minutes)


def end_of(day: date, *, region_code: str) -> datetime:
    """Return the UTC moment at which a civil day ends in a region.

    Example: 30 November 2024 ends in Bogor (`32.71`) at 17:00 UTC.
    """
    return local_instant(region_code, day + timedelta(days=1), time())


def is_late(clock: Clock, *, region_code: str, known_at: datetime, reported_at: datetime) -> bool | None:
    """Say whether a report came later than the law allows; None where the law sets no time.

    It is taken all the same; whether it still counts is for Bawaslu to say.

    Example: a violation known on 20 November and reported on 28 November is late.

    Source: D31, Perpu 1/2014 art. 134: within 7 days of knowing.
    """
    if clock.report_within_days is None:
        return None
    last = _civil_day(known_at, region_code) + timedelta(days=clock.report_within_days)
    return _civil_day(reported_at, region_code) > last


def time_findings(*said: datetime, recorded_at: datetime) -> list[str]:
    """Return what is to be said of the times that a device said, against the desk's.

    Example: an incident of 2099, or one of the year 2000, is taken with a finding.

    Args:
        said: by the device.
        recorded_at: by the desk.
    """
    ahead = any(is_ahead(moment, recorded_at) for moment in said)
    long_ago = any(recorded_at - moment > LONG_AGO for moment in said)
    return ([CLOCK_AHEAD] if ahead else []) + ([OTHER_DAY] if long_ago else [])


def seconds_left(due: datetime, *, now: datetime) -> int:
    """Return the whole seconds until a moment, negative after it."""
    return int((due - now).total_seconds())


def _civil_day(moment: datetime, region_code: str) -> date:
    return moment.astimezone(ZoneInfo(zone_of(region_code))).date()
