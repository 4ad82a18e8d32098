"""What turnout tells: milestones and turnout of a TPS's voting day, and the life of the tally of each contest."""

from uuid import UUID

from pydantic import Field

from contracts.envelope import EventData, EventSpec
from contracts.vocabulary import DataClass, Milestone, TpsCode


class MilestoneRecorded(EventData):
    """A TPS reached a milestone of its day, or was moved."""

    tps_id: UUID
    tps_code: TpsCode
    milestone: Milestone
    note: str
    findings: list[str]


class TurnoutRecorded(EventData):
    """Voters who voted at a TPS up to a slot, cumulative: it replaces what was known of that slot."""

    tps_id: UUID
    tps_code: TpsCode
    slot: str = Field(
        description="Civil time `HH:MM` in the TPS's zone up to which the figures count, or `final`."
    )
    men: int
    women: int
    total: int
    findings: list[str] = Field(
        description="Codes of rules that the report does not meet; the report stands as it was sent."
    )


EVENTS: dict[str, EventSpec] = {
    "voting_day.milestone_recorded": (MilestoneRecorded, DataClass.PUBLIC, "tps"),
    "voting_day.turnout_recorded": (TurnoutRecorded, DataClass.PUBLIC, "tps"),
}
