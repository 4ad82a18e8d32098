"""When a report says that it happened, held against the desk's clock and against the voting day of its TPS.

A time that cannot be is a finding and no refusal: a phone that shows another year still tells of something that happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from contracts.device_clocks import CLOCK_AHEAD, OTHER_DAY, is_ahead, placed_at
from contracts.turnout_events import FormFinding
from contracts.vocabulary import Milestone

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


def entry_findings(occurred_at: datetime, recorded_at: datetime, *, of: VotingDate) -> list[FormFinding]:
    """Return what is to be said of the time at which a form was entered, each finding with both values.

    Example: an entry of 2099 gives `W-CLOCK-AHEAD` with the device's time as written and the desk's as expected.
    """
    against = {CLOCK_AHEAD: recorded_at.isoformat(), OTHER_DAY: of.day.isoformat()}
    return [
        FormFinding(code=code, where="occurred_at", written=occurred_at.isoformat(), expected=against[code])
        for code in judge_time(occurred_at, recorded_at, of=of, window=FORMS).findings
    ]
