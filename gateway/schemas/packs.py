"""What a phone needs while it is offline, in one document."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.incidents_events import Agency, ClockSet, IncidentCategory, Severity
from contracts.registry_events import ContestDefined, ElectionSettings, Stage, TpsRegistered
from contracts.vocabulary import Milestone


class PackedTps(TpsRegistered):
    """A TPS as it is registered."""

    kpu_code: str


class PackedSeal(BaseModel):
    """A box that is meant for a TPS, and the seal that it should carry."""

    box_id: UUID
    tps_code: str
    contest: str
    seal_number: str
    ballots_packed: int


class PackedCode(BaseModel):
    """A code of a finding, as it is told to people."""

    code: str
    subject: str
    en: str
    indonesian: str


class PackedRule(BaseModel):
    """A rule of the field, with its source."""

    number: str
    en: str
    indonesian: str
    source: str | None


class PackedUnit(BaseModel):
    """Which agency deals with incidents of a kind here, by the arrangement of the nearest region that has one."""

    category: IncidentCategory
    region_code: str
    agency: Agency
    also_informed: list[Agency]


class PackedCommand(BaseModel):
    """A command that may come in a batch."""

    operation: str = Field(description="Its name in the API's description, which has its body.")
    path: str = Field(description="Below the election.")
    scopes: list[str]


class Pack(BaseModel):
    """Everything that a phone of one TPS or kelurahan needs offline; the same facts make the same bytes."""

    format: Literal["desk.field-pack.v1"] = Field(
        description="Grows by fields; what breaks a reader gets another number."
    )
    election: str
    name: str
    rehearsal: bool
    code: str
    region_name: str
    tps: list[PackedTps]
    contests: list[ContestDefined]
    voting_date: str
    settings: ElectionSettings = Field(description="The figures that the rules take, each with its source.")
    stages: list[Stage]
    slots: list[str]
    milestones: list[Milestone]
    findings: list[PackedCode]
    rules: list[PackedRule]
    incident_categories: list[IncidentCategory]
    severities: list[Severity]
    clocks: list[ClockSet]
    units: list[PackedUnit]
    commands: list[PackedCommand]
    seals: list[PackedSeal] | None = Field(description="Null where the token may not see boxes.")
