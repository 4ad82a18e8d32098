"""Changes of one voter, as they are commanded and told; an answer names a voter by the desk's own id and nothing else."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from chassis.masking import MASKED
from contracts.vocabulary import PRINTABLE, Channel, Instant, Moment, RegionCode, TpsCode
from services.registry.schemas.shapes import Input, Line, Outcome
from services.registry.schemas.voters import Sex, StrikeReason, VoterKind, VoterMoveReason

_SixteenDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
Nik = Annotated[_SixteenDigits, Field(repr=False)]
Evidence = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=PRINTABLE),
    MASKED,
    Field(repr=False, description="The paper that shows it, by its kind and number; kept sealed."),
]


class VoterStatus(StrEnum):
    """How a row of the list stands."""

    ACTIVE = "active"
    MOVED = "moved"
    STRUCK = "struck"


class ChangeKind(StrEnum):
    """What happened to a voter's row."""

    LISTED = "listed"
    MOVED = "moved"
    STRUCK = "struck"
    RESTORED = "restored"
    CORRECTED = "corrected"
    REASSIGNED = "reassigned"
    EXPORTED = "exported"
    NIK_CORRECTED = "nik_corrected"


class Secretive(Input):
    """Base of what holds personal data: an error repeats nothing of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WhichVoter(Secretive):
    """A voter, by the NIK or by the id that the desk gave."""

    nik: Annotated[_SixteenDigits | None, Field(repr=False)] = None
    voter_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> "WhichVoter":
        if (self.nik is None) == (self.voter_id is None):
            raise ValueError("name the voter by nik or by voter_id")
        return self


def _example(**said: str) -> ConfigDict:
    example: JsonDict = {"voter": {"nik": "9971064508900001"}, **said}
    return ConfigDict(json_schema_extra={"examples": [example]})


class VoterFindIn(Secretive):
    """Who is looked for."""

    model_config = _example()

    voter: WhichVoter


class VoterMoveIn(Secretive):
    """A voter votes at another TPS (PINDAHAN)."""

    model_config = _example(
        to_tps="32.71.06.1002.029",
        reason="inpatient",
        evidence="Surat keterangan rawat inap 12/2024 (contoh)",
    )

    voter: WhichVoter
    to_tps: TpsCode
    reason: Annotated[VoterMoveReason, Field(repr=False)]
    evidence: Evidence
    channel: Channel = Channel.API


class VoterStrikeIn(Secretive):
    """A voter is on the list no more."""

    model_config = _example(reason="death", evidence="Akta kematian 34/2024 (contoh)")

    voter: WhichVoter
    reason: StrikeReason
    evidence: Evidence
    channel: Channel = Channel.API


class VoterRestoreIn(Secretive):
    """A voter was struck by mistake."""

    model_config = _example(evidence="Berita acara PPS 5/2024 (contoh)")

    voter: WhichVoter
    evidence: Evidence
    channel: Channel = Channel.API


class VoterCorrectionIn(Secretive):
    """What the list has of a voter is wrong; what is left out stays."""

    model_config = _example(name="Pemilih Contoh (gladi)", evidence="KTP-el, dilihat PPS (contoh)")

    voter: WhichVoter
    name: Annotated[Line | None, Field(repr=False)] = None
    birth_date: Annotated[date | None, Field(repr=False)] = None
    married: bool | None = Field(default=None, description="Who is younger than 17 may vote when married.")
    tps_code: TpsCode | None = Field(default=None, description="Another TPS of the same kelurahan.")
    evidence: Evidence
    channel: Channel = Channel.API


class VoterNikIn(Secretive):
    """The NIK of a voter was written down wrongly; the person is the same."""

    model_config = _example(nik="9971064508900002", evidence="KTP-el, dilihat PPS (contoh)")

    voter: WhichVoter
    nik: Annotated[Nik, Field(description="The right one.")]
    evidence: Evidence
    channel: Channel = Channel.API


class WalkInIn(Secretive):
    """Somebody who is on no list voted with an identity card (TAMBAHAN)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "nik": "9971064508900001",
                    "name": "Pemilih Contoh (gladi)",
                    "sex": "woman",
                    "birth_date": "1990-08-05",
                    "tps_code": "32.71.06.1002.028",
                    "address_code": "32.71.06.1002",
                    "evidence": "KTP-el, dilihat KPPS (contoh)",
                    "occurred_at": "2024-11-27T12:20:00+07:00",
                }
            ]
        }
    )

    nik: Nik
    name: Annotated[Line, Field(repr=False)]
    sex: Sex
    birth_date: Annotated[date, Field(repr=False)]
    married: bool | None = None
    disability: Annotated[Line | None, Field(repr=False)] = None
    tps_code: TpsCode
    address_code: RegionCode = Field(description="The kelurahan of the address on the card.")
    evidence: Evidence
    occurred_at: Moment
    channel: Channel = Channel.API


class VoterExportIn(Secretive):
    """What the desk has of one person is asked for, by that person."""

    model_config = _example(reason="Permintaan subjek data 7/2024 (contoh)")

    voter: WhichVoter
    reason: Evidence


class VoterResealIn(Input):
    """Rows that an older key sealed are sealed with the current one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"most": 1000}]})

    most: Annotated[int, Field(ge=1, le=5_000)] = Field(default=1_000, description="Rows of one transaction.")


class VoterResealReceipt(BaseModel):
    """How far the list is."""

    sealed: int
    left: int = Field(description="Rows of the election, their history included, that an older key sealed.")
    retired: list[str] = Field(description="Keys that seal nothing any more and may leave the file.")


class VoterOut(BaseModel):
    """A row of the list, without the person."""

    voter_id: UUID
    tps_code: str
    kind: VoterKind
    status: VoterStatus
    strike_reason: StrikeReason | None
    from_code: str | None = Field(description="TPS or region of the DPT that a PINDAHAN voter is on.")
    contests: list[str] = Field(description="Whose ballots the voter gets: by D13 fewer after a move.")


class VoterReceipt(VoterOut):
    """A voter as a command left it."""

    outcome: Outcome
    findings: list[str]


class VoterChangeOut(BaseModel):
    """One thing that happened to a voter's row."""

    at: Instant = Field(description="When it happened.")
    recorded_at: Instant
    kind: ChangeKind
    actor: str = Field(description="A pseudonym.")
    channel: str
    from_tps: str | None
    to_tps: str | None
    reason: str | None = Field(
        description="Of a move `ordinary` or `special`: the reason may tell of health."
    )
    evidence: str | None = Field(description="Null where it may tell of health; an export has it.")


class VoterHistory(VoterOut):
    """A voter and what happened to the row, the oldest first."""

    history: list[VoterChangeOut]


class PersonOut(BaseModel):
    """A person as the list has them."""

    nik: str
    name: str
    birth_date: date
    disability: str | None
    family_number: str | None


class ExportedChangeOut(VoterChangeOut):
    """One thing that happened, with what is sealed of it."""

    before: PersonOut | None = Field(description="What the list had before it.")


class VoterExport(VoterOut):
    """All that the desk has of one person, for that person."""

    person: PersonOut
    sex: Sex
    history: list[ExportedChangeOut]
