"""What the gateway keeps of people: posts of areas, training, personnel, requests of facilities; and the gaps of crews."""

from collections.abc import Mapping, Sequence
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

GAPS = (
    "no_roster",
    "kpps_open",
    "guards_open",
    "supervisor_open",
    "chair_untrained",
    "untrained",
    "not_sworn_in",
    "unscreened",
    "not_checked_in",
)
"""What can be missing of the crew of a TPS, as lists and figures name it; what nobody told is missing too."""

_LATER = frozenset({"not_checked_in"})
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


_DECIDED = (RequestState.ACCEPTED, RequestState.PARTLY_ACCEPTED, RequestState.REFUSED)


def facility_request_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a facility's request; while it waits, its cut-off is a deadline that runs.

    One that came after the cut-off is overdue until it is decided, and is then neither kept nor missed.
    """
    assert isinstance(data, FacilityRequestChanged)
    of = f"requests/{data.facility_kind}"
    figures = {
        f"request/{data.facility_kind}/{data.state}": 1,
        f"request/{data.facility_kind}/voters": data.voters,
    }
    if data.late:
        figures[f"request/{data.facility_kind}/late"] = 1
    if data.state is RequestState.RECEIVED:
        figures[due_figure(of, data.cutoff_at)] = 1
    elif data.state in _DECIDED:
        figures[f"request/{data.facility_kind}/answered"] = 1
        figures[f"request/{data.facility_kind}/granted"] = data.granted or 0
        if not data.late and data.decided_at is not None:
            kept = "kept" if data.decided_at <= data.cutoff_at else "missed"
            figures[f"clock/{of}/{kept}"] = 1
    body = data.model_dump(mode="json")
    shown = {name: value for name, value in figures.items() if value}
    return Projection("facility_request", data.region_code, None, data.state, body, shown)


Counts = Mapping[str, int | None]


def posts_of(roster: Body) -> dict[str, Counts]:
    """Return the posts of a roster's part by duty; none where its registry did not tell of them."""
    return {str(post["duty"]): cast(Counts, post) for post in cast(Sequence[Body], roster.get("posts", []))}


def gaps_of(roster: Body | None) -> list[str]:
    """Return what is missing of the crew of a TPS, in the order of `GAPS`.

    Example: a TPS of which no roster is known has the one gap `no_roster`.

    Args:
        roster: the part of a readiness row that its roster told; None where nobody was ever named.
    """
    if roster is None:
        return ["no_roster"]
    counts = {name: cast(Counts, roster[name]) for name in ("kpps", "linmas", "ptps")}
    kpps = posts_of(roster).get(Duty.KPPS, {})
    named = counts["kpps"]["named"] or 0
    found = {
        "kpps_open": _is_open(counts["kpps"]),
        "guards_open": _is_open(counts["linmas"]),
        "supervisor_open": _is_open(counts["ptps"]),
        "chair_untrained": roster.get("chair_trained") is not True,
        "untrained": (counts["kpps"]["trained"] or 0) < named,
        "not_sworn_in": (kpps.get("sworn_in") or 0) < named,
        "unscreened": (kpps.get("screened") or 0) < named,
        "not_checked_in": (kpps.get("present") or 0) < named,
    }
    return [gap for gap in GAPS if found.get(gap)]


def _is_open(count: Counts) -> bool:
    return (count["named"] or 0) < (count["slots"] or 0)


def gap_figures(roster: Body | None) -> dict[str, int]:
    """Return the figures of what is missing of a crew: `gap/<what>`, and `gaps/crew` where anything is."""
    gaps = gaps_of(roster)
    figures = {f"gap/{gap}": 1 for gap in gaps}
    return figures | ({"gaps/crew": 1} if set(gaps) - _LATER else {})


def post_figures(roster: Body) -> dict[str, int]:
    """Return what a roster tells of how far its posts have come; of what it does not tell there is no figure.

    `crew/kpps/screening_of` is how many there are where it was told how many were screened.
    """
    figures: dict[str, int] = {}
    for duty, post in posts_of(roster).items():
        for word in ("proposed", "sworn_in", "present"):
            figures[f"crew/{duty}/{word}"] = post[word] or 0
        figures[f"crew/{duty}/told"] = post["named"] or 0
        if post["screened"] is not None:
            figures[f"crew/{duty}/screened"] = post["screened"]
            figures[f"crew/{duty}/screening_of"] = post["named"] or 0
    return {name: value for name, value in figures.items() if value}


FOLDS: dict[str, Fold | None] = {
    "desk.registry.area_roster.changed.v1": area_roster_changed,
    "desk.registry.training.changed.v1": training_changed,
    "desk.registry.personnel.changed.v1": personnel_changed,
    "desk.registry.facility_request.changed.v1": facility_request_changed,
}
