"""Shapes that every payload of logistics is made of."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis.masking import MASKED
from contracts.access import place_code
from contracts.vocabulary import PRINTABLE, REGION_PATTERN, TPS_OR_KPU_PATTERN

Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
"""How many: strict, for `true` is no number, nor is `"12"`."""
StockCount = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Note = Annotated[str, StringConstraints(max_length=500, pattern=PRINTABLE), MASKED]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=PRINTABLE), MASKED
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=PRINTABLE), MASKED
]
ItemCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]

SealNumber = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_upper=True, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]*$"
    ),
]
"""The number printed on a seal; case does not matter."""


def _in_our_form(code: str) -> str:
    return place_code(code) or code


PlaceCode = Annotated[
    str,
    StringConstraints(pattern=rf"(?:{REGION_PATTERN}|{TPS_OR_KPU_PATTERN})"),
    AfterValidator(_in_our_form),
]
"""Code of a region of any level, or of a TPS; KPU's 13 digits are understood."""


class Input(BaseModel):
    """Base of what callers send: nothing that we do not know, so that a misspelt field is told, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)
