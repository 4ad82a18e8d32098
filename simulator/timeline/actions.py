"""The shapes of actions: one sender, one moment, one command, one key that stays the same however often it is sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.access import Role
from contracts.vocabulary import Channel, Milestone
from simulator.plan.model import Form


class Network(StrEnum):
    """What happens to a request on its way."""

    GOOD = "good"
    SENT_TWICE = "sent_twice"
    """An impatient client sends the request again, with the same key, before the first is answered."""
    ANSWER_CUT = "answer_cut"
    """The connection breaks after the request and before the answer; the client sends again with the same key."""
    QUEUED = "queued"
    """There was no network when it happened; the device kept the request and sends it now."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who sends.

    Attributes:
        role: None for a member of the public without a token.
        person: pseudonym; the token's subject.
        region: what the token covers.
    """

    role: Role | None
    person: str
    device: str
    region: str


@dataclass(frozen=True, slots=True)
class RegisterWarehouse:
    """A warehouse is entered in the register."""

    warehouse: UUID
    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Box:
    """A sealed box. Spare boxes belong to a kecamatan, not to a TPS.

    Attributes:
        ballots: ballots of its contest inside.
    """

    code: str
    seal: str
    contest: str
    tps: str | None
    ballots: int


@dataclass(frozen=True, slots=True)
class RegisterShipment:
    """A shipment with its manifest, before it leaves."""

    shipment: UUID
    number: str
    warehouse: UUID
    destination: str
    boxes: tuple[Box, ...]
    departs_at: datetime


class HandOver(StrEnum):
    """Where boxes change hands."""

    WAREHOUSE_OUT = "warehouse_out"
    KECAMATAN_IN = "kecamatan_in"
    KELURAHAN_IN = "kelurahan_in"
    TPS_IN = "tps_in"


@dataclass(frozen=True, slots=True)
class ScanBoxes:
    """The codes and seals of boxes, read at a hand-over.

    Attributes:
        place: code of the region or TPS where they were read.
    """

    shipment: UUID
    hand_over: HandOver
    place: str
    boxes: tuple[Box, ...]
    occurred_at: datetime


class Condition(StrEnum):
    """How a box was found at the TPS."""

    ACCEPTED = "accepted"
    SHORT = "short"
    DAMAGED = "damaged"
    SEAL_MISMATCH = "seal_mismatch"


@dataclass(frozen=True, slots=True)
class ReceiveBox:
    """The crew of a TPS takes a box over.

    Attributes:
        seal: as read at the TPS.
        ballots: as counted; the box stays sealed until the vote, so this is the label's figure.
    """

    tps: str
    box: Box
    seal: str
    ballots: int
    condition: Condition
    occurred_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class ResolveReceipt:
    """A discrepancy at receipt is settled with a signed minute."""

    tps: str
    box: Box
    resolution: str
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


class Category(StrEnum):
    """What an incident is about."""

    DISASTER = "disaster"
    SECURITY = "security"
    VIOLATION = "violation"
    HOAX = "hoax"
    NEUTRALITY = "neutrality"
    HEALTH = "health"
    LOGISTICS = "logistics"
    SOCIAL = "social"


class Severity(StrEnum):
    """How bad an incident is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """Something happened.

    Attributes:
        tps: where it concerns one TPS.
        region: kelurahan.
    """

    incident: UUID
    category: Category
    severity: Severity
    tps: str | None
    region: str
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
    agency: str
    text: str


@dataclass(frozen=True, slots=True)
class AssignTask:
    """A task for an agency, on an incident or a problem."""

    task: UUID
    on: UUID
    on_incident: bool
    agency: str
    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """A task is done."""

    task: UUID
    outcome: str


@dataclass(frozen=True, slots=True)
class EnterForm:
    """One person types one form in, without seeing what another typed.

    Attributes:
        form: as typed: what the paper says, or a slip of the person's.
        photo_sha256: hash of the photo that the entry is from.
    """

    tps: str
    form: Form
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
    photo_sha256: str
    settlement: Settlement
    reason: str


Command = (
    RegisterWarehouse
    | RegisterShipment
    | ScanBoxes
    | ReceiveBox
    | ResolveReceipt
    | MoveTps
    | RecordMilestone
    | ReportTurnout
    | ReportTurnoutBatch
    | ReportIncident
    | AcknowledgeIncident
    | ActOnIncident
    | CloseIncident
    | OpenProblem
    | ResolveProblem
    | GiveAdvice
    | AssignTask
    | CompleteTask
    | EnterForm
    | SettleForm
)


@dataclass(frozen=True, slots=True)
class Action:
    """One command on its way to the desk.

    Attributes:
        at: when it is sent, by the desk's clock, UTC.
        key: the idempotency key; the same for every try.
        after: keys of actions that must have been answered before.
    """

    at: datetime
    key: UUID
    by: Person
    command: Command
    channel: Channel = Channel.APP
    network: Network = Network.GOOD
    after: tuple[UUID, ...] = ()


def stable_uuid(at: datetime, *parts: str | int) -> UUID:
    """Return a UUIDv7 that is a pure function of a moment and a name.

    A client on a telephone makes such ids from its clock and chance; here the chance is a hash, so that a rehearsal that is
    started again sends the same keys.

    Args:
        at: the moment in the id, to the millisecond.
        parts: what the id names; the plan's seed first.
    """
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    milliseconds = round(at.timestamp() * 1000)
    random_bits = int.from_bytes(digest[:10], "big")
    high, low = random_bits >> 68, random_bits & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def fingerprint(actions: Iterable[Action]) -> str:
    """Return a hash of everything in a list of actions."""
    digest = hashlib.sha256()
    for action in actions:
        digest.update(repr(action).encode())
    return digest.hexdigest()
