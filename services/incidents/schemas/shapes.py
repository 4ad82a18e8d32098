"""Shapes that every payload of incidents is made of."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.masking import MASKED
from contracts import vocabulary
from contracts.incidents_events import Agency
from contracts.vocabulary import Channel, Instant, RegionCode, TpsCode

_LINES = frozenset("\n\t")


def _printable(text: str) -> str:
    if any(not char.isprintable() and char not in _LINES for char in text):
        raise ValueError("control characters are not taken")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a title is one line without control characters")
    return text


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=120),
    AfterValidator(_one_line),
    MASKED,
]
"""One line for lists and events, without names; personal numbers in it are masked."""

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
    AfterValidator(_printable),
    MASKED,
]
"""What people write; it stays with this service. NIK, telephone numbers and e-mail are masked before anything is kept."""

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=500),
    AfterValidator(_printable),
    MASKED,
]
"""Why something was done."""

Moment = Annotated[vocabulary.Moment, AfterValidator(_as_utc)]
"""A moment of this century, turned into UTC."""

Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]


class Input(BaseModel):
    """Base of what callers send: nothing that we do not know, so that a misspelt field is told, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaceIn(Input):
    """Where it is: a TPS or a region, and a point where one is known."""

    tps_code: TpsCode | None = None
    region_code: RegionCode | None = Field(default=None, description="Where it concerns no single TPS.")
    lat: Latitude | None = None
    lon: Longitude | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "PlaceIn":
        if (self.tps_code is None) == (self.region_code is None):
            raise ValueError("name a TPS or a region, one of the two")
        if (self.lat is None) != (self.lon is None):
            raise ValueError("a point has lat and lon")
        return self

    @property
    def code(self) -> str:
        """Return the code of the TPS or the region."""
        return self.tps_code or self.region_code or ""


class StepIn(Input):
    """What every step of the work on something says."""

    occurred_at: Moment | None = Field(
        default=None, description="When it was done; now where it is left out."
    )
    channel: Channel = Channel.API

    @property
    def why(self) -> str:
        """Return why it was done, or what exactly; empty where nobody said."""
        return ""


class ReasonedStepIn(StepIn):
    """A step that says why."""

    reason: Reason

    @property
    def why(self) -> str:
        """Return the reason."""
        return self.reason


class StepOut(BaseModel):
    """One step of the work, as it was recorded."""

    step: str
    state: str
    agency: Agency
    reason: str
    actor: str | None = Field(description="Pseudonym; null for the one who reported.")
    occurred_at: Instant
    recorded_at: Instant


class FollowUpBrief(BaseModel):
    """Advice or a task on an incident or a problem, in a line."""

    kind: Literal["advice", "task"]
    id: UUID
    agency: Agency
    title: str
    state: str
    due_until: Instant | None
