"""How the registry's rows become the events of `contracts`."""

from collections.abc import Mapping
from uuid import UUID

from contracts.registry_events import (
    Choice,
    ContactStatus,
    ContestDefined,
    ElectionDefined,
    ElectionSettings,
    FacilityChanged,
    FacilityKind,
    RegionGroupDefined,
    RosterCount,
    Stage,
    TpsRegistered,
    TpsRosterChanged,
    WinningRule,
)
from contracts.zones import zone_of
from services.registry.rules.elections import office_of
from services.registry.schemas.officers import Duty
from services.registry.tables.definitions import Contest, Election, Facility, RegionGroup
from services.registry.tables.frames import Frame, TpsState


def election_defined(row: Election) -> ElectionDefined:
    """Return an election as its event tells it."""
    return ElectionDefined(
        election=row.id,
        name=row.name,
        region_code=row.region_code,
        voting_date=row.voting_date,
        results_public_at=row.results_public_at,
        rehearsal=row.rehearsal,
        settings=ElectionSettings.model_validate(row.settings),
        stages=[Stage.model_validate(stage) for stage in row.stages],
    )


def contest_defined(row: Contest) -> ContestDefined:
    """Return a contest as its event tells it."""
    return ContestDefined(
        contest=row.id,
        name=row.name,
        region_code=office_of(row.id).region_code,
        choices=[Choice.model_validate(choice) for choice in row.choices],
        winning_rule=WinningRule(row.winning_rule),
        winning_rule_source=row.winning_rule_source,
    )


def tps_registered(state: TpsState, frame: Frame) -> TpsRegistered:
    """Return a TPS as its event tells it: what it leaves to the election is filled in."""
    facts = state.facts
    return TpsRegistered(
        tps_id=state.tps_id,
        tps_code=state.code,
        kind=facts.kind,
        place=facts.place,
        address=facts.address,
        lat=facts.lat,
        lon=facts.lon,
        zone=zone_of(state.code),
        voting_date=facts.voting_date or frame.voting_date,
        dpt_men=facts.dpt_men,
        dpt_women=facts.dpt_women,
        contests=state.contests(),
        accessible=facts.accessible,
        voting_opens=facts.voting_opens or frame.settings.voting_opens.value,
        voting_closes=facts.voting_closes or frame.settings.voting_closes.value,
        former_codes=list(state.former_codes),
        active=facts.active,
        source=facts.source,
    )


def roster_changed(tps_id: UUID, tps_code: str, counts: Mapping[Duty, RosterCount]) -> TpsRosterChanged:
    """Return a roster as its event tells it: in figures, without names."""
    return TpsRosterChanged(
        tps_id=tps_id,
        tps_code=tps_code,
        kpps=counts[Duty.KPPS],
        linmas=counts[Duty.LINMAS],
        ptps=counts[Duty.PTPS],
    )


def facility_changed(row: Facility) -> FacilityChanged:
    """Return a facility as its event tells it."""
    return FacilityChanged(
        facility_id=row.id,
        code=row.code,
        kind=FacilityKind(row.kind),
        name=row.name,
        region_code=row.region_code,
        address=row.address,
        lat=row.lat,
        lon=row.lon,
        beds=row.beds,
        contact_status=ContactStatus(row.contact_status),
        contacted_on=row.contacted_on,
        source=row.source,
        as_of=row.as_of,
    )


def region_group_defined(row: RegionGroup) -> RegionGroupDefined:
    """Return a group of regions as its event tells it."""
    return RegionGroupDefined(name=row.name, title=row.title, regions=row.regions, source=row.source)
