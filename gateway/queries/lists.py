"""Lists: one page of a kind of rows, in order, of the regions that the caller may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from pydantic import BaseModel
from pydantic_core import from_json

from chassis.database import Connection, Row
from chassis.pagination import CursorValue, ListParameters, chosen_sort, cut_page
from contracts.access import NATION, Scope
from contracts.incidents_events import AdviceState, ProblemState, TaskState
from contracts.registry_people_events import RequestState, TrainingState
from contracts.vocabulary import kpu_code
from gateway import names
from gateway.projections import Body
from gateway.queries.tps import summaries
from gateway.schemas.lists import (
    AdviceItem,
    AreaRosterItem,
    BoxItem,
    FacilityItem,
    FacilityRequestItem,
    IncidentItem,
    OutreachItem,
    PersonnelItem,
    ProblemItem,
    ShipmentItem,
    TaskItem,
    TpsItem,
    TrainingItem,
    WarehouseItem,
)

_COLUMNS: Mapping[str, Sequence[str]] = {
    "code": ('tps_code collate "C"', 'id collate "C"'),
    "updated_at": ("recorded_at", 'id collate "C"'),
    "id": ('id collate "C"',),
}
_KINDS: Mapping[str, Sequence[type]] = {"code": (str, str), "updated_at": (datetime, str), "id": (str,)}
_KEYS: Mapping[str, Callable[[Row], Sequence[CursorValue]]] = {
    "code": lambda row: (row["tps_code"], row["id"]),
    "updated_at": lambda row: (row["recorded_at"], row["id"]),
    "id": lambda row: (row["id"],),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the gateway.

    Attributes:
        kind: of the projected rows.
        scope: what a caller must have.
        states: what `state` may be.
        sorts: keys that it can be sorted by; the first is the usual one.
    """

    name: str
    kind: str
    scope: Scope
    model: type[BaseModel]
    states: Sequence[str]
    sorts: Sequence[str] = ("-updated_at", "id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a list is wanted, and by whom."""

    election: str
    regions: Sequence[str]
    parameters: ListParameters
    agencies: bool
    state: str | None = None
    updated_since: datetime | None = None


@dataclass(slots=True)
class Statement:
    """SQL while it is put together: conditions, and their arguments by number."""

    conditions: list[str] = field(default_factory=list[str])
    arguments: list[object] = field(default_factory=list[object])

    def given(self, value: object) -> str:
        """Return the place of an argument in the statement."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"


def within(statement: Statement, regions: Sequence[str]) -> None:
    """Add the condition that a row lies in one of some regions; whole segments of a code, so `32.7` is no region."""
    if NATION in regions:
        return
    parts: list[str] = []
    for region in regions:
        if region.count(".") == 4:
            parts.append(f"tps_code = {statement.given(region)}")
        else:
            same, inside = statement.given(region), statement.given(f"{region}.%")
            parts.append(f"region = {same} or region like {inside}")
    statement.conditions.append(f"({' or '.join(parts)})" if parts else "false")


async def page(
    connection: Connection, listing: Listing, wanted: Wanted, *, now: datetime
) -> tuple[list[dict[str, object]], str | None]:
    """Return the items of one page as JSON-ready objects, and the cursor to the next one.

    Raises:
        InvalidParameter: it cannot be sorted so.
        CursorInvalid: the cursor is of another list.
    """
    sorts = {name.removeprefix("-") for name in listing.sorts}
    sort, descending = chosen_sort(wanted.parameters.sort, allowed=sorts, default=listing.sorts[0])
    order = f"{listing.name}|{'-' if descending else ''}{sort}"
    sql, arguments = _statement(listing, wanted, sort=sort, descending=descending, order=order)
    rows = await connection.fetch(sql, *arguments)
    shown, next_cursor = cut_page(rows, limit=wanted.parameters.limit, key=_KEYS[sort], listing=order)
    if listing.kind == "tps":
        return await tps_items(
            connection, shown, election=wanted.election, agencies=wanted.agencies
        ), next_cursor
    return [_item(listing, row, now=now) for row in shown], next_cursor


def _statement(
    listing: Listing, wanted: Wanted, *, sort: str, descending: bool, order: str
) -> tuple[str, list[object]]:
    statement = Statement()
    statement.conditions += [
        f"election = {statement.given(wanted.election)}",
        f"kind = {statement.given(listing.kind)}",
    ]
    if sort == "code":
        statement.conditions.append("tps_code is not null")
    within(statement, wanted.regions)
    if wanted.state:
        statement.conditions.append(f"state = {statement.given(wanted.state)}")
    if wanted.updated_since:
        statement.conditions.append(f"recorded_at >= {statement.given(wanted.updated_since)}")
    columns = _COLUMNS[sort]
    start = wanted.parameters.start(order, kinds=_KINDS[sort])
    if start is not None:
        given = ", ".join(statement.given(value) for value in start)
        statement.conditions.append(f"({', '.join(columns)}) {'<' if descending else '>'} ({given})")
    ordered = ", ".join(f"{column} {'desc' if descending else 'asc'}" for column in columns)
    limit = statement.given(wanted.parameters.limit + 1)
    sql = f"""select id, region, tps_code, version, recorded_at, body from projected
              where {" and ".join(statement.conditions)} order by {ordered} limit {limit}"""  # noqa: S608 - our own words
    return sql, statement.arguments


def _item(listing: Listing, row: Row, *, now: datetime) -> dict[str, object]:
    body: Body = from_json(row["body"])
    fields = listing.model.model_fields
    # What events learned to say later is not in rows that they wrote before.
    item = {name: body.get(name, of.get_default(call_default_factory=True)) for name, of in fields.items()}
    item |= meta_of(row)
    if "overdue" in fields:
        item["overdue"] = _is_overdue(listing.kind, body, now)
    if "seconds_left" in fields:
        item["seconds_left"] = _seconds_left(body, now)
    if listing.kind == "warehouse":
        item["stock"] = body.get("stock", {})
    return item


def meta_of(row: Row) -> dict[str, object]:
    """Return what every item of a list says beside its own facts."""
    return {
        "region_name": names.name_of(row["region"]),
        "version": row["version"],
        "updated_at": row["recorded_at"].isoformat(),
    }


def _is_overdue(kind: str, body: Body, now: datetime) -> bool:
    """Say whether a clock of an open thing has run out."""
    if kind == "incident":
        if body.get("closed_at") or body["state"] in ("closed", "duplicate"):
            return False
        clocks = [
            ("acknowledge_until", "acknowledged_at"),
            ("act_until", "acted_at"),
            ("decide_until", "closed_at"),
        ]
        return any(_passed(body.get(until), now) and not body.get(stopped) for until, stopped in clocks)
    if kind == "facility_request":
        return body["state"] == RequestState.RECEIVED and _passed(body["cutoff_at"], now)
    open_states = (ProblemState.OPEN, AdviceState.GIVEN, TaskState.ASSIGNED)
    return body["state"] in open_states and _passed(body.get("due_until"), now)


def _seconds_left(body: Body, now: datetime) -> int | None:
    if body["state"] != RequestState.RECEIVED:
        return None
    return int((datetime.fromisoformat(cast(str, body["cutoff_at"])) - now).total_seconds())


def _passed(until: object, now: datetime) -> bool:
    return isinstance(until, str) and datetime.fromisoformat(until) < now


async def tps_items(
    connection: Connection, rows: Sequence[Row], *, election: str, agencies: bool
) -> list[dict[str, object]]:
    """Return TPS with their day in a few words."""
    found = await summaries(connection, [row["tps_code"] for row in rows], election=election)
    items: list[dict[str, object]] = []
    for row in rows:
        body: Body = from_json(row["body"])
        code = cast(str, row["tps_code"])
        summary = found[code].shown(
            agencies=agencies, dpt=cast(int, body["dpt_men"]) + cast(int, body["dpt_women"])
        )
        items.append({**body, **meta_of(row), "kpu_code": kpu_code(code), **summary})
    return items


LISTINGS: Mapping[str, Listing] = {
    listing.name: listing
    for listing in (
        Listing(
            "tps",
            "tps",
            Scope.EVENTS_PUBLIC,
            TpsItem,
            ("regular", "special_location", "dissolved"),
            ("code", "updated_at", "id"),
        ),
        Listing(
            "boxes",
            "box",
            Scope.LOGISTICS_READ,
            BoxItem,
            (
                "packed",
                "in_transit",
                "at_warehouse",
                "at_kecamatan",
                "at_kelurahan",
                "at_tps",
                "void",
                "discrepancy",
            ),
            ("code", "updated_at", "id"),
        ),
        Listing(
            "shipments",
            "shipment",
            Scope.LOGISTICS_READ,
            ShipmentItem,
            ("planned", "dispatched", "arrived", "cancelled"),
        ),
        Listing("warehouses", "warehouse", Scope.LOGISTICS_READ, WarehouseItem, ("active", "closed")),
        Listing(
            "incidents",
            "incident",
            Scope.INCIDENTS_READ,
            IncidentItem,
            ("reported", "acknowledged", "acting", "closed", "duplicate"),
        ),
        Listing("problems", "problem", Scope.INCIDENTS_READ, ProblemItem, ("open", "resolved")),
        Listing(
            "advice",
            "advice",
            Scope.INCIDENTS_READ,
            AdviceItem,
            ("given", "followed", "declined", "retracted"),
        ),
        Listing("tasks", "task", Scope.INCIDENTS_READ, TaskItem, ("assigned", "done", "cancelled")),
        Listing(
            "facilities",
            "facility",
            Scope.EVENTS_OPERATIONAL,
            FacilityItem,
            ("not_contacted", "contacted", "list_received", "served"),
        ),
        Listing(
            "facility-requests",
            "facility_request",
            Scope.EVENTS_OPERATIONAL,
            FacilityRequestItem,
            tuple(state.value for state in RequestState),
        ),
        Listing(
            "trainings",
            "training",
            Scope.EVENTS_OPERATIONAL,
            TrainingItem,
            tuple(state.value for state in TrainingState),
        ),
        Listing(
            "personnel", "personnel", Scope.EVENTS_OPERATIONAL, PersonnelItem, ("there", "short", "unknown")
        ),
        Listing("area-rosters", "area_roster", Scope.EVENTS_OPERATIONAL, AreaRosterItem, ("full", "open")),
        Listing("outreach", "outreach", Scope.EVENTS_PUBLIC, OutreachItem, ("planned", "held", "cancelled")),
    )
}
