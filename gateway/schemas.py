"""What the gateway answers: aggregates of regions, lists, the feed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import Instant

NOT_OFFICIAL = "Bukan hasil resmi. / Not the official result."


class Source(BaseModel):
    """How fresh what came from one service is."""

    service: str
    as_of: Instant | None = Field(
        description="Everything the service had committed by then is counted; null: not known."
    )
    lag_s: float | None


class Turnout(BaseModel):
    """Voters who voted, as the TPS that reported say; what was not reported is not in it, and never counted as 0."""

    tps_reported: int
    tps_total: int
    men: int | None
    women: int | None
    total: int | None
    ratio: float | None = Field(
        description="Of the DPT of the whole region, 0..1, and above 1 where more voted than are listed."
    )


class SlotTurnout(BaseModel):
    """Turnout of one slot."""

    slot: str
    tps_reported: int
    total: int


class Point(BaseModel):
    """One of the ten points of the scorecard: how many are done, of how many, and of how many nothing is known."""

    number: int
    name: str
    name_id: str
    status: Literal["ok", "attention", "no_data"]
    done: int | None
    of: int | None
    not_known: int | None
    missing: str = Field(description="Which source is missing, where there is no data.")


class Overview(BaseModel):
    """A region at a glance."""

    election: str
    region: str
    region_name: str
    rehearsal: bool
    official: Literal[False]
    label: str
    tps_total: int
    dpt_men: int
    dpt_women: int
    milestones: dict[str, int]
    turnout: Turnout
    slots: list[SlotTurnout]
    points: list[Point]
    as_of: Instant
    sources: list[Source]
    cursor: str = Field(description="Of the feed and the stream: what comes after it is not in this answer.")


class FeedPage(BaseModel):
    """Events in order, and the cursor to go on from."""

    items: list[dict[str, object]]
    next_cursor: str
    reset: bool = Field(
        description="The cursor was of an earlier life of the feed, or too old: fetch snapshots again."
    )


class Ticket(BaseModel):
    """A ticket for one stream."""

    ticket: str
    expires_in_s: int


class ClockOut(BaseModel):
    """The desk's clock in a rehearsal."""

    now: Instant
    speed: float


class ClockIn(BaseModel):
    """How fast the desk's clock shall go: 0 holds it."""

    model_config = ConfigDict(extra="forbid")

    speed: Annotated[float, Field(ge=0, le=1_200)]


class ProjectionState(BaseModel):
    """The projections of this gateway, and a hash of all that they hold."""

    epoch: str
    rows: int
    hash: str
    caught_up: bool


class Rebuilt(BaseModel):
    """The projections were emptied; they fill again from the topics."""

    epoch: str
