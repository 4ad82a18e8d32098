"""A small election as its services would tell it: every type of event, in an order that could have happened.

Synthetic through and through. The golden examples were made from it once, the gateway's tests play it.
"""

from collections.abc import Iterator

from chassis.consumer import Received
from contracts.envelope import EventData
from tests.story.of_incidents import incident, problem, tell_incidents, tell_work
from tests.story.of_logistics import arrived, box, need, tell_boxes, tell_discrepancy, tell_stock
from tests.story.of_people import post, request, tell_people
from tests.story.of_registry import (
    assessed,
    checked,
    outreach,
    registered,
    roster,
    settings,
    tell_frame,
    tell_of_places,
    tell_places,
)
from tests.story.of_turnout import (
    form,
    tally,
    tally_id,
    tell_day,
    tell_disputed_tally,
    tell_tally,
    tell_whether_day_counts,
    verified,
)
from tests.story.telling import (
    DAY,
    DUE_AT,
    ELECTION,
    GOVERNOR,
    KELURAHAN,
    MAYOR,
    OPENS,
    PUBLIC_AT,
    SOURCE,
    Place,
    Story,
    made,
    places,
)

__all__ = [
    "DAY",
    "DUE_AT",
    "ELECTION",
    "GOVERNOR",
    "KELURAHAN",
    "MAYOR",
    "OPENS",
    "PUBLIC_AT",
    "SOURCE",
    "Place",
    "Story",
    "arrived",
    "assessed",
    "box",
    "by_type",
    "checked",
    "form",
    "incident",
    "made",
    "need",
    "outreach",
    "places",
    "post",
    "problem",
    "registered",
    "request",
    "roster",
    "settings",
    "tally",
    "tally_id",
    "tell_boxes",
    "tell_day",
    "tell_discrepancy",
    "tell_disputed_tally",
    "tell_frame",
    "tell_incidents",
    "tell_of_places",
    "tell_people",
    "tell_places",
    "tell_stock",
    "tell_tally",
    "tell_whether_day_counts",
    "tell_work",
    "verified",
    "whole_story",
]


def whole_story(*, per_kelurahan: int = 3) -> Story:
    """Return the whole story, in which every type of the catalog occurs."""
    story = Story()
    found = places(per_kelurahan)
    tell_frame(story)
    tell_places(story, found)
    tell_people(story, found[0])
    tell_of_places(story, found)
    tell_stock(story, found[0])
    for n, place in enumerate(found):
        tell_boxes(story, place, received=n != 1)
    tell_discrepancy(story, found[0])
    tell_incidents(story)
    tell_work(story)
    story.now = max(story.now, OPENS)
    for n, place in enumerate(found):
        tell_day(story, place, final=100 + 10 * n)
        if n < 4 and place != found[-1]:
            tell_tally(story, place, MAYOR, [30 + n, 50, 20])
            story.tell(
                verified(place, GOVERNOR, [60, 41], held=n == 2),
                tally_id(place, GOVERNOR),
                tps=place,
                contest=GOVERNOR,
            )
    tell_disputed_tally(story, found[-1], GOVERNOR)
    return story


def by_type(story: Story) -> Iterator[tuple[str, list[Received[EventData]]]]:
    """Give the events of each type."""
    types = dict.fromkeys(event.envelope.type for event in story.events)
    for name in types:
        yield name, [event for event in story.events if event.envelope.type == name]
