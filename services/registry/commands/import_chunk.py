"""The rows of one transaction of an import while they are judged, and what all kinds of rows have alike."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.field_errors import field_error
from chassis.masking import plain_name
from chassis.outbox import Origin
from chassis.problems import FieldError
from chassis.sealing import SealingKeys
from services.registry.schemas.imports import ImportKind, ImportRow
from services.registry.schemas.shapes import Misfit, Outcome
from services.registry.tables.frames import TpsState, find_tps

ELSEWHERE = Misfit("", "region-not-covered", "The row lies outside the regions of the token.")
UNKNOWN_TPS = Misfit("tps_code", "tps-unknown", "No TPS has or had this code.")
OLDER = Misfit("as_of", "assessment-older", "A newer one is known.")
TWICE = Misfit("", "duplicate-row", "A row before says the same thing's facts.")
MISSING = "This column may not be empty."
RULES = "See docs/rules.md."

R = TypeVar("R", bound=ImportRow)
F = TypeVar("F", bound=BaseModel)


class OfTps(Protocol):
    """A row that is about a TPS."""

    @property
    def tps_code(self) -> str:
        """Return the TPS's code."""
        ...


@dataclass(frozen=True, slots=True)
class RowDone:
    """What became of a row: no outcome where it was refused; findings where it was taken with them."""

    row: int
    outcome: Outcome | None
    reasons: tuple[Misfit, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """On whose word, where and whether for real."""

    kind: ImportKind
    source: str
    actor: Actor
    dry_run: bool
    import_id: UUID

    def covers(self, code: str) -> bool:
        """Say whether the importer's regions cover a region or TPS."""
        return self.actor.may_touch(code)


class Judged(Protocol):
    """What became of a fact with a day: refused where a newer one is known, or another agency keeps it."""

    @property
    def outcome(self) -> Outcome | None:
        """Return what it came to, None where it was refused."""
        ...

    @property
    def kept_elsewhere(self) -> bool:
        """Say whether another agency keeps the fact."""
        ...


@dataclass(slots=True)
class Chunk:
    """The rows of one transaction while they are judged."""

    terms: ImportTerms
    origin: Origin
    keys: SealingKeys | None
    done: list[RowDone] = field(default_factory=list[RowDone])

    def refuse(self, row: int, *reasons: Misfit) -> None:
        """Refuse a row."""
        self.done.append(RowDone(row, None, reasons))

    def judge(self, row: int, result: Judged) -> None:
        """Take or refuse a row by what became of what it says."""
        if result.kept_elsewhere:
            self.refuse(row, ELSEWHERE)
        elif result.outcome is None:
            self.refuse(row, OLDER)
        else:
            self.take(row, result.outcome)

    def take(self, row: int, outcome: Outcome, *findings: Misfit) -> None:
        """Take a row, with what is to be said of it."""
        self.done.append(RowDone(row, outcome, findings))


def validated(chunk: Chunk, number: int, shape: type[F], values: object) -> F | None:
    """Return what a row holds in a shape, or refuse the row and return None."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        chunk.refuse(number, *(_misfit(fault["loc"], field_error(fault)) for fault in error.errors()[:20]))
        return None


def _misfit(place: tuple[int | str, ...], found: FieldError) -> Misfit:
    name = plain_name(str(place[0])) if place else ""
    return Misfit(name, found.code, found.detail, found.detail_id)


def said_of(row: ImportRow, *, never_null: frozenset[str]) -> dict[str, object]:
    """Return what a row says: the columns that the file has, without empty cells of what cannot be unknown."""
    values = row.model_dump(exclude_unset=True)
    return {name: value for name, value in values.items() if value is not None or name not in never_null}


def of_shape(rows: Sequence[tuple[int, ImportRow]], shape: type[R]) -> list[tuple[int, R]]:
    """Return the rows of a shape, with their numbers."""
    return [(number, row) for number, row in rows if isinstance(row, shape)]


async def known_tps(uow: UnitOfWork, rows: Sequence[tuple[int, OfTps]], chunk: Chunk) -> dict[int, TpsState]:
    """Return the TPS of rows, by row number; refuse the rows of what is elsewhere or not there.

    Emits:
        nothing
    """
    codes = [row.tps_code for _, row in rows]
    known = await find_tps(uow, chunk.origin.election, codes, lock=not chunk.terms.dry_run)
    found: dict[int, TpsState] = {}
    for number, row in rows:
        state = known.get(row.tps_code)
        if not chunk.terms.covers(row.tps_code):
            chunk.refuse(number, ELSEWHERE)
        elif state is None:
            chunk.refuse(number, UNKNOWN_TPS)
        elif not chunk.terms.covers(state.code):
            chunk.refuse(number, ELSEWHERE)
        else:
            found[number] = state
    return found


Apply = Callable[[UnitOfWork, Sequence[tuple[int, ImportRow]], Chunk], Awaitable[None]]
"""What takes in the rows of a kind."""
