"""Projections: each aggregate's row is folded from its events by a pure function; the engine does the rest.

A fold gets the row's body as it was and one event, and returns what the row is now. Sums over regions come from the
rows, new minus old, in the same transaction, never from a delta in a message.

Some questions are about a TPS as a whole ("all boxes of all its contests are there"), which no sum over boxes can
answer. For them a *combined* row per TPS is folded from all events of one topic that concern it: those lie in one
partition, so one projector at a time writes it, and it holds a part per aggregate, so that the order between
aggregates, which nobody promises, does not matter.

Names of figures are paths with `/` in them (`slot/10:00/total`, `contest/walikota-32.71/tps`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from contracts.envelope import Envelope, EventData

Body = dict[str, object]


Figures = Mapping[str, int]


@dataclass(slots=True)
class Projection:
    """What one aggregate looks like after an event.

    Attributes:
        kind: word of the list that it is in (`tps`, `incident`).
        region: code of the region or kelurahan that it lies in; `*` where it is the nation's.
        counted: its figures; or what makes them, for only those of a batch's last event are asked for.
        version: of a combined row, the sum over its parts; None: the event's own.
    """

    kind: str
    region: str
    tps_code: str | None
    state: str
    body: Body
    counted: Figures | Callable[[], Figures]
    version: int | None = None

    @property
    def figures(self) -> Figures:
        """Return what it adds to the totals of every region around it, by name."""
        return self.counted() if callable(self.counted) else self.counted


Fold = Callable[[Body, Envelope, EventData], Projection]
Combined = tuple[str, Fold]
"""Kind of a combined row, and the fold that an event of its topic changes it with; the row is that of the event's TPS."""


def instant(value: datetime | None) -> str | None:
    """Return an instant as all rows hold it: UTC, so that text sorts like time."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None


def due_figure(of: str, when: datetime) -> str:
    """Return the figure of a deadline that runs: whoever reads the totals knows how many have passed by then.

    Example: `due_figure("tasks", datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == "due/tasks/60"`.

    Args:
        of: what is due, a word or a path.
    """
    return f"due/{of}/{int(when.timestamp())}"


def with_part(body: Body, envelope: Envelope, part: Body, *, code: str, suffix: str = "") -> Body:
    """Return the body of a combined row with one aggregate's part replaced; parts are kept in order of their names.

    Args:
        code: of the TPS, as this aggregate tells it.
        suffix: where an aggregate has several parts, what tells this one apart.
    """
    told: Body = {"version": envelope.version, "code": code, **part}
    parts = {**parts_of(body), envelope.aggregate + suffix: told}
    return {"parts": dict(sorted(parts.items()))}


def parts_of(body: Body) -> dict[str, Body]:
    """Return the parts of a combined row by aggregate."""
    return cast(dict[str, Body], body.get("parts", {}))


def code_of(body: Body, *, owner: str) -> str:
    """Return the TPS code of a combined row: the owner's, who renumbers it; the others may still say the one before.

    Args:
        owner: name of the aggregate that says where the TPS is; until it is known, any of the others' will do.
    """
    codes = {name: cast(str, part["code"]) for name, part in parts_of(body).items()}
    owned = [code for name, code in codes.items() if name.startswith(f"{owner}/")]
    return owned[0] if owned else min(codes.values())


def version_of(body: Body) -> int:
    """Return the version of a combined row: that of all its parts together."""
    return sum(cast(int, part["version"]) for part in parts_of(body).values())
