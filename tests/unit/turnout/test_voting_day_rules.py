"""What a report of a voting day says: never refused, always judged."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from contracts.vocabulary import Milestone
from services.turnout.rules.voting_days import Figures, milestone_findings, report_findings


@pytest.mark.parametrize(
    ("slot", "figures", "others", "codes"),
    [
        ("10:00", Figures(100, 120, 220), {}, []),
        ("10:00", Figures(100, 120, 221), {}, ["E-SEX-SUM"]),
        ("final", Figures(300, 213, 513), {}, []),
        ("final", Figures(300, 214, 514), {}, ["W-OVER-NEED"]),
        ("14:00", Figures(1, 1, 2), {}, ["W-HOURS"]),
        ("06:30", Figures(1, 1, 2), {}, ["W-HOURS"]),
        ("07:00", Figures(1, 1, 2), {}, []),
        ("13:00", Figures(1, 1, 2), {}, []),
        ("13:01", Figures(1, 1, 2), {}, ["W-HOURS"]),
        ("11:00", Figures(50, 50, 100), {"10:00": 101}, ["W-NOT-CUMULATIVE"]),
        ("11:00", Figures(50, 50, 100), {"12:00": 99, "final": 100}, ["W-NOT-CUMULATIVE"]),
        ("final", Figures(50, 50, 100), {"13:00": 100}, []),
    ],
)
def test_a_report(slot: str, figures: Figures, others: Mapping[str, int], codes: list[str]) -> None:
    assert report_findings(slot, figures, dpt=500, others=others) == codes


@pytest.mark.parametrize(
    ("milestone", "hour", "zone", "codes"),
    [
        (Milestone.OPENED, 0, "Asia/Jakarta", []),
        (Milestone.OPENED, 23, "Asia/Jakarta", ["W-HOURS"]),
        (Milestone.VOTING_CLOSED, 5, "Asia/Jakarta", ["W-HOURS"]),
        (Milestone.VOTING_CLOSED, 6, "Asia/Jakarta", []),
        (Milestone.VOTING_CLOSED, 4, "Asia/Jayapura", []),
        (Milestone.MOVED, 23, "Asia/Jakarta", []),
    ],
)
def test_a_milestone_by_the_hours_of_its_zone(
    milestone: Milestone, hour: int, zone: str, codes: list[str]
) -> None:
    when = datetime(2024, 11, 27, hour, tzinfo=UTC)
    assert milestone_findings(milestone, occurred_at=when, zone=zone) == codes


def test_what_a_dissolved_tps_reports_is_found_and_kept() -> None:
    figures = Figures(1, 1, 2)
    assert report_findings("10:00", figures, dpt=500, others={}, dissolved=True) == ["W-TPS-DISSOLVED"]
    when = datetime(2024, 11, 27, 0, 0, tzinfo=UTC)
    found = milestone_findings(Milestone.OPENED, occurred_at=when, zone="Asia/Jakarta", dissolved=True)
    assert found == ["W-TPS-DISSOLVED"]
