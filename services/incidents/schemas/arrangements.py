"""How an election arranges its incidents: clocks and routes, each with its source."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.masking import MASKED
from contracts.incidents_events import Agency, IncidentCategory
from contracts.vocabulary import Channel
from services.incidents.schemas.shapes import Input

SourceText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=300, pattern=r"^[^\x00-\x1f]+$"),
    MASKED,
]
Minutes = Annotated[int, Field(ge=1, le=43_200)]
Days = Annotated[int, Field(ge=1, le=60)]


class IncidentClockIn(Input):
    """The clock of a category for this election."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "acknowledge_minutes": 15,
                    "act_minutes": 60,
                    "source": "Keputusan Desk Pilkada Kota Bogor (contoh)",
                }
            ]
        }
    )

    acknowledge_minutes: Minutes
    act_minutes: Minutes
    report_within_days: Days | None = None
    decide_days: Days | None = None
    extension_days: Days | None = None
    source: SourceText = Field(description="Who says so: a regulation with its article, or a decision.")
    channel: Channel = Channel.API


class IncidentRouteIn(Input):
    """Who deals with a category in a region, for this election."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency": "bpbd",
                    "also_informed": ["kpu", "police"],
                    "source": "Keputusan Desk Pilkada Kota Bogor (contoh)",
                }
            ]
        }
    )

    agency: Agency
    also_informed: list[Agency] = Field(default_factory=list[Agency], max_length=12)
    source: SourceText
    channel: Channel = Channel.API


class CategoryClockOut(BaseModel):
    """The clock of a category as it stands."""

    category: IncidentCategory
    acknowledge_minutes: int
    act_minutes: int
    report_within_days: int | None
    decide_days: int | None
    extension_days: int | None
    source: str
    is_default: bool


class CategoryRouteOut(BaseModel):
    """The agencies of a category as they stand."""

    category: IncidentCategory
    region_code: str | None = Field(description="Null for the default of every other region.")
    agency: Agency
    also_informed: list[Agency]
    source: str
    is_default: bool


class IncidentArrangementsOut(BaseModel):
    """All clocks and routes of an election."""

    clocks: list[CategoryClockOut]
    routes: list[CategoryRouteOut]
