"""What the gateway keeps of the registry's events."""

from collections.abc import Mapping
from functools import partial
from typing import cast

from contracts.access import NATION, place_code
from contracts.envelope import Envelope, EventData
from contracts.registry_events import (
    ContactStatus,
    ContestDefined,
    ElectionDefined,
    FacilityChanged,
    RegionGroupDefined,
    RiskKind,
    TpsRegistered,
    TpsRiskAssessed,
    TpsRosterChanged,
)
from contracts.registry_places_events import TpsChecklistChanged
from contracts.vocabulary import TpsKind, kelurahan_of
from gateway.projections import Body, Combined, Fold, Projection, code_of, parts_of, version_of, with_part
from gateway.projections.people import gap_figures, post_figures
from gateway.projections.places import answers_in, checked_part, place_figures

READINESS = "tps_readiness"
_FUNCTIONS = ("kpps", "linmas", "ptps")
_COUNTS = ("slots", "named", "trained", "training_unknown")


def election_defined(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep an election as it stands: its settings rule what the desk's scorecard compares with."""
    assert isinstance(data, ElectionDefined)
    return Projection("election", NATION, None, "defined", data.model_dump(mode="json"), {})


def contest_defined(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a contest as it stands."""
    assert isinstance(data, ContestDefined)
    return Projection("contest", data.region_code, None, "defined", data.model_dump(mode="json"), {})


def tps_registered(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a TPS as it stands; while it is active it adds itself, its DPT and its contests to its regions."""
    assert isinstance(data, TpsRegistered)
    figures: dict[str, int] = {}
    if data.active:
        figures = {"tps": 1, "dpt_men": data.dpt_men, "dpt_women": data.dpt_women}
        figures["forms/expected"] = len(data.contests)
        figures |= {"tps_special": 1} if data.kind == TpsKind.SPECIAL_LOCATION else {}
        for contest in data.contests:
            figures[f"contest/{contest}/tps"] = 1
            figures[f"contest/{contest}/dpt"] = data.dpt_men + data.dpt_women
    body, state = data.model_dump(mode="json"), data.kind if data.active else "dissolved"
    return Projection("tps", kelurahan_of(data.tps_code), data.tps_code, state, body, figures)


def tps_risk_assessed(body: Body, _: Envelope, data: EventData) -> Projection:
    """Keep what is known of each risk of a TPS."""
    assert isinstance(data, TpsRiskAssessed)
    risks = {**cast(dict[str, Body], body.get("risks", {})), data.kind.value: data.model_dump(mode="json")}
    kept: Body = {"tps_id": str(data.tps_id), "tps_code": data.tps_code, "risks": dict(sorted(risks.items()))}
    state = data.risk_class or "unknown"
    return Projection("tps_risk", kelurahan_of(data.tps_code), data.tps_code, state, kept, {})


def tps_roster_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep how far the crew of a TPS is filled."""
    assert isinstance(data, TpsRosterChanged)
    body = data.model_dump(mode="json")
    full = all(count.named >= count.slots for count in (data.kpps, data.linmas, data.ptps))
    state = "full" if full else "open"
    return Projection("tps_roster", kelurahan_of(data.tps_code), data.tps_code, state, body, {})


def facility_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a facility, and count it by kind and by how far the desk has come with it."""
    assert isinstance(data, FacilityChanged)
    figures = {f"facility/{data.kind}/total": 1, f"facility/{data.kind}/{data.contact_status}": 1}
    if data.contact_status != ContactStatus.NOT_CONTACTED:
        figures[f"facility/{data.kind}/reached"] = 1
    if data.contact_status in (ContactStatus.LIST_RECEIVED, ContactStatus.SERVED):
        figures[f"facility/{data.kind}/listed"] = 1
    body = data.model_dump(mode="json")
    return Projection("facility", data.region_code, None, data.contact_status, body, figures)


def region_group_defined(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep a named group of regions."""
    assert isinstance(data, RegionGroupDefined)
    state = "defined" if data.regions else "dissolved"
    return Projection("region_group", NATION, None, state, data.model_dump(mode="json"), {})


def readiness(body: Body, envelope: Envelope, data: EventData) -> Projection:
    """Combine what the registry knows of one TPS: place, access, checklist, risks and crew."""
    assert isinstance(data, TpsRegistered | TpsChecklistChanged | TpsRiskAssessed | TpsRosterChanged)
    told = place_code(data.tps_code) or data.tps_code
    match data:
        case TpsRegistered():
            part: Body = {"active": data.active, "place": bool(data.place), "access": data.accessible}
            part["point"] = data.lat is not None and data.lon is not None
            kept = with_part(body, envelope, part, code=told)
        case TpsRiskAssessed():
            part = {"class": data.risk_class}
            kept = with_part(body, envelope, part, code=told, suffix=f"#{data.kind}")
        case TpsChecklistChanged():
            kept = with_part(body, envelope, checked_part(data), code=told)
        case TpsRosterChanged():
            part = {name: getattr(data, name).model_dump() for name in _FUNCTIONS}
            part["posts"] = [post.model_dump(mode="json") for post in data.posts]
            part["chair_trained"] = data.chair_trained
            kept = with_part(body, envelope, part, code=told)
    code = code_of(kept, owner="tps")
    figures = partial(_readiness_figures, parts_of(kept))
    return Projection(READINESS, kelurahan_of(code), code, "combined", kept, figures, version_of(kept))


def _readiness_figures(parts: Mapping[str, Body]) -> dict[str, int]:
    tps = next((part for name, part in parts.items() if name.startswith("tps/")), None)
    if tps is None or not tps["active"]:
        return {}
    roster = next((part for name, part in parts.items() if name.startswith("tps_roster/")), None)
    risks = {
        name.rpartition("#")[2]: cast(str | None, part["class"])
        for name, part in parts.items()
        if "#" in name
    }
    figures = {f"risk/{kind}/{risk}": 1 for kind, risk in risks.items() if risk}
    figures |= {f"place/{word}": 1 for word in ("place", "point") if tps[word]}
    figures |= place_figures(tps, risks.get(RiskKind.HAZARD), answers_in(parts))
    return figures | _crew_figures(roster, risks.get(RiskKind.SECURITY))


def _crew_figures(roster: Body | None, security: str | None) -> dict[str, int]:
    if roster is None:
        unknown = {f"ready/{point}/unknown": 1 for point in ("officers", "supervisor", "guards")}
        return unknown | gap_figures(None)
    counts = {name: cast(dict[str, int], roster[name]) for name in _FUNCTIONS}
    figures = {f"crew/{name}/{word}": count[word] for name, count in counts.items() for word in _COUNTS}
    figures |= post_figures(roster) | gap_figures(roster)
    if all(_is_named(count) for count in counts.values()):
        figures["ready/crew/done"] = 1
    figures |= {f"crew/{name}/tps_named": 1 for name, count in counts.items() if _is_named(count)}
    kpps = counts["kpps"]
    if _is_named(kpps) and kpps["trained"] >= kpps["slots"]:
        figures["ready/officers/done"] = 1
    elif _is_named(kpps) and kpps["trained"] + kpps["training_unknown"] >= kpps["slots"]:
        figures["ready/officers/unknown"] = 1
    if _is_named(counts["ptps"]):
        figures["ready/supervisor/done"] = 1
    if _is_named(counts["linmas"]):
        figures["ready/guards/done" if security else "ready/guards/unknown"] = 1
    return {"crew/tps": 1, **{name: value for name, value in figures.items() if value}}


def _is_named(count: dict[str, int]) -> bool:
    return count["named"] >= count["slots"] > 0


FOLDS: dict[str, Fold | None] = {
    "desk.registry.election.defined.v1": election_defined,
    "desk.registry.contest.defined.v1": contest_defined,
    "desk.registry.tps.registered.v1": tps_registered,
    "desk.registry.tps_risk.assessed.v1": tps_risk_assessed,
    "desk.registry.tps_roster.changed.v1": tps_roster_changed,
    "desk.registry.tps_voters.counted.v1": None,
    "desk.registry.facility.changed.v1": facility_changed,
    "desk.registry.region_group.defined.v1": region_group_defined,
    "desk.registry.access.changed.v1": None,
}
COMBINED: dict[str, Combined] = {
    "desk.registry.tps.registered.v1": (READINESS, readiness),
    "desk.registry.tps_risk.assessed.v1": (READINESS, readiness),
    "desk.registry.tps_roster.changed.v1": (READINESS, readiness),
    "desk.registry.tps_checklist.changed.v1": (READINESS, readiness),
}
