"""Results: live sums of verified forms. They are never the official result, and say so."""

from typing import Literal

from pydantic import BaseModel, Field

from contracts.vocabulary import Instant
from gateway.schemas.regions import AnsweredAt, AsOf, Source


class ChoiceResult(BaseModel):
    """One choice of a contest."""

    number: int
    name: str
    kind: str
    votes: int | None = Field(description="Null while withheld.")
    share: float | None = Field(
        description="Of the valid votes; null while withheld or while there are none."
    )


class Leader(BaseModel):
    """Who leads among the forms that are in."""

    number: int
    name: str
    share: float
    margin: int = Field(description="Votes before the next one.")
    margin_ratio: float = Field(description="The margin, of the valid votes.")


class ContestResult(BaseModel):
    """The verified forms of one contest in one region, added up."""

    contest: str
    name: str
    region: str
    region_name: str
    official: Literal[False]
    label: str
    votes: dict[str, int] | None = Field(description="By choice number; null while withheld.")
    withheld_until: Instant | None = Field(description="Until then votes per choice are withheld (D34).")
    choices: list[ChoiceResult]
    leader: Leader | None
    valid: int | None = Field(
        description="Null while no form is in, and while votes are withheld; so are the next two."
    )
    invalid: int | None
    total: int | None
    users: int | None = Field(description="Voters who used their right to vote, by the same forms.")
    dpt: int
    tps_in: int = Field(description="TPS whose form is verified and counted here.")
    tps_total: int
    tps_held: int = Field(description="Verified, but they break a rule: in no total until settled.")
    tps_disputed: int = Field(description="Two entries differ; a third person settles it.")
    tps_entered_once: int
    as_of: AsOf


class ChildResults(BaseModel):
    """The results of a region (or of a TPS) within another one."""

    region: str
    region_name: str
    contests: list[ContestResult]


class Results(BaseModel):
    """Live results of a region."""

    election: str
    region: str
    region_name: str
    rehearsal: bool
    official: Literal[False]
    label: str
    contests: list[ContestResult]
    children: list[ChildResults] | None = Field(description="Null unless `children=true`.")
    as_of: AsOf
    answered_at: AnsweredAt
    sources: list[Source]
    cursor: str = Field(description="Of the feed and the stream: what comes after it is not in this answer.")
