"""TPS are split and merged within the limit (D1), and no family is ever cut."""

from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules.capacity import (
    Dpt,
    Merge,
    families_of,
    figures_after_merge,
    figures_after_split,
    list_findings,
    merges,
    split,
)

SIZES = st.dictionaries(st.binary(min_size=1, max_size=4), st.integers(1, 15), max_size=80)


@given(SIZES, st.integers(1, 60))
def test_a_split_places_every_family_whole_and_keeps_the_limit(families: dict[bytes, int], limit: int):
    found = split("32.71.06.1002.028", families, limit=limit)
    total = sum(families.values())
    if found is None:
        assert total <= limit or len(families) < 2
        return
    assert total > limit
    placed = [family for part in found.parts for family in part.families]
    assert sorted(placed) == sorted(families), "every family, once"
    for part in found.parts:
        assert part.families
        assert part.voters == sum(families[family] for family in part.families)
        assert part.voters <= limit or len(part.families) == 1, "only a family above the limit by itself"


@given(SIZES, st.integers(1, 60))
def test_parts_are_as_even_as_the_largest_family_lets_them(families: dict[bytes, int], limit: int):
    found = split("a", families, limit=limit)
    if found is not None:
        sizes = [part.voters for part in found.parts]
        assert max(sizes) - min(sizes) <= max(families.values())
        assert sizes == sorted(sizes, reverse=True)


@given(SIZES, st.integers(1, 60))
def test_the_order_of_what_comes_in_changes_nothing(families: dict[bytes, int], limit: int):
    backwards = dict(reversed(families.items()))
    assert split("a", families, limit=limit) == split("a", backwards, limit=limit)


def test_the_worked_examples():
    found = split("a", {b"1": 4, b"2": 3, b"3": 3, b"4": 2}, limit=7)
    assert found is not None
    assert [part.voters for part in found.parts] == [6, 6]
    assert merges({"a": 40, "b": 90, "c": 560}, limit=600, below=100) == [Merge("a", "b", 130)]
    six_hundred_and_one = {str(n).encode(): 1 for n in range(601)}
    halves = split("a", six_hundred_and_one, limit=600)
    assert halves is not None
    assert [part.voters for part in halves.parts] == [301, 300]
    assert split("a", {b"1": 9}, limit=7) is None, "one family cannot be split"


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 700)),
    st.integers(1, 600),
    st.integers(0, 300),
)
def test_merges_are_pairs_within_the_limit(voters: dict[str, int], limit: int, below: int):
    found = merges(voters, limit=limit, below=below)
    named = [code for merge in found for code in (merge.tps, merge.into)]
    assert len(named) == len(set(named)), "a TPS is in one pair at most"
    for merge in found:
        assert voters[merge.tps] < below
        assert merge.voters == voters[merge.tps] + voters[merge.into] <= limit


def test_who_has_no_family_is_one_alone():
    assert families_of([("a", b"f", 3), ("a", None, 2), ("b", b"f", 1)]) == {
        "a": {b"f": 3, b"alone-0": 1, b"alone-1": 1},
        "b": {b"f": 1},
    }


def test_the_figures_of_a_split_keep_their_sum():
    before = [Dpt(310, 300), Dpt(0, 0), Dpt(0, 0)]
    after = figures_after_split(before, [Dpt(100, 90), Dpt(110, 105)])
    assert after == [Dpt(100, 105), Dpt(100, 90), Dpt(110, 105)]


def test_figures_that_do_not_fit_the_list_are_left():
    assert figures_after_split([Dpt(10, 10), Dpt(1, 0)], [Dpt(5, 5)]) is None, "told already"
    assert figures_after_split([Dpt(4, 10), Dpt(0, 0)], [Dpt(5, 5)]) is None, "more leave than there are"
    assert figures_after_split([Dpt(5, 10), Dpt(0, 0)], [Dpt(5, 5)]) == [Dpt(0, 5), Dpt(5, 5)]


def test_the_figures_of_a_merge_are_the_sum():
    assert figures_after_merge(Dpt(20, 21), Dpt(50, 40)) == [Dpt(0, 0), Dpt(70, 61)]
    assert list_findings(130, dpt=Dpt(70, 60)) == []
