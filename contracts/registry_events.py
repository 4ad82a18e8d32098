"""What the registry tells: elections, contests, TPS with their risks and rosters, facilities, groups of regions.

Each event holds the whole of its thing as it stands now. Nothing here names a person who is not a candidate.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.envelope import EventData, EventSpec
from contracts.registry_people_events import PostCount
from contracts.vocabulary import ContestId, DataClass, ElectionId, Instant, RegionCode, TpsCode, TpsKind

CivilTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day, `07:00`; the place that it is meant for gives it its zone."""


class ChoiceKind(StrEnum):
    """What stands on the ballot: a pair of candidates, or the empty column beside a pair that is alone (D38)."""

    PAIR = "pair"
    KOLOM_KOSONG = "kolom_kosong"


class WinningRule(StrEnum):
    """What a choice needs to win its contest (D38)."""

    MOST_VOTES = "most_votes"
    MORE_THAN_HALF_AGAINST_EMPTY = "more_than_half_against_empty"
    MORE_THAN_HALF_OR_SECOND_ROUND = "more_than_half_or_second_round"


class RiskKind(StrEnum):
    """What a TPS is at risk of."""

    HAZARD = "hazard"
    SECURITY = "security"
    VIOLATION = "violation"
    NETWORK = "network"


class RiskClass(StrEnum):
    """How much of a risk was found; what was not assessed is unknown, never low."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class FacilityKind(StrEnum):
    """A place whose people vote by a special arrangement (D12)."""

    HOSPITAL = "hospital"
    CLINIC = "clinic"
    PRISON = "prison"
    DETENTION = "detention"
    SHELTER = "shelter"
    OTHER = "other"


class ContactStatus(StrEnum):
    """How far the desk has come with a facility."""

    NOT_CONTACTED = "not_contacted"
    CONTACTED = "contacted"
    LIST_RECEIVED = "list_received"
    SERVED = "served"


class AccessKind(StrEnum):
    """What a token rests upon: when it changes, the tokens before no longer count."""

    CLIENT = "client"
    PERSON = "person"
    OFFICER = "officer"
    DEVICE = "device"
    TOKEN = "token"  # noqa: S105 - a word, no secret
    """One token alone, that somebody signed out of."""


class Part(BaseModel):
    """Base of what events are made of."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CountSetting(Part):
    """A number that the election sets, and who says so."""

    value: int
    source: str


class RatioSetting(Part):
    """A ratio (0..1) that the election sets, and who says so."""

    value: float
    source: str


class TimeSetting(Part):
    """A time of day that the election sets, and who says so. Without a zone it is local to each TPS."""

    value: CivilTime
    zone: str | None
    source: str


class ElectionSettings(Part):
    """The numbers of an election that the law or the commission may change."""

    voting_opens: TimeSetting = Field(description="D10.")
    voting_closes: TimeSetting = Field(description="D10; who queues then is served.")
    walk_in_opens: TimeSetting = Field(description="D11: walk-in voters vote from then on.")
    results_public: TimeSetting = Field(
        description="D34: votes per choice are withheld until then on voting day."
    )
    max_voters_per_tps: CountSetting = Field(description="D1.")
    ballot_reserve_ratio: RatioSetting = Field(description="D2: of the DPT, rounded up per TPS and contest.")
    revote_ballots: CountSetting = Field(description="D3: kept for a revote of the city's own contest.")
    boxes_per_contest: CountSetting = Field(description="D5: at each TPS.")
    booths_per_tps: CountSetting = Field(description="D5.")
    spare_boxes_per_contest: CountSetting = Field(description="D5: in each kecamatan.")
    logistics_due_days_before: CountSetting = Field(
        description="D6: everything is at the TPS so many days before."
    )
    kpps_per_tps: CountSetting = Field(description="D7.")
    linmas_per_tps: CountSetting = Field(description="D8.")
    ptps_per_tps: CountSetting = Field(description="D9.")
    turnout_target_ratio: RatioSetting = Field(description="The region's own target.")
    move_cutoff_days: CountSetting = Field(
        default=CountSetting(value=30, source="D12: the regulation was not seen"),
        description="D12: the last day on which somebody moves to another TPS, before the voting day.",
    )
    special_move_cutoff_days: CountSetting = Field(
        default=CountSetting(value=7, source="D12: the regulation was not seen"),
        description="D12: the same for inpatients and companions, detainees, disaster and duty.",
    )


class Stage(Part):
    """A stage (tahapan) of the election: civil dates, both included."""

    id: str
    name: str = Field(description="English.")
    name_id: str = Field(description="Indonesian.")
    starts_on: date
    ends_on: date
    source: str
    opens: list[str] = Field(
        default_factory=list[str],
        description="Words for what is open while it lasts, as data: `turnout.voting`.",
    )
    closes: list[str] = Field(
        default_factory=list[str], description="Words for what is over from its first day on."
    )


class ElectionDefined(EventData):
    """An election was defined, or defined again with other facts: the whole of it as it stands now."""

    election: ElectionId
    name: str
    region_code: RegionCode | None = Field(
        description="The region whose desk this is; null for the whole nation."
    )
    voting_date: date
    results_public_at: Instant = Field(
        description="The moment of `settings.results_public` on voting day, UTC."
    )
    rehearsal: bool
    settings: ElectionSettings
    stages: list[Stage]


class Choice(Part):
    """One choice on the ballot."""

    number: int
    kind: ChoiceKind
    name: str = Field(description="As on the ballot: `Dedie A Rachim - Jenal Mutaqin`, or `Kolom kosong`.")


