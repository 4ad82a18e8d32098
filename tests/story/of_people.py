"""What the registry tells of people in the story: posts of areas, a training, personnel, a hospital's request."""

from datetime import UTC, datetime

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
from tests.story.telling import DAY, ELECTION, KELURAHAN, SOURCE, Place, Story, made

CUTOFF_AT = datetime(2024, 11, 20, 17, 0, tzinfo=UTC)


def post(duty: Duty, slots: int, named: int, **more: int | None) -> PostCount:
    """Return how far the posts of a duty are filled: all who are named are sworn in and trained, unless it is said."""
    usual: dict[str, int | None] = {
        "proposed": 0,
        "sworn_in": named,
        "trained": named,
        "training_unknown": 0,
        "screened": None,
        "present": 0,
    }
    return PostCount.model_validate({"duty": duty, "slots": slots, "named": named, **usual, **more})


def request(state: RequestState = RequestState.RECEIVED, *, late: bool = False) -> FacilityRequestChanged:
    """Return the event that tells of a hospital's request."""
    decided = state in (RequestState.ACCEPTED, RequestState.PARTLY_ACCEPTED, RequestState.REFUSED)
    return FacilityRequestChanged(
        request_id=made("request", 1),
        facility_id=made("facility", 1),
        facility_code="3271013",
        facility_kind="hospital",
        region_code="32.71.06",
        letter_number="445/RS-CONTOH/2024",
        received_at=datetime(2024, 11, 18, 2, 0, tzinfo=UTC),
        cutoff_at=CUTOFF_AT,
        late=late,
        state=state,
        voters=23,
        granted=23 if state is RequestState.ACCEPTED else 0 if state is RequestState.REFUSED else None,
        tps_codes=[f"{KELURAHAN[0]}.001"] if state is RequestState.ACCEPTED else [],
        decided_at=datetime(2024, 11, 19, 3, 0, tzinfo=UTC) if decided else None,
        findings=["W-REQUEST-LATE"] if late else [],
    )


def tell_people(story: Story, place: Place) -> None:
    """Tell of a kecamatan's committee, a training, personnel at a kecamatan and at a TPS, and a request that is accepted."""
    area = made("area", "32.71.06")
    committee = [post(Duty.PPK, 5, 4), post(Duty.PANWASCAM, 3, 3), post(Duty.CAMAT, 1, 1)]
    story.tell(AreaRosterChanged(region_code="32.71.06", posts=committee), area)
    planned = TrainingChanged(
        code="BIMTEK-1",
        region_code="32.71.06",
        place="Aula Contoh",
        topic="Pemungutan suara",
        organiser="KPU Contoh",
        duties=[Duty.KPPS],
        starts_at=datetime(2024, 11, 10, 2, 0, tzinfo=UTC),
        state=TrainingState.PLANNED,
        attended=0,
        absent=0,
    )
    session = made("training", 1)
    story.tell(planned, session)
    story.tell(planned.model_copy(update={"state": TrainingState.HELD, "attended": 40, "absent": 2}), session)
    for agency, at in ((ForceAgency.POLRI, "32.71.06"), (ForceAgency.TNI, place.code)):
        at_tps = at == place.code
        force = PersonnelChanged(
            operation="mantap-praja-2024",
            agency=agency,
            place_code=at,
            region_code=KELURAHAN[0] if at_tps else at,
            tps_code=place.code if at_tps else None,
            planned=2 if at_tps else 12,
            present=None if at_tps else 12,
            trained=None if at_tps else 10,
            source=SOURCE,
            as_of=DAY,
        )
        story.tell(force, f"{ELECTION}:mantap-praja-2024:{agency}:{at}")
    story.tell(request(), made("request", 1))
    story.tell(request(RequestState.ACCEPTED), made("request", 1))
