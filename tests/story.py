"""A small election as its services would tell it: every type of event, in an order that could have happened.

Synthetic through and through. The golden examples are made from it once, the gateway's tests play it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from chassis.consumer import Received
from contracts.catalog import BY_MODEL
from contracts.envelope import Envelope, EventData
from contracts.incidents_events import (
    AdviceGiven,
    AdviceReopened,
    AdviceSettled,
    Agency,
    ClockSet,
    IncidentAcknowledged,
    IncidentActed,
    IncidentCategory,
    IncidentClosed,
    IncidentCorrected,
    IncidentExtended,
    IncidentFacts,
    IncidentMarkedDuplicate,
    IncidentReopened,
    IncidentReported,
    IncidentRerouted,
    IncidentStatusPublished,
    ProblemFacts,
    ProblemRegistered,
    ProblemReopened,
    ProblemResolved,
    ProblemRevised,
    RouteSet,
    TaskAssigned,
    TaskReopened,
    TaskSettled,
)
from contracts.logistics_events import (
    BoxDiscrepancyOpened,
    BoxDiscrepancyResolved,
    BoxFacts,
    BoxPacked,
    BoxReceived,
    BoxScanned,
    BoxVoided,
    DiscrepancyKind,
    ItemHeld,
    ItemNeed,
    KecamatanNeedComputed,
    OpenDiscrepancy,
    ShipmentArrived,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentPlanned,
    StrayScanRecorded,
    StrayScanSettled,
    TpsItemsReceived,
    TpsNeedComputed,
    WarehouseRegistered,
    WarehouseStockCounted,
)
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
    RosterCount,
    Stage,
    TimeSetting,
    TpsRegistered,
    TpsRiskAssessed,
    TpsRosterChanged,
    WinningRule,
)
from contracts.turnout_events import (
    FormAdministration,
    FormFigures,
    FormFinding,
    FormLine,
    MilestoneRecorded,
    TallyDisputed,
    TallyEntryDiscarded,
    TallyEntryRecorded,
    TallyReturned,
    TallyReturnRequested,
    TallyVerified,
    TurnoutRecorded,
)
from contracts.vocabulary import Milestone, TpsKind

ELECTION = "pilkada-2024"
MAYOR, GOVERNOR = "walikota-32.71", "gubernur-32"
DAY = date(2024, 11, 27)
OPENS = datetime(2024, 11, 27, 0, 0, tzinfo=UTC)
PUBLIC_AT = datetime(2024, 11, 27, 8, 0, tzinfo=UTC)
DUE_AT = datetime(2024, 11, 26, 17, 0, tzinfo=UTC)
KELURAHAN = ("32.71.06.1002", "32.71.01.1003")
SOURCE = "synthetic"
_SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def made(*words: object) -> UUID:
    """Return the id of a thing of the story, the same in every run."""
    return uuid5(_SPACE, "/".join(map(str, words)))


@dataclass(frozen=True, slots=True)
class Place:
    """A TPS of the story."""

    code: str

    @property
    def id(self) -> UUID:
        return made("tps", self.code)


@dataclass
class Story:
    """Events in the order in which they were told, each with the next version of its aggregate."""

    election: str = ELECTION
    rehearsal: bool = True
    now: datetime = datetime(2024, 11, 25, 1, 0, tzinfo=UTC)
    events: list[Received[EventData]] = field(default_factory=list[Received[EventData]])
    _versions: dict[str, int] = field(default_factory=dict[str, int])

    def tell(
        self,
        data: EventData,
        aggregate_id: object,
        *,
        tps: Place | None = None,
        contest: str | None = None,
        minutes: float = 1,
    ) -> Received[EventData]:
        """Add an event of an aggregate, some minutes after the one before."""
        self.now += timedelta(minutes=minutes)
        kind = BY_MODEL[type(data)]
        aggregate = f"{kind.aggregate}/{aggregate_id}"
        version = self._versions[aggregate] = self._versions.get(aggregate, 0) + 1
        key = str(tps.id) if kind.partition_by == "tps" and tps else str(aggregate_id)
        envelope = Envelope(
            event_id=made("event", self.election, aggregate, version),
            type=kind.type,
            source=f"/{kind.service}",
            aggregate=aggregate,
            version=version,
            partition_key=key,
            election=self.election,
            contest=contest,
            occurred_at=self.now - timedelta(seconds=20),
            recorded_at=self.now,
            channel="simulator",
            actor="person-synthetic",
            data_class=kind.data_class.value,
            rehearsal=self.rehearsal,
            traceparent=None,
            epoch=1,
        )
        partition = int(made("partition", key).hex[:8], 16) % 12
        received = Received(envelope, data, kind.topic, partition, len(self.events))
        self.events.append(received)
        return received


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


def places(per_kelurahan: int) -> list[Place]:
    """Return the TPS of the story."""
    return [Place(f"{kelurahan}.{n:03}") for kelurahan in KELURAHAN for n in range(1, per_kelurahan + 1)]


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
    )


def tell_places(story: Story, found: Iterable[Place]) -> None:
    """Tell of every TPS, its risks and its crew."""
    for n, place in enumerate(found):
        story.tell(registered(place), place.id, tps=place)
        hazard = "high" if n == 0 else "low"
        story.tell(assessed(place, "hazard", hazard), f"{place.id}.hazard", tps=place)
        story.tell(assessed(place, "security", "low"), f"{place.id}.security", tps=place)
        story.tell(roster(place), place.id, tps=place)


def need(place: Place, *, active: bool = True) -> TpsNeedComputed:
    """Return the event that tells what a TPS needs."""
    ballots = [
        ItemNeed(item="ballot", contest=contest, unit="sheet", quantity=523, sealed=True)
        for contest in (GOVERNOR, MAYOR)
    ]
    booths = ItemNeed(item="voting_booth", contest=None, unit="piece", quantity=4, sealed=False)
    return TpsNeedComputed(
        tps_id=place.id,
        tps_code=place.code,
        active=active,
        due_at=DUE_AT,
        zone="Asia/Jakarta",
        boxes=2,
        contests=[GOVERNOR, MAYOR],
        items=[*ballots, booths],
    )


def box(at: Place, contest: str, state: str, story: Story, /, **more: object) -> dict[str, object]:
    """Return the facts of a box as it stands."""
    facts: dict[str, object] = {
        "box_id": made("box", at.code, contest),
        "tps_id": at.id,
        "tps_code": at.code,
        "contest": contest,
        "seal_number": "S-0001",
        "ballots_packed": 523,
        "state": state,
        "state_at": story.now,
        "place": "32.71",
        "holder": "warehouse",
        "shipment_id": None,
        "arrived_at": None,
        "received_at": None,
        "received_on_time": None,
        "receipt_outcome": None,
        "ballots_received": None,
        "open_discrepancies": [],
        "due_at": DUE_AT,
    }
    assert set(facts) == set(BoxFacts.model_fields)
    return facts | more


def arrived(place: Place, contest: str, story: Story, /, **more: object) -> dict[str, object]:
    """Return the facts of a box that its TPS has received."""
    told = {"place": place.code, "holder": "kpps", "arrived_at": story.now, "received_at": story.now}
    told |= {"received_on_time": True, "receipt_outcome": "accepted", "ballots_received": 523}
    return box(place, contest, "at_tps", story, **(told | more))


def tell_boxes(story: Story, place: Place, *, received: bool = True) -> None:
    """Tell the way of the boxes of a TPS."""
    story.tell(need(place), place.id, tps=place)
    for contest in (GOVERNOR, MAYOR):
        box_id = made("box", place.code, contest)
        told = box(place, contest, "packed", story)
        packed = BoxPacked.model_validate(
            {**told, "warehouse_id": made("warehouse", 1), "replaces": None, "findings": []}
        )
        story.tell(packed, box_id, tps=place, contest=contest)
        scan = {
            "scan_id": made("scan", place.code, contest),
            "scan_point": "kecamatan",
            "scan_place": "32.71.06",
            "from_party": "courier",
            "to_party": "ppk",
            "seal_seen": "S-0001",
            "late": False,
            "out_of_order": False,
            "findings": [],
        }
        told = box(place, contest, "at_kecamatan", story, holder="ppk", place="32.71.06")
        story.tell(BoxScanned.model_validate(told | scan), box_id, tps=place, contest=contest)
        if received:
            report = {"reported_outcome": "accepted", "reported_ballots": 523, "findings": []}
            told = arrived(place, contest, story)
            story.tell(BoxReceived.model_validate(told | report), box_id, tps=place, contest=contest)


def tell_discrepancy(story: Story, place: Place) -> None:
    """Tell of a box that came short and of its end, and of one that was packed in error."""
    box_id, discrepancy = made("box", place.code, MAYOR), made("discrepancy", place.code)
    opened = OpenDiscrepancy(discrepancy_id=discrepancy, kind=DiscrepancyKind.SHORT, opened_at=story.now)
    told = arrived(place, MAYOR, story, open_discrepancies=[opened.model_dump()])
    what = {"discrepancy_id": discrepancy, "kind": "short"}
    story.tell(
        BoxDiscrepancyOpened.model_validate({**told, **what, "cause": "receipt"}),
        box_id,
        tps=place,
        contest=MAYOR,
    )
    story.tell(
        BoxDiscrepancyResolved.model_validate(
            {**arrived(place, MAYOR, story), **what, "resolution": "recounted"}
        ),
        box_id,
        tps=place,
        contest=MAYOR,
    )
    spare = made("box", place.code, "spare")
    void = box(place, MAYOR, "void", story, box_id=spare)
    story.tell(BoxVoided.model_validate({**void, "replaced_by": None}), spare, tps=place, contest=MAYOR)


def tell_stock(story: Story, place: Place) -> None:
    """Tell of a warehouse, shipments, spare boxes, what a TPS counted, and a scan of no known box."""
    warehouse = made("warehouse", 1)
    story.tell(
        WarehouseRegistered(
            warehouse_id=warehouse,
            region_code="32.71",
            name="GOR Contoh",
            address="Jl. Contoh 3",
            lat=-6.59,
            lon=106.80,
            active=True,
        ),
        warehouse,
    )
    story.tell(
        WarehouseStockCounted(
            warehouse_id=warehouse, region_code="32.71", item="ballot", contest=MAYOR, good=5000, damaged=12
        ),
        warehouse,
    )
    story.tell(
        KecamatanNeedComputed(
            region_code="32.71.06",
            contests=[GOVERNOR, MAYOR],
            spare_boxes=2,
            items=[ItemNeed(item="ballot_box", contest=None, unit="piece", quantity=2, sealed=False)],
        ),
        f"{ELECTION}.32.71.06",
    )
    held = ItemHeld(item="voting_booth", contest=None, quantity=4, needed=4)
    story.tell(
        TpsItemsReceived(tps_id=place.id, tps_code=place.code, items=[held], complete=True),
        place.id,
        tps=place,
    )
    for name, kinds in (
        (
            "sent",
            ((ShipmentPlanned, "planned"), (ShipmentDispatched, "dispatched"), (ShipmentArrived, "arrived")),
        ),
        ("stopped", ((ShipmentPlanned, "planned"), (ShipmentCancelled, "cancelled"))),
    ):
        for model, state in kinds:
            shipment = {
                "shipment_id": made("shipment", name),
                "region_code": "32.71.06",
                "warehouse_id": warehouse,
                "state": state,
                "vehicle": "truck",
                "box_ids": [made("box", place.code, MAYOR)],
                "planned_at": story.now,
                "dispatched_at": story.now if state in ("dispatched", "arrived") else None,
                "arrived_at": story.now if state == "arrived" else None,
                "missing_box_ids": [],
            }
            story.tell(model.model_validate(shipment), made("shipment", name))
    stray = {
        "scan_id": made("stray", 1),
        "box_id": made("box", "elsewhere"),
        "region_code": place.code,
        "scan_point": "tps",
        "from_party": "courier",
        "to_party": "kpps",
        "scanned_at": story.now,
    }
    story.tell(StrayScanRecorded.model_validate(stray), stray["scan_id"])
    story.tell(StrayScanSettled.model_validate({**stray, "settlement": "dismissed"}), stray["scan_id"])


def incident(story: Story, name: str, category: str, state: str, **more: object) -> dict[str, object]:
    """Return the facts of an incident as it stands."""
    facts: dict[str, object] = {
        "incident_id": made("incident", name),
        "category": category,
        "severity": "high",
        "state": state,
        "source": "officer",
        "agency": "bpbd",
        "also_informed": ["kpu"],
        "region_code": KELURAHAN[0],
        "tps_id": made("tps", f"{KELURAHAN[0]}.001"),
        "tps_code": f"{KELURAHAN[0]}.001",
        "lat": None,
        "lon": None,
        "title": "Banjir setinggi lutut",
        "occurred_at": story.now,
        "reported_at": story.now,
        "acknowledge_until": story.now + timedelta(minutes=15),
        "act_until": story.now + timedelta(minutes=60),
        "decide_on": None,
        "decide_until": None,
        "extended": False,
        "reported_late": None,
        "acknowledged_at": None,
        "acted_at": None,
        "closed_at": None,
        "outcome": None,
        "duplicate_of": None,
    }
    assert set(facts) == set(IncidentFacts.model_fields)
    return facts | more


def tell_incidents(story: Story) -> None:
    """Tell of a flood from report to end, with every turn that there is, and of the arrangements."""
    story.tell(
        ClockSet(
            category=IncidentCategory.DISASTER,
            acknowledge_minutes=15,
            act_minutes=60,
            report_within_days=None,
            decide_days=None,
            extension_days=None,
            source=SOURCE,
        ),
        f"{ELECTION}.disaster",
    )
    route = RouteSet(
        category=IncidentCategory.DISASTER,
        region_code="32.71",
        agency=Agency.BPBD,
        also_informed=[Agency.KPU],
        source=SOURCE,
    )
    story.tell(route, f"{ELECTION}.disaster.32.71")
    flood = made("incident", "flood")
    told = incident(story, "flood", "disaster", "reported")
    story.tell(IncidentReported.model_validate(told), flood)
    public = {
        "incident_id": flood,
        "category": "disaster",
        "severity": "high",
        "state": "received",
        "region_code": KELURAHAN[0],
    }
    story.tell(IncidentStatusPublished.model_validate(public), flood)
    told |= {"state": "acknowledged", "acknowledged_at": story.now}
    story.tell(IncidentAcknowledged.model_validate(told), flood)
    story.tell(IncidentCorrected.model_validate(told | {"severity": "critical"}), flood)
    story.tell(IncidentExtended.model_validate(told | {"extended": True}), flood)
    told |= {"state": "acting", "acted_at": story.now}
    story.tell(IncidentActed.model_validate(told), flood)
    told |= {"state": "closed", "closed_at": story.now, "outcome": "resolved"}
    story.tell(IncidentClosed.model_validate(told), flood)
    told |= {
        "state": "reported",
        "acknowledged_at": None,
        "acted_at": None,
        "closed_at": None,
        "outcome": None,
    }
    story.tell(IncidentReopened.model_validate(told), flood)
    story.tell(IncidentRerouted.model_validate(told | {"agency": "police"}), flood)
    again = incident(story, "again", "disaster", "reported")
    story.tell(IncidentReported.model_validate(again), made("incident", "again"))
    again |= {"state": "duplicate", "duplicate_of": flood}
    story.tell(IncidentMarkedDuplicate.model_validate(again), made("incident", "again"))


def problem(story: Story, state: str, **more: object) -> dict[str, object]:
    """Return the facts of a problem as it stands."""
    facts: dict[str, object] = {
        "problem_id": made("problem", 1),
        "point": "tps",
        "severity": "high",
        "state": state,
        "agency": "bpbd",
        "region_code": KELURAHAN[0],
        "tps_id": made("tps", f"{KELURAHAN[0]}.001"),
        "tps_code": f"{KELURAHAN[0]}.001",
        "title": "TPS di bantaran sungai",
        "registered_at": story.now,
        "due_until": story.now + timedelta(days=1),
        "resolved_at": None,
        "outcome": None,
    }
    assert set(facts) == set(ProblemFacts.model_fields)
    return facts | more


def tell_work(story: Story) -> None:
    """Tell of a problem that is solved at last, of advice and of a task on it."""
    one = made("problem", 1)
    solved = {"resolved_at": story.now, "outcome": "solved"}
    story.tell(ProblemRegistered.model_validate(problem(story, "open")), one)
    story.tell(ProblemRevised.model_validate(problem(story, "open", severity="critical")), one)
    story.tell(ProblemResolved.model_validate(problem(story, "resolved", **solved)), one)
    story.tell(ProblemReopened.model_validate(problem(story, "open")), one)
    story.tell(ProblemResolved.model_validate(problem(story, "resolved", **solved)), one)
    on: dict[str, object] = {
        "on": "problem",
        "on_id": one,
        "agency": "bpbd",
        "region_code": KELURAHAN[0],
        "tps_id": made("tps", f"{KELURAHAN[0]}.001"),
        "tps_code": f"{KELURAHAN[0]}.001",
        "title": "Pindahkan TPS",
        "due_until": story.now + timedelta(hours=2),
        "settled_at": None,
    }
    advice = {**on, "advice_id": made("advice", 1), "state": "given", "given_at": story.now}
    settled = {"settled_at": story.now}
    story.tell(AdviceGiven.model_validate(advice), made("advice", 1))
    story.tell(AdviceSettled.model_validate({**advice, "state": "followed", **settled}), made("advice", 1))
    story.tell(AdviceReopened.model_validate(advice), made("advice", 1))
    task = {**on, "task_id": made("task", 1), "state": "assigned", "assigned_at": story.now}
    story.tell(TaskAssigned.model_validate(task), made("task", 1))
    story.tell(TaskSettled.model_validate({**task, "state": "done", **settled}), made("task", 1))
    story.tell(TaskReopened.model_validate(task), made("task", 1))


def tell_day(story: Story, place: Place, *, final: int = 200) -> None:
    """Tell the voting day of a TPS."""
    for milestone in (Milestone.READY, Milestone.OPENED):
        story.tell(
            MilestoneRecorded(
                tps_id=place.id, tps_code=place.code, milestone=milestone, note="", findings=[]
            ),
            place.id,
            tps=place,
        )
    for slot, men in (("10:00", final // 2), ("final", final)):
        told = TurnoutRecorded(
            tps_id=place.id,
            tps_code=place.code,
            slot=slot,
            men=men,
            women=men + 10,
            total=2 * men + 10,
            findings=[],
        )
        story.tell(told, place.id, tps=place)


def form(votes: Sequence[int], *, invalid: int = 5) -> FormFigures:
    """Return a form that adds up."""
    valid = sum(votes)
    total = valid + invalid
    half = FormLine(men=total // 2, women=total - total // 2, total=total)
    none = FormLine(men=0, women=0, total=0)
    return FormFigures(
        administration=FormAdministration(
            dpt=FormLine(men=250, women=260, total=510),
            users_dpt=half,
            users_pindahan=none,
            users_tambahan=none,
            users=half,
            disabled=none,
            ballots_received=523,
            ballots_used=total,
            ballots_spoiled=0,
            ballots_unused=523 - total,
        ),
        votes=dict(enumerate(votes, start=1)),
        valid=valid,
        invalid=invalid,
        total=total,
        kpps_signatures=7,
        witness_signatures=3,
        opened="07:00",
        closed="13:00",
    )


def tally(place: Place, contest: str, state: str, **more: object) -> dict[str, object]:
    """Return what every event of a tally says."""
    return {
        "tps_id": place.id,
        "tps_code": place.code,
        "contest": contest,
        "round": 1,
        "state": state,
    } | more


def verified(
    place: Place, contest: str, votes: Sequence[int], *, held: bool = False, number: int = 1, invalid: int = 5
) -> TallyVerified:
    """Return the event that makes the figures of a form stand."""
    finding = FormFinding(code="E-CAND-SUM", where="", written=101, expected=100)
    return TallyVerified.model_validate(
        {
            **tally(place, contest, "held" if held else "verified"),
            "number": number,
            "by": "agreement",
            "settled": None,
            "figures": form(votes, invalid=invalid).model_dump(),
            "findings": [finding.model_dump()] if held else [],
            "accepted": [],
            "held": held,
            "persons": 2,
            "photo_sha256": None,
            "results_public_at": PUBLIC_AT,
        }
    )


def tell_tally(story: Story, place: Place, contest: str, votes: Sequence[int]) -> None:
    """Tell of a form that two persons enter alike."""
    for slot in (1, 2):
        entry = tally(place, contest, "first_entered", slot=slot, entry_hash="0" * 64)
        story.tell(
            TallyEntryRecorded.model_validate(entry), tally_id(place, contest), tps=place, contest=contest
        )
    story.tell(verified(place, contest, votes), tally_id(place, contest), tps=place, contest=contest)


def tally_id(place: Place, contest: str) -> str:
    """Return the id of a tally."""
    return f"{place.id}.{contest}"


def tell_disputed_tally(story: Story, place: Place, contest: str) -> None:
    """Tell of a form with every turn that there is: taken back, disputed, settled, to be returned, returned."""
    of = {"tps": place, "contest": contest}
    one = tally_id(place, contest)

    def told(model: type[EventData], state: str, **more: object) -> None:
        story.tell(model.model_validate(tally(place, contest, state, **more)), one, **of)  # type: ignore[arg-type]

    entry = {"entry_hash": "1" * 64}
    told(TallyEntryRecorded, "first_entered", slot=1, **entry)
    told(TallyEntryDiscarded, "empty")
    told(TallyEntryRecorded, "first_entered", slot=1, **entry)
    told(TallyEntryRecorded, "disputed", slot=2, **entry)
    told(TallyDisputed, "disputed", differing=["votes"])
    story.tell(verified(place, contest, [10, 20]), one, **of)  # type: ignore[arg-type]
    told(TallyReturnRequested, "verified")
    told(TallyReturned, "empty", was="verified", persons=2, round=2)


def whole_story(*, per_kelurahan: int = 3) -> Story:
    """Return the whole story, in which every type of the catalog occurs."""
    story = Story()
    found = places(per_kelurahan)
    tell_frame(story)
    tell_places(story, found)
    tell_stock(story, found[0])
    for n, place in enumerate(found):
        tell_boxes(story, place, received=n != 1)
    tell_discrepancy(story, found[0])
    tell_incidents(story)
    tell_work(story)
    story.now = max(story.now, OPENS)
    for n, place in enumerate(found):
        tell_day(story, place, final=100 + 10 * n)
        if n < 4 and place != found[-1]:
            tell_tally(story, place, MAYOR, [30 + n, 50, 20])
            story.tell(
                verified(place, GOVERNOR, [60, 41], held=n == 2),
                tally_id(place, GOVERNOR),
                tps=place,
                contest=GOVERNOR,
            )
    tell_disputed_tally(story, found[-1], GOVERNOR)
    return story


def by_type(story: Story) -> Iterator[tuple[str, list[Received[EventData]]]]:
    """Give the events of each type."""
    types = dict.fromkeys(event.envelope.type for event in story.events)
    for name in types:
        yield name, [event for event in story.events if event.envelope.type == name]
