"""The commands of the simulated days: what is sent, each the words of one sender. How it is sent is the driver's concern."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from uuid import UUID

from contracts.incidents_events import Agency, DeskPoint, IncidentCategory, Severity
from contracts.logistics_events import DiscrepancyKind, HandoverPoint, Party, ReceiptOutcome, Resolution
from contracts.vocabulary import Milestone
from simulator.plan.model import Form


@dataclass(frozen=True, slots=True)
class RegisterWarehouse:
    """A warehouse is entered in the register."""

    warehouse: UUID
    name: str
    address: str
    region: str


@dataclass(frozen=True, slots=True)
class CountStock:
    """The stock of one item in a warehouse is counted."""

    warehouse: UUID
    item: str
    contest: str | None
    good: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Box:
    """A sealed box of one contest for one TPS.

    Attributes:
        id: what the QR code of its label holds.
        ballots: ballots inside.
    """

    id: UUID
    seal: str
    contest: str
    tps: str
    ballots: int


@dataclass(frozen=True, slots=True)
class PackBoxes:
    """Boxes are packed and sealed."""

    warehouse: UUID
    boxes: tuple[Box, ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class PlanShipment:
    """A shipment with its manifest, before it leaves."""

    shipment: UUID
    warehouse: UUID
    destination: str
    vehicle: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class DispatchShipment:
    """A shipment leaves its warehouse: its boxes pass to the driver."""

    shipment: UUID
    destination: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ArriveShipment:
    """A shipment arrives where it goes."""

    shipment: UUID
    destination: str
    occurred_at: datetime


class HandOver(Enum):
    """Where boxes change hands behind the warehouse: the kind of place, who gives, who takes."""

    KECAMATAN_IN = (HandoverPoint.KECAMATAN, Party.COURIER, Party.PPK)
    KECAMATAN_OUT = (HandoverPoint.KECAMATAN, Party.PPK, Party.COURIER)
    KELURAHAN_IN = (HandoverPoint.KELURAHAN, Party.COURIER, Party.PPS)
    TPS_IN = (HandoverPoint.TPS, Party.PPS, Party.KPPS)


@dataclass(frozen=True, slots=True)
class ScanBoxes:
    """The codes of boxes, read at a hand-over.

    Attributes:
        place: code of the region or TPS where they were read.
    """

    hand_over: HandOver
    place: str
    boxes: tuple[Box, ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """How the crew of a TPS found a box.

    Attributes:
        seal: as read on it.
    """

    box: Box
    outcome: ReceiptOutcome
    seal: str
    note: str


@dataclass(frozen=True, slots=True)
class ReceiveBoxes:
    """The crew of a TPS takes its boxes over, and counts the booths that came with them. The boxes stay sealed."""

    tps: str
    found: tuple[Found, ...]
    booths: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class SettleDiscrepancy:
    """What was wrong with a box is settled with a signed minute.

    Attributes:
        ballots: the new count, where ballots were added.
    """

    tps: str
    box: Box
    kind: DiscrepancyKind
    resolution: Resolution
    reason: str
    ballots: int | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class MoveTps:
    """A TPS gets another place."""

    tps: str
    place: str
    address: str
    lat: float | None
    lon: float | None
    reason: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class RecordMilestone:
    """A TPS reaches a milestone."""

    tps: str
    milestone: Milestone
    occurred_at: datetime
    note: str


FINAL = "final"
"""The slot of the last figure, at closing."""


@dataclass(frozen=True, slots=True)
class ReportTurnout:
    """How many have voted up to a slot, cumulative. The slot is a civil time such as `10:00`, or `final`."""

    tps: str
    slot: str
    men: int
    women: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ReportTurnoutBatch:
    """Reports that a kelurahan took by telephone. Each has a key of its own, in the same order."""

    keys: tuple[UUID, ...]
    reports: tuple[ReportTurnout, ...]


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """Something happened.

    Attributes:
        tps: where it concerns one TPS.
        region: kelurahan.
    """

    incident: UUID
    category: IncidentCategory
    severity: Severity
    tps: str | None
    region: str
    title: str
    description: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class AcknowledgeIncident:
    """The agency says that it has seen an incident."""

    incident: UUID
    note: str


@dataclass(frozen=True, slots=True)
class ActOnIncident:
    """The agency says what it does."""

    incident: UUID
    note: str


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """The agency says how it ended."""

    incident: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """A problem without an incident."""

    problem: UUID
    region: str
    point: DeskPoint
    severity: Severity
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class ResolveProblem:
    """A problem is solved."""

    problem: UUID
    resolution: str


@dataclass(frozen=True, slots=True)
class GiveAdvice:
    """Advice on an incident or a problem."""

    advice: UUID
    on: UUID
    on_incident: bool
    agency: Agency
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class FollowAdvice:
    """Advice was followed."""

    advice: UUID
    outcome: str


@dataclass(frozen=True, slots=True)
class AssignTask:
    """A task for an agency, on an incident or a problem."""

    task: UUID
    on: UUID
    on_incident: bool
    agency: Agency
    title: str
    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """A task is done."""

    task: UUID
    outcome: str


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands at the foot of a form beside its figures.

    Attributes:
        opened: civil time at the TPS.
        closed: civil time at the TPS.
        crew: signatures of the crew.
        witnesses: signatures of the pairs' witnesses.
    """

    opened: str
    closed: str
    crew: int
    witnesses: int


@dataclass(frozen=True, slots=True)
class EnterForm:
    """One person types one form in, without seeing what another typed.

    Attributes:
        form: as typed: what the paper says, or a slip of the person's.
        photo_sha256: hash of the photo that the entry is from.
    """

    tps: str
    form: Form
    foot: Foot
    photo_sha256: str


class Settlement(StrEnum):
    """Why a third person had to settle a form."""

    ENTRIES_DIFFER = "entries_differ"
    PAPER_DOES_NOT_ADD_UP = "paper_does_not_add_up"


@dataclass(frozen=True, slots=True)
class SettleForm:
    """A third person settles a form, from the photo and the tally sheet."""

    tps: str
    form: Form
    foot: Foot
    photo_sha256: str
    settlement: Settlement
    reason: str


BoxCommand = (
    RegisterWarehouse
    | CountStock
    | PackBoxes
    | PlanShipment
    | DispatchShipment
    | ArriveShipment
    | ScanBoxes
    | ReceiveBoxes
    | SettleDiscrepancy
)
DayCommand = RecordMilestone | ReportTurnout | ReportTurnoutBatch
FormCommand = EnterForm | SettleForm
IncidentCommand = (
    ReportIncident
    | AcknowledgeIncident
    | ActOnIncident
    | CloseIncident
    | OpenProblem
    | ResolveProblem
    | GiveAdvice
    | FollowAdvice
    | AssignTask
    | CompleteTask
    | MoveTps
)
Command = BoxCommand | DayCommand | FormCommand | IncidentCommand
