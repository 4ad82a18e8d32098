"""Any region of the nation can be planned; its totals are its own."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lokal import wilayah

from simulator.plan.model import MAX_DPT_PER_TPS, Plan
from simulator.plan.region import plan_region
from tests.unit.simulator.rules_of_forms import broken_rules


def plan(region: str, *, tps: int, seed: int = 3) -> Plan:
    return plan_region(region, tps=tps, seed=seed, election="pilkada-2024", voting_day=date(2024, 11, 27))


@pytest.mark.parametrize(
    ("region", "contests"),
    [
        ("35.78", ["gubernur-35", "walikota-35.78"]),
        ("35.22", ["gubernur-35", "bupati-35.22"]),
        ("91.71", ["gubernur-91", "walikota-91.71"]),
        ("34.71", ["walikota-34.71"]),
        ("31.71", ["gubernur-31"]),
        ("35.22.01.2001", ["gubernur-35", "bupati-35.22"]),
    ],
)
def test_a_region_holds_the_contests_of_its_law(region: str, contests: list[str]) -> None:
    drawn = plan(region, tps=30)
    assert len(drawn.tps) == 30
    assert [contest.id for contest in drawn.contests] == contests
    assert all(list(drawn.contests_of(tps)) == contests for tps in drawn.tps)


@given(seed=st.integers(0, 2**32), tps=st.integers(1, 300))
@settings(max_examples=10, deadline=None)
def test_every_form_of_a_region_adds_up(seed: int, tps: int) -> None:
    drawn = plan("91.71", tps=tps, seed=seed)
    assert len({one.code for one in drawn.tps}) == tps
    for one in drawn.tps:
        governor, mayor = one.forms
        assert [broken_rules(form) for form in one.forms] == [[], []]
        assert [form.dpt for form in one.forms] == [one.dpt, one.dpt]
        assert mayor.users.total <= governor.users.total
        assert one.dpt.total <= MAX_DPT_PER_TPS
        assert wilayah.wilayah_name(one.kelurahan)
        assert one.lat is None
        assert one.lon is None


def test_a_province_gives_each_tps_the_contest_of_its_own_kabupaten() -> None:
    drawn = plan("51", tps=800)
    for one in drawn.tps:
        assert one.forms[0].contest == "gubernur-51"
        assert one.forms[1].contest.endswith(one.code[:5])
    total = drawn.totals("gubernur-51")
    assert total.tps == 800
    assert total.valid + total.invalid == total.users


def test_the_same_seed_gives_the_same_region() -> None:
    assert plan("91.71", tps=50).fingerprint() == plan("91.71", tps=50).fingerprint()
    assert plan("91.71", tps=50).fingerprint() != plan("91.71", tps=50, seed=4).fingerprint()


def test_a_region_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match=r"94\.71"):
        plan("94.71", tps=5)


def test_more_tps_than_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="999"):
        plan("35.22.01.2001", tps=1_000)
