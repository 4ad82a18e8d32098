"""How the registry's rows become the events of `contracts`."""

from collections.abc import Sequence
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
    Stage,
    TpsRegistered,
    TpsRosterChanged,
    WinningRule,
)
from contracts.registry_people_events import (
    AreaRosterChanged,
    Duty,
    FacilityRequestChanged,
    ForceAgency,
    PersonnelChanged,
    PostCount,
    RequestState,
    TrainingChanged,
    TrainingState,
)
from contracts.vocabulary import kelurahan_of
from contracts.zones import zone_of
from services.registry.rules.elections import office_of
from services.registry.rules.rosters import Holder, chair_trained, roster_counts
from services.registry.tables.definitions import Contest, Election, Facility, FacilityRequest, RegionGroup
from services.registry.tables.frames import Frame, TpsState
from services.registry.tables.people import Personnel, Training


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


def roster_changed(
    tps_id: UUID,
    tps_code: str,
    counts: Sequence[PostCount],
    held: Sequence[tuple[Duty, int, Holder]],
) -> TpsRosterChanged:
    """Return a TPS's roster as its event tells it: in figures, without names."""
    figures = roster_counts(counts)
    return TpsRosterChanged(
        tps_id=tps_id,
        tps_code=tps_code,
        kpps=figures[Duty.KPPS],
        linmas=figures[Duty.LINMAS],
        ptps=figures[Duty.PTPS],
        posts=list(counts),
        chair_trained=chair_trained(held),
    )


def area_roster_changed(region_code: str, counts: Sequence[PostCount]) -> AreaRosterChanged:
    """Return an area's roster as its event tells it: in figures, without names."""
    return AreaRosterChanged(region_code=region_code, posts=list(counts))


def training_changed(row: Training, *, attended: int, absent: int) -> TrainingChanged:
    """Return a training session as its event tells it: in figures, without the trainer."""
    return TrainingChanged(
        code=row.code,
        region_code=row.region_code,
        place=row.place,
        topic=row.topic,
        organiser=row.organiser,
        duties=[Duty(duty) for duty in row.duties],
        starts_at=row.starts_at,
        state=TrainingState(row.state),
        attended=attended,
        absent=absent,
    )


def personnel_changed(row: Personnel) -> PersonnelChanged:
    """Return the personnel of a place as its event tells it."""
    at_tps = row.place_code.count(".") == 4
    return PersonnelChanged(
        operation=row.operation,
        agency=ForceAgency(row.agency),
        place_code=row.place_code,
        region_code=kelurahan_of(row.place_code) if at_tps else row.place_code,
        tps_code=row.place_code if at_tps else None,
        planned=row.planned,
        present=row.present,
        trained=row.trained,
        source=row.source,
        as_of=row.as_of,
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
        list_received_on=row.list_received_on,
        served_on=row.served_on,
    )


def facility_request_changed(
    row: FacilityRequest, facility: Facility, tps_codes: Sequence[str]
) -> FacilityRequestChanged:
    """Return a facility's request as its event tells it: how many, and not by which illness or need."""
    return FacilityRequestChanged(
        request_id=row.id,
        facility_id=facility.id,
        facility_code=facility.code,
        facility_kind=facility.kind,
        region_code=facility.region_code,
        letter_number=row.letter_number,
        received_at=row.received_at,
        cutoff_at=row.cutoff_at,
        late="W-REQUEST-LATE" in row.findings,
        state=RequestState(row.state),
        voters=sum(row.voters.values()),
        granted=row.granted,
        tps_codes=list(tps_codes),
        decided_at=row.decided_at,
        findings=row.findings,
    )


def region_group_defined(row: RegionGroup) -> RegionGroupDefined:
    """Return a group of regions as its event tells it."""
    return RegionGroupDefined(name=row.name, title=row.title, regions=row.regions, source=row.source)
