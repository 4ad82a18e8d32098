"""Imports: files of rows, what became of them, and the shapes of their rows.

A row names its thing and what is said of it. A column that a file does not have leaves what stands; an empty cell of a
column says that it is not known.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from contracts.access import Scope
from contracts.registry_events import CivilTime, ContactStatus, FacilityKind, RiskClass, RiskKind
from contracts.registry_people_events import Duty, ForceAgency
from contracts.vocabulary import ContestId, Instant, RegionCode, TpsCode, TpsKind
from services.registry.schemas.facilities import FacilityCode
from services.registry.schemas.officers import Person, PostStatus, Slot, Trained
from services.registry.schemas.personnel import Operation, Strength
from services.registry.schemas.place_rows import (
    BoundaryRowIn,
    CheckRowIn,
    LayerRowIn,
    OutreachRowIn,
    RegionChangeRowIn,
    Swappable,
)
from services.registry.schemas.screenings import Fitness
from services.registry.schemas.shapes import ImportRow, Latitude, Line, Longitude, PlaceCode, Source, Text
from services.registry.schemas.trainings import TrainingCode
from services.registry.schemas.voters import SECRETIVE, Sex, StrikeReason, VoterKind, VoterMoveReason

VotersCell = Annotated[int, Field(ge=0, le=100_000)]
"""How many, as a cell has it: text of digits."""


class ImportKind(StrEnum):
    """What the rows of a file are."""

    TPS = "tps"
    RISKS = "risks"
    OFFICERS = "officers"
    FACILITIES = "facilities"
    VOTERS = "voters"
    ATTENDANCE = "attendance"
    SCREENINGS = "screenings"
    PERSONNEL = "personnel"
    CHECKLIST = "checklist"
    RISK_LAYER = "risk_layer"
    BOUNDARIES = "boundaries"
    REGION_CHANGES = "region_changes"
    OUTREACH = "outreach"


PURPOSES: Mapping[ImportKind, frozenset[Scope]] = {
    **dict.fromkeys(ImportKind, frozenset({Scope.REGISTRY_IMPORT})),
    **dict.fromkeys(
        (ImportKind.TPS, ImportKind.OFFICERS, ImportKind.BOUNDARIES, ImportKind.REGION_CHANGES),
        frozenset({Scope.REGISTRY_IMPORT, Scope.REGISTRY_WRITE}),
    ),
    ImportKind.SCREENINGS: frozenset({Scope.REGISTRY_IMPORT, Scope.HEALTH_SCREEN}),
    ImportKind.VOTERS: frozenset({Scope.VOTERS_WRITE}),
}
"""What whoever sends a file of a kind is there for, all of it; the worker takes the file in for the same."""


class ImportState(StrEnum):
    """Where an import is; `done` and `failed` are its ends."""

    RECEIVED = "received"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RowStatus(StrEnum):
    """What became of a row that has something to tell."""

    REJECTED = "rejected"
    ACCEPTED = "accepted"


class RowReason(BaseModel):
    """One thing to say of a row; never the value that it held."""

    field: str = Field(description="The column, empty for the row as a whole.")
    code: str
    detail: str
    detail_id: str = Field(description="The same in Indonesian.")


class ImportRowOut(BaseModel):
    """A row that was refused, or taken with findings."""

    row: int = Field(description="As a spreadsheet counts: the header is 1. Of NDJSON, the line.")
    status: RowStatus
    reasons: list[RowReason]


class ImportRows(BaseModel):
    """Rows that have something to tell, in the order of the file."""

    items: list[ImportRowOut]
    next_cursor: str | None
    as_of: Instant


class ImportOut(BaseModel):
    """How far an import is, and what it came to."""

    id: UUID
    election: str
    kind: ImportKind
    state: ImportState
    dry_run: bool
    sha256: str = Field(
        description="Of the file; of a list of voters by a key, so that nobody tries out rows."
    )
    size_bytes: int
    source: str
    rows_read: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    with_findings: int
    failure: RowReason | None
    received_at: Instant
    finished_at: Instant | None


class ImportRequest(BaseModel):
    """What an import was asked to do; its fingerprint stands for the file's content."""

    kind: ImportKind
    dry_run: bool
    source: str
    media_type: str
    sha256: str
    size_bytes: int


def _split(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.replace("|", ";").split(";") if part.strip()]
    return value


def _yes_or_no(value: object) -> object:
    if isinstance(value, str):
        return {"ya": True, "tidak": False, "bukan": False}.get(value.strip().lower(), value)
    return value


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _risk_word(value: object) -> object:
    word = _word(value)
    return (
        {"rendah": "low", "sedang": "medium", "tinggi": "high"}.get(word, word)
        if isinstance(word, str)
        else word
    )


def _trained_word(value: object) -> object:
    match _word(value):
        case "ya" | "sudah" | "true" | True:
            return "yes"
        case "tidak" | "belum" | "false" | False:
            return "no"
        case None | "":
            return "unknown"
        case other:
            return other


_STATUS_WORDS = {"calon": "proposed", "ditetapkan": "appointed", "dilantik": "sworn_in"}


def _status_word(value: object) -> object:
    word = _word(value)
    return _STATUS_WORDS.get(word, word) if isinstance(word, str) else word


Listed = BeforeValidator(_split)
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]


class TpsRowIn(Swappable):
    """A TPS; a new one needs place, address and both DPT figures."""

    tps_code: TpsCode
    kind: Annotated[TpsKind, BeforeValidator(_word)] | None = None
    place: Line | None = None
    address: Text | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    voting_date: date | None = None
    voting_opens: CivilTime | None = None
    voting_closes: CivilTime | None = None
    dpt_men: VotersCell | None = None
    dpt_women: VotersCell | None = None
    contests: Annotated[list[ContestId], Listed, Field(max_length=10)] | None = None
    accessible: YesOrNo | None = None
    active: YesOrNo | None = None
    source: Source | None = None


