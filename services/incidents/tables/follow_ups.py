"""Advice and tasks: two kinds of one row, each an aggregate of its own."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from chassis.tables import instant, version, word
from contracts.incidents_events import Agency
from services.incidents.tables.cases import Placed


class FollowUpKind(StrEnum):
    """What a follow-up is; the name of its aggregate too."""

    ADVICE = "advice"
    TASK = "task"


class FollowUp(Placed, table=True):
    """Advice or a task as it stands, on an incident or on a problem."""

    __tablename__ = "follow_up"

    follow_up_id: UUID = Field(primary_key=True)
    kind: FollowUpKind = Field(sa_column=word(FollowUpKind))
    version: int = Field(sa_column=version())
    incident_id: UUID | None
    problem_id: UUID | None
    agency: Agency = Field(sa_column=word(Agency))
    title: str
    text: str
    state: str
    given_at: datetime = Field(sa_column=instant())
    due_until: datetime | None = Field(sa_column=instant(nullable=True))
    settled_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))

    @property
    def case_id(self) -> UUID:
        """Return the id that its steps and its events go by."""
        return self.follow_up_id
