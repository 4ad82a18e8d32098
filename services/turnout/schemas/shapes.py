"""Shapes that every payload of turnout is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
"""How many: strict, for `true` is no number, nor is `"12"`."""


class Input(BaseModel):
    """Base of what callers send: nothing that we do not know, so that a misspelt field is told, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)
