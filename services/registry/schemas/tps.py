"""TPS as they are registered, changed and shown."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.registry_events import CivilTime
from contracts.registry_places_events import MoveReason
from contracts.vocabulary import Channel, ContestId, Instant, Moment, TpsCode, TpsKind
from services.registry.schemas.officers import Person
from services.registry.schemas.shapes import (
    Input,
    Latitude,
    Line,
    Longitude,
    Outcome,
    Reason,
    Source,
    Text,
    Voters,
)


class TpsFacts(BaseModel):
    """What is known of a TPS, whole, as one source says it; null hours and date are the election's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: TpsKind = TpsKind.REGULAR
    place: Line
    address: Text
    lat: Latitude | None = None
    lon: Longitude | None = None
    voting_date: date | None = Field(
        default=None, description="Only where it votes on another day than the election."
    )
    voting_opens: CivilTime | None = Field(
        default=None, description="Only where it differs from the election's."
    )
    voting_closes: CivilTime | None = Field(
        default=None, description="Only where it differs from the election's."
    )
    dpt_men: Voters
    dpt_women: Voters
    contests: Annotated[list[ContestId], Field(max_length=10)] | None = Field(
        default=None, description="All contests of the election that cover the TPS where it is left out."
    )
    accessible: bool | None = Field(default=None, description="For wheelchairs; null where nobody said.")
    active: bool = Field(
        default=True, description="False dissolves the TPS: it counts nowhere any more; true brings it back."
    )
    source: Source

    @model_validator(mode="after")
    def _whole(self) -> "TpsFacts":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon stand together or not at all")
        if self.voting_opens and self.voting_closes and self.voting_opens >= self.voting_closes:
            raise ValueError("voting_opens is before voting_closes")
        return self


class TpsIn(TpsFacts):
    """A TPS, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "place": "SDN Contoh 1",
                    "address": "Jalan Contoh 1, Kebon Pedes",
                    "lat": -6.566,
                    "lon": 106.796,
                    "dpt_men": 250,
                    "dpt_women": 283,
                    "accessible": True,
                    "source": "KPU Kota Bogor (contoh)",
                }
            ]
        }
    )

    reason: Reason = Field(default="", description="Why it changed; kept in its history.")
    channel: Channel = Channel.API


class MovedOut(BaseModel):
    """That a TPS stands at another place than before."""

    since_at: Instant
    reason: MoveReason


class TpsOut(BaseModel):
    """A TPS as it stands."""

    election: str
    tps_id: UUID
    tps_code: str
    kpu_code: str
    version: int
    kind: TpsKind
    place: str
    address: str
    lat: float | None
    lon: float | None
    zone: str
    voting_date: date
    voting_opens: str
    voting_closes: str
    dpt_men: int
    dpt_women: int
    dpt_total: int
    contests: list[str]
    accessible: bool | None
    active: bool
    former_codes: list[str]
    moved: MovedOut | None = Field(description="Null where it was never moved by a decision.")
    findings: list[str]
    source: str
    rehearsal: bool


class TpsReceipt(TpsOut):
    """A TPS as it was registered or changed."""

    outcome: Outcome


class RelocationIn(Input):
    """The decision that a TPS stands at another place; `occurred_at` is when it was taken."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "place": "Balai RW 5",
                    "address": "Jalan Contoh 9, Kebon Pedes",
                    "reason_class": "flood",
                    "reason": "Lokasi semula tergenang (contoh).",
                    "basis": "Berita acara PPS 12/2024 (contoh)",
                    "effective_at": "2024-11-26T16:00:00+07:00",
                    "source": "PPS Kebon Pedes (contoh)",
                    "occurred_at": "2024-11-26T15:30:00+07:00",
                }
            ]
        }
    )

    place: Line
    address: Text
    lat: Latitude | None = None
    lon: Longitude | None = None
    accessible: bool | None = None
    reason_class: MoveReason = Field(default=MoveReason.OTHER, description="Everybody is told this much.")
    reason: Annotated[Reason, Field(min_length=1)]
    basis: Text = Field(
        default="", description="The document that decides it; empty where there is none yet."
    )
    decided_by: Person | None = Field(
        default=None, description="Pseudonym of who decided; the caller's where it is left out."
    )
    effective_at: Moment | None = Field(
        default=None, description="From when on it stands there; from the decision on where it is left out."
    )
    source: Source
    occurred_at: Moment
    channel: Channel = Channel.API

    @model_validator(mode="after")
    def _whole(self) -> "RelocationIn":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon stand together or not at all")
        return self


class RenumberingIn(Input):
    """A TPS gets another code in the same kab/kota; its UUID stays, and the old code leads to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "new_code": "32.71.06.1002.029",
                    "reason": "Nomor diperbaiki (contoh).",
                    "source": "KPU Kota Bogor (contoh)",
                }
            ]
        }
    )

    new_code: TpsCode
    reason: Annotated[Reason, Field(min_length=1)]
    source: Source
    channel: Channel = Channel.API


class Relocation(BaseModel):
    """One decision that moved a TPS."""

    number: int
    tps_version: int
    reason_class: MoveReason
    reason: str
    basis: str
    decided_by: str
    decided_at: Instant
    effective_at: Instant
    from_place: str
    from_address: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    source: str
    recorded_at: Instant


class Relocations(BaseModel):
    """Every decision that moved a TPS, the newest first."""

    tps_id: UUID
    tps_code: str
    items: list[Relocation]


class TpsVersion(BaseModel):
    """One version of a TPS, with who made it, how and why."""

    version: int
    recorded_at: Instant
    occurred_at: Instant
    actor: str
    channel: str
    reason: str
    tps_code: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    dpt_men: int
    dpt_women: int
    contests: list[str]
    accessible: bool | None
    active: bool
    source: str


class TpsHistory(BaseModel):
    """Every version of a TPS, the newest first."""

    tps_id: UUID
    tps_code: str
    items: list[TpsVersion]
