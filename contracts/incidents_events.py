"""What incidents tells: the life of an incident, problems, advice and tasks, and the settings that rule them.

Each event holds the whole of its thing as it stands now. What people wrote (descriptions, reasons) and who reported
stays with the owner; a title goes out with numbers of persons, telephones and addresses masked. Events of an
incident's work are `operational`. Beside them, for incidents that everybody may know of (disaster, logistics), one
public type carries category, severity, region and state only.

An incident may be moved to another TPS or found to concern none, so nothing here is partitioned by TPS.
"""

from datetime import date
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from pydantic import Field

from contracts.envelope import EventData, EventSpec
from contracts.vocabulary import DataClass, Instant, RegionCode, TpsCode


class IncidentCategory(StrEnum):
    """What kind of thing went wrong; decides agency and clock."""

    DISASTER = "disaster"
    SECURITY = "security"
    VIOLATION = "violation"
    HOAX = "hoax"
    NEUTRALITY = "neutrality"
    HEALTH = "health"
    LOGISTICS = "logistics"
    SOCIAL = "social"


class Severity(StrEnum):
    """How bad it is; `unassessed` until an officer or an agency has judged it."""

    UNASSESSED = "unassessed"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class IncidentState(StrEnum):
    """Where the work on an incident stands."""

    REPORTED = "reported"
    ACKNOWLEDGED = "acknowledged"
    ACTING = "acting"
    CLOSED = "closed"
    DUPLICATE = "duplicate"


OPEN_INCIDENTS: Final = frozenset({IncidentState.REPORTED, IncidentState.ACKNOWLEDGED, IncidentState.ACTING})
"""The states in which there is work to do on an incident."""


class PublicState(StrEnum):
    """Where the work on an incident stands, as everybody may know it."""

    RECEIVED = "received"
    IN_HANDLING = "in_handling"
    CLOSED = "closed"
    RETRACTED = "retracted"


class ReportSource(StrEnum):
    """Who reported: an officer, an application of an agency, or somebody of the public."""

    OFFICER = "officer"
    AGENCY = "agency"
    PUBLIC = "public"


class ClosureOutcome(StrEnum):
    """How an incident ended."""

    RESOLVED = "resolved"
    UNFOUNDED = "unfounded"
    REFERRED = "referred"


class Agency(StrEnum):
    """Who deals with incidents, problems, advice and tasks."""

    BPBD = "bpbd"
    POLICE = "police"
    TNI = "tni"
    BAWASLU = "bawaslu"
    KPU = "kpu"
    KOMINFO = "kominfo"
    DINKES = "dinkes"
    BKN = "bkn"
    KESBANGPOL = "kesbangpol"
    SATPOL_PP = "satpol_pp"
    PEMDA = "pemda"
    DESK = "desk"


class DeskPoint(StrEnum):
    """The ten points of the desk's scorecard, by which problems are sorted."""

    LOGISTICS = "logistics"
    TPS = "tps"
    OFFICERS = "officers"
    PARTICIPATION = "participation"
    COUNTING = "counting"
    OVERSIGHT = "oversight"
    SECURITY = "security"
    HOAX = "hoax"
    HEALTH = "health"
    NEUTRALITY = "neutrality"


class ProblemState(StrEnum):
    """Whether a problem is still one."""

    OPEN = "open"
    RESOLVED = "resolved"


class ProblemOutcome(StrEnum):
    """How a problem ended: solved, lived with, or never one."""

    SOLVED = "solved"
    ACCEPTED = "accepted"
    RETRACTED = "retracted"


class AdviceState(StrEnum):
    """What became of advice."""

    GIVEN = "given"
    FOLLOWED = "followed"
    DECLINED = "declined"
    RETRACTED = "retracted"


class TaskState(StrEnum):
    """What became of a task."""

    ASSIGNED = "assigned"
    DONE = "done"
    CANCELLED = "cancelled"


