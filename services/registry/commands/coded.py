"""What has a code that is one in the whole election, as it is written: for many, so that an import is the same as one PUT."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from pydantic import BaseModel
from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.envelope import EventData
from services.registry.rules.keeping import Keeper
from services.registry.tables.definitions import Facility
from services.registry.tables.places import Outreach

Row = TypeVar("Row", Facility, Outreach)
Facts = TypeVar("Facts", bound=BaseModel)


@dataclass(
    frozen=True
)  # with slots an alias of its types makes none: Python 3.11 sets `__orig_class__` on what it makes
class CodedChange(Generic[Row, Facts]):
    """A thing as it is to be; `before` is what is there."""

    code: str
    facts: Facts
    before: Row | None

    @property
    def same(self) -> bool:
        """Say whether it already is so."""
        return self.before is not None and facts_of(self.before, type(self.facts)) == self.facts


def facts_of(row: Facility | Outreach, shape: type[Facts]) -> Facts:
    """Return what is known of a thing."""
    return shape.model_validate({name: getattr(row, name) for name in shape.model_fields})


async def write_coded(
    uow: UnitOfWork,
    kind: type[Row],
    changes: Sequence[CodedChange[Row, Facts]],
    *,
    tell: Callable[[Row], EventData],
    keeper: Keeper,
    origin: Origin,
) -> list[Row]:
    """Write things that change, and that the caller may change, and tell of each.

    Emits:
        what `tell` makes of a row, one for each.
    """
    written: list[Row] = []
    for change in changes:
        facts = {
            name: value.value if isinstance(value, Enum) else value
            for name, value in change.facts.model_dump().items()
        }
        if change.before is None:
            named = {"id": uuid7(), "election": origin.election, "code": change.code, "version": 1}
            row = kind.model_validate({**facts, **named})
        else:
            row = change.before
            row.sqlmodel_update(facts)
            row.version += 1
        row.kept_by = keeper.keeps(row.kept_by)
        uow.session.add(row)
        uow.emit(tell(row), aggregate_id=row.id, version=row.version, origin=origin)
        written.append(row)
    return written
