"""Until when somebody moves to another TPS, with which ballots, and at what hour one walks in."""

from datetime import UTC, date, datetime

import pytest

from contracts.registry_events import ElectionSettings
from services.registry.rules.moves import contests_of_mover, cutoff_days, moves_close_at, walk_in_findings
from services.registry.schemas.elections import SettingsIn
from services.registry.schemas.voters import VoterMoveReason

DAY = date(2024, 11, 27)
SETTINGS = ElectionSettings.model_validate(SettingsIn().model_dump())


@pytest.mark.parametrize(
    ("days", "region", "closes_at"),
    [
        (30, "32.71", datetime(2024, 10, 28, 17, tzinfo=UTC)),
        (7, "32.71", datetime(2024, 11, 20, 17, tzinfo=UTC)),
        (7, "91.71", datetime(2024, 11, 20, 15, tzinfo=UTC)),
    ],
)
def test_moves_close_with_the_last_day_where_the_tps_is(days: int, region: str, closes_at: datetime):
    assert moves_close_at(DAY, days=days, region_code=region) == closes_at


def test_only_the_reasons_of_the_rule_have_the_later_cut_off():
    later = {reason for reason in VoterMoveReason if cutoff_days(reason, SETTINGS) == 7}
    assert {reason.value for reason in later} == {"inpatient", "companion", "detainee", "disaster", "duty"}
    assert {cutoff_days(reason, SETTINGS) for reason in set(VoterMoveReason) - later} == {30}


@pytest.mark.parametrize(
    ("home", "ballots"),
    [
        ("32.71.06.1002.028", ["gubernur-32", "walikota-32.71"]),
        ("32.01", ["gubernur-32"]),
        ("35.78.01.1001.001", []),
    ],
)
def test_a_mover_votes_for_what_covers_both_places(home: str, ballots: list[str]):
    assert contests_of_mover(["gubernur-32", "walikota-32.71"], home=home) == ballots


@pytest.mark.parametrize(
    ("at", "findings"),
    [
        ("2024-11-27T12:00:00+09:00", []),
        ("2024-11-27T13:00:59+09:00", []),
        ("2024-11-27T13:01:00+09:00", ["W-WALKIN-HOURS"]),
        ("2024-11-27T12:00:00+07:00", ["W-WALKIN-HOURS"]),
        ("2024-11-28T12:30:00+09:00", ["W-WALKIN-HOURS"]),
    ],
)
def test_walk_ins_vote_in_the_last_hour_of_the_place(at: str, findings: list[str]):
    found = walk_in_findings(
        "91.71.01.1001.001",
        voting_date=DAY,
        opens="12:00",
        closes="13:00",
        occurred_at=datetime.fromisoformat(at),
        address_code="91.71.01.1001",
    )
    assert found == findings
