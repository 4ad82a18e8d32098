"""Projections: each aggregate's row is folded from its events by a pure function; the engine does the rest.

A fold gets the row's body as it was and one event, and returns what the row is now. Sums over regions come from the
rows, new minus old, in the same transaction, never from a delta in a message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.envelope import Envelope, EventData

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Projection:
    """What one aggregate looks like after an event.

    Attributes:
        kind: word of the list that it is in (`tps`, `incident`).
        region: code of the region or kelurahan that it lies in.
        figures: what it adds to the totals of every region around it, by name.
    """

    kind: str
    region: str
    tps_code: str | None
    state: str
    body: Body
    figures: Mapping[str, int]


Fold = Callable[[Body, Envelope, EventData], Projection]
