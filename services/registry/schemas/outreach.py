"""Activities that bring the election to voters, as they are told and shown."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.registry_places_events import OutreachKind, OutreachState
from contracts.vocabulary import Channel, Instant, Moment, RegionCode
from services.registry.schemas.shapes import Line, Outcome, Source, Text

ActivityCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}$")]
Reach = Annotated[int, Field(ge=0, le=1_000_000)]
PhotoHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


UtcMoment = Annotated[Moment, AfterValidator(_utc)]


class OutreachFacts(BaseModel):
    """What is known of an activity, whole; reach and photos belong to one that was held."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: OutreachKind = OutreachKind.OUTREACH
    state: OutreachState = OutreachState.PLANNED
    title: Line
    organiser: Line = Field(description="An institution, never a person.")
    region_code: RegionCode
    place: Text = ""
    starts_at: UtcMoment
    ends_at: UtcMoment | None = None
    reach_men: Reach | None = None
    reach_women: Reach | None = None
    reach_total: Reach | None = Field(default=None, description="Null where nobody counted, never 0.")
    photos: Annotated[list[PhotoHash], Field(max_length=20)] = Field(
        default_factory=list[str], description="SHA-256 of photos; the photos stay where they are kept."
    )
    source: Source
    as_of: date

    @model_validator(mode="after")
    def _whole(self) -> "OutreachFacts":
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at is after starts_at")
        reach = (self.reach_men, self.reach_women, self.reach_total)
        if self.state is not OutreachState.HELD and (self.photos or any(n is not None for n in reach)):
            raise ValueError("reach and photos belong to an activity that was held")
        men, women, total = reach
        if men is not None and women is not None and men + women != total:
            raise ValueError("reach_total is the sum of reach_men and reach_women")
        if any(part is not None and (total is None or part > total) for part in (men, women)):
            raise ValueError("reach_total is there, and no part of it is larger")
        return self


class OutreachIn(OutreachFacts):
    """An activity, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "outreach",
                    "state": "planned",
                    "title": "Sosialisasi pemilih pemula (contoh)",
                    "organiser": "KPU Kota Bogor (contoh)",
                    "region_code": "32.71.06.1002",
                    "place": "Balai Kelurahan (contoh)",
                    "starts_at": "2024-11-20T09:00:00+07:00",
                    "source": "KPU Kota Bogor (contoh)",
                    "as_of": "2024-11-10",
                }
            ]
        }
    )

    channel: Channel = Channel.API


class OutreachOut(OutreachFacts):
    """An activity as it stands."""

    activity_id: UUID
    code: str
    version: int
    rehearsal: bool


class OutreachReceipt(OutreachOut):
    """An activity as it was told."""

    outcome: Outcome


class ComingOutreach(BaseModel):
    """What everybody may know of an activity that is still to come."""

    code: str
    kind: OutreachKind
    title: str
    organiser: str
    region_code: str
    region: str
    place: str
    starts_at: Instant
    ends_at: Instant | None


class ComingOutreachList(BaseModel):
    """The activities that are planned and still to come, the next first and at most a hundred."""

    items: list[ComingOutreach]
    as_of: Instant
    rehearsal: bool
