"""What the public sends and gets; nothing that points at a person is asked for."""

from pydantic import BaseModel, ConfigDict, Field

from contracts.incidents_events import IncidentCategory
from contracts.vocabulary import Channel, Instant
from services.incidents.schemas.shapes import Moment, PlaceIn, Words


class PublicReportIn(PlaceIn):
    """An incident as somebody of the public reports it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tps_code": "32.71.06.1002.028",
                    "category": "disaster",
                    "description": "Genangan setinggi lutut di depan TPS (contoh).",
                }
            ]
        }
    )

    category: IncidentCategory
    description: Words
    occurred_at: Moment | None = Field(default=None, description="Now where it is left out.")
    channel: Channel = Channel.APP


class PublicReportOut(BaseModel):
    """The code by which to ask what became of a report; whoever has it may ask."""

    tracking_code: str
    state: str
    recorded_at: Instant


class PublicReportState(BaseModel):
    """What became of a report; `unknown` where no report has the code."""

    state: str = Field(description="`received`, `in_handling`, `closed` or `unknown`.")
    as_of: Instant
