"""What a phone has to know of its region: a snapshot in pages, then what changed since, from the feed and the rows.

The feed says which aggregates moved since a cursor; their rows say how they stand now. So a thing that changed ten times
comes once, and one that comes again does no harm. A thing that is none of the phone's any more (closed, void, dissolved,
moved away) is told once as removed.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from pydantic_core import from_json

from chassis.database import Connection, Row
from chassis.problems import CursorInvalid
from contracts.access import NATION, Scope, covers
from contracts.envelope import EventData
from contracts.incidents_events import AdviceFacts, IncidentFacts, ProblemFacts, TaskFacts
from contracts.logistics_events import BoxFacts, TpsNeedComputed
from contracts.registry_events import ContestDefined, ElectionDefined, TpsRegistered, TpsRosterChanged
from contracts.vocabulary import ancestors
from gateway.feed import Cursor, end_of_feed, epoch_of, unpack
from gateway.projections import Body
from gateway.queries.lists import Statement, within
from gateway.schemas.changes import Change

_MOVERS: Final = ("desk.incidents.incident.corrected.v1", "desk.registry.tps.registered.v1")
"""Types that may take something out of a region; such an event lies in the feed where the thing is now."""

_OF_A_TALLY: Final = ("contest", "round", "entries", "return_requested")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that a phone is told of.

    Attributes:
        scope: what its caller must have.
        open: states in which it concerns a phone; empty: all but those in `over`.
        around: whether those of the regions around concern it too.
    """

    scope: Scope
    shown: Callable[[Body, "Asked"], Body]
    open: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset({"dissolved"})
    around: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose changes are asked for: one region, of a kecamatan at most, and what the caller may see of it."""

    election: str
    region: str
    scopes: frozenset[str]

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Return the kinds that the caller may see."""
        return {name: kind for name, kind in _KINDS.items() if kind.scope in self.scopes}

    @property
    def mark(self) -> str:
        """Return what tells this view from others: a cursor of another one does not fit."""
        seen = f"{self.election}|{self.region}|{','.join(sorted(self.kinds))}|{Scope.EVENTS_OPERATIONAL in self.scopes}"
        return hashlib.sha256(seen.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of changes.

    Attributes:
        step: grows slowly while the feed does; an answer without changes is new again when it does.
    """

    items: list[Change]
    next_cursor: str
    has_more: bool
    reset: bool
    step: int


def _fields_of(model: type[EventData], *more: str) -> "Callable[[Body, Asked], Body]":
    names = (*model.model_fields, *more)
    return lambda body, _: {name: body[name] for name in names if name in body}


def _voting_day(body: Body, _: Asked) -> Body:
    slots = cast(dict[str, Body], body.get("slots", {}))
    told = {slot: {name: of[name] for name in ("men", "women", "total")} for slot, of in slots.items()}
    return {"milestone": body.get("milestone"), "milestones": body.get("milestones", {}), "slots": told}


def _tally(body: Body, asked: Asked) -> Body:
    """Show where a form stands, and never a figure of it; who is no agency's learns only that it is verified."""
    if Scope.EVENTS_OPERATIONAL in asked.scopes:
        return {"form_state": body["state"], **{name: body.get(name) for name in _OF_A_TALLY}}
    state = body["state"] if body["state"] == "verified" else "not_verified"
    return {"form_state": state, "contest": body.get("contest")}


def _supply(body: Body, _: Asked) -> Body:
    need = cast(Body, body.get("need", {}))
    return {"need": {name: need[name] for name in TpsNeedComputed.model_fields if name in need}}


def _shipment(body: Body, _: Asked) -> Body:
    return {name: body.get(name) for name in ("planned_at", "dispatched_at", "arrived_at", "box_ids")}


def _risks(body: Body, _: Asked) -> Body:
    return {"risks": body.get("risks", {})}


_KINDS: Final[Mapping[str, Kind]] = {
    "election": Kind(Scope.EVENTS_PUBLIC, _fields_of(ElectionDefined), around=True),
    "contest": Kind(Scope.EVENTS_PUBLIC, _fields_of(ContestDefined), around=True),
    "tps": Kind(Scope.EVENTS_PUBLIC, _fields_of(TpsRegistered)),
    "voting_day": Kind(Scope.EVENTS_PUBLIC, _voting_day),
    "tally": Kind(Scope.EVENTS_PUBLIC, _tally),
    "tps_supply": Kind(Scope.LOGISTICS_READ, _supply),
    "box": Kind(Scope.LOGISTICS_READ, _fields_of(BoxFacts), over=frozenset({"void"})),
    "shipment": Kind(Scope.LOGISTICS_READ, _shipment, open=frozenset({"planned", "dispatched"}), around=True),
    "tps_roster": Kind(Scope.EVENTS_OPERATIONAL, _fields_of(TpsRosterChanged)),
    "tps_risk": Kind(Scope.EVENTS_OPERATIONAL, _risks),
    "incident": Kind(
        Scope.INCIDENTS_READ,
        _fields_of(IncidentFacts),
        open=frozenset({"reported", "acknowledged", "acting"}),
    ),
    "problem": Kind(Scope.INCIDENTS_READ, _fields_of(ProblemFacts), open=frozenset({"open"})),
    "advice": Kind(Scope.INCIDENTS_READ, _fields_of(AdviceFacts), open=frozenset({"given"})),
    "task": Kind(Scope.INCIDENTS_READ, _fields_of(TaskFacts), open=frozenset({"assigned"})),
}


async def changes(connection: Connection, asked: Asked, *, after: str | None, limit: int) -> Found:
    """Return what changed after a cursor, or the beginning of a snapshot where there is none that still holds.

    Raises:
        CursorInvalid: it never was a cursor.
    """
    epoch = await epoch_of(connection)
    start, mark, place = _unpacked(after) if after else (None, asked.mark, None)
    reset = start is not None and (start.epoch != epoch or mark not in ("", asked.mark))
    if start is None or reset:
        return await _snapshot(connection, asked, await end_of_feed(connection), ("", ""), limit, reset=reset)
    if place is not None:
        return await _snapshot(connection, asked, start, place, limit, reset=False)
    return await _since(connection, asked, start, limit)


async def _snapshot(  # noqa: PLR0917 - a page of it is all of this
    connection: Connection, asked: Asked, end: Cursor, place: tuple[str, str], limit: int, *, reset: bool
) -> Found:
    """Return a page of all that concerns a region; `end` is where the feed was when the first page was read."""
    statement = Statement()
    statement.conditions += [
        f"election = {statement.given(asked.election)}",
        f"kind = any({statement.given(list(asked.kinds))}::text[])",
        f'(kind collate "C", id collate "C") > ({statement.given(place[0])}, {statement.given(place[1])})',
    ]
    within(statement, [asked.region])
    inside = statement.conditions.pop()
    around = [name for name, kind in asked.kinds.items() if kind.around]
    wider = statement.given([NATION, *ancestors(asked.region)])
    statement.conditions.append(
        f"({inside} or (kind = any({statement.given(around)}::text[]) and region = any({wider}::text[])))"
    )
    rows = await connection.fetch(
        f"""select kind, id, region, tps_code, state, version, body from projected
            where {" and ".join(statement.conditions)}
            order by kind collate "C", id collate "C" limit {statement.given(limit + 1)}""",  # noqa: S608 - our own words
        *statement.arguments,
    )
    items = await _told(connection, asked, rows[:limit])
    more = len(rows) > limit
    last = (rows[limit - 1]["kind"], rows[limit - 1]["id"]) if more else None
    items = [item for item in items if not item.removed]
    return Found(items, _packed(asked, end, last), more, reset, _step(end))


_SINCE = """
select e.lane, e.id, e.type, e.region, e.event from unnest($2::text[], $3::bigint[], $4::bigint[]) c(lane, first, last)
cross join lateral (
    select lane, id, type, region, event from event_feed f
    where f.lane = c.lane and f.id > c.first and f.id <= c.last and f.election = $1
      and (f.region = any($5::text[]) or f.region like $6 or f.type = any($7::text[]))
    order by f.id limit $8
) e
order by e.id limit $8
"""


async def _since(connection: Connection, asked: Asked, start: Cursor, limit: int) -> Found:
    """Return how the things stand now that events after a cursor tell of."""
    end = await end_of_feed(connection)
    lanes = {lane: last for lane, last in end.lanes.items() if last > start.lanes.get(lane, 0)}
    rows = await connection.fetch(
        _SINCE,
        asked.election,
        list(lanes),
        [start.lanes.get(lane, 0) for lane in lanes],
        list(lanes.values()),
        [NATION, *ancestors(asked.region)],
        f"{asked.region}.%",
        list(_MOVERS),
        limit + 1,
    )
    more, rows = len(rows) > limit, rows[:limit]
    if more:
        reached = dict(start.lanes)
        for row in rows:
            reached[row["lane"]] = row["id"]
        end = Cursor(end.epoch, reached)
    subjects = {cast(str, from_json(row["event"])["subject"]) for row in rows}
    wanted = sorted(each for each in subjects if each.partition("/")[0] in asked.kinds)
    found = await connection.fetch(
        """select p.kind, p.id, p.region, p.tps_code, p.state, p.version, p.body
           from unnest($2::text[], $3::text[]) k(kind, id) join projected p
           on p.kind = k.kind and p.election = $1 and p.id = k.id order by p.kind collate "C", p.id collate "C" """,
        asked.election,
        [each.partition("/")[0] for each in wanted],
        wanted,
    )
    items = await _told(connection, asked, found)
    return Found(items, _packed(asked, end, None), more, False, _step(end))  # noqa: FBT003 - no reset


async def _told(connection: Connection, asked: Asked, rows: Sequence[Row]) -> list[Change]:
    """Return rows as they concern the region; what never did is left out, what does not any more is removed."""
    boxes: frozenset[str] | None = None
    found: list[Change] = []
    for row in rows:
        kind, body = asked.kinds[row["kind"]], cast(Body, from_json(row["body"]))
        if row["kind"] == "shipment":
            boxes = await _boxes_of(connection, asked) if boxes is None else boxes
            body["box_ids"] = [box for box in cast(list[str], body["box_ids"]) if box in boxes]
            if not body["box_ids"]:
                continue
        elif not _is_here(kind, row, asked) and not _was_here(body, asked):
            continue
        removed = not _is_here(kind, row, asked) or _is_over(kind, row["state"])
        found.append(
            Change(
                kind=row["kind"],
                id=row["id"].partition("/")[2],
                version=row["version"],
                code=(row["tps_code"] or row["region"]) if _is_here(kind, row, asked) else asked.region,
                removed=removed,
                state=row["state"] if row["kind"] != "tally" else "removed" if removed else "shown",
                facts=None if removed else kind.shown(body, asked),
            )
        )
    return found


def _is_here(kind: Kind, row: Row, asked: Asked) -> bool:
    place: str = row["tps_code"] or row["region"]
    return covers(asked.region, place) or (kind.around and covers(place, asked.region))


def _was_here(body: Body, asked: Asked) -> bool:
    """Say whether a thing was in the region before: a TPS by its former codes, an incident by where it was said to be."""
    before = [
        *cast(list[str], body.get("former_codes") or []),
        *cast(list[str], body.get("moved_from") or []),
    ]
    return any(covers(asked.region, code) for code in before)


def _is_over(kind: Kind, state: str) -> bool:
    return state not in kind.open if kind.open else state in kind.over


async def _boxes_of(connection: Connection, asked: Asked) -> frozenset[str]:
    statement = Statement()
    statement.conditions += [f"election = {statement.given(asked.election)}", "kind = 'box'"]
    within(statement, [asked.region])
    rows = await connection.fetch(
        f"select id from projected where {' and '.join(statement.conditions)}",  # noqa: S608 - our own words
        *statement.arguments,
    )
    return frozenset(row["id"].partition("/")[2] for row in rows)


def _step(cursor: Cursor) -> int:
    """Return a number that grows every few thousand events, so that a phone's cursor never falls far behind."""
    return max(cursor.lanes.values(), default=0) // 5_000


def _packed(asked: Asked, cursor: Cursor, place: tuple[str, str] | None) -> str:
    text = f"{cursor.pack()}~{asked.mark}"
    if place is None:
        return text
    return f"{text}~{base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip('=')}"


def _unpacked(text: str) -> tuple[Cursor, str, tuple[str, str] | None]:
    """Return the feed's cursor, the mark of its view (empty in a cursor of the feed), and where in a snapshot it stands.

    Raises:
        CursorInvalid: it never was one.
    """
    cursor, _, rest = text.partition("~")
    mark, _, place = rest.partition("~")
    if not place:
        return unpack(cursor), mark, None
    try:
        kind, identity = json.loads(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)))
    except (ValueError, TypeError, RecursionError) as error:
        raise _no_cursor() from error
    if not (isinstance(kind, str) and isinstance(identity, str)) or "\0" in kind + identity:
        raise _no_cursor()
    return unpack(cursor), mark, (kind, identity)


def _no_cursor() -> CursorInvalid:
    return CursorInvalid("Start again without a cursor.", detail_id="Mulailah lagi tanpa kursor.")
