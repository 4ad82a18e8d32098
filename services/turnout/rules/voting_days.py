"""Rules of the voting day: pure judgements of what a report says.

A report is never refused for being early, late or illogical: something happened, so it is kept as it was sent, with its
findings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.vocabulary import Milestone
from services.turnout.rules.ballots import ballots_needed

OPENS, CLOSES = "07:00", "13:00"
"""Voting hours, local. Source: D10."""

WALK_INS_FROM = "12:00"
"""From then on walk-in voters vote, local. Source: D11."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Voters who voted up to a slot."""

    men: int
    women: int
    total: int


def report_findings(
    slot: str,
    figures: Figures,
    *,
    dpt: int,
    others: Mapping[str, int],
    opens: str = OPENS,
    closes: str = CLOSES,
    dissolved: bool = False,
) -> list[str]:
    """Return the codes of the rules that a turnout report does not meet.

    Args:
        slot: `HH:MM` local, or `final`.
        figures: voters who voted up to then.
        dpt: voters on the list of the TPS.
        others: total of each other slot that the TPS has reported.
        opens: civil time of the TPS.
        closes: civil time of the TPS.
        dissolved: whether the TPS is no more; what it reports is in no total.

    Example: `report_findings("14:00", Figures(1, 1, 2), dpt=500, others={}) == ["W-HOURS"]`.

    Source: D10, D17, D19.
    """
    findings: list[str] = []
    if figures.men + figures.women != figures.total:
        findings.append("E-SEX-SUM")
    if figures.total > ballots_needed(dpt):
        findings.append("W-OVER-NEED")
    if slot != "final" and not opens <= slot <= closes:
        findings.append("W-HOURS")
    before = [total for other, total in others.items() if _earlier(other, slot)]
    after = [total for other, total in others.items() if _earlier(slot, other)]
    if any(total > figures.total for total in before) or any(total < figures.total for total in after):
        findings.append("W-NOT-CUMULATIVE")
    return findings + _of_the_tps(dissolved=dissolved)


def _earlier(slot: str, other: str) -> bool:
    return slot != "final" and (other == "final" or slot < other)


def _of_the_tps(*, dissolved: bool) -> list[str]:
    return ["W-TPS-DISSOLVED"] if dissolved else []


def milestone_findings(
    milestone: Milestone,
    *,
    occurred_at: datetime,
    zone: str,
    opens: str = OPENS,
    closes: str = CLOSES,
    dissolved: bool = False,
) -> list[str]:
    """Return the codes of the rules that a milestone does not meet by itself.

    Args:
        milestone: the one that is reported.
        occurred_at: by the device.
        zone: of the TPS.
        opens: civil time of the TPS.
        closes: civil time of the TPS.
        dissolved: whether the TPS is no more.

    Source: D10: voting from 07:00 to 13:00 local.
    """
    local = occurred_at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    opened_late = milestone is Milestone.OPENED and not opens <= local <= closes
    closed_early = milestone is Milestone.VOTING_CLOSED and local < closes
    hours = ["W-HOURS"] if opened_late or closed_early else []
    return hours + _of_the_tps(dissolved=dissolved)
