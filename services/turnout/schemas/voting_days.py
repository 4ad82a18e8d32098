"""What callers send to the voting day and what they get; shapes only, no rules."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from chassis.batches import JudgedAlone
from chassis.masking import MASKED
from contracts.vocabulary import PRINTABLE, Channel, Instant, Milestone, Moment, TpsCode
from services.turnout.schemas.shapes import Count, Input

Slot = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|final)$")]


_REPORT: dict[str, JsonValue] = {
    "slot": "10:00",
    "men": 96,
    "women": 104,
    "occurred_at": "2024-11-27T10:02:00+07:00",
    "channel": "app",
}


class TurnoutReportIn(Input):
    """Voters who voted at a TPS up to a slot, cumulative."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    slot: Slot = Field(description="Civil time in the TPS's zone up to which the figures count, or `final`.")
    men: Count
    women: Count
    total: Count | None = Field(
        default=None, description="As written on the report; men + women where it is left out."
    )
    occurred_at: Moment
    channel: Channel = Channel.API


_REPORT_OF_A_BATCH: dict[str, JsonValue] = {
    "id": "0193a3b0-9b42-7d05-9e21-5f6a7b8c9d01",
    "tps_code": "32.71.06.1002.028",
    **_REPORT,
}


class BatchReportIn(TurnoutReportIn):
    """One report of a batch, with the id that its device made for it: the item's idempotency key."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT_OF_A_BATCH]})

    id: UUID
    tps_code: TpsCode


class TurnoutReportBatch(Input):
    """Up to 500 reports; each is judged alone and has a result of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_REPORT_OF_A_BATCH]}]})

    items: Annotated[list[JudgedAlone[BatchReportIn]], Field(min_length=1, max_length=500)]


class TurnoutFigure(BaseModel):
    """Voters who voted up to a slot, as it stands."""

    slot: str
    men: int
    women: int
    total: int
    findings: list[str]
    occurred_at: Instant
    recorded_at: Instant


class TurnoutReportOut(TurnoutFigure):
    """A turnout report as it was taken."""

    tps_code: str
    outcome: Literal["created", "corrected", "unchanged", "superseded"] = Field(
        description="`superseded`: a report of this slot that was made later stands; this one is kept in the ledger."
    )


class MilestoneIn(Input):
    """A milestone that a TPS reached."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "milestone": "opened",
                    "occurred_at": "2024-11-27T07:00:00+07:00",
                    "note": "",
                    "channel": "app",
                }
            ]
        }
    )

    milestone: Milestone
    occurred_at: Moment
    note: Annotated[str, StringConstraints(max_length=500, pattern=PRINTABLE), MASKED] = ""
    channel: Channel = Channel.API


class MilestoneOut(BaseModel):
    """A milestone as it was recorded."""

    tps_code: str
    milestone: Milestone
    note: str
    findings: list[str]
    occurred_at: Instant
    recorded_at: Instant


class VotingDayOut(BaseModel):
    """A TPS's voting day as turnout knows it."""

    tps_code: str
    code_since: Instant | None = Field(
        description="Since when it has this code, where another TPS had it before; reports may mean that one."
    )
    milestone: Milestone | None
    milestones: list[MilestoneOut]
    reports: list[TurnoutFigure]
