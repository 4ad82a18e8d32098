"""What a place needs, and when: by the election's settings."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.registry_events import CountSetting, ElectionSettings, RatioSetting, TimeSetting
from services.logistics.rules.quantities import (
    BALLOT,
    BALLOT_BOX,
    BOOTH,
    SPARE_BOX,
    ballots_needed,
    catalogue_of,
    due_at,
    kecamatan_needs,
    total_of,
    tps_needs,
)

RESERVE = Decimal("0.025")
BOTH = ["gubernur-32", "walikota-32.71"]
KECAMATAN = {"Selatan": 292, "Timur": 154, "Tengah": 156, "Barat": 352, "Utara": 268, "Tanah Sareal": 308}


def settings() -> ElectionSettings:
    hour = TimeSetting(value="07:00", zone=None, source="test")
    one, four = CountSetting(value=1, source="KPU Kota Bogor"), CountSetting(value=4, source="KPU Kota Bogor")
    ratio = RatioSetting(value=0.025, source="Perpu 1/2014 art. 87")
    return ElectionSettings(
        voting_opens=hour,
        voting_closes=hour,
        walk_in_opens=hour,
        results_public=hour,
        max_voters_per_tps=one,
        ballot_reserve_ratio=ratio,
        revote_ballots=one,
        boxes_per_contest=one,
        booths_per_tps=four,
        spare_boxes_per_contest=one,
        logistics_due_days_before=one,
        kpps_per_tps=one,
        linmas_per_tps=one,
        ptps_per_tps=one,
        turnout_target_ratio=ratio,
    )


@pytest.mark.parametrize(("dpt", "need"), [(533, 547), (600, 615), (0, 0), (1, 2), (40, 41), (41, 43)])
def test_ballots_are_rounded_up_per_tps(dpt: int, need: int) -> None:
    assert ballots_needed(dpt, RESERVE) == need


@given(st.lists(st.integers(0, 800), max_size=50))
def test_the_need_of_a_region_is_the_sum_over_its_tps_and_never_below_its_own_share(dpts: list[int]) -> None:
    total = sum(ballots_needed(dpt, RESERVE) for dpt in dpts)
    assert ballots_needed(sum(dpts), RESERVE) <= total <= sum(dpts) + sum(dpts) * RESERVE + len(dpts)


def test_kota_bogor_needs_3072_boxes() -> None:
    catalogue = catalogue_of(settings())
    at_tps = sum(
        count * total_of(tps_needs(catalogue, dpt=533, contests=BOTH), BALLOT_BOX)
        for count in KECAMATAN.values()
    )
    spare = sum(total_of(kecamatan_needs(catalogue, contests=BOTH), SPARE_BOX) for _ in KECAMATAN)
    assert (at_tps, spare, at_tps + spare) == (3060, 12, 3072)


@pytest.mark.parametrize(("contest", "boxes"), [("gubernur-31", 1), ("walikota-34.71", 1)])
def test_a_province_with_one_contest_needs_one_box_per_tps(contest: str, boxes: int) -> None:
    needs = tps_needs(catalogue_of(settings()), dpt=533, contests=[contest])
    assert total_of(needs, BALLOT_BOX) == boxes
    assert total_of(needs, BALLOT) == 547
    assert total_of(needs, BOOTH) == 4


def test_the_election_gives_quantity_and_source() -> None:
    items = {item.item: item for item in catalogue_of(settings())}
    assert items[BALLOT].reserve_ratio == RESERVE
    assert items[BOOTH].source == "KPU Kota Bogor"
    assert all(item.source for item in items.values())
    assert {item.item for item in items.values() if item.of_election} == {
        BALLOT,
        BALLOT_BOX,
        BOOTH,
        SPARE_BOX,
    }


@pytest.mark.parametrize(
    ("zone", "days", "moment"),
    [
        ("Asia/Jakarta", 1, datetime(2024, 11, 26, 17, tzinfo=UTC)),
        ("Asia/Makassar", 1, datetime(2024, 11, 26, 16, tzinfo=UTC)),
        ("Asia/Jayapura", 1, datetime(2024, 11, 26, 15, tzinfo=UTC)),
        ("Asia/Jakarta", 2, datetime(2024, 11, 25, 17, tzinfo=UTC)),
    ],
)
def test_everything_is_due_at_the_end_of_the_day_before_where_people_vote(
    zone: str, days: int, moment: datetime
) -> None:
    assert due_at(date(2024, 11, 27), zone, days_before=days) == moment
