"""Rules of the registry: what fits, what asks for a reason, what is told to voters."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.registry_events import Choice, ChoiceKind, ElectionSettings, Stage, WinningRule
from contracts.registry_people_events import Duty
from contracts.zones import WIB, WIT
from services.registry.commands.rosters import Assignment, Crew, Place, Rosters
from services.registry.rules import regions
from services.registry.rules.elections import (
    contest_errors,
    election_errors,
    is_numbered,
    known_calendar,
    results_public_at,
)
from services.registry.rules.facilities import known_hospitals
from services.registry.rules.places import civil_day
from services.registry.rules.rosters import TPS_DUTIES, Holder, post_counts, roster_counts, slots_of
from services.registry.rules.tps import contests_at, may_renumber, tps_findings, tps_refusals
from services.registry.schemas.elections import SettingsIn
from services.registry.schemas.officers import Trained

SETTINGS = ElectionSettings.model_validate(SettingsIn().model_dump())
TPS = "32.71.06.1002.028"


def test_every_setting_has_a_source():
    assert all(setting["source"] for setting in SETTINGS.model_dump().values())


def test_the_settings_of_2024_are_the_law_s():
    assert SETTINGS.ballot_reserve_ratio.value == 0.025
    assert SETTINGS.max_voters_per_tps.value == 600
    assert SETTINGS.revote_ballots.value == 2_000
    assert (SETTINGS.voting_opens.value, SETTINGS.voting_closes.value) == ("07:00", "13:00")


def test_results_are_public_at_15_in_jakarta_everywhere():
    eight_utc = datetime(2024, 11, 27, 8, tzinfo=UTC)
    for region in (None, "32.71", "91.71"):
        assert results_public_at(SETTINGS, voting_date=date(2024, 11, 27), region_code=region) == eight_utc


def test_a_setting_without_a_zone_is_local_to_the_election():
    local = SETTINGS.model_copy(
        update={"results_public": SETTINGS.results_public.model_copy(update={"zone": None})}
    )
    at = results_public_at(local, voting_date=date(2024, 11, 27), region_code="91.71")
    assert at == datetime(2024, 11, 27, 6, tzinfo=UTC)


def test_the_calendar_of_2024_and_no_other():
    stages = {stage.id: stage for stage in known_calendar(date(2024, 11, 27))}
    assert stages["quiet-days"].ends_on == date(2024, 11, 26)
    assert stages["recap-province"].ends_on == date(2024, 12, 9)
    assert not election_errors(SETTINGS, list(stages.values()), region_code="32.71")
    assert known_calendar(date(2029, 11, 28)) == []


def test_pairs_have_their_numbers_the_day_after_they_drew_them():
    stages = known_calendar(date(2024, 11, 27))
    assert not is_numbered(stages, today=date(2024, 9, 23))
    assert is_numbered(stages, today=date(2024, 9, 24))
    assert not is_numbered([], today=date(2030, 1, 1))


def _choices(pairs: int, empty: int) -> list[Choice]:
    kinds = [ChoiceKind.PAIR] * pairs + [ChoiceKind.KOLOM_KOSONG] * empty
    return [Choice(number=number, kind=kind, name="x") for number, kind in enumerate(kinds, start=1)]


@pytest.mark.parametrize(
    ("pairs", "empty", "rule", "fits"),
    [
        (2, 0, WinningRule.MOST_VOTES, True),
        (5, 0, WinningRule.MORE_THAN_HALF_OR_SECOND_ROUND, True),
        (1, 1, WinningRule.MORE_THAN_HALF_AGAINST_EMPTY, True),
        (1, 0, WinningRule.MOST_VOTES, False),
        (0, 1, WinningRule.MORE_THAN_HALF_AGAINST_EMPTY, False),
        (2, 1, WinningRule.MORE_THAN_HALF_AGAINST_EMPTY, False),
        (1, 1, WinningRule.MOST_VOTES, False),
        (3, 0, WinningRule.MORE_THAN_HALF_AGAINST_EMPTY, False),
    ],
)
def test_pairs_or_one_pair_and_the_empty_column(*, pairs: int, empty: int, rule: WinningRule, fits: bool):
    assert (not contest_errors("walikota-32.71", _choices(pairs, empty), rule)) is fits


def test_contests_of_a_tps_by_its_code():
    every = ["walikota-32.71", "gubernur-32", "bupati-32.01", "gubernur-35"]
    assert contests_at(TPS, every) == ["gubernur-32", "walikota-32.71"]
    assert [m.code for m in tps_refusals(TPS, ["bupati-32.01"], known=every)] == ["contest-unknown"]
    assert [m.code for m in tps_refusals(TPS, [], known=every)] == ["no-contest"]
    assert not tps_refusals(TPS, ["gubernur-32"], known=every)


def test_findings_of_a_tps():
    assert tps_findings(TPS, dpt=600, max_voters=600) == []
    assert tps_findings(TPS, dpt=601, max_voters=600) == ["W-TPS-SIZE"]
    assert tps_findings("32.71.06.1999.001", dpt=1, max_voters=600) == ["W-REGION-CODE"]


def test_a_tps_keeps_its_kabkota():
    assert may_renumber(TPS, "32.71.01.1001.001")
    assert not may_renumber(TPS, "32.72.01.1001.001")
    assert not may_renumber(TPS, TPS)


def test_regions_of_the_nation():
    assert len(regions.children(None)) == 38
    assert sum(len(regions.children(kecamatan.code)) for kecamatan in regions.children("32.71")) == 68
    bogor = regions.region("32.71.06.1002")
    assert bogor is not None
    assert (bogor.name, bogor.zone, bogor.parent) == ("Kebon Pedes", WIB, "32.71.06")
    assert all(regions.children(k.code)[0].lat is not None for k in regions.children("32.71"))
    papua = regions.region("91")
    assert papua is not None
    assert (papua.zone, papua.lat) == (WIT, None)
    assert regions.region("99") is None
    assert not regions.is_region("")
    assert regions.civil_date(datetime(2024, 11, 26, 20, tzinfo=UTC), WIB) == date(2024, 11, 27)


def test_hospitals_are_known_of_bogor_only_and_nobody_spoke_with_them():
    found = known_hospitals("32.71")
    assert len(found) == 14
    assert {facts.contact_status for _, facts in found} == {"not_contacted"}
    assert known_hospitals("35.78") == []
    assert known_hospitals(None) == []


def test_a_day_in_words():
    assert civil_day(date(2024, 11, 27)).id == "Rabu, 27 November 2024"
    assert civil_day(date(2024, 11, 27)).en == "Wednesday, 27 November 2024"


@given(st.lists(st.tuples(st.sampled_from(Duty), st.sampled_from(Trained)), max_size=30))
def test_counts_of_a_roster_add_up(held: list[tuple[Duty, Trained]]):
    holders = [(duty, Holder("p", "N", training)) for duty, training in held]
    counts = roster_counts(post_counts(holders, slots=slots_of(SETTINGS)))
    at_tps = [training for duty, training in held if duty in TPS_DUTIES]
    assert sum(count.named for count in counts.values()) == len(at_tps)
    assert sum(count.trained for count in counts.values()) == at_tps.count(Trained.YES)
    for count in counts.values():
        assert count.trained + count.training_unknown <= count.named
    assert [counts[duty].slots for duty in TPS_DUTIES] == [7, 2, 1]


CREW = [Crew(UUID(int=n + 1), f"32.71.06.1002.{n + 1:03d}") for n in range(3)]
PERSONS: tuple[str, ...] = ("a", "b", "c", "d")


@st.composite
def rosters_and_lists(draw: st.DrawFn) -> tuple[dict[Place, str], list[tuple[int, int, str | None]]]:
    slots = [(crew.roster_id, Duty.KPPS, slot) for crew in CREW for slot in (1, 2)]
    persons = draw(st.permutations(PERSONS))
    places = draw(st.lists(st.sampled_from(slots), unique=True, max_size=len(persons)))
    wishes = st.tuples(st.integers(0, 2), st.integers(1, 2), st.sampled_from((*PERSONS, None)))
    chosen = draw(st.lists(wishes, unique_by=lambda wish: wish[:2], max_size=6))
    return dict(zip(places, persons, strict=False)), chosen


@given(rosters_and_lists())
def test_nobody_holds_two_slots_whatever_is_asked(
    drawn: tuple[dict[Place, str], list[tuple[int, int, str | None]]],
):
    held, wishes = drawn
    rosters = Rosters(
        {place: Holder(person, "N", Trained.NO) for place, person in held.items()},
        {person: place for place, person in held.items()},
        {},
    )
    asked = [
        Assignment(CREW[tps], Duty.KPPS, slot, Holder(person, "N", Trained.YES) if person else None)
        for tps, slot, person in wishes
    ]
    refused = rosters.clashes(asked)
    after = dict(held)
    for index, each in enumerate(asked):
        if index not in refused:
            after.pop(each.place, None)
            if each.holder:
                after[each.place] = each.holder.person
    assert len(set(after.values())) == len(after)
    for index in refused:
        assert asked[index].holder is not None, "emptying a slot is never refused"


def test_a_swap_within_one_list_is_no_clash():
    first, second = (CREW[0].roster_id, Duty.KPPS, 1), (CREW[1].roster_id, Duty.KPPS, 1)
    held = {first: Holder("a", "A", Trained.NO), second: Holder("b", "B", Trained.NO)}
    rosters = Rosters(held, {"a": first, "b": second}, {})
    swap = [Assignment(CREW[0], Duty.KPPS, 1, held[second]), Assignment(CREW[1], Duty.KPPS, 1, held[first])]
    assert rosters.clashes(swap) == set()
    assert rosters.clashes(swap[:1]) == {0}


def test_stages_stand_once_and_end_after_they_start():
    stage = Stage(
        id="a", name="A", name_id="A", starts_on=date(2024, 1, 2), ends_on=date(2024, 1, 1), source="x"
    )
    assert [m.code for m in election_errors(SETTINGS, [stage, stage], region_code=None)] == [
        "order",
        "order",
        "duplicate",
    ]