class IncidentFacts(EventData):
    """An incident as it stands now; the body of every event of its work."""

    incident_id: UUID
    category: IncidentCategory
    severity: Severity
    state: IncidentState
    source: ReportSource
    agency: Agency = Field(description="Who must act.")
    also_informed: list[Agency] = Field(description="Who is told of it and may act too.")
    region_code: RegionCode = Field(description="The kelurahan of its TPS, or the region that was named.")
    tps_id: UUID | None
    tps_code: TpsCode | None
    lat: float | None
    lon: float | None
    title: str = Field(description="Written by officers, personal numbers masked; empty where there is none.")
    occurred_at: Instant = Field(description="When it happened, by the first report.")
    reported_at: Instant = Field(description="When the desk took the first report.")
    acknowledge_until: Instant
    act_until: Instant
    decide_on: date | None = Field(
        description="Last civil day of the legal clock (D31), null where none runs."
    )
    decide_until: Instant | None = Field(description="The end of that day where it happened, as UTC.")
    extended: bool = Field(description="Whether information was asked for, which lengthens the legal clock.")
    reported_late: bool | None = Field(
        description="Whether it came after the legal time for reports (D31); null where there is none."
    )
    acknowledged_at: Instant | None
    acted_at: Instant | None = Field(description="When it was first acted on.")
    closed_at: Instant | None
    outcome: ClosureOutcome | None
    duplicate_of: UUID | None
    findings: list[str] = Field(
        default_factory=list[str],
        description="Codes of what does not hold about the times and the code that were said; it stands as it was sent.",
    )


class IncidentReported(IncidentFacts):
    """An incident was reported, and routed to an agency."""


class IncidentAcknowledged(IncidentFacts):
    """The agency has taken notice of an incident."""


class IncidentActed(IncidentFacts):
    """The agency did something about an incident."""


class IncidentClosed(IncidentFacts):
    """An incident was closed, with its outcome."""


class IncidentReopened(IncidentFacts):
    """A closed incident, or one taken for a duplicate, was opened again; it waits to be acknowledged."""


class IncidentRerouted(IncidentFacts):
    """An incident was given to another agency, which has to acknowledge it; the other clocks run on."""


class IncidentCorrected(IncidentFacts):
    """Category, severity, title or place of an incident were corrected."""


class IncidentExtended(IncidentFacts):
    """Information was asked for, so that the legal clock of an incident runs longer (D31)."""


class IncidentMarkedDuplicate(IncidentFacts):
    """An incident was found to be another one, reported again; the work goes on there."""


class IncidentStatusPublished(EventData):
    """What everybody may know of an incident changed; only of those categories that everybody may know of."""

    incident_id: UUID
    category: IncidentCategory
    severity: Severity
    state: PublicState
    region_code: RegionCode = Field(description="A kelurahan or wider, never a TPS.")


class ProblemFacts(EventData):
    """A problem as it stands now: something that endangers a point of the desk without having gone wrong yet."""

    problem_id: UUID
    point: DeskPoint
    severity: Severity
    state: ProblemState
    agency: Agency
    region_code: RegionCode
    tps_id: UUID | None
    tps_code: TpsCode | None
    title: str = Field(description="Personal numbers masked.")
    registered_at: Instant
    due_until: Instant | None
    resolved_at: Instant | None
    outcome: ProblemOutcome | None


class ProblemRegistered(ProblemFacts):
    """A problem was put into the register."""


class ProblemRevised(ProblemFacts):
    """Severity, agency, title or due time of a problem were revised."""


class ProblemResolved(ProblemFacts):
    """A problem is one no more, with its outcome."""


class ProblemReopened(ProblemFacts):
    """A resolved problem came back."""


