"""The story with second thoughts: much of what was told is told again with other facts, as it is in the weeks before a vote.

Every consumer has aggregates of several versions here, so that one that applies a version twice, skips one or takes two in
the wrong order ends elsewhere than the others.
"""

from datetime import timedelta

from contracts.logistics_events import BoxReceived, BoxVoided
from contracts.registry_events import (
    Choice,
    ChoiceKind,
    ContestDefined,
    CountSetting,
    ElectionDefined,
    RegionGroupDefined,
    TimeSetting,
    WinningRule,
)
from contracts.turnout_events import TallyReturned, TallyReturnRequested, TallyTpsChanged, TurnoutRecorded
from tests.story import (
    DAY,
    ELECTION,
    GOVERNOR,
    KELURAHAN,
    MAYOR,
    PUBLIC_AT,
    SOURCE,
    Place,
    Story,
    arrived,
    assessed,
    box,
    made,
    need,
    places,
    registered,
    roster,
    settings,
    tally,
    tally_id,
    tell_whether_day_counts,
    verified,
    whole_story,
)


def retold_story() -> Story:
    """Return the whole story, and then what was thought better of, TPS that moved, closed and opened again among it."""
    story = whole_story()
    found = places(3)
    for times in (1, 2, 3):
        _retell_frame(story, times)
        for n, place in enumerate(found):
            _retell_place(story, place, times, n)
    for place in found[:3]:
        _count_boxes_again(story, place)
    for place in found:
        _correct_day(story, place)
    _return_form(story, found[0])
    _close_and_open(story, found[1])
    return story


def _retell_frame(story: Story, times: int) -> None:
    changed = settings().model_copy(
        update={
            "booths_per_tps": CountSetting(value=4 + times % 2, source=SOURCE),
            "logistics_due_days_before": CountSetting(value=1 + times, source=SOURCE),
            "walk_in_opens": TimeSetting(value=f"1{times}:30", zone=None, source=SOURCE),
        }
    )
    story.tell(
        ElectionDefined(
            election=ELECTION,
            name=f"Pilkada Kota Bogor 2024, {times}",
            region_code="32.71",
            voting_date=DAY,
            results_public_at=PUBLIC_AT + timedelta(minutes=times),
            rehearsal=True,
            settings=changed,
            stages=[],
        ),
        ELECTION,
    )
    choices = [Choice(number=n, kind=ChoiceKind.PAIR, name=f"Pasangan {n}") for n in range(1, 3 + times)]
    story.tell(
        ContestDefined(
            contest=MAYOR,
            name="Wali Kota Bogor",
            region_code="32.71",
            choices=choices,
            winning_rule=WinningRule.MOST_VOTES,
            winning_rule_source=SOURCE,
        ),
        f"{ELECTION}.{MAYOR}",
        contest=MAYOR,
    )
    regions = [*KELURAHAN][: times % 3]
    story.tell(RegionGroupDefined(name="utara", title="Utara", regions=regions, source=SOURCE), "utara")


def _retell_place(story: Story, place: Place, times: int, n: int) -> None:
    """Tell of other voters; the second TPS is closed now and then, the third moves to another number and kelurahan."""
    told = registered(place, dpt_men=250 + times, dpt_women=260 - n, active=n != 1 or times != 2)
    if n == 2:
        told = told.model_copy(update={"tps_code": _moved(place, times), "former_codes": [place.code]})
    story.tell(told, place.id, tps=place)
    story.tell(
        assessed(place, "hazard", ("low", "medium", "high")[times - 1]), f"{place.id}.hazard", tps=place
    )
    story.tell(roster(place, kpps=4 + times, trained=times), place.id, tps=place)
    story.tell(need(place, active=told.active), place.id, tps=place)


def _moved(place: Place, times: int) -> str:
    return {1: f"{KELURAHAN[0]}.009", 2: f"{KELURAHAN[1]}.009", 3: f"{KELURAHAN[0]}.008"}[times]


def _count_boxes_again(story: Story, place: Place) -> None:
    for contest, ballots in ((GOVERNOR, 520), (MAYOR, 519)):
        report = {"reported_outcome": "accepted", "reported_ballots": ballots, "findings": []}
        told = arrived(place, contest, story, ballots_received=ballots)
        story.tell(
            BoxReceived.model_validate(told | report),
            made("box", place.code, contest),
            tps=place,
            contest=contest,
        )
    void = box(place, GOVERNOR, "void", story)
    story.tell(
        BoxVoided.model_validate({**void, "replaced_by": None}),
        made("box", place.code, GOVERNOR),
        tps=place,
        contest=GOVERNOR,
    )


def _correct_day(story: Story, place: Place) -> None:
    for slot, men in (("10:00", 90), ("final", 180), ("10:00", 95)):
        told = TurnoutRecorded(
            tps_id=place.id, tps_code=place.code, slot=slot, men=men, women=men, total=2 * men, findings=[]
        )
        story.tell(told, place.id, tps=place)


def _return_form(story: Story, place: Place) -> None:
    one = tally_id(place, MAYOR)
    for model, told in (
        (TallyReturnRequested, tally(place, MAYOR, "verified")),
        (TallyReturned, tally(place, MAYOR, "empty", was="verified", persons=2, round=2)),
    ):
        story.tell(model.model_validate(told), one, tps=place, contest=MAYOR)
    for number, votes in ((2, [33, 44, 22]), (3, [34, 44, 21])):
        story.tell(verified(place, MAYOR, votes, number=number), one, tps=place, contest=MAYOR)


def _close_and_open(story: Story, place: Place) -> None:
    for counts in (False, True, False):
        tell_whether_day_counts(story, place, counts=counts)
        told = tally(place, GOVERNOR, "verified", counts=counts)
        story.tell(
            TallyTpsChanged.model_validate(told), tally_id(place, GOVERNOR), tps=place, contest=GOVERNOR
        )
