"""Facilities (hospitals and other special places) and named groups of regions."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.registry_events import ContactStatus, FacilityKind
from contracts.vocabulary import Channel, RegionCode
from services.registry.schemas.shapes import Input, Latitude, Line, Longitude, Outcome, Source, Text

FacilityCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$")]
GroupName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class FacilityFacts(BaseModel):
    """What is known of a facility, whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FacilityKind = FacilityKind.HOSPITAL
    name: Line
    region_code: RegionCode
    address: Text = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    beds: Annotated[int, Field(ge=0, le=100_000)] | None = None
    contact_status: ContactStatus = ContactStatus.NOT_CONTACTED
    contacted_on: date | None = None
    list_received_on: date | None = None
    served_on: date | None = None
    source: Source
    as_of: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> "FacilityFacts":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon stand together or not at all")
        return self


class FacilityIn(FacilityFacts):
    """A facility, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "hospital",
                    "name": "Rumah Sakit Contoh",
                    "region_code": "32.71.06",
                    "address": "Jalan Contoh 12, Bogor",
                    "lat": -6.57,
                    "lon": 106.8,
                    "beds": 120,
                    "contact_status": "contacted",
                    "contacted_on": "2024-11-18",
                    "source": "Dinas Kesehatan (contoh)",
                    "as_of": "2024-11-18",
                }
            ]
        }
    )

    channel: Channel = Channel.API


class FacilityOut(FacilityFacts):
    """A facility as it stands."""

    facility_id: UUID
    code: str
    version: int
    rehearsal: bool


class FacilityReceipt(FacilityOut):
    """A facility as it was changed."""

    outcome: Outcome


class RegionGroupIn(Input):
    """A named group of regions; an empty list dissolves it, and its name grants nothing any more."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Kota Bogor bagian utara",
                    "regions": ["32.71.05", "32.71.06"],
                    "source": "Keputusan Desk Pilkada Kota Bogor (contoh)",
                }
            ]
        }
    )

    title: Line
    regions: Annotated[list[RegionCode], Field(max_length=600)]
    source: Source
    channel: Channel = Channel.API


class RegionGroupOut(BaseModel):
    """A group of regions as it stands; `group:<name>` stands wherever a region does."""

    name: str
    version: int
    title: str
    regions: list[str]
    source: str


class RegionGroupReceipt(RegionGroupOut):
    """A group of regions as it was defined."""

    outcome: Outcome