class AdviceFacts(EventData):
    """A piece of advice on an incident or a problem, as it stands now."""

    advice_id: UUID
    on: Literal["incident", "problem"]
    on_id: UUID
    agency: Agency = Field(description="To whom.")
    region_code: RegionCode
    tps_id: UUID | None
    tps_code: TpsCode | None
    title: str = Field(description="Personal numbers masked.")
    state: AdviceState
    given_at: Instant
    due_until: Instant | None
    settled_at: Instant | None


class AdviceGiven(AdviceFacts):
    """The desk advised an agency."""


class AdviceSettled(AdviceFacts):
    """Advice was followed, declined or retracted."""


class AdviceReopened(AdviceFacts):
    """Settled advice stands again."""


class TaskFacts(EventData):
    """A task of an agency on an incident or a problem, as it stands now."""

    task_id: UUID
    on: Literal["incident", "problem"]
    on_id: UUID
    agency: Agency = Field(description="Whose task it is.")
    region_code: RegionCode
    tps_id: UUID | None
    tps_code: TpsCode | None
    title: str = Field(description="Personal numbers masked.")
    state: TaskState
    assigned_at: Instant
    due_until: Instant | None
    settled_at: Instant | None


class TaskAssigned(TaskFacts):
    """An agency was given a task."""


class TaskSettled(TaskFacts):
    """A task was done or cancelled."""


class TaskReopened(TaskFacts):
    """A settled task is to be done again."""


class ClockSet(EventData):
    """The clock of a category was set for an election."""

    category: IncidentCategory
    acknowledge_minutes: int
    act_minutes: int
    report_within_days: int | None
    decide_days: int | None
    extension_days: int | None
    source: str


class RouteSet(EventData):
    """The agencies of a category in a region were set for an election."""

    category: IncidentCategory
    region_code: RegionCode
    agency: Agency
    also_informed: list[Agency]
    source: str


EVENTS: dict[str, EventSpec] = {
    "incident.reported": (IncidentReported, DataClass.OPERATIONAL, "aggregate"),
    "incident.acknowledged": (IncidentAcknowledged, DataClass.OPERATIONAL, "aggregate"),
    "incident.acted": (IncidentActed, DataClass.OPERATIONAL, "aggregate"),
    "incident.closed": (IncidentClosed, DataClass.OPERATIONAL, "aggregate"),
    "incident.reopened": (IncidentReopened, DataClass.OPERATIONAL, "aggregate"),
    "incident.rerouted": (IncidentRerouted, DataClass.OPERATIONAL, "aggregate"),
    "incident.corrected": (IncidentCorrected, DataClass.OPERATIONAL, "aggregate"),
    "incident.extended": (IncidentExtended, DataClass.OPERATIONAL, "aggregate"),
    "incident.marked_duplicate": (IncidentMarkedDuplicate, DataClass.OPERATIONAL, "aggregate"),
    "incident.status_published": (IncidentStatusPublished, DataClass.PUBLIC, "aggregate"),
    "problem.registered": (ProblemRegistered, DataClass.OPERATIONAL, "aggregate"),
    "problem.revised": (ProblemRevised, DataClass.OPERATIONAL, "aggregate"),
    "problem.resolved": (ProblemResolved, DataClass.OPERATIONAL, "aggregate"),
    "problem.reopened": (ProblemReopened, DataClass.OPERATIONAL, "aggregate"),
    "advice.given": (AdviceGiven, DataClass.OPERATIONAL, "aggregate"),
    "advice.settled": (AdviceSettled, DataClass.OPERATIONAL, "aggregate"),
    "advice.reopened": (AdviceReopened, DataClass.OPERATIONAL, "aggregate"),
    "task.assigned": (TaskAssigned, DataClass.OPERATIONAL, "aggregate"),
    "task.settled": (TaskSettled, DataClass.OPERATIONAL, "aggregate"),
    "task.reopened": (TaskReopened, DataClass.OPERATIONAL, "aggregate"),
    "clock.set": (ClockSet, DataClass.OPERATIONAL, "aggregate"),
    "route.set": (RouteSet, DataClass.OPERATIONAL, "aggregate"),
}
