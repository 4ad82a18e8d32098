"""The feed: every event in the order of its lane, and cursors that remember how far somebody has read each lane.

A lane is one partition of one topic: within it ids rise with commits, so nothing can appear behind a cursor. A cursor is
opaque: the epoch and one id per lane, packed. A rebuild begins a new epoch, and an old cursor then answers `reset`.
"""

import base64
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis.actor import Actor
from chassis.database import Connection
from chassis.problems import CursorInvalid
from contracts.access import NATION, Scope, covers

RESUME_AT_MOST = 10_000
_NO_CURSOR = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, zlib.error)
_LANE = re.compile(r"[A-Za-z0-9._/-]{1,120}")
_WITH_VOTES = ("desk.turnout.tally.verified.",)
"""Types that carry votes per choice: only for those who may see results early, before and after they are public (D34)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far somebody has read: for each lane the id of the last event seen."""

    epoch: str
    lanes: Mapping[str, int] = field(default_factory=dict[str, int])

    def pack(self) -> str:
        """Return the cursor as text for a URL or an SSE id."""
        raw = json.dumps(
            {"e": self.epoch, "l": dict(sorted(self.lanes.items()))}, separators=(",", ":")
        ).encode()
        return base64.urlsafe_b64encode(zlib.compress(raw, 6)).decode().rstrip("=")

    def after(self, lane: str, number: int) -> "Cursor":
        """Return the cursor moved past one event."""
        return Cursor(self.epoch, {**self.lanes, lane: number})

    def is_within(self, other: "Cursor") -> bool:
        """Say whether another cursor of the same epoch has seen everything that this one has."""
        return all(number <= other.lanes.get(lane, 0) for lane, number in self.lanes.items())


def unpack(text: str) -> Cursor:
    """Return a cursor from its text.

    Raises:
        CursorInvalid: it never was one.
    """
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        raw = json.loads(zlib.decompressobj().decompress(packed, 65_536))
        lanes = {str(lane): int(number) for lane, number in raw["l"].items()}
        cursor = Cursor(str(raw["e"]), lanes)
    except _NO_CURSOR as error:
        raise CursorInvalid(
            "Start again without a cursor.", detail_id="Mulailah lagi tanpa kursor."
        ) from error
    if not all(_LANE.fullmatch(lane) and 0 <= number < 2**63 for lane, number in lanes.items()):
        raise CursorInvalid("Start again without a cursor.", detail_id="Mulailah lagi tanpa kursor.")
    return cursor


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the feed."""

    lane: str
    number: int
    election: str
    region: str
    data_class: str
    type: str
    event: str


@dataclass(frozen=True, slots=True)
class View:
    """Which events somebody may and wants to see."""

    election: str
    regions: tuple[str, ...]
    data_classes: frozenset[str]
    types: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    def shows(self, entry: Entry) -> bool:
        """Say whether an event is in this view; a type matches by its beginning."""
        if entry.election != self.election or entry.data_class not in self.data_classes:
            return False
        if self.withheld and entry.type.startswith(self.withheld):
            return False
        if entry.region != NATION and not any(covers(region, entry.region) for region in self.regions):
            return False
        return not self.types or any(entry.type.startswith(wanted) for wanted in self.types)


def view_of(actor: Actor, *, election: str, regions: tuple[str, ...], types: Sequence[str]) -> View:
    """Return what a caller sees of some of its regions: the data classes of its scopes."""
    classes = {
        Scope.EVENTS_PUBLIC: "public",
        Scope.EVENTS_OPERATIONAL: "operational",
        Scope.EVENTS_RESTRICTED: "restricted",
    }
    seen = frozenset(word for scope, word in classes.items() if scope in actor.scopes)
    withheld = () if Scope.RESULTS_EARLY in actor.scopes else _WITH_VOTES
    return View(election, regions, seen, tuple(sorted(set(types))), withheld)


async def epoch_of(connection: Connection) -> str:
    """Return the feed's present epoch."""
    epoch: UUID = await connection.fetchval("select epoch from feed_epoch")
    return str(epoch)


_LANES = """
with recursive lanes as (
    (select lane from event_feed order by lane limit 1)
    union all
    select (select f.lane from event_feed f where f.lane > l.lane order by f.lane limit 1) from lanes l where l.lane is not null
)
"""


_ENDS = f"""{_LANES}
select l.lane, (select max(e.id) from event_feed e where e.lane = l.lane) as number from lanes l where l.lane is not null
"""  # noqa: S608 - our own words


async def end_of_feed(connection: Connection) -> Cursor:
    """Return the cursor behind everything that is in the feed now."""
    rows = await connection.fetch(_ENDS)
    return Cursor(await epoch_of(connection), {row["lane"]: row["number"] for row in rows})


_AFTER = f"""{_LANES}
select f.* from lanes l
left join unnest($1::text[], $2::bigint[]) c(lane, id) on c.lane = l.lane
cross join lateral (
    select lane, id, election, region, data_class, type, event from event_feed e
    where e.lane = l.lane and e.id > coalesce(c.id, 0) order by e.id limit $3
) f
where l.lane is not null order by f.id limit $3
"""  # noqa: S608 - our own words


async def read_after(connection: Connection, cursor: Cursor, *, limit: int) -> list[Entry]:
    """Return the next events after a cursor, lanes merged by id."""
    rows = await connection.fetch(_AFTER, list(cursor.lanes), list(cursor.lanes.values()), limit)
    return [Entry(*row.values()) for row in rows]


_COUNT_AFTER = f"""{_LANES}
select count(*) from (
    select 1 from lanes l
    left join unnest($1::text[], $2::bigint[]) c(lane, id) on c.lane = l.lane
    cross join lateral (
        select 1 from event_feed e where e.lane = l.lane and e.id > coalesce(c.id, 0) limit $3
    ) f
    where l.lane is not null limit $3
) n
"""  # noqa: S608 - our own words


async def count_after(connection: Connection, cursor: Cursor, *, limit: int) -> int:
    """Return how many events are behind a cursor, `limit` where there are more."""
    lanes = (list(cursor.lanes), list(cursor.lanes.values()))
    return await connection.fetchval(_COUNT_AFTER, *lanes, limit)


def advance(cursor: Cursor, entries: Sequence[Entry]) -> Cursor:
    """Return the cursor moved past events."""
    lanes = dict(cursor.lanes)
    for entry in entries:
        lanes[entry.lane] = max(entry.number, lanes.get(entry.lane, 0))
    return Cursor(cursor.epoch, lanes)
