"""Risks of a TPS as they are assessed and shown."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.registry_events import RiskClass, RiskKind
from contracts.vocabulary import Channel, Instant
from services.registry.schemas.shapes import Input, Line, Outcome, Source

Indicators = Annotated[list[Line], Field(max_length=20)]


class RiskIn(Input):
    """What was found of one kind of risk at a TPS."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "risk_class": "high",
                    "indicators": ["Tergenang pada tahun lalu (contoh)"],
                    "source": "BPBD Kota Bogor (contoh)",
                    "as_of": "2024-11-10",
                }
            ]
        }
    )

    risk_class: RiskClass | None = Field(
        description="Null takes the assessment back: the risk is unknown again, never safe."
    )
    indicators: Indicators = Field(default_factory=list[Line])
    source: Source
    as_of: date
    channel: Channel = Channel.API


class RiskOut(BaseModel):
    """What is known of one kind of risk at a TPS."""

    kind: RiskKind
    version: int
    risk_class: RiskClass | None
    indicators: list[str]
    source: str
    as_of: date
    recorded_at: Instant


class RiskReceipt(RiskOut):
    """A risk as it was assessed."""

    tps_code: str
    outcome: Outcome


class TpsRisks(BaseModel):
    """What is known of a TPS's risks; a kind that is not there was never assessed, which is not the same as safe."""

    tps_id: UUID
    tps_code: str
    items: list[RiskOut]
    unknown: list[RiskKind]
