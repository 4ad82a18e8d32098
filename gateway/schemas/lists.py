"""Items of the lists: what the events say of a thing as it stands now, and what the gateway adds."""

from typing import Literal

from pydantic import BaseModel, Field

from contracts.envelope import EventData
from contracts.incidents_events import AdviceFacts, IncidentFacts, ProblemFacts, TaskFacts
from contracts.logistics_events import BoxFacts, ShipmentFacts, WarehouseRegistered
from contracts.registry_events import FacilityChanged, TpsRegistered
from contracts.registry_people_events import (
    AreaRosterChanged,
    FacilityRequestChanged,
    PersonnelChanged,
    PostCount,
    TrainingChanged,
)
from contracts.registry_places_events import OutreachChanged
from contracts.vocabulary import Instant
from gateway.schemas.regions import AnsweredAt, AsOf, Source

BoxesState = Literal["complete", "waiting", "discrepancy"]


class Listed(EventData):
    """What every item of a list has beside its own facts."""

    region_name: str
    version: int = Field(description="Of the aggregate, as its events count it.")
    updated_at: Instant = Field(description="When the desk recorded the last change, by the desk's clock.")


class TpsItem(TpsRegistered, Listed):
    """A TPS with its day in a few words; what is null is not known, or not for this token."""

    kpu_code: str
    milestone: str | None = Field(description="The one that was reached last.")
    voted_slot: str | None
    voted_men: int | None
    voted_women: int | None
    voted_total: int | None
    voted_ratio: float | None = Field(description="Of its DPT; above 1 where more voted than are listed.")
    hazard_class: str | None
    security_class: str | None
    boxes_needed: int | None
    boxes_received: int | None
    boxes_state: BoxesState | None
    forms: dict[str, str] = Field(description="State of the form of each contest that anybody entered.")


class BoxItem(BoxFacts, Listed):
    """A sealed box."""


class ShipmentItem(ShipmentFacts, Listed):
    """A shipment."""


class WarehouseItem(WarehouseRegistered, Listed):
    """A warehouse, with the stock that was counted there."""

    stock: dict[str, dict[str, int]] = Field(description="By item and contest: good and damaged pieces.")


class FacilityItem(FacilityChanged, Listed):
    """A hospital or another special place."""


class FacilityRequestItem(FacilityRequestChanged, Listed):
    """What a facility asked for."""

    overdue: bool = Field(description="Its cut-off has passed, and nobody has decided.")
    seconds_left: int | None = Field(
        description="Desk seconds to the cut-off, negative once it has passed; null where nothing waits."
    )


class TrainingItem(TrainingChanged, Listed):
    """A training session."""


class PersonnelItem(PersonnelChanged, Listed):
    """Personnel of police or army at a place."""


class AreaRosterItem(AreaRosterChanged, Listed):
    """How far the posts of an area are filled."""


class CrewItem(Listed):
    """The crew of a TPS in figures, and what is missing of it; null where nobody was ever named."""

    tps_code: str
    posts: list[PostCount] | None
    chair_trained: bool | None
    gaps: list[str] = Field(description="What is missing; what nobody told is missing too.")


class OutreachItem(OutreachChanged, Listed):
    """An activity that brings the election to voters."""


class IncidentItem(IncidentFacts, Listed):
    """An incident."""

    overdue: bool = Field(description="A clock of it has run out and was not stopped.")


class ProblemItem(ProblemFacts, Listed):
    """A problem."""

    overdue: bool


class AdviceItem(AdviceFacts, Listed):
    """A piece of advice."""

    overdue: bool


class TaskItem(TaskFacts, Listed):
    """A task."""

    overdue: bool


class TpsProperties(BaseModel):
    """What the map shows of a TPS."""

    code: str
    place: str
    region_name: str
    kind: str
    dpt_total: int
    milestone: str | None
    voted_total: int | None
    voted_ratio: float | None
    hazard_class: str | None = Field(description="Null where unknown, or not for this token.")
    boxes_state: BoxesState | None = Field(description="Null where unknown, or not for this token.")
    forms_in: int
    forms_total: int


class FormSituation(BaseModel):
    """The form of one contest at one TPS; who entered what before two agree is nobody's business."""

    contest: str
    state: str
    round: int | None
    entries: int | None
    differing: list[str]
    return_requested: bool
    standing: dict[str, object] | None = Field(
        description="The verified figures, votes only once they are public."
    )
    withheld_until: Instant | None


class TpsSituation(BaseModel):
    """All services' picture of one TPS. A section that the token may not see is null, and named in `hidden`."""

    election: str
    tps: TpsItem
    rehearsal: bool
    official: Literal[False]
    label: str
    voting_day: dict[str, object] | None
    forms: list[FormSituation]
    relocation: dict[str, object] | None = Field(description="The last decision that moved it, if any.")
    checklist: dict[str, object] | None = Field(
        description="What was checked of its place, with source and day; an item that is not there is not known."
    )
    risks: list[dict[str, object]] | None
    crew: dict[str, object] | None
    supply: dict[str, object] | None
    boxes: list[dict[str, object]] | None
    incidents: list[dict[str, object]] | None
    problems: list[dict[str, object]] | None
    advice: list[dict[str, object]] | None
    tasks: list[dict[str, object]] | None
    hidden: list[str]
    as_of: AsOf
    answered_at: AnsweredAt
    sources: list[Source]
    cursor: str = Field(description="Of the feed and the stream: what comes after it is not in this answer.")
