"""What callers send to a tally and what they get; shapes only, no rules.

Figures are whole numbers as they stand on the paper. Null, or a field that is left out, is a box that was left empty. A
number below zero is refused: no paper can show one, so it is a slip of whoever typed or programmed it (imports, which may
bring anything, get `E-NEGATIVE` from the evaluator).
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from chassis.batches import Blind
from chassis.masking import MASKED
from contracts.turnout_events import (
    CivilTime,
    FormAdministration,
    FormFinding,
    FormPart,
    TallyState,
)
from contracts.vocabulary import PRINTABLE, Channel, ContestId, Instant, Moment, TpsCode
from services.turnout.schemas.shapes import Input

Written = Annotated[int, Field(strict=True, ge=0, le=99_999)] | None
ChoiceNumber = Annotated[int, Field(ge=1, le=99)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=500, pattern=PRINTABLE), MASKED
]


class FormLineIn(Input):
    """One line of a form as written."""

    men: Written = None
    women: Written = None
    total: Written = None


_EMPTY = FormLineIn()


class FormAdministrationIn(Input):
    """The administration block of C.Hasil as written."""

    dpt: FormLineIn = _EMPTY
    users_dpt: FormLineIn = _EMPTY
    users_pindahan: FormLineIn = _EMPTY
    users_tambahan: FormLineIn = _EMPTY
    users: FormLineIn = _EMPTY
    disabled: FormLineIn = _EMPTY
    ballots_received: Written = None
    ballots_used: Written = None
    ballots_spoiled: Written = None
    ballots_unused: Written = None


_FIGURES: JsonValue = {
    "administration": {
        "dpt": {"men": 250, "women": 283, "total": 533},
        "users_dpt": {"men": 150, "women": 190, "total": 340},
        "users_pindahan": {"men": 1, "women": 0, "total": 1},
        "users_tambahan": {"men": 0, "women": 2, "total": 2},
        "users": {"men": 151, "women": 192, "total": 343},
        "disabled": {"men": 0, "women": 1, "total": 1},
        "ballots_received": 547,
        "ballots_used": 343,
        "ballots_spoiled": 1,
        "ballots_unused": 203,
    },
    "votes": {"1": 31, "2": 90, "3": 120, "4": 38, "5": 47},
    "valid": 326,
    "invalid": 17,
    "total": 343,
    "kpps_signatures": 7,
    "witness_signatures": 3,
    "opened": "07:00",
    "closed": "13:00",
}


class FormFiguresIn(Input):
    """The figures of C.Hasil as they stand on the paper, whether they add up or not."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FIGURES]})

    administration: FormAdministrationIn | None = None
    votes: Annotated[
        Mapping[ChoiceNumber, Written], Field(max_length=20, description="By choice number.")
    ] = Field(default_factory=dict[int, int | None])
    valid: Written = None
    invalid: Written = None
    total: Written = None
    kpps_signatures: Annotated[int, Field(strict=True, ge=0, le=7)] | None = None
    witness_signatures: Annotated[int, Field(strict=True, ge=0, le=99)] | None = None
    opened: CivilTime | None = None
    closed: CivilTime | None = None


class FormEntryIn(Input, Blind):
    """One person's entry of a form, made without sight of another's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "figures": _FIGURES,
                    "photo_sha256": "5d41" * 16,
                    "occurred_at": "2024-11-27T15:20:00+07:00",
                    "channel": "app",
                }
            ]
        }
    )

    figures: FormFiguresIn
    photo_sha256: Sha256 | None = Field(
        default=None, description="Of the photo that the figures were read from."
    )
    occurred_at: Moment
    channel: Channel = Channel.API


class FormAdjudicationIn(Input, Blind):
    """The figures that a third person settles, from the photo and the tally sheet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "figures": _FIGURES,
                    "reason": "Dibaca dari foto dan C.Hasil plano (contoh).",
                    "photo_sha256": "5d41" * 16,
                }
            ]
        }
    )

    figures: FormFiguresIn
    reason: Reason
    photo_sha256: Sha256
    accepted: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^E-[A-Z-]{2,30}$")]],
        Field(
            max_length=20,
            description="Codes that block and that these figures still have, each let stand for the reason given.",
        ),
    ] = Field(default_factory=list[str])
    occurred_at: Moment | None = None
    channel: Channel = Channel.API


class FormStepIn(Input):
    """Why an entry is taken back, or a form is returned."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Salah menyalin satu angka (contoh)."}]}
    )

    reason: Reason
    occurred_at: Moment | None = None
    channel: Channel = Channel.API


class FormEntryOut(BaseModel):
    """What became of an entry; the findings are those of the caller's own figures."""

    tps_code: TpsCode
    contest: ContestId
    round: int
    slot: Literal[1, 2]
    state: TallyState
    findings: list[FormFinding]
    recorded_at: Instant


class FormAdjudicationOut(BaseModel):
    """The figures stand as they were settled; `held` where they still break a rule that blocks."""

    tps_code: TpsCode
    contest: ContestId
    round: int
    number: int
    state: TallyState
    held: bool
    findings: list[FormFinding]
    accepted: list[str]
    recorded_at: Instant


class FormStepOut(BaseModel):
    """Where a form stands after an entry was taken back, or the form was returned."""

    tps_code: TpsCode
    contest: ContestId
    round: int
    state: TallyState
    return_requested: bool = Field(description="True where one person has asked and a second must agree.")
    recorded_at: Instant


class FormFiguresOut(BaseModel):
    """The figures of a form; votes per choice, and the sums of votes, are null while they are withheld."""

    administration: FormAdministration | None
    votes: Mapping[int, int | None] | None
    valid: int | None
    invalid: int | None
    total: int | None
    kpps_signatures: int | None
    witness_signatures: int | None
    opened: str | None
    closed: str | None


class FormVersionOut(BaseModel):
    """Figures that stand, or stood before others replaced them."""

    number: int
    round: int
    by: Literal["agreement", "adjudication"]
    settled: Literal["entries_differ", "paper_does_not_add_up"] | None
    reason: str = Field(description="As the adjudicator wrote it; empty while votes are withheld.")
    figures: FormFiguresOut
    findings: list[FormFinding]
    accepted: list[str]
    held: bool
    photo_sha256: str | None
    recorded_at: Instant


class FormOut(BaseModel):
    """The form of one TPS and contest: its state, and its figures once two persons agree or a third has settled them."""

    official: Literal[False] = Field(description="The desk's counts are never the official result.")
    as_of: Instant
    tps_code: TpsCode
    contest: ContestId
    state: TallyState
    round: int
    entries: int = Field(description="Entries of this round; their figures stay hidden until they agree.")
    differing: list[FormPart] = Field(description="Where two entries differ, without a number.")
    held: bool = Field(description="True: the figures break a rule that blocks, and are in no total.")
    return_requested: bool
    allowed: list[str] = Field(description="What can be done from here.")
    version: FormVersionOut | None = Field(description="The figures that stand.")
    history: list[FormVersionOut] = Field(description="Those that stood before, the oldest first.")
    withheld_until: Instant | None = Field(
        description="Until then votes per choice, their sums, and what tells of them, are left out for this caller; codes of "
        "findings stay."
    )
