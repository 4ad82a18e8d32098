"""A caller's regions, as its named groups change."""

from chassis.actor import Actor, RegionGroups


def caller(*, regions: tuple[str, ...], grants: tuple[str, ...]) -> Actor:
    return Actor("p", "p", "c", None, None, frozenset(), frozenset(), regions, None, grants)


def test_a_caller_has_the_regions_that_its_groups_have_now() -> None:
    groups = RegionGroups()
    groups.replace({"bakorwil-1": ["35.77"]})
    held = caller(regions=("35.77",), grants=("group:bakorwil-1",))
    assert held.as_of(groups) == held
    groups.replace({"bakorwil-1": ["35.20"]})
    assert held.as_of(groups).regions == ("35.20",)


def test_a_caller_without_a_token_keeps_its_regions() -> None:
    assert caller(regions=("32",), grants=()).as_of(RegionGroups()).regions == ("32",)
