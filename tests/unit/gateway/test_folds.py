"""Folds: every type has one, and totals are the sum of the rows whatever happens in whatever order."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.consumer import Received
from contracts.catalog import CATALOG
from contracts.envelope import EventData
from contracts.logistics_events import BoxReceived, BoxVoided
from contracts.turnout_events import (
    MilestoneRecorded,
    TallyReturned,
    TallyTpsChanged,
    TurnoutRecorded,
    TurnoutSuperseded,
)
from contracts.vocabulary import Milestone, ancestors
from gateway.projections import Body, Projection, instant
from gateway.projections.engine import COMBINED, FOLDS
from gateway.totals import dues, overdue
from tests.story import (
    DUE_AT,
    GOVERNOR,
    MAYOR,
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
    tally,
    tally_id,
    tell_boxes,
    tell_day,
    tell_tally,
    tell_whether_day_counts,
    verified,
    whole_story,
)


class Rows:
    """The projector without a database: rows, and the sums over their regions."""

    def __init__(self) -> None:
        self.rows: dict[str, Projection] = {}
        self.versions: dict[str, int] = {}

    def take(self, event: Received[EventData]) -> None:
        """Take an event in, once, and only if it is the next of its aggregate."""
        envelope = event.envelope
        if envelope.version != self.versions.get(envelope.aggregate, 0) + 1:
            return
        self.versions[envelope.aggregate] = envelope.version
        changes = [(envelope.aggregate, FOLDS[envelope.type])]
        if combined := COMBINED.get(envelope.type):
            changes.append((f"{combined[0]}/{envelope.partition_key}", combined[1]))
        for key, fold in changes:
            if fold is not None:
                before: Body = self.rows[key].body if key in self.rows else {}
                now = fold(before, envelope, event.data)
                self.rows[key] = replace(now, counted=now.figures)

    def totals(self, region: str = "*") -> dict[str, int]:
        """Return the sum over the rows of a region."""
        found: dict[str, int] = {}
        for row in self.rows.values():
            if region == "*" or region in ancestors(row.region):
                for name, value in row.figures.items():
                    found[name] = found.get(name, 0) + value
        return {name: value for name, value in found.items() if value}


def taken(events: Sequence[Received[EventData]]) -> Rows:
    rows = Rows()
    for event in events:
        rows.take(event)
    return rows


def test_every_type_of_the_catalog_has_a_fold():
    assert set(FOLDS) == set(CATALOG)


def test_combined_rows_are_made_of_events_of_one_partition():
    kinds: dict[str, set[str]] = {}
    for name, (kind, _) in COMBINED.items():
        assert CATALOG[name].partition_by == "tps", name
        kinds.setdefault(kind, set()).add(CATALOG[name].topic)
    assert all(len(topics) == 1 for topics in kinds.values()), kinds


def test_every_projection_lies_where_it_says():
    rows = taken(whole_story().events).rows
    for key, row in rows.items():
        assert key.startswith(f"{row.kind}/"), (key, row.kind)
        assert row.region == "*" or row.region.count(".") <= 3, row
        assert all(value != 0 for value in row.figures.values()), row
        if row.tps_code:
            assert row.tps_code.startswith(f"{row.region}."), row


def test_a_renumbered_tps_lies_where_its_owner_says_whoever_speaks_last():
    place = places(1)[0]
    story = Story()
    story.tell(registered(place), place.id, tps=place)
    moved = registered(place).model_copy(update={"tps_code": "32.71.01.1003.009"})
    story.tell(moved, place.id, tps=place)
    late = story.tell(roster(place), place.id, tps=place)
    assert late.envelope.recorded_at > story.events[1].envelope.recorded_at
    row = taken(story.events).rows[f"tps_readiness/{place.id}"]
    assert (row.tps_code, row.region) == ("32.71.01.1003.009", "32.71.01.1003")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), replays=st.floats(0, 0.5))
def test_rows_do_not_depend_on_the_order_between_aggregates(seed: int, replays: float) -> None:
    """What is promised is order per aggregate; everything else may come in any order, and more than once."""
    story = whole_story(per_kelurahan=2)
    expected = taken(story.events)
    rng = random.Random(seed)
    queues: dict[str, list[Received[EventData]]] = {}
    for event in story.events:
        queues.setdefault(event.envelope.aggregate, []).append(event)
    shuffled: list[Received[EventData]] = []
    while queues:
        name = rng.choice(sorted(queues))
        shuffled.append(queues[name].pop(0))
        if rng.random() < replays:
            shuffled.append(rng.choice(shuffled))
        if not queues[name]:
            del queues[name]
    found = taken(shuffled)
    assert found.rows == expected.rows
    assert found.totals() == expected.totals()


def test_a_dissolved_tps_counts_nowhere_any_more():
    story, place = Story(), places(1)[0]
    for data in (registered(place), roster(place), assessed(place, "hazard", "low")):
        story.tell(data, place.id, tps=place)
    tell_boxes(story, place)
    tell_day(story, place)
    tell_tally(story, place, MAYOR, [100, 80])
    before = taken(story.events).totals()
    assert (before["tps"], before["voted/tps"], before[f"tally/{MAYOR}/valid"]) == (1, 1, 180)
    tell_whether_counted(story, place, counts=False)
    assert taken(story.events).totals() == {}
    tell_day(story, place, final=300)
    assert taken(story.events).totals() == {}, "what it reports is kept, and counts nowhere"
    tell_whether_counted(story, place, counts=True)
    back = taken(story.events).totals()
    assert back.keys() == before.keys()
    assert (back[f"tally/{MAYOR}/valid"], back["voted/tps"]) == (180, 1)


def tell_whether_counted(story: Story, place: Place, *, counts: bool) -> None:
    """Tell what every service tells when a TPS is dissolved or is back."""
    story.tell(registered(place, active=counts), place.id, tps=place)
    story.tell(need(place, active=counts), place.id, tps=place)
    tell_whether_day_counts(story, place, counts=counts)
    changed = tally(place, MAYOR, "verified", counts=counts)
    story.tell(TallyTpsChanged.model_validate(changed), tally_id(place, MAYOR), tps=place, contest=MAYOR)


@pytest.mark.parametrize(
    ("hazard", "access", "expected"),
    [
        ("low", True, "ready/place/done"),
        ("low", False, "ready/place/done"),
        ("high", True, "ready/place/high"),
        (None, True, "ready/place/unknown"),
        ("low", None, "ready/place/unknown"),
    ],
)
def test_a_place_is_ready_when_access_and_hazard_are_known(
    hazard: str | None, access: bool | None, expected: str
) -> None:
    story, place = Story(), places(1)[0]
    story.tell(registered(place, access=access), place.id, tps=place)
    story.tell(assessed(place, "hazard", hazard), f"{place.id}.hazard", tps=place)
    totals = taken(story.events).totals()
    assert [name for name in totals if name.startswith("ready/place/")] == [expected]


def test_a_risk_that_was_taken_back_is_unknown():
    story, place = Story(), places(1)[0]
    story.tell(registered(place), place.id, tps=place)
    story.tell(assessed(place, "hazard", "low"), place.id, tps=place)
    story.tell(assessed(place, "security", "high"), place.id, tps=place)
    story.tell(assessed(place, "hazard", None), place.id, tps=place)
    totals = taken(story.events).totals()
    assert "risk/hazard/low" not in totals
    assert totals["risk/security/high"] == 1
    assert totals["ready/place/unknown"] == 1


def _one_tps_with_boxes() -> tuple[Story, Place]:
    story, place = Story(), places(1)[0]
    tell_boxes(story, place)
    return story, place


def test_a_tps_has_its_boxes_when_each_contest_has_one():
    story, place = _one_tps_with_boxes()
    assert taken(story.events[:-1]).totals().get("supply/tps_done") is None
    totals = taken(story.events).totals()
    assert totals["supply/tps_done"] == totals["supply/tps_on_time"] == 1
    assert totals["boxes/received"] == totals["boxes/needed"] == 2
    assert not dues(totals)
    assert overdue(dues(taken(story.events[:-1]).totals()), now=DUE_AT.replace(year=2025), of="boxes") == 1
    report = {"reported_outcome": "short", "reported_ballots": 500, "findings": []}
    one = {"discrepancy_id": made("discrepancy", 1), "kind": "short", "opened_at": story.now}
    told = arrived(place, MAYOR, story, open_discrepancies=[one])
    story.tell(BoxReceived.model_validate(told | report), made("box", place.code, MAYOR), tps=place)
    totals = taken(story.events).totals()
    assert "supply/tps_done" not in totals
    assert totals["supply/tps_discrepancy"] == totals["boxes/discrepancy"] == 1


def test_a_void_box_counts_no_more():
    story, place = _one_tps_with_boxes()
    void = box(place, MAYOR, "void", story)
    one = made("box", place.code, MAYOR)
    story.tell(BoxVoided.model_validate({**void, "replaced_by": None}), one, tps=place, contest=MAYOR)
    totals = taken(story.events).totals()
    assert totals["boxes/known"] == 1
    assert "supply/tps_done" not in totals


def _form_story(place: Place) -> Story:
    story = Story()
    story.tell(verified(place, MAYOR, [10, 20, 30]), tally_id(place, MAYOR), tps=place)
    return story


def test_changing_one_form_changes_the_totals_by_exactly_that_form():
    place = places(1)[0]
    story = _form_story(place)
    before = taken(story.events).totals()
    story.tell(verified(place, MAYOR, [10, 25, 30], number=2), tally_id(place, MAYOR), tps=place)
    after = taken(story.events).totals()
    changed = {name: after.get(name, 0) - before.get(name, 0) for name in before | after}
    path = f"tally/{MAYOR}"
    expected = {f"{path}/votes/2": 5, f"{path}/valid": 5, f"{path}/total": 5, f"{path}/users": 5}
    assert {name: value for name, value in changed.items() if value} == expected


def test_a_held_form_and_a_returned_one_are_in_no_total():
    place = places(1)[0]
    held = Story()
    held.tell(verified(place, GOVERNOR, [60, 41], held=True), tally_id(place, GOVERNOR), tps=place)
    assert taken(held.events).totals() == {f"tally/{GOVERNOR}/held": 1, "tallies/held": 1}
    story = _form_story(place)
    returned = TallyReturned.model_validate(tally(place, MAYOR, "empty", was="verified", persons=2, round=2))
    story.tell(returned, tally_id(place, MAYOR), tps=place)
    assert taken(story.events).totals() == {}


def test_a_later_report_replaces_what_was_known_of_its_slot():
    story, place = Story(), places(1)[0]
    for slot, men in (("08:00", 10), ("10:00", 30), ("08:00", 12)):
        told = TurnoutRecorded(
            tps_id=place.id, tps_code=place.code, slot=slot, men=men, women=men, total=2 * men, findings=[]
        )
        story.tell(told, place.id, tps=place)
    totals = taken(story.events).totals()
    assert totals["slot/08:00/total"] == 24
    assert totals["voted/total"] == 60
    assert totals["voted/tps"] == 1


def test_a_day_that_was_interrupted_is_suspended_until_it_goes_on():
    story, place = Story(), places(1)[0]
    for milestone in (Milestone.OPENED, Milestone.SUSPENDED, Milestone.RESUMED):
        told = MilestoneRecorded(
            tps_id=place.id, tps_code=place.code, milestone=milestone, note="", findings=[]
        )
        story.tell(told, place.id, tps=place)
    assert "milestone/suspended" in taken(story.events[:2]).totals()
    assert "milestone/suspended" not in taken(story.events).totals()


def test_a_report_that_was_superseded_is_kept_beside_the_one_that_stands():
    story, place = Story(), places(1)[0]
    for kind, men, findings in ((TurnoutRecorded, 30, []), (TurnoutSuperseded, 20, ["W-REPORT-ORDER"])):
        told = kind(
            tps_id=place.id,
            tps_code=place.code,
            slot="10:00",
            men=men,
            women=men,
            total=2 * men,
            findings=findings,
        )
        story.tell(told, place.id, tps=place)
    rows = taken(story.events)
    assert rows.totals()["slot/10:00/total"] == 60
    (slot,) = cast(dict[str, Body], rows.rows[f"voting_day/{place.id}"].body["slots"]).values()
    assert (slot["total"], cast(Body, slot["superseded"])["findings"]) == (60, ["W-REPORT-ORDER"])
    assert slot["recorded_at"] == instant(story.events[0].envelope.recorded_at)


@pytest.mark.parametrize(
    ("said", "findings"),
    [
        (datetime(2099, 1, 1, tzinfo=UTC), ["W-CLOCK-AHEAD"]),
        (datetime(2000, 1, 1, tzinfo=UTC), ["W-OTHER-DAY"]),
    ],
)
def test_a_milestone_of_a_time_that_cannot_be_counts_from_when_it_was_received(
    said: datetime, findings: list[str]
):
    story, place = Story(), places(1)[0]
    for milestone, found in ((Milestone.READY, findings), (Milestone.OPENED, [])):
        told = MilestoneRecorded(
            tps_id=place.id, tps_code=place.code, milestone=milestone, note="", findings=found
        )
        story.tell(told, place.id, tps=place)
    first, second = story.events
    first = replace(first, envelope=first.envelope._replace(occurred_at=said))
    day = taken([first, second]).rows[f"voting_day/{place.id}"].body
    assert (day["milestone"], day["milestone_findings"]) == ("opened", {"ready": findings})
    assert cast(dict[str, str], day["milestones"])["ready"] == instant(first.envelope.recorded_at)


def test_a_milestone_that_comes_late_does_not_undo_a_later_one():
    story, place = Story(), places(1)[0]
    for milestone in (Milestone.SUSPENDED, Milestone.RESUMED, Milestone.SUSPENDED, Milestone.SUSPENDED):
        told = MilestoneRecorded(
            tps_id=place.id, tps_code=place.code, milestone=milestone, note="", findings=[]
        )
        story.tell(told, place.id, tps=place)
    *events, last = story.events
    late = replace(last, envelope=last.envelope._replace(occurred_at=events[0].envelope.occurred_at))
    assert "milestone/suspended" in taken([*events, late]).totals()
