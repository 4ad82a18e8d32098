"""Clocks and routes that an election has set for itself; what it has not set is the default of the rules."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from chassis.tables import instant, texts, version, word
from contracts.incidents_events import Agency, IncidentCategory
from services.incidents.tables.known import Table


def _category_key() -> Column[IncidentCategory]:
    column = word(IncidentCategory)
    column.primary_key = True
    return column  # pyright: ignore[reportReturnType]  # a column of this very StrEnum


class CategoryClock(Table, table=True):
    """The clock of a category in an election."""

    __tablename__ = "category_clock"

    election: str = Field(primary_key=True)
    category: IncidentCategory = Field(sa_column=_category_key())
    version: int = Field(sa_column=version())
    acknowledge_minutes: int
    act_minutes: int
    report_within_days: int | None
    decide_days: int | None
    extension_days: int | None
    source: str
    set_at: datetime = Field(sa_column=instant())
    set_by: str


class AgencyRoute(Table, table=True):
    """The agencies of a category in a region of an election."""

    __tablename__ = "agency_route"

    election: str = Field(primary_key=True)
    category: IncidentCategory = Field(sa_column=_category_key())
    region_code: str = Field(primary_key=True)
    version: int = Field(sa_column=version())
    agency: Agency = Field(sa_column=word(Agency))
    also_informed: list[str] = Field(sa_column=texts())
    source: str
    set_at: datetime = Field(sa_column=instant())
    set_by: str
