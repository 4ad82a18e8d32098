"""What the registry tells of people, in figures: posts of areas, training, personnel, requests to vote near a hospital.

Each event holds the whole of its thing as it stands now. None names a person, and none says how anybody's health is.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from contracts.envelope import EventData, EventSpec
from contracts.vocabulary import DataClass, Instant, RegionCode, TpsCode


class Duty(StrEnum):
    """What a post is for: at a TPS crew, guards and supervisor; of an area committee, supervisors, officials and guards."""

    KPPS = "kpps"
    LINMAS = "linmas"
    PTPS = "ptps"
    PPS = "pps"
    PKD = "pkd"
    LURAH = "lurah"
    BHABINKAMTIBMAS = "bhabinkamtibmas"
    BABINSA = "babinsa"
    PPK = "ppk"
    PANWASCAM = "panwascam"
    CAMAT = "camat"


class PostCount(EventData):
    """How far the posts of one duty are filled at a place, and how far those who hold them have come."""

    duty: Duty
    slots: int
    proposed: int = Field(description="Somebody is proposed, and not yet appointed: nobody is named.")
    named: int = Field(description="Appointed or sworn in.")
    sworn_in: int
    trained: int = Field(description="Of those named: so somebody said, or they attended a session.")
    training_unknown: int = Field(description="Named, and nobody said whether they were trained.")
    screened: int | None = Field(
        description="Named and screened, whatever came of it; null where too few are named to hide in."
    )
    present: int = Field(description="Checked in on the voting day.")


class AreaRosterChanged(EventData):
    """The officers of an area (kelurahan or kecamatan) changed: how far its posts are filled now, without names."""

    region_code: RegionCode
    posts: list[PostCount]


class TrainingState(StrEnum):
    """Where a training session is."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class TrainingChanged(EventData):
    """A training session was planned, held or cancelled, or its attendance changed: as it stands now, in figures."""

    code: str
    region_code: RegionCode
    place: str
    topic: str
    organiser: str = Field(description="The agency.")
    duties: list[Duty] = Field(description="Whom it trains.")
    starts_at: Instant
    state: TrainingState
    attended: int
    absent: int


class ForceAgency(StrEnum):
    """Who sends personnel: the police or the armed forces."""

    POLRI = "polri"
    TNI = "tni"


class PersonnelChanged(EventData):
    """The personnel that an operation has at a place: planned, present, trained, without those of places within it."""

    operation: str
    agency: ForceAgency
    place_code: str = Field(description="Of a region, or of a TPS.")
    region_code: RegionCode = Field(description="The place, or the kelurahan of the TPS.")
    tps_code: TpsCode | None
    planned: int
    present: int | None = Field(description="Null where nobody said.")
    trained: int | None = Field(description="Null where nobody said.")
    source: str
    as_of: date


class RequestState(StrEnum):
    """How a facility's request stands."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class FacilityRequestChanged(EventData):
    """A facility asked for its people to vote near it (D12), or the request changed: as it stands now, in figures."""

    request_id: UUID
    facility_id: UUID
    facility_code: str
    facility_kind: str
    region_code: RegionCode
    letter_number: str
    received_at: Instant
    cutoff_at: Instant = Field(
        description="End of the last day on which it can come, UTC: H-7 unless the election says otherwise."
    )
    late: bool = Field(description="It came after that.")
    state: RequestState
    voters: int = Field(description="Asked for.")
    granted: int | None = Field(description="Null until it was decided.")
    tps_codes: list[TpsCode] = Field(description="Which TPS serve them.")
    decided_at: Instant | None
    findings: list[str]


PEOPLE_EVENTS: dict[str, EventSpec] = {
    "area_roster.changed": (AreaRosterChanged, DataClass.OPERATIONAL, "aggregate"),
    "training.changed": (TrainingChanged, DataClass.OPERATIONAL, "aggregate"),
    "personnel.changed": (PersonnelChanged, DataClass.OPERATIONAL, "aggregate"),
    "facility_request.changed": (FacilityRequestChanged, DataClass.OPERATIONAL, "aggregate"),
}
