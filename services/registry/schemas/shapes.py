"""Shapes that every payload of the registry is made of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis.masking import MASKED
from contracts.vocabulary import PRINTABLE, REGION_PATTERN, TPS_OR_KPU_PATTERN, tps_code

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160, pattern=PRINTABLE), MASKED
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=PRINTABLE), MASKED]
Source = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=PRINTABLE), MASKED
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=PRINTABLE), MASKED]
PlaceCode = Annotated[
    str, StringConstraints(pattern=f"{REGION_PATTERN}|{TPS_OR_KPU_PATTERN}"), AfterValidator(tps_code)
]
"""Code of a region or of a TPS; KPU's 13 digits of a TPS are accepted and turned into the desk's form."""
Voters = Annotated[int, Field(strict=True, ge=0, le=100_000)]
"""How many: strict, for `true` is no number, nor is `"12"`; a file's cells have a type of their own."""
Latitude = Annotated[
    float, Field(ge=-11.5, le=6.5, description="Degrees, WGS 84; Indonesia lies between these.")
]
Longitude = Annotated[
    float, Field(ge=94.5, le=141.5, description="Degrees, WGS 84; Indonesia lies between these.")
]


class Outcome(StrEnum):
    """What a definition came to."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Input(BaseModel):
    """Base of what callers send: nothing that we do not know, so that a misspelt field is told, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ImportRow(BaseModel):
    """Base of a row of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit, as a rule finds it; never the value that was sent.

    Args:
        pointer: JSON pointer into the body, or the column of a row.
        detail_id: the detail in Indonesian; empty where the code says it (`schemas/import_reasons.py`), of a row of a file.
    """

    pointer: str
    code: str
    detail: str
    detail_id: str = ""
