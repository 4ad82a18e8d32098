"""What a consumer takes in: for every type of the topics that it reads, a handler or the word that it has no use for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from chassis.database import UnitOfWork
from contracts.catalog import CATALOG
from contracts.envelope import Envelope, EventData

D = TypeVar("D", bound=EventData)


@dataclass(slots=True)
class Received(Generic[D]):
    """One event as a handler gets it."""

    envelope: Envelope
    data: D
    topic: str
    partition: int
    offset: int


Handler = Callable[[UnitOfWork, Sequence[Received[EventData]]], Awaitable[None]]


class Ignore:
    """Declares that a consumer has no use for a type; its aggregate's version still advances."""


IGNORE = Ignore()


def handles(function: Callable[[UnitOfWork, Sequence[Received[D]]], Awaitable[None]]) -> Handler:
    """Register a handler of one type's events; it gets each aggregate at most once in a call, in order over calls."""
    return cast(Handler, function)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a consumer does with every type of the topics that it reads.

    Attributes:
        name: consumer group and key of its positions.
        handlers: for each type of `services`' events a handler or `IGNORE`; `check_complete` fails where one is missing.
        after: called in each transaction with all that it applied, last; the gateway writes its feed there.
        batch: most records in one transaction.
        abreast: transactions at the same time while there is plenty to catch up with, each of other partitions.
    """

    name: str
    services: tuple[str, ...]
    handlers: Mapping[str, Handler | Ignore]
    after: Handler | None = None
    batch: int = 500
    abreast: int = 1

    def check_complete(self) -> None:
        """Fail where a type of the catalog is neither handled nor ignored, or a handled one is not in the catalog."""
        types = {event.type for event in CATALOG.values() if event.service in self.services}
        if missing := types - set(self.handlers):
            raise LookupError(f"{self.name} neither handles nor ignores {sorted(missing)}")
        if unknown := set(self.handlers) - types:
            raise LookupError(f"{self.name} handles {sorted(unknown)}, which are not in the catalog")
