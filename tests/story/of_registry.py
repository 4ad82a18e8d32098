"""What the registry tells in the story."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from contracts.registry_events import (
    Choice,
    ChoiceKind,
    ContactStatus,
    ContestDefined,
    CountSetting,
    ElectionDefined,
    ElectionSettings,
    FacilityChanged,
    FacilityKind,
    RatioSetting,
    RegionGroupDefined,
    RiskClass,
    RosterCount,
    Stage,
    TimeSetting,
    TpsRegistered,
    TpsRiskAssessed,
    TpsRosterChanged,
    WinningRule,
)
from contracts.registry_people_events import Duty
from contracts.registry_places_events import (
    AlternateSite,
    CampaignRule,
    CampaignRulesDefined,
    CheckAnswer,
    CheckedItem,
    CheckItem,
    GuardingPattern,
    GuardingRulesDefined,
    MoveReason,
    OutreachChanged,
    OutreachKind,
    OutreachState,
    TpsChecklistChanged,
    TpsRelocationDecided,
)
from contracts.vocabulary import TpsKind
from tests.story.of_people import post
from tests.story.telling import (
    DAY,
    ELECTION,
    GOVERNOR,
    KELURAHAN,
    MAYOR,
    PUBLIC_AT,
    SOURCE,
    Place,
    Story,
    made,
)


def settings() -> ElectionSettings:
    """Return the settings of the story's election."""

    def at(value: str, zone: str | None = None) -> TimeSetting:
        return TimeSetting(value=value, zone=zone, source=SOURCE)

    def count(value: int) -> CountSetting:
        return CountSetting(value=value, source=SOURCE)

    return ElectionSettings(
        voting_opens=at("07:00"),
        voting_closes=at("13:00"),
        walk_in_opens=at("12:00"),
        results_public=at("15:00", "Asia/Jakarta"),
        max_voters_per_tps=count(600),
        ballot_reserve_ratio=RatioSetting(value=0.025, source=SOURCE),
        revote_ballots=count(2000),
        boxes_per_contest=count(1),
        booths_per_tps=count(4),
        spare_boxes_per_contest=count(1),
        logistics_due_days_before=count(1),
        kpps_per_tps=count(7),
        linmas_per_tps=count(2),
        ptps_per_tps=count(1),
        turnout_target_ratio=RatioSetting(value=0.85, source=SOURCE),
    )


def tell_frame(story: Story) -> None:
    """Tell of the election, its contests, a group of regions and a hospital."""
    stage = Stage(
        id="voting", name="Voting", name_id="Pemungutan suara", starts_on=DAY, ends_on=DAY, source=SOURCE
    )
    story.tell(
        ElectionDefined(
            election=ELECTION,
            name="Pilkada Kota Bogor 2024",
            region_code="32.71",
            voting_date=DAY,
            results_public_at=PUBLIC_AT,
            rehearsal=True,
            settings=settings(),
            stages=[stage],
        ),
        ELECTION,
    )
    for contest, name, region, pairs in (
        (GOVERNOR, "Gubernur Jawa Barat", "32", 2),
        (MAYOR, "Wali Kota Bogor", "32.71", 3),
    ):
        choices = [Choice(number=n, kind=ChoiceKind.PAIR, name=f"Pasangan {n}") for n in range(1, pairs + 1)]
        story.tell(
            ContestDefined(
                contest=contest,
                name=name,
                region_code=region,
                choices=choices,
                winning_rule=WinningRule.MOST_VOTES,
                winning_rule_source=SOURCE,
            ),
            f"{ELECTION}.{contest}",
            contest=contest,
        )
    story.tell(
        RegionGroupDefined(name="utara", title="Bogor Utara", regions=[KELURAHAN[0]], source=SOURCE), "utara"
    )
    story.tell(
        FacilityChanged(
            facility_id=made("facility", 1),
            code="3271013",
            kind=FacilityKind.HOSPITAL,
            name="RS Contoh",
            region_code="32.71.06",
            address="Jl. Contoh 1",
            lat=-6.57,
            lon=106.79,
            beds=120,
            contact_status=ContactStatus.CONTACTED,
            contacted_on=date(2024, 11, 10),
            source=SOURCE,
            as_of=date(2024, 11, 1),
        ),
        made("facility", 1),
    )


def registered(
    place: Place, *, dpt_men: int = 250, dpt_women: int = 260, active: bool = True, access: bool | None = True
) -> TpsRegistered:
    """Return the event that tells of a TPS."""
    return TpsRegistered(
        tps_id=place.id,
        tps_code=place.code,
        kind=TpsKind.REGULAR,
        place="SDN Contoh",
        address="Jl. Contoh 2",
        lat=-6.56,
        lon=106.80,
        zone="Asia/Jakarta",
        voting_date=DAY,
        dpt_men=dpt_men,
        dpt_women=dpt_women,
        contests=[GOVERNOR, MAYOR],
        accessible=access,
        active=active,
        source=SOURCE,
    )


