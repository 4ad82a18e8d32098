"""What the registry tells of places and stages: checklists, relocations, guarding and campaign rules, outreach.

Each event holds the whole of its thing as it stands now. No person, no reason in free words, no photo is in any of them.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from contracts.envelope import EventData, EventSpec
from contracts.registry_events import Part, RiskClass
from contracts.vocabulary import DataClass, Instant, RegionCode, TpsCode


class CheckItem(StrEnum):
    """What is checked of the place of a TPS; each is said so that yes is what one hopes for."""

    ACCESSIBLE = "accessible"
    POWER = "power"
    SIGNAL = "signal"
    FLOOD_SAFE = "flood_safe"
    LANDSLIDE_SAFE = "landslide_safe"
    ALTERNATE_SITE = "alternate_site"


class CheckAnswer(StrEnum):
    """What was found; an item that nobody checked is not known, never yes."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class MoveReason(StrEnum):
    """Why a TPS was moved, for everybody to know; what happened in words stays in the registry."""

    FLOOD = "flood"
    FIRE = "fire"
    LANDSLIDE = "landslide"
    ACCESS = "access"
    SECURITY = "security"
    OTHER = "other"


class OutreachKind(StrEnum):
    """What kind of activity brings the election to voters (R7, R26)."""

    OUTREACH = "outreach"
    EDUCATION = "education"
    SIMULATION = "simulation"
    OTHER = "other"


class OutreachState(StrEnum):
    """How far an activity is."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class CheckedItem(Part):
    """One item of a checklist as it was last checked."""

    item: CheckItem
    answer: CheckAnswer
    source: str
    as_of: date


class AlternateSite(Part):
    """Where a TPS would go if its place cannot be used."""

    place: str
    lat: float | None
    lon: float | None
    distance_m: int | None = Field(description="From the TPS; null where a point is not known.")


class TpsChecklistChanged(EventData):
    """The checklist of a TPS's place changed: what was checked of it, as it stands now."""

    tps_id: UUID
    tps_code: TpsCode
    items: list[CheckedItem] = Field(description="Those that somebody checked; the others are not known.")
    alternate: AlternateSite | None


class TpsRelocationDecided(EventData):
    """It was decided that a TPS stands at another place: from where, to where, since when and why."""

    tps_id: UUID
    tps_code: TpsCode
    reason_class: MoveReason
    from_place: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    accessible: bool | None
    effective_at: Instant = Field(description="From then on it stands there.")
    source: str


class GuardingPattern(Part):
    """So many police officers for so many TPS, and so many Linmas: the pattern of one security class (R11)."""

    risk_class: RiskClass
    name: str = Field(description="As the order calls it: `rawan`.")
    police: int
    tps: int
    linmas: int
    source: str


class GuardingRulesDefined(EventData):
    """The guarding patterns of an election were defined: one per security class, as they stand now."""

    patterns: list[GuardingPattern]


class CampaignRule(Part):
    """One thing that a campaign may not do, with when and where (R18)."""

    id: str
    stages: list[str] = Field(description="Ids of the stages in which it holds; empty: always.")
    where: str = Field(description="Where it holds; empty: everywhere.")
    text: str = Field(description="English.")
    text_id: str = Field(description="Indonesian.")
    source: str


class CampaignRulesDefined(EventData):
    """The campaign rules of an election were defined: all of them, as they stand now."""

    rules: list[CampaignRule]


class OutreachChanged(EventData):
    """An outreach or education activity was planned, held or changed: as it stands now, its reach in numbers."""

    activity_id: UUID
    code: str
    kind: OutreachKind
    state: OutreachState
    title: str
    organiser: str = Field(description="An institution, never a person.")
    region_code: RegionCode
    place: str
    starts_at: Instant
    ends_at: Instant | None
    reach_men: int | None
    reach_women: int | None
    reach_total: int | None = Field(description="Null where nobody counted, never 0.")
    photos: int = Field(description="How many photos the registry knows by hash.")
    source: str
    as_of: date


PLACES_EVENTS: dict[str, EventSpec] = {
    "tps_checklist.changed": (TpsChecklistChanged, DataClass.OPERATIONAL, "tps"),
    "tps_relocation.decided": (TpsRelocationDecided, DataClass.PUBLIC, "tps"),
    "guarding_rules.defined": (GuardingRulesDefined, DataClass.OPERATIONAL, "aggregate"),
    "campaign_rules.defined": (CampaignRulesDefined, DataClass.PUBLIC, "aggregate"),
    "outreach.changed": (OutreachChanged, DataClass.PUBLIC, "aggregate"),
}
