"""The calendar of an election, its rules that are data, and the guarding of its TPS, as they are defined and shown."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.registry_events import RiskClass, Stage
from contracts.registry_places_events import CampaignRule, GuardingPattern
from contracts.vocabulary import Channel, Instant
from services.registry.schemas.shapes import Input, Line, Outcome, Source, Text


class StageState(StrEnum):
    """Where a stage is by the desk's clock."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"


class StageOut(Stage):
    """A stage with its moments, and where it is now."""

    state: StageState
    opens_at: Instant = Field(description="Midnight of its first day in the region of the election.")
    closes_at: Instant = Field(description="Midnight after its last day.")
    seconds_left: int | None = Field(
        description="Desk seconds until it opens or, when open, closes; null once it has closed."
    )


class Calendar(BaseModel):
    """The stages of an election in the order of their days, and those that open or close soon."""

    election: str
    name: str
    zone: str
    stages: list[StageOut]
    changing: list[StageOut] = Field(description="What opens or closes within the days that were asked for.")
    within_days: int
    as_of: Instant
    rehearsal: bool


RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")]
StageId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Head = Annotated[int, Field(strict=True, ge=1, le=1_000)]


class GuardingPatternIn(Input):
    """So many police for so many TPS, and so many Linmas, where the class of security is this."""

    risk_class: RiskClass
    name: Line
    police: Head
    tps: Head
    linmas: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    source: Source


class GuardingRulesIn(Input):
    """The guarding patterns of an election, all of them; a class without one is not known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "patterns": [
                        {
                            "risk_class": "low",
                            "name": "kurang rawan (contoh)",
                            "police": 2,
                            "tps": 10,
                            "linmas": 20,
                            "source": "Rencana operasi (contoh)",
                        }
                    ]
                }
            ]
        }
    )

    patterns: Annotated[list[GuardingPatternIn], Field(max_length=3)]
    channel: Channel = Channel.API


class GuardingRulesOut(BaseModel):
    """The guarding patterns as they stand; version 0 where none were defined."""

    election: str
    version: int
    patterns: list[GuardingPattern]


class GuardingRulesReceipt(GuardingRulesOut):
    """The guarding patterns as they were defined."""

    outcome: Outcome


class CampaignRuleIn(Input):
    """One thing that a campaign may not do."""

    id: RuleId
    stages: Annotated[list[StageId], Field(max_length=20)] = Field(
        default_factory=list[str], description="Stages in which it holds; empty: always."
    )
    where: Text = Field(default="", description="Where it holds; empty: everywhere.")
    text: Annotated[Text, Field(min_length=1)]
    text_id: Annotated[Text, Field(min_length=1)]
    source: Source


class CampaignRulesIn(Input):
    """The campaign rules of an election, all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rules": [
                        {
                            "id": "quiet-days",
                            "stages": ["quiet-days"],
                            "text": "No campaign in the quiet days.",
                            "text_id": "Dilarang berkampanye pada masa tenang.",
                            "source": "UU 10/2016 (contoh)",
                        }
                    ]
                }
            ]
        }
    )

    rules: Annotated[list[CampaignRuleIn], Field(max_length=200)]
    channel: Channel = Channel.API


class CampaignRulesOut(BaseModel):
    """The campaign rules as they stand; version 0 where none were defined."""

    election: str
    version: int
    rules: list[CampaignRule]


class CampaignRulesReceipt(CampaignRulesOut):
    """The campaign rules as they were defined."""

    outcome: Outcome


class TpsGuarding(BaseModel):
    """Who is to guard a TPS by its security class, and who is named; null is not known."""

    tps_code: str
    risk_class: RiskClass | None
    class_source: str | None
    class_as_of: str | None
    pattern: GuardingPattern | None
    police_per_tps: float | None
    police_planned: int | None = Field(
        description="What the operations plan for this TPS by itself; null where nobody said."
    )
    linmas_need: int | None
    linmas_named: int | None = Field(description="Null where the TPS has no roster.")
    rules_version: int


class GuardingOfClass(BaseModel):
    """The TPS of one class in an area; null needs are not known, for the class or its pattern is not."""

    risk_class: RiskClass | None
    tps: int
    pattern: GuardingPattern | None
    police_need: int | None
    linmas_need: int | None
    linmas_named: int
    tps_without_roster: int


class AreaGuarding(BaseModel):
    """Need and named of an area. While something is not known, the needs are at least so many."""

    region_code: str
    tps: int
    tps_not_known: int = Field(description="TPS without a security class, or of a class without a pattern.")
    police_need: int | None = Field(description="Null where of no TPS anything is known.")
    police_planned: int | None = Field(
        description=(
            "What the operations plan for the area and the places in it; null where nobody said. The police are counted, "
            "never named; whoever two operations plan counts twice."
        )
    )
    linmas_need: int | None
    linmas_named: int
    classes: list[GuardingOfClass]
    rules_version: int
    as_of: Instant
