"""The life of an incident: its states, the steps between them, and what everybody may know of it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from contracts.incidents_events import IncidentCategory, IncidentState, PublicState, ReportSource

S = IncidentState


class Step(StrEnum):
    """What is done with an incident."""

    REPORT = "report"
    ACKNOWLEDGE = "acknowledge"
    ACT = "act"
    CLOSE = "close"
    REOPEN = "reopen"
    REROUTE = "reroute"
    CORRECT = "correct"
    EXTEND = "extend"
    MARK_DUPLICATE = "mark_duplicate"


def _open(state: IncidentState) -> dict[Step, IncidentState]:
    """Return the steps that lead out of every state in which there is work to do."""
    return {
        Step.ACT: S.ACTING,
        Step.CLOSE: S.CLOSED,
        Step.REROUTE: S.REPORTED,
        Step.CORRECT: state,
        Step.EXTEND: state,
        Step.MARK_DUPLICATE: S.DUPLICATE,
    }


STEPS: Mapping[IncidentState, Mapping[Step, IncidentState]] = MappingProxyType(
    {
        S.REPORTED: {Step.ACKNOWLEDGE: S.ACKNOWLEDGED, **_open(S.REPORTED)},
        S.ACKNOWLEDGED: _open(S.ACKNOWLEDGED),
        S.ACTING: _open(S.ACTING),
        S.CLOSED: {Step.REOPEN: S.REPORTED},
        S.DUPLICATE: {Step.REOPEN: S.REPORTED},
    }
)
"""Every step that is possible, and the state that it leads to. An agency that acts at once need not say so before."""

EVERYBODY_MAY_KNOW = frozenset({IncidentCategory.DISASTER, IncidentCategory.LOGISTICS})
"""Categories whose incidents are published; in the others a region and a state can point at a person, or feed a rumour."""

DESCRIBED_TO_HANDLERS = frozenset(IncidentCategory) - EVERYBODY_MAY_KNOW
"""Categories whose description is shown only to those who handle incidents; of health also because of D35."""


def allowed(state: IncidentState) -> list[str]:
    """Return the steps that are possible from a state. Example: `allowed(IncidentState.CLOSED) == ["reopen"]`."""
    return sorted(step.value for step in STEPS[state])


def public_state(state: IncidentState) -> PublicState:
    """Return a state in the words that the public gets."""
    match state:
        case S.REPORTED:
            return PublicState.RECEIVED
        case S.ACKNOWLEDGED | S.ACTING:
            return PublicState.IN_HANDLING
        case S.CLOSED:
            return PublicState.CLOSED
        case S.DUPLICATE:
            return PublicState.RETRACTED


def is_published(
    category: IncidentCategory, state: IncidentState, *, source: ReportSource, heard: bool
) -> bool:
    """Say whether everybody may know of an incident.

    What somebody of the public reported is published only once an agency has taken notice of it: an open intake must
    not become a megaphone.

    Example: `is_published(DISASTER, REPORTED, source=PUBLIC, heard=False) is False`.

    Args:
        category: of the incident.
        state: where the work on it stands.
        source: who reported it.
        heard: whether an agency has taken notice of it at any time.
    """
    trusted = heard or source is not ReportSource.PUBLIC
    return category in EVERYBODY_MAY_KNOW and state is not S.DUPLICATE and trusted
