"""The place of a TPS in the scorecard: what nobody said is not known, and never safe."""

import pytest

from contracts.registry_places_events import CheckItem, OutreachState
from tests.story import KELURAHAN, Place, Story, assessed, checked, made, outreach, registered
from tests.unit.gateway.test_folds import taken

ALL = list(CheckItem)
SAFE = [CheckItem.FLOOD_SAFE, CheckItem.LANDSLIDE_SAFE]


def totals(
    *, hazard: str | None, access: bool | None, no: list[CheckItem] | None, unknown: list[CheckItem]
) -> dict[str, int]:
    """Return the figures of one TPS; no checklist at all where `no` is None."""
    story, place = Story(), Place(f"{KELURAHAN[0]}.001")
    if no is not None:
        story.tell(checked(place, no=no, unknown=unknown), place.id, tps=place)
    if hazard is not None:
        story.tell(assessed(place, "hazard", hazard), f"{place.id}.hazard", tps=place)
    story.tell(registered(place, access=access), place.id, tps=place)
    return taken(story.events).totals()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((None, None, None, []), "unknown"),
        ((None, True, None, []), "unknown"),
        ((None, None, [], []), "done"),
        ((None, None, [], [CheckItem.FLOOD_SAFE]), "unknown"),
        (("low", None, [], [CheckItem.ACCESSIBLE]), "unknown"),
        (("low", None, [], SAFE), "done"),
        (("low", True, [CheckItem.FLOOD_SAFE, CheckItem.ALTERNATE_SITE], []), "high"),
        (("low", True, [CheckItem.FLOOD_SAFE], []), "done"),
        (("high", True, [], [CheckItem.ALTERNATE_SITE]), "high"),
        (("high", True, [], []), "done"),
        (("high", None, [CheckItem.ACCESSIBLE], []), "done"),
    ],
)
def test_a_place_is_done_only_by_what_somebody_said(
    said: tuple[str | None, bool | None, list[CheckItem] | None, list[CheckItem]], expected: str
):
    hazard, access, no, unknown = said
    found = totals(hazard=hazard, access=access, no=no, unknown=unknown)
    assert [name for name in found if name.startswith("ready/place/")] == [f"ready/place/{expected}"]


def test_a_checklist_that_was_taken_back_leaves_nothing_behind():
    story, place = Story(), Place(f"{KELURAHAN[0]}.001")
    story.tell(registered(place, access=None), place.id, tps=place)
    story.tell(checked(place), place.id, tps=place)
    assert taken(story.events).totals()["check/complete"] == 1
    story.tell(checked(place, unknown=ALL), place.id, tps=place)
    left = taken(story.events).totals()
    assert not [name for name in left if name.startswith("check/")]
    assert left["ready/place/unknown"] == 1


def test_a_reach_that_nobody_counted_is_not_zero():
    story = Story()
    story.tell(outreach(1, KELURAHAN[0]), made("outreach", 1))
    story.tell(outreach(2, KELURAHAN[0], total=None), made("outreach", 2))
    story.tell(outreach(3, KELURAHAN[1], state=OutreachState.PLANNED), made("outreach", 3))
    found = taken(story.events).totals()
    assert (found["outreach/held"], found["outreach/planned"]) == (2, 1)
    assert (found["reach/total"], found["reach/unknown"]) == (40, 1)
    assert "reach/men" not in found
