"""Training sessions: planned, held or cancelled, and who attended."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from contracts.registry_people_events import Duty, TrainingState
from contracts.vocabulary import Channel, Instant, Moment, RegionCode
from services.registry.schemas.officers import Person, Slot
from services.registry.schemas.shapes import Input, Line, Outcome, PlaceCode

TrainingCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$")]


class TrainingFacts(BaseModel):
    """What is known of a session, whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region_code: RegionCode
    place: Line
    topic: Line
    organiser: Line = Field(description="The agency.")
    trainer: Line = Field(description="Stays in the registry; no event carries it.")
    duties: Annotated[list[Duty], Field(min_length=1, max_length=len(Duty))] = [Duty.KPPS]
    starts_at: Moment
    state: TrainingState = TrainingState.PLANNED


_TRAINING: dict[str, JsonValue] = {
    "region_code": "32.71.06",
    "place": "Aula Kecamatan Contoh",
    "topic": "Pemungutan dan penghitungan suara",
    "organiser": "KPU Kota Contoh",
    "trainer": "Pelatih Contoh",
    "duties": ["kpps"],
    "starts_at": "2024-11-10T09:00:00+07:00",
    "state": "held",
}


class TrainingIn(TrainingFacts):
    """A session, whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRAINING]})

    channel: Channel = Channel.API


class TrainingOut(BaseModel):
    """A session as it stands. The trainer is null for callers who may not see persons."""

    code: str
    version: int
    region_code: str
    place: str
    topic: str
    organiser: str
    trainer: str | None
    duties: list[Duty]
    starts_at: Instant
    state: TrainingState
    attended: int
    absent: int
    rehearsal: bool


class TrainingReceipt(BaseModel):
    """A session after a change, in figures."""

    code: str
    version: int
    state: TrainingState
    attended: int
    absent: int
    outcome: Outcome


class AttendanceIn(Input):
    """Whether somebody attended: a person, or whoever holds a post now."""

    person: Person | None = None
    place_code: PlaceCode | None = None
    duty: Duty | None = None
    slot: Slot | None = None
    attended: bool = True

    @model_validator(mode="after")
    def _somebody(self) -> "AttendanceIn":
        post = (self.place_code, self.duty, self.slot)
        if (self.person is None) == (None in post) and (self.person is None or any(post)):
            raise ValueError("name a person, or a post by place_code, duty and slot")
        if self.person is not None and any(post):
            raise ValueError("name a person, or a post by place_code, duty and slot")
        return self


class AttendanceList(Input):
    """Who attended a session: up to 500, each with a result of its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"place_code": "32.71.06.1002.028", "duty": "kpps", "slot": 1},
                        {"person": "kpps-2", "attended": False},
                    ]
                }
            ]
        }
    )

    items: Annotated[list[AttendanceIn], Field(min_length=1, max_length=500)]
    channel: Channel = Channel.API


class AttendanceResult(BaseModel):
    """What became of one line of a list."""

    outcome: Literal["recorded", "unchanged", "refused"]
    code: str | None = Field(description="Why it was refused.")


class AttendanceReceipt(TrainingReceipt):
    """What became of a list, line by line in its order."""

    items: list[AttendanceResult]


class TrainingCoverage(BaseModel):
    """How many of an area's officers are trained, by duty; who is not named is not counted."""

    duty: Duty
    named: int
    trained: int
    training_unknown: int
    places: int = Field(description="Places with somebody of this duty.")
    places_trained: int = Field(description="Places in which all of them are trained.")


class TrainingCoverageOut(BaseModel):
    """How far the training of a region is."""

    region_code: str
    items: list[TrainingCoverage]
    sessions: dict[TrainingState, int]
