"""Elections that the desk knows."""

from datetime import date

from pydantic import BaseModel, Field

from contracts.registry_events import Choice, Stage
from contracts.vocabulary import Instant


class ContestSummary(BaseModel):
    """One contest of an election, with its choices."""

    contest: str
    name: str
    region: str
    choices: list[Choice]


class ElectionSummary(BaseModel):
    """An election, its days and its contests."""

    election: str
    name: str
    region: str | None = Field(description="The region whose desk this is; null for the whole nation.")
    region_name: str
    voting_date: date
    results_public_at: Instant
    rehearsal: bool
    stages: list[Stage]
    contests: list[ContestSummary]


class ElectionList(BaseModel):
    """The elections that a token is for."""

    items: list[ElectionSummary]
    as_of: Instant
