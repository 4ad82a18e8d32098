"""When a report says that it happened, held against the desk's clock and against the voting day of its TPS.

A time that cannot be is a finding and no refusal: a phone that shows another year still tells of something that happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from zoneinfo import ZoneInfo

from contracts.device_clocks import CLOCK_AHEAD, OTHER_DAY, is_ahead, placed_at
from contracts.turnout_events import FormFinding
from contracts.vocabulary import MILESTONES_IN_ORDER, Milestone

Window = tuple[int, int | None]
"""First and last day, counted from the voting day of the TPS; no last day where there is none."""

VOTING_DAY: Window = (0, 0)
COUNT: Window = (0, 1)
"""The count may go past midnight. The desk's own, like the other windows: no regulation was seen."""
PREPARATION: Window = (-7, 0)
FORMS: Window = (0, None)
"""Forms are read as long as there is something to count."""

WINDOWS: Mapping[Milestone, Window] = MappingProxyType(
    {
        Milestone.READY: PREPARATION,
        Milestone.MOVED: PREPARATION,
        Milestone.OPENED: VOTING_DAY,
        Milestone.VOTING_CLOSED: VOTING_DAY,
        Milestone.COUNTING_STARTED: COUNT,
        Milestone.FORM_POSTED: COUNT,
        Milestone.SUSPENDED: COUNT,
        Milestone.RESUMED: COUNT,
    }
)
"""The days on which a TPS can reach each milestone."""


@dataclass(frozen=True, slots=True)
class VotingDate:
    """The civil day on which a TPS votes, and the zone that it is counted in."""

    day: date
    zone: str

    def has(self, moment: datetime, window: Window) -> bool:
        """Say whether a moment lies within days around this one.

        Example: 27 November 2024, 16:30 UTC, is the 28th in Jayapura, so no moment of the voting day there.
        """
        first, last = window
        days = (moment.astimezone(ZoneInfo(self.zone)).date() - self.day).days
        return first <= days and (last is None or days <= last)


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of a report's time, and the moment that it counts from."""

    findings: list[str]
    placed_at: datetime


def report_window(slot: str) -> Window:
    """Return the days on which the turnout up to a slot can be reported; the last figure is known after the count began."""
    return COUNT if slot == "final" else VOTING_DAY


def judge_time(occurred_at: datetime, recorded_at: datetime, *, of: VotingDate, window: Window) -> Told:
    """Return what is to be said of a report's time.

    Example: a report of the voting day by a phone that shows the year 2000 is `W-OTHER-DAY`, and counts from when the desk
    received it.

    Args:
        occurred_at: by the device.
        recorded_at: by the desk.
        of: the TPS that it is of.
        window: the days on which it can have happened.
    """
    possible = of.has(occurred_at, window)
    findings = [CLOCK_AHEAD] if is_ahead(occurred_at, recorded_at) else []
    return Told(
        findings if possible else [*findings, OTHER_DAY],
        placed_at(occurred_at, recorded_at, possible=possible),
    )


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of the day of a TPS, by which its later milestones and its forms are judged.

    Attributes:
        reached_at: the moment that each milestone counts from.
        closes: civil time of the TPS.
    """

    date: VotingDate
    reached_at: Mapping[Milestone, datetime]
    closes: str

    def closed_at(self) -> datetime:
        """Return when the vote was closed: as it was reported, else the hour at which it has to be."""
        hour = datetime.combine(
            self.date.day, time.fromisoformat(self.closes), tzinfo=ZoneInfo(self.date.zone)
        )
        return self.reached_at.get(Milestone.VOTING_CLOSED) or hour.astimezone(UTC)


def order_findings(milestone: Milestone, at: datetime, course: Course) -> list[str]:
    """Return what is to be said of a milestone's place in the day of its TPS.

    Example: a closing at a TPS that nobody reported open is `W-NOT-OPENED`; an opening after that closing is
    `W-MILESTONE-ORDER`.

    Args:
        milestone: the one that is reported.
        at: the moment that it counts from.
        course: what was known before it.

    Source: D10.
    """
    if milestone not in MILESTONES_IN_ORDER:
        return []
    order, reached = MILESTONES_IN_ORDER, course.reached_at
    place = order.index(milestone)
    findings: list[str] = []
    if place > order.index(Milestone.OPENED) and Milestone.OPENED not in reached:
        findings.append("W-NOT-OPENED")
    closing = order.index(Milestone.VOTING_CLOSED)
    if place > closing and Milestone.VOTING_CLOSED not in reached and at < course.closed_at():
        findings.append("W-NOT-CLOSED")
    before = (reached[each] for each in order[:place] if each in reached)
    after = (reached[each] for each in order[place + 1 :] if each in reached)
    if any(each > at for each in before) or any(each < at for each in after):
        findings.append("W-MILESTONE-ORDER")
    return findings


def settlement_findings(occurred_at: datetime, recorded_at: datetime, *, of: VotingDate) -> list[FormFinding]:
    """Return what is to be said of the time at which a form was read, each finding with both values.

    Example: an entry of 2099 gives `W-CLOCK-AHEAD` with the device's time as written and the desk's as expected.
    """
    against = {CLOCK_AHEAD: recorded_at, OTHER_DAY: None}
    told = judge_time(occurred_at, recorded_at, of=of, window=FORMS)
    return [_finding(code, occurred_at, against[code] or of.day) for code in told.findings]


def entry_findings(occurred_at: datetime, recorded_at: datetime, course: Course) -> list[FormFinding]:
    """Return what is to be said of the time of an entry: as of any reading of a form, and against the day of its TPS.

    Example: an entry at 12:00 of a TPS that was opened and closes at 13:00 is `W-NOT-CLOSED`; an entry of one that nobody
    reported open is `W-NOT-OPENED`, with nothing to compare with.

    Source: D10.
    """
    findings = settlement_findings(occurred_at, recorded_at, of=course.date)
    at = judge_time(occurred_at, recorded_at, of=course.date, window=FORMS).placed_at
    opened, closed = course.reached_at.get(Milestone.OPENED), course.closed_at()
    if opened is None or at < opened:
        findings.append(_finding("W-NOT-OPENED", occurred_at, opened))
    if at < closed:
        findings.append(_finding("W-NOT-CLOSED", occurred_at, closed))
    return findings


def _finding(code: str, said: datetime, expected: date | None) -> FormFinding:
    against = _utc(expected) if isinstance(expected, datetime) else expected
    return FormFinding(
        code=code,
        where="occurred_at",
        written=_utc(said).isoformat(),
        expected=against.isoformat() if against else None,
    )


def _utc(moment: datetime) -> datetime:
    """Return the moment in UTC: a device says it in its own zone, and the database gives it back in UTC."""
    return moment.astimezone(UTC)
