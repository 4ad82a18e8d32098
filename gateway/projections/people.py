"""What the gateway keeps of people: posts of areas, training, personnel, requests of facilities; and the gaps of crews."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import cast

from contracts.envelope import Envelope, EventData
from contracts.registry_people_events import (
    AreaRosterChanged,
    Duty,
    FacilityRequestChanged,
    PersonnelChanged,
    RequestState,
    TrainingChanged,
)
from gateway.projections import Body, Fold, Projection, due_figure


class Gap(StrEnum):
    """What can be missing of the crew of a TPS, in the order in which it is told; what nobody told is missing too."""

    NO_ROSTER = "no_roster"
    KPPS_OPEN = "kpps_open"
    GUARDS_OPEN = "guards_open"
    SUPERVISOR_OPEN = "supervisor_open"
    CHAIR_UNTRAINED = "chair_untrained"
    UNTRAINED = "untrained"
    NOT_SWORN_IN = "not_sworn_in"
    UNSCREENED = "unscreened"
    NOT_CHECKED_IN = "not_checked_in"


_LATER = frozenset({Gap.NOT_CHECKED_IN})
"""Gaps that are none before the voting day: a crew without another gap is complete."""


def area_roster_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep how far the posts of an area are filled."""
    assert isinstance(data, AreaRosterChanged)
    figures = {
        f"area/{post.duty}/{word}": value
        for post in data.posts
        for word, value in (
            ("slots", post.slots),
            ("named", post.named),
            ("trained", post.trained),
            ("sworn_in", post.sworn_in),
        )
        if value
    }
    state = "full" if all(post.named >= post.slots for post in data.posts) else "open"
    return Projection("area_roster", data.region_code, None, state, data.model_dump(mode="json"), figures)


def training_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a training session, and count it with those who attended."""
    assert isinstance(data, TrainingChanged)
    figures = {f"training/{data.state}": 1}
    figures |= {"training/attended": data.attended} if data.attended else {}
    return Projection("training", data.region_code, None, data.state, data.model_dump(mode="json"), figures)


def personnel_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep the personnel at a place; each place's own, so that sums over regions count nobody twice."""
    assert isinstance(data, PersonnelChanged)
    of = f"personnel/{data.agency}"
    figures = {f"{of}/planned": data.planned, f"{of}/present": data.present, f"{of}/trained": data.trained}
    if data.present is not None:
        figures[f"{of}/planned_told"] = data.planned
    state = "unknown" if data.present is None else "there" if data.present >= data.planned else "short"
    return Projection(
        "personnel",
        data.region_code,
        data.tps_code,
        state,
        data.model_dump(mode="json"),
        {name: value for name, value in figures.items() if value},
    )


def facility_request_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a facility's request; while it waits, its cut-off is a deadline that runs.

    One that came after the cut-off is overdue until it is decided, and is then neither kept nor missed.
    """
    assert isinstance(data, FacilityRequestChanged)
    of, kind = f"requests/{data.facility_kind}", f"request/{data.facility_kind}"
    figures = {f"{kind}/{data.state}": 1}
    if data.state is not RequestState.WITHDRAWN:
        figures |= {f"{kind}/asked": 1, f"{kind}/voters": data.voters, f"{kind}/late": int(data.late)}
    if data.state is RequestState.RECEIVED:
        figures[due_figure(of, data.cutoff_at)] = 1
    elif data.decided_at is not None:
        figures |= {f"{kind}/answered": 1, f"{kind}/granted": data.granted or 0}
        if not data.late:
            figures[f"clock/{of}/{'kept' if data.decided_at <= data.cutoff_at else 'missed'}"] = 1
    body = data.model_dump(mode="json")
    shown = {name: value for name, value in figures.items() if value}
    return Projection("facility_request", data.region_code, None, data.state, body, shown)


Counts = Mapping[str, int | None]


def posts_of(roster: Body) -> dict[str, Counts]:
    """Return the posts of a roster's part by duty; none where its registry did not tell of them."""
    return {str(post["duty"]): cast(Counts, post) for post in cast(Sequence[Body], roster.get("posts", []))}


def gaps_of(roster: Body | None) -> list[Gap]:
    """Return what is missing of the crew of a TPS, in the order of `Gap`.

    Example: a TPS of which no roster is known has the one gap `no_roster`.

    Args:
        roster: the part of a readiness row that its roster told; None where nobody was ever named.
    """
    if roster is None:
        return [Gap.NO_ROSTER]
    counts = {name: cast(Counts, roster[name]) for name in ("kpps", "linmas", "ptps")}
    kpps = posts_of(roster).get(Duty.KPPS, {})
    named = counts["kpps"]["named"] or 0
    found = {
        Gap.KPPS_OPEN: _is_open(counts["kpps"]),
        Gap.GUARDS_OPEN: _is_open(counts["linmas"]),
        Gap.SUPERVISOR_OPEN: _is_open(counts["ptps"]),
        Gap.CHAIR_UNTRAINED: roster.get("chair_trained") is not True,
        Gap.UNTRAINED: (counts["kpps"]["trained"] or 0) < named,
        Gap.NOT_SWORN_IN: (kpps.get("sworn_in") or 0) < named,
        Gap.UNSCREENED: (kpps.get("screened") or 0) < named,
        Gap.NOT_CHECKED_IN: (kpps.get("present") or 0) < named,
    }
    return [gap for gap, is_missing in found.items() if is_missing]


def _is_open(count: Counts) -> bool:
    return (count["named"] or 0) < (count["slots"] or 0)


def gap_figures(roster: Body | None) -> dict[str, int]:
    """Return the figures of what is missing of a crew: `gap/<what>`, and `gaps/crew` where anything is."""
    gaps = gaps_of(roster)
    figures = {f"gap/{gap}": 1 for gap in gaps}
    return figures | ({"gaps/crew": 1} if set(gaps) - _LATER else {})


def post_figures(roster: Body) -> dict[str, int]:
    """Return what a roster tells of how far its KPPS have come; of what it does not tell there is no figure.

    `crew/kpps/told` is how many are named where that was told, `crew/kpps/screening_of` where it was told how many of them were
    screened.
    """
    kpps = posts_of(roster).get(Duty.KPPS)
    if kpps is None:
        return {}
    named = kpps["named"] or 0
    figures = {"crew/kpps/told": named}
    figures |= {f"crew/kpps/{word}": kpps[word] or 0 for word in ("proposed", "sworn_in", "present")}
    if kpps["screened"] is not None:
        figures |= {"crew/kpps/screened": kpps["screened"], "crew/kpps/screening_of": named}
    return {name: value for name, value in figures.items() if value}


FOLDS: dict[str, Fold | None] = {
    "desk.registry.area_roster.changed.v1": area_roster_changed,
    "desk.registry.training.changed.v1": training_changed,
    "desk.registry.personnel.changed.v1": personnel_changed,
    "desk.registry.facility_request.changed.v1": facility_request_changed,
}
