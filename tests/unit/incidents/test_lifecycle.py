"""The life of an incident: every state has its ways out, and what everybody may know never says more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.incidents_events import IncidentCategory, IncidentState, PublicState, ReportSource
from services.incidents.rules.lifecycle import (
    DESCRIBED_TO_HANDLERS,
    EVERYBODY_MAY_KNOW,
    STEPS,
    Step,
    allowed,
    is_published,
    public_state,
)


@pytest.mark.parametrize("state", IncidentState)
def test_every_state_has_a_way_out_and_every_other_state_can_be_reached(state: IncidentState) -> None:
    reached, found = {state}, [state]
    while found:
        for following in STEPS[found.pop()].values():
            if following not in reached:
                reached.add(following)
                found.append(following)
    assert reached == set(IncidentState)
    assert allowed(state)


def test_only_a_report_makes_an_incident() -> None:
    assert all(Step.REPORT not in STEPS[state] for state in IncidentState)


@given(st.lists(st.sampled_from(Step), max_size=60))
def test_no_order_of_steps_leaves_the_table(steps: list[Step]) -> None:
    state = IncidentState.REPORTED
    for step in steps:
        following = STEPS[state].get(step)
        assert (following is None) == (step.value not in allowed(state))
        state = following or state
        assert state in IncidentState


def test_a_closed_incident_is_only_reopened() -> None:
    assert allowed(IncidentState.CLOSED) == ["reopen"]
    assert allowed(IncidentState.DUPLICATE) == ["reopen"]


@pytest.mark.parametrize("category", sorted(set(IncidentCategory) - EVERYBODY_MAY_KNOW))
@pytest.mark.parametrize("state", IncidentState)
def test_what_is_not_for_everybody_is_never_published(
    category: IncidentCategory, state: IncidentState
) -> None:
    assert category in DESCRIBED_TO_HANDLERS
    assert not any(is_published(category, state, source=source, heard=True) for source in ReportSource)


def test_a_public_report_is_published_only_when_an_agency_has_heard_of_it() -> None:
    flood, reported = IncidentCategory.DISASTER, IncidentState.REPORTED
    assert not is_published(flood, reported, source=ReportSource.PUBLIC, heard=False)
    assert is_published(flood, reported, source=ReportSource.PUBLIC, heard=True)
    assert is_published(flood, reported, source=ReportSource.OFFICER, heard=False)
    assert not is_published(flood, IncidentState.DUPLICATE, source=ReportSource.OFFICER, heard=True)


def test_the_public_words_for_states() -> None:
    assert [public_state(state) for state in IncidentState] == [
        PublicState.RECEIVED,
        PublicState.IN_HANDLING,
        PublicState.IN_HANDLING,
        PublicState.CLOSED,
        PublicState.RETRACTED,
    ]
