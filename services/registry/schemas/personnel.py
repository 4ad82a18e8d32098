"""Personnel of police and army: what an operation has at a place."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.registry_people_events import ForceAgency
from contracts.vocabulary import Channel
from services.registry.schemas.shapes import Outcome, Source

Operation = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]
"""The name of an operation: `mantap-praja-2024`."""

Strength = Annotated[int, Field(ge=0, le=1_000_000)]


class PersonnelFacts(BaseModel):
    """What an operation has of an agency at a place, without those of places within it; what nobody said is null."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planned: Strength
    present: Strength | None = None
    trained: Strength | None = None
    source: Source
    as_of: date


class PersonnelIn(PersonnelFacts):
    """The personnel at a place, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "planned": 12,
                    "present": 10,
                    "trained": 12,
                    "source": "Polresta Contoh, rencana operasi",
                    "as_of": "2024-11-20",
                }
            ]
        }
    )

    channel: Channel = Channel.API


class PersonnelOut(PersonnelFacts):
    """The personnel at a place as it stands."""

    operation: str
    agency: ForceAgency
    place_code: str
    version: int
    rehearsal: bool


class PersonnelReceipt(PersonnelOut):
    """The personnel at a place as it was changed."""

    outcome: Outcome
