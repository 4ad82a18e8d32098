"""What the gateway keeps of the registry's events on places and stages."""

from collections.abc import Mapping
from typing import cast

from contracts.access import NATION
from contracts.envelope import Envelope, EventData
from contracts.registry_events import RiskClass
from contracts.registry_places_events import (
    CampaignRulesDefined,
    CheckAnswer,
    CheckItem,
    GuardingRulesDefined,
    OutreachChanged,
    OutreachState,
    TpsChecklistChanged,
    TpsRelocationDecided,
)
from contracts.vocabulary import kelurahan_of
from gateway.projections import Body, Fold, Projection

_SAFE = (CheckItem.FLOOD_SAFE, CheckItem.LANDSLIDE_SAFE)


def checklist_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep what was checked of the place of a TPS."""
    assert isinstance(data, TpsChecklistChanged)
    body, state = data.model_dump(mode="json"), "checked" if data.items else "unknown"
    return Projection("tps_checklist", kelurahan_of(data.tps_code), data.tps_code, state, body, {})


def relocation_decided(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep where a TPS was moved to last, and why; a TPS that was moved twice counts once."""
    assert isinstance(data, TpsRelocationDecided)
    body, region = data.model_dump(mode="json"), kelurahan_of(data.tps_code)
    figures = {"relocated/tps": 1, f"relocated/{data.reason_class}": 1}
    return Projection("tps_relocation", region, data.tps_code, data.reason_class, body, figures)


def guarding_rules_defined(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep the guarding patterns of an election."""
    assert isinstance(data, GuardingRulesDefined)
    return Projection("guarding_rules", NATION, None, "defined", data.model_dump(mode="json"), {})


def campaign_rules_defined(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep the campaign rules of an election."""
    assert isinstance(data, CampaignRulesDefined)
    return Projection("campaign_rules", NATION, None, "defined", data.model_dump(mode="json"), {})


def outreach_changed(_: Body, __: Envelope, data: EventData) -> Projection:
    """Keep an activity, and count it with its reach; a reach that nobody counted is counted as not known."""
    assert isinstance(data, OutreachChanged)
    figures = {f"outreach/{data.state}": 1}
    if data.state is OutreachState.HELD:
        reach = {"men": data.reach_men, "women": data.reach_women, "total": data.reach_total}
        figures |= {f"reach/{name}": count for name, count in reach.items() if count is not None}
        figures |= {"reach/unknown": 1} if data.reach_total is None else {}
    return Projection("outreach", data.region_code, None, data.state, data.model_dump(mode="json"), figures)


def checked_part(data: TpsChecklistChanged) -> Body:
    """Return what a combined row of a TPS keeps of its checklist."""
    return {"answers": {checked.item.value: checked.answer.value for checked in data.items}}


def answers_in(parts: Mapping[str, Body]) -> dict[str, str]:
    """Return the answers of the checklist of a combined row; what nobody checked is not there."""
    part = next((part for name, part in parts.items() if name.startswith("tps_checklist/")), None)
    return cast(dict[str, str], part["answers"]) if part else {}


def place_figures(tps: Body, hazard: str | None, answers: Mapping[str, str]) -> dict[str, int]:
    """Return what is known of the place of a TPS; what nobody said is not known, and never safe.

    Args:
        hazard: class of its hazard, where it was assessed.
        answers: of its checklist, those that somebody gave.
    """
    known = {item: answer for item, answer in answers.items() if answer != CheckAnswer.UNKNOWN}
    figures = {f"check/{item}/{answer}": 1 for item, answer in known.items()}
    if known:
        figures["check/tps"] = 1
    if len(known) == len(CheckItem):
        figures["check/complete"] = 1
    has_access = tps["access"] is not None or CheckItem.ACCESSIBLE in known
    if has_access:
        figures["place/access_checked"] = 1
    is_high = hazard == RiskClass.HIGH or any(known.get(item) == CheckAnswer.NO for item in _SAFE)
    is_known = is_high or hazard is not None or all(item in known for item in _SAFE)
    if is_known:
        figures["place/hazard_known"] = 1
    if not (tps["place"] and has_access and is_known):
        return {**figures, "ready/place/unknown": 1}
    is_sited = is_high and known.get(CheckItem.ALTERNATE_SITE) == CheckAnswer.YES
    if is_sited:
        figures["place/high_sited"] = 1
    return {**figures, "ready/place/high" if is_high and not is_sited else "ready/place/done": 1}


FOLDS: dict[str, Fold | None] = {
    "desk.registry.tps_checklist.changed.v1": checklist_changed,
    "desk.registry.tps_relocation.decided.v1": relocation_decided,
    "desk.registry.guarding_rules.defined.v1": guarding_rules_defined,
    "desk.registry.campaign_rules.defined.v1": campaign_rules_defined,
    "desk.registry.outreach.changed.v1": outreach_changed,
}