def assessed(place: Place, kind: str, risk_class: str | None) -> TpsRiskAssessed:
    """Return the event that tells of a risk of a TPS."""
    return TpsRiskAssessed.model_validate(
        {
            "tps_id": place.id,
            "tps_code": place.code,
            "kind": kind,
            "risk_class": risk_class,
            "indicators": ["synthetic"],
            "source": SOURCE,
            "as_of": date(2024, 10, 1),
        }
    )


def roster(
    place: Place, *, kpps: int = 7, trained: int = 7, linmas: int = 2, ptps: int = 1
) -> TpsRosterChanged:
    """Return the event that tells how far the crew of a TPS is filled."""

    def filled(slots: int, named: int, good: int) -> RosterCount:
        return RosterCount(slots=slots, named=named, trained=good, training_unknown=0)

    return TpsRosterChanged(
        tps_id=place.id,
        tps_code=place.code,
        kpps=filled(7, kpps, trained),
        linmas=filled(2, linmas, linmas),
        ptps=filled(1, ptps, ptps),
        posts=[
            post(Duty.KPPS, 7, kpps, trained=trained, screened=kpps if kpps >= 5 else None),
            post(Duty.LINMAS, 2, linmas),
            post(Duty.PTPS, 1, ptps),
        ],
        chair_trained=trained > 0 if kpps else None,
    )


def tell_places(story: Story, found: Iterable[Place]) -> None:
    """Tell of every TPS, its risks and its crew."""
    for n, place in enumerate(found):
        story.tell(registered(place), place.id, tps=place)
        hazard = "high" if n == 0 else "low"
        story.tell(assessed(place, "hazard", hazard), f"{place.id}.hazard", tps=place)
        story.tell(assessed(place, "security", "low"), f"{place.id}.security", tps=place)
        story.tell(roster(place), place.id, tps=place)


def checked(
    place: Place, *, no: Iterable[CheckItem] = (), unknown: Iterable[CheckItem] = ()
) -> TpsChecklistChanged:
    """Return the event that tells what was checked of the place of a TPS."""
    bad, left_out = set(no), set(unknown)
    items = [
        CheckedItem(
            item=item,
            answer=CheckAnswer.NO if item in bad else CheckAnswer.YES,
            source=SOURCE,
            as_of=date(2024, 11, 10),
        )
        for item in CheckItem
        if item not in left_out
    ]
    sited = any(item.item is CheckItem.ALTERNATE_SITE and item.answer is CheckAnswer.YES for item in items)
    site = AlternateSite(place="Balai RW Contoh", lat=-6.57, lon=106.81, distance_m=1570)
    return TpsChecklistChanged(
        tps_id=place.id, tps_code=place.code, items=items, alternate=site if sited else None
    )


def outreach(
    number: int, region_code: str, *, state: OutreachState = OutreachState.HELD, total: int | None = 40
) -> OutreachChanged:
    """Return the event that tells of an outreach activity."""
    held = state is OutreachState.HELD
    return OutreachChanged(
        activity_id=made("outreach", number),
        code=f"sosialisasi-{number}",
        kind=OutreachKind.OUTREACH,
        state=state,
        title="Sosialisasi contoh",
        organiser="Kesbangpol (contoh)",
        region_code=region_code,
        place="Balai Kelurahan Contoh",
        starts_at=datetime(2024, 11, 12, 2, 0, tzinfo=UTC),
        ends_at=datetime(2024, 11, 12, 4, 0, tzinfo=UTC),
        reach_men=None,
        reach_women=None,
        reach_total=total if held else None,
        photos=1 if held else 0,
        source=SOURCE,
        as_of=date(2024, 11, 12),
    )


def tell_of_places(story: Story, found: list[Place]) -> None:
    """Tell what was checked and decided of places, the rules that are data, and an outreach."""
    story.tell(checked(found[1]), found[1].id, tps=found[1])
    story.tell(
        TpsRelocationDecided(
            tps_id=found[1].id,
            tps_code=found[1].code,
            reason_class=MoveReason.FLOOD,
            from_place="Lokasi Lama Contoh",
            place="SDN Contoh",
            address="Jl. Contoh 2",
            lat=-6.56,
            lon=106.80,
            accessible=True,
            effective_at=story.now,
            source=SOURCE,
        ),
        found[1].id,
        tps=found[1],
    )
    pattern = GuardingPattern(
        risk_class=RiskClass.LOW, name="kurang rawan", police=2, tps=10, linmas=20, source=SOURCE
    )
    story.tell(GuardingRulesDefined(patterns=[pattern]), ELECTION)
    rule = CampaignRule(
        id="quiet-days",
        stages=["quiet-days"],
        where="",
        text="No campaign in the quiet days.",
        text_id="Dilarang berkampanye pada masa tenang.",
        source=SOURCE,
    )
    story.tell(CampaignRulesDefined(rules=[rule]), ELECTION)
    story.tell(outreach(1, KELURAHAN[0]), made("outreach", 1))