class RiskRowIn(ImportRow):
    """A risk of a TPS."""

    tps_code: TpsCode
    kind: Annotated[RiskKind, BeforeValidator(_word)]
    risk_class: Annotated[RiskClass, BeforeValidator(_risk_word)]
    indicators: Annotated[list[Line], Listed, Field(max_length=20)] | None = None
    as_of: date
    source: Source | None = None


class OfficerRowIn(ImportRow):
    """Who holds a post of a TPS or, by its code in the same column, of an area; without a person the post is empty."""

    tps_code: PlaceCode
    duty: Annotated[Duty, BeforeValidator(_word)]
    slot: Slot
    person: Person | None
    display_name: Line | None = None
    trained: Annotated[Trained, BeforeValidator(_trained_word)] | None = None
    status: Annotated[PostStatus, BeforeValidator(_status_word)] | None = None


class FacilityRowIn(ImportRow):
    """A facility; a new one needs name and region_code."""

    code: FacilityCode
    kind: Annotated[FacilityKind, BeforeValidator(_word)] | None = None
    name: Line | None = None
    region_code: RegionCode | None = None
    address: Text | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    beds: Annotated[int, Field(ge=0, le=100_000)] | None = None
    contact_status: Annotated[ContactStatus, BeforeValidator(_word)] | None = None
    contacted_on: date | None = None
    list_received_on: date | None = None
    served_on: date | None = None
    as_of: date | None = None
    source: Source | None = None


_SixteenDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]


def _list_word(value: object) -> object:
    word = _word(value)
    return _LIST_WORDS.get(word, word) if isinstance(word, str) else word


_LIST_WORDS = {
    "l": Sex.MAN,
    "laki-laki": Sex.MAN,
    "p": Sex.WOMAN,
    "perempuan": Sex.WOMAN,
    "meninggal": StrikeReason.DEATH,
    "ganda": StrikeReason.DOUBLE,
    "koreksi": StrikeReason.CORRECTION,
}


class VoterRowIn(ImportRow):
    """A person of the election's list; `struck` says why the person is no longer on it."""

    model_config = SECRETIVE

    nik: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), Field(repr=False)]
    name: Annotated[Line, Field(repr=False)]
    sex: Annotated[Sex, BeforeValidator(_list_word)]
    birth_date: Annotated[date, Field(repr=False)]
    tps_code: TpsCode
    kind: Annotated[VoterKind, BeforeValidator(_word)]
    disability: Annotated[Line | None, Field(repr=False)] = None
    family_number: Annotated[_SixteenDigits | None, Field(repr=False)] = None
    married: YesOrNo | None = None
    struck: Annotated[StrikeReason, BeforeValidator(_list_word)] | None = None
    canary: YesOrNo | None = None
    reason: Annotated[VoterMoveReason | None, BeforeValidator(_word), Field(repr=False)] = None
    evidence: Annotated[Source | None, Field(repr=False)] = None
    from_code: TpsCode | RegionCode | None = None
    decided_on: date | None = None


class AttendanceRowIn(ImportRow):
    """Whether somebody attended a training session: a person, or whoever holds a post now."""

    training: TrainingCode
    person: Person | None = None
    tps_code: PlaceCode | None = None
    duty: Annotated[Duty, BeforeValidator(_word)] | None = None
    slot: Slot | None = None
    attended: YesOrNo


_FITNESS_WORDS = {
    "layak": "fit",
    "pemantauan": "follow_up",
    "tidak layak": "unfit",
    "belum diketahui": "not_known",
}


def _fitness_word(value: object) -> object:
    word = _word(value)
    return _FITNESS_WORDS.get(word, word) if isinstance(word, str) else word


class ScreeningRowIn(ImportRow):
    """What the screening of the holder of a post came to."""

    tps_code: PlaceCode
    duty: Annotated[Duty, BeforeValidator(_word)]
    slot: Slot
    fitness: Annotated[Fitness, BeforeValidator(_fitness_word)]
    screened_on: date


class PersonnelRowIn(ImportRow):
    """What an operation has of an agency at a place."""

    operation: Operation
    agency: Annotated[ForceAgency, BeforeValidator(_word)]
    place_code: PlaceCode
    planned: Strength
    present: Strength | None = None
    trained: Strength | None = None
    as_of: date
    source: Source | None = None


ROW_SHAPES: dict[ImportKind, type[ImportRow]] = {
    ImportKind.TPS: TpsRowIn,
    ImportKind.RISKS: RiskRowIn,
    ImportKind.OFFICERS: OfficerRowIn,
    ImportKind.FACILITIES: FacilityRowIn,
    ImportKind.VOTERS: VoterRowIn,
    ImportKind.ATTENDANCE: AttendanceRowIn,
    ImportKind.SCREENINGS: ScreeningRowIn,
    ImportKind.PERSONNEL: PersonnelRowIn,
    ImportKind.CHECKLIST: CheckRowIn,
    ImportKind.RISK_LAYER: LayerRowIn,
    ImportKind.BOUNDARIES: BoundaryRowIn,
    ImportKind.REGION_CHANGES: RegionChangeRowIn,
    ImportKind.OUTREACH: OutreachRowIn,
}

NEVER_NUMBERS: dict[ImportKind, tuple[str, ...]] = {ImportKind.VOTERS: ("nik", "family_number")}
"""The columns that a spreadsheet must keep as text, for it rounds them otherwise."""

MediaType = Literal["csv", "xlsx", "ndjson", "geojson"]