class ContestDefined(EventData):
    """A contest was defined, or defined again: its choices and what wins it, as they stand now."""

    contest: ContestId
    name: str
    region_code: RegionCode = Field(description="Where people vote in it.")
    choices: list[Choice] = Field(description="By number.")
    winning_rule: WinningRule
    winning_rule_source: str


class TpsRegistered(EventData):
    """A TPS was registered, or registered again with other facts: the whole row as it stands now."""

    tps_id: UUID
    tps_code: TpsCode
    kind: TpsKind
    place: str
    address: str
    lat: float | None
    lon: float | None
    zone: str = Field(description="IANA zone of the TPS's region, for its civil hours.")
    voting_date: date
    dpt_men: int
    dpt_women: int
    contests: list[ContestId]
    accessible: bool | None
    voting_opens: CivilTime = Field(default="07:00", description="Civil time in `zone`.")
    voting_closes: CivilTime = Field(default="13:00", description="Civil time in `zone`.")
    former_codes: list[TpsCode] = Field(
        default_factory=list[str], description="Codes that it had before it was renumbered, oldest first."
    )
    active: bool = Field(
        default=True, description="False where the TPS was dissolved: it counts nowhere any more."
    )
    source: str = Field(default="", description="Who says so.")


class TpsRiskAssessed(EventData):
    """A risk of a TPS was assessed, or the assessment was taken back: what is known of this kind now."""

    tps_id: UUID
    tps_code: TpsCode
    kind: RiskKind
    risk_class: RiskClass | None = Field(description="Null where it was taken back: unknown, never safe.")
    indicators: list[str]
    source: str
    as_of: date


class RosterCount(Part):
    """How far one function of a TPS is filled."""

    slots: int
    named: int
    trained: int
    training_unknown: int = Field(description="Named, and nobody said whether they were trained.")


class TpsRosterChanged(EventData):
    """The officers of a TPS changed: how many slots are filled and trained now, without names."""

    tps_id: UUID
    tps_code: TpsCode
    kpps: RosterCount
    linmas: RosterCount
    ptps: RosterCount
    posts: list[PostCount] = Field(
        default_factory=list[PostCount],
        description="The same by duty, with how far they have come; empty where the registry was older.",
    )
    chair_trained: bool | None = Field(
        default=None, description="Of KPPS 1; null where the post is empty, or nobody said."
    )


class SexCount(Part):
    """How many people, by the sex that their NIK has."""

    men: int
    women: int


class TpsVotersCounted(EventData):
    """The voters of a TPS were counted, by kind and sex: what the list comes to now, and nobody on it."""

    tps_id: UUID
    tps_code: TpsCode
    dpt: SexCount = Field(description="Of the DPT, and voting here.")
    moved_in: SexCount = Field(description="PINDAHAN: on the DPT elsewhere, and voting here.")
    moved_in_from_other_kabkota: SexCount = Field(
        description="Of these, who comes from another kabupaten or kota and gets the governor's ballot alone (D13)."
    )
    moved_out: SexCount = Field(description="Of the DPT here, and voting elsewhere.")
    walk_in: SexCount = Field(description="TAMBAHAN.")
    struck: SexCount


class FacilityChanged(EventData):
    """A hospital or another special place changed, or how far the desk has come with it: as it stands now."""

    facility_id: UUID
    code: str = Field(description="The code that its source gives it (hospitals: the health ministry's).")
    kind: FacilityKind
    name: str
    region_code: RegionCode
    address: str
    lat: float | None
    lon: float | None
    beds: int | None
    contact_status: ContactStatus
    contacted_on: date | None
    source: str
    as_of: date | None = Field(description="Null where the source gives no day.")
    list_received_on: date | None = None
    served_on: date | None = None


class RegionGroupDefined(EventData):
    """A named group of regions was defined or changed: it may stand wherever a region does (`group:<name>`)."""

    name: str
    title: str
    regions: list[RegionCode] = Field(description="Empty where the group was dissolved.")
    source: str


class AccessChanged(EventData):
    """What somebody may do changed, or ended: tokens that were issued before no longer count.

    No name, role or region is told: who needs a token asks for a new one, and is judged by what holds then.
    """

    kind: AccessKind
    subject: str = Field(
        description=(
            "Client or device id, `<agency>:<person>`, `<election>:<person>` of a roster (pseudonyms), or the hash that stands "
            "for one token."
        )
    )
    changed_at: Instant = Field(
        description="Tokens of other issuers are refused whose `iat` lies before; the desk's own carry the event's version."
    )


EVENTS: dict[str, EventSpec] = {
    "election.defined": (ElectionDefined, DataClass.PUBLIC, "aggregate"),
    "contest.defined": (ContestDefined, DataClass.PUBLIC, "aggregate"),
    "tps.registered": (TpsRegistered, DataClass.PUBLIC, "tps"),
    "tps_risk.assessed": (TpsRiskAssessed, DataClass.OPERATIONAL, "tps"),
    "tps_roster.changed": (TpsRosterChanged, DataClass.OPERATIONAL, "tps"),
    "tps_voters.counted": (TpsVotersCounted, DataClass.OPERATIONAL, "tps"),
    "facility.changed": (FacilityChanged, DataClass.OPERATIONAL, "aggregate"),
    "region_group.defined": (RegionGroupDefined, DataClass.PUBLIC, "aggregate"),
    "access.changed": (AccessChanged, DataClass.RESTRICTED, "aggregate"),
}
