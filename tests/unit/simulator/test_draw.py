"""Whole numbers that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.plan.draw import apportion, fit, round_row, whole_table
from simulator.plan.model import ballots_for

WEIGHTS = st.floats(min_value=0.01, max_value=100, allow_nan=False)


@given(total=st.integers(0, 100_000), weights=st.lists(WEIGHTS, min_size=1, max_size=40))
def test_shares_add_to_the_total_and_follow_the_weights(total: int, weights: list[float]) -> None:
    shares = apportion(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1 + 1e-6


@given(data=st.data(), caps=st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_no_share_is_above_its_cap(data: st.DataObject, caps: list[int]) -> None:
    total = data.draw(st.integers(0, sum(caps)))
    weights = data.draw(st.lists(WEIGHTS, min_size=len(caps), max_size=len(caps)))
    shares = apportion(total, weights, caps=caps)
    assert sum(shares) == total
    assert all(share <= cap for share, cap in zip(shares, caps, strict=True))


def test_a_total_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room for 1 of 4"):
        apportion(4, [1, 1], caps=[2, 1])


@given(total=st.integers(0, 10_000), row=st.lists(WEIGHTS, min_size=1, max_size=8))
def test_a_rounded_row_adds_up(total: int, row: list[float]) -> None:
    rounded = round_row(row, total)
    assert sum(rounded) == total
    assert min(rounded) >= 0


@given(data=st.data(), rows=st.lists(st.integers(0, 500), min_size=1, max_size=30), width=st.integers(1, 6))
def test_a_table_has_the_sums_of_its_rows_and_columns(
    data: st.DataObject, rows: list[int], width: int
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, sum(rows)), min_size=width - 1, max_size=width - 1)))
    columns = [high - low for low, high in zip([0, *cuts], [*cuts, sum(rows)], strict=True)]
    weights = [data.draw(st.lists(WEIGHTS, min_size=width, max_size=width)) for _ in rows]
    table = whole_table(fit(weights, rows=rows, columns=columns), rows=rows, columns=columns)
    assert [sum(row) for row in table] == rows
    assert [sum(column) for column in zip(*table, strict=True)] == columns
    assert all(cell >= 0 for row in table for cell in row)


def test_sums_that_contradict_one_another_are_refused() -> None:
    with pytest.raises(ValueError, match="rows add up to 2, columns to 3"):
        whole_table([[1.0]], rows=[2], columns=[3])


@pytest.mark.parametrize(("dpt", "ballots"), [(533, 547), (600, 615), (1, 2), (40, 41), (41, 43), (0, 0)])
def test_the_reserve_is_rounded_up_per_tps(dpt: int, ballots: int) -> None:
    assert ballots_for(dpt) == ballots
