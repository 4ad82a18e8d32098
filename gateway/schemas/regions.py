"""Regions at a glance: freshness, turnout, the ten points, incidents, deadlines."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from contracts.vocabulary import Instant

NOT_OFFICIAL = "Bukan hasil resmi. / Not the official result."

PointStatus = Literal["ok", "attention", "no_data"]

AsOf = Annotated[
    Instant,
    Field(
        description="By the desk's clock: the earliest `as_of` of the sources of these figures that is known, never after "
        "`answered_at`, and the same as it where none is known."
    ),
]
AnsweredAt = Annotated[
    Instant,
    Field(description="By the desk's clock, when this was put together: deadlines are counted from then."),
]


class Source(BaseModel):
    """How fresh what came from one service is."""

    service: str
    as_of: Instant | None = Field(
        description="By the desk's clock: everything the service had committed by then is counted; null: not known."
    )
    lag_s: float | None = Field(
        description="Seconds of the machine since then, also where a rehearsal's clock runs faster; null: not known."
    )


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
    target_ratio: float
    target_source: str


class SlotTurnout(BaseModel):
    """Turnout of one slot: cumulative, of the TPS that reported it."""

    slot: str
    tps_reported: int
    men: int
    women: int
    total: int


class PointPart(BaseModel):
    """One of the things that a point is about."""

    name: str
    name_id: str
    unit: str
    done: int
    of: int
    not_known: int


class Point(BaseModel):
    """One of the ten points of the scorecard: how many are done, of how many, and of how many nothing is known."""

    number: int
    name: str
    name_id: str
    status: PointStatus
    unit: str = Field(
        description="What is counted: `tps`, `forms`, `voters`, `kelurahan`, `facilities`, `cases`."
    )
    done: int | None
    of: int | None
    not_known: int | None
    threshold_ratio: float = Field(description="Done, of all: from here on the point is ok.")
    parts: list[PointPart]
    missing: list[str] = Field(description="Which sources are missing.")
    missing_id: list[str]


class Deadline(BaseModel):
    """The deadline of one kind that comes next."""

    of: str = Field(description="`boxes`, `tasks`, or a category of incidents and its clock: `hoax/act`.")
    at: Instant
    seconds_left: int
    count: int = Field(description="How many have this very deadline.")


class CategoryCount(BaseModel):
    """Incidents of one category."""

    category: str
    open: int | None = Field(description="Null where the token may not see how they are dealt with.")
    overdue: int | None = Field(description="Clocks that ran out and were not stopped.")
    states: dict[str, int]


class IncidentSummary(BaseModel):
    """Incidents of a region. Who is not of the desk's agencies sees those that everybody may know of."""

    open: int | None
    overdue: int | None
    categories: list[CategoryCount]
    severities: dict[str, int] = Field(description="Of those that are open.")


class BoxSummary(BaseModel):
    """Sealed boxes of a region, and its TPS that have all of theirs."""

    needed: int
    packed: int
    at_tps: int
    received: int
    on_time: int
    discrepancy: int
    states: dict[str, int]
    tps_done: int
    tps_discrepancy: int
    tps_overdue: int = Field(description="TPS that did not have all their boxes when they were due.")


class OutreachSummary(BaseModel):
    """Activities that bring the election to voters, and whom those that were held reached; null is not counted, not 0."""

    planned: int
    held: int
    cancelled: int
    reach_men: int | None
    reach_women: int | None
    reach_total: int | None = Field(description="Of the activities whose reach was counted.")
    reach_unknown: int = Field(description="Activities that were held and that nobody counted.")


class WorkSummary(BaseModel):
    """Problems, advice and tasks of a region."""

    problems_open: int
    advice_given: int
    tasks_assigned: int
    overdue: int


class Coverage(BaseModel):
    """How much of what there is to know has come in."""

    tps_total: int
    tps_opened: int
    tps_reported: int
    forms_expected: int
    forms_in: int
    forms_held: int
    forms_disputed: int
    forms_entered_once: int


class Overview(BaseModel):
    """A region at a glance."""

    election: str
    election_name: str | None
    voting_date: str | None
    region: str
    region_name: str
    region_path: str
    region_level: str
    rehearsal: bool
    official: Literal[False]
    label: str
    tps_total: int
    tps_special: int
    dpt_men: int
    dpt_women: int
    dpt_total: int
    milestones: dict[str, int]
    coverage: Coverage
    turnout: Turnout
    slots: list[SlotTurnout]
    boxes: BoxSummary | None = Field(description="Null where the token may not see it.")
    crew_gaps: dict[str, int] | None = Field(
        description="TPS by what is missing of their crew (`/rosters?gap=`); null where the token may not see it."
    )
    incidents: IncidentSummary
    work: WorkSummary | None = Field(description="Null where the token may not see it.")
    outreach: OutreachSummary
    points: list[Point]
    next_deadlines: list[Deadline] = Field(description="The next one of each kind, the nearest first.")
    as_of: AsOf
    answered_at: AnsweredAt
    sources: list[Source]
    cursor: str = Field(description="Of the feed and the stream: what comes after it is not in this answer.")


class RegionChild(BaseModel):
    """A region within another one, in a few figures."""

    code: str
    name: str
    level: str
    tps_total: int
    dpt_total: int
    tps_opened: int
    tps_reported: int
    voted: int | None
    voted_ratio: float | None
    forms_expected: int
    forms_in: int


class RegionOut(BaseModel):
    """A region, where it lies, and what lies in it."""

    code: str
    name: str
    level: str
    path: str
    parent: str | None
    zone: str | None = Field(description="IANA time zone; null for the nation.")
    tps_total: int
    dpt_total: int
    children: list[RegionChild] = Field(description="Those that have a TPS in this election.")
    as_of: Instant
