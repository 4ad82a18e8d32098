"""What the points of a region are judged by, and a point while it is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.schemas.regions import PointPart
from gateway.totals import Due, Totals

Text = tuple[str, str]
"""A sentence in English and in Indonesian."""


@dataclass(frozen=True, slots=True)
class OutreachCover:
    """How many kelurahan of a region have a TPS, in how many an activity was held, and of how many anything is told."""

    of: int
    held: int
    told: int


@dataclass(frozen=True, slots=True)
class Situation:
    """What the points of a region are judged by.

    Attributes:
        opens_at: when people begin to vote; None while no election has said so.
        mitigated: TPS of a high hazard whose place and access are known and where a problem of the place was solved.
        agencies: whether the caller may see what only the desk's agencies may.
        outreach: activities for voters, by kelurahan; None where nobody told of any.
        thresholds: by number of a point, done of all from which on it is ok.
    """

    totals: Totals
    dues: Sequence[Due]
    now: datetime
    opens_at: datetime | None
    target_ratio: float
    mitigated: int
    agencies: bool
    thresholds: Mapping[int, float]
    case_threshold: float
    outreach: OutreachCover | None = None

    def of(self, name: str) -> int:
        """Return a figure, 0 where nobody added to it."""
        return self.totals.get(name, 0)


@dataclass(slots=True)
class Judged:
    """A point while it is judged. `done` of `of` counts in `unit`; without `of` there is no data."""

    unit: str
    done: int = 0
    of: int = 0
    not_known: int = 0
    parts: list[PointPart] = field(default_factory=list[PointPart])
    missing: list[Text] = field(default_factory=list[Text])
    needs_attention: bool = False
    is_partial: bool = False


def part(name: Text, unit: str, *, done: int, of: int, not_known: int = 0) -> PointPart:
    """Return one part of a point."""
    return PointPart(name=name[0], name_id=name[1], unit=unit, done=done, of=of, not_known=max(0, not_known))
