"""What callers send about advice and tasks and what they get; shapes only, no rules."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.incidents_events import Agency
from contracts.vocabulary import Channel, Instant
from services.incidents.schemas.shapes import Input, Moment, ReasonedStepIn, StepOut, Title, Words


class FollowUpIn(Input):
    """Advice to an agency, or a task for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency": "bpbd",
                    "title": "Pompa air untuk TPS 28",
                    "text": "Kirim satu pompa ke TPS 28 Kebon Pedes (contoh).",
                    "due_until": "2024-11-27T09:00:00+07:00",
                }
            ]
        }
    )

    agency: Agency
    title: Title
    text: Words
    due_until: Moment | None = None
    channel: Channel = Channel.API


class AdviceSettlementIn(ReasonedStepIn):
    """What became of advice, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"outcome": "followed", "reason": "Pompa dikirim pukul 08.40 (contoh)."}]
        }
    )

    outcome: Literal["followed", "declined", "retracted"]


class TaskSettlementIn(ReasonedStepIn):
    """What became of a task, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "done", "reason": "Air sudah surut (contoh)."}]}
    )

    outcome: Literal["done", "cancelled"]


class FollowUpReopeningIn(ReasonedStepIn):
    """Why advice stands again, or a task is to be done again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Air naik lagi (contoh)."}]})


class FollowUpCard(BaseModel):
    """Advice or a task as it stands, without what people wrote about it."""

    kind: Literal["advice", "task"]
    id: UUID
    election: str
    version: int
    on: Literal["incident", "problem"]
    on_id: UUID
    agency: Agency
    region_code: str
    tps_id: UUID | None
    tps_code: str | None
    title: str
    state: str
    allowed: list[str] = Field(description="Steps that are possible from this state.")
    given_at: Instant
    due_until: Instant | None
    seconds_left: int | None = Field(
        description="As of `as_of`; negative when overdue, null when settled or without a due time."
    )
    settled_at: Instant | None
    as_of: Instant


class FollowUpOut(FollowUpCard):
    """Advice or a task whole."""

    text: str | None = Field(description="Null where only those who handle incidents may read it.")
    steps: list[StepOut]
