"""What a request says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Names = Mapping[UUID, str]
"""The desk's own ids of things, by the ids that the plan calls them by."""


class UnknownThingError(Exception):
    """The desk never told its id of a thing, because what makes it was refused."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A command as a request.

    Attributes:
        path: below the election's.
        reads_first: path of the thing whose version the command is meant for.
        makes: what the plan calls the thing that the command makes.
        told_as: the field of the answer with the desk's id of it.
        batch: it has items, each with a result of its own.
    """

    path: str
    body: Mapping[str, object]
    method: str = "POST"
    reads_first: str | None = None
    makes: UUID | None = None
    told_as: str = ""
    batch: bool = field(default=False)


def name_of(names: Names, thing: UUID) -> str:
    """Return the desk's id of a thing.

    Raises:
        UnknownThingError: it is not known.
    """
    if thing not in names:
        raise UnknownThingError(f"the desk never told its id of {thing}")
    return names[thing]


def moment(at: datetime) -> str:
    """Return a moment as the API takes it."""
    return at.isoformat()
