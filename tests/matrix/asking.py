"""Sending a cell of the matrix, and judging by its effect whether it was allowed."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

import httpx

from contracts.access import Role
from tests.harness import RunningService, bearer, soon
from tests.matrix.operations import BUSY, CITY, KELURAHAN, TPS, Ask, body_of, takes_version
from tests.matrix.oracle import CAN, Verdict, covered, verdict
from tests.matrix.rooms import Room, Things

COVERING: Final = (["*"], ["32"], [CITY], ["32.71.06"], [KELURAHAN], [TPS], ["group:kota"], ["32.73", CITY])
OUTSIDE: Final = (
    ["32.73"],
    ["32.71.01"],
    [f"{KELURAHAN}.029"],
    ["32.7"],
    [],
    ["group:lain"],
    ["group:tidak-dikenal"],
    ["33"],
)
FEW: Final = ([CITY], ["32.73"])
"""Of every role; the other regions are asked about with the role that may do least beside it."""
REFUSED: Final = {401, 403, 404}


def cells(ask: Ask, *, all_of_them: bool) -> list[tuple[str, Sequence[str]]]:
    """Return the roles and grants that an operation is asked with."""
    able = [role for role in CAN if ask.may in CAN[role]]
    least = min(able, key=lambda role: (len(CAN[role]), role))
    regions = (*COVERING, *OUTSIDE)
    if all_of_them:
        return [(role, held) for role in CAN for held in regions]
    few = [(role, held) for role in CAN for held in (FEW if role in able else FEW[:1])]
    return [*few, *((least, held) for held in regions if held not in FEW)]


def expected(ask: Ask, role: str, held: Sequence[str]) -> Verdict:
    """Return what the oracle says of a cell."""
    found = verdict(role, held, may=ask.may, place=ask.place, given_to=ask.given_to)
    if (
        found is Verdict.ALLOW
        and ask.needs_grant
        and not any(covered(held, place) for place in (TPS, "32.73"))
    ):
        return Verdict.EITHER
    if (
        ask.gives
        and found is Verdict.ALLOW
        and not covered([g for g in held if ":" not in g], ask.place or "")
    ):
        return Verdict.REFUSE
    return found


class Asking:
    """Sends the cells of one operation to a room; what it read of the room it keeps until something may have changed."""

    def __init__(self, room: Room, service: str, operation: str, ask: Ask) -> None:
        self._room = room
        self._service = service
        self._operation = operation
        self._ask = ask
        self._version: dict[str, str] | None = None

    async def send(self, *, role: str, held: Sequence[str]) -> httpx.Response:
        """Send the request of a cell."""
        ask, service = self._ask, self._room.service
        method, path = self._operation.split(" ", 1)
        things = _named(self._room.things, self._operation, ask)
        who = uuid4().hex if ask.may == "enter" else "1"  # nobody enters a form twice, wherever it is
        headers = bearer(Role(role), regions=held, person=f"person-{who}", device=f"device-{who}")
        if takes_version(self._service, self._operation):
            self._version = self._version or await _version_of(service, path.format(**things))
            headers |= self._version
        things |= {"now": soon(-5)}
        if "sync:batch" in self._operation:
            things |= {"device": f"device-{who}"}
        body = body_of(self._service, self._operation, ask, things)
        content: Any = json.dumps(body) if body is not None else ask.file
        if content is not None:
            headers["Content-Type"] = "text/csv" if ask.file else "application/json"
        return await service.client.request(
            method, path.format(**things) + ask.query, content=content, headers=headers
        )

    async def rows(self) -> list[dict[str, object]]:
        """Return what tells whether anything has changed, when nothing is under way."""
        await self._room.service.wait_until_known(f"select 1 where not exists ({BUSY[self._service]})")
        return await rows_of(self._room.service)

    def forget(self) -> None:
        """Read anew: something was changed."""
        self._version = None


async def _version_of(service: RunningService, path: str) -> dict[str, str]:
    """Return the version of what a path is about, as somebody reads it who may; of a step, that of what it is a step of."""
    place = path
    while place.count("/") > 2:
        found = await service.client.get(place, headers=bearer([Role.DESK, Role.ADMIN]))
        if "ETag" in found.headers:
            return {"If-Match": found.headers["ETag"]}
        if place == path and found.status_code == 404:
            return {}  # it is to be made
        place = place.rpartition("/")[0]
    return {"If-Match": '"1"'}


def _named(things: Things, operation: str, ask: Ask) -> Things:
    """Return the room's things under the names that the path has for them."""
    named = dict(things)
    if "/facilities/" in operation:
        named["code"] = things["facility"]
    if "/voters/imports/" in operation:
        named["import_id"] = things["voter_import_id"]
    if "/regions/" in operation or "/region-codes/" in operation or "/training-coverage/" in operation:
        named["code"] = CITY
    if "/kelurahan/" in operation:
        named["code"] = KELURAHAN
    if "/outreach/" in operation:
        named["code"] = things["activity"]
    if "/personnel/" in operation:
        named["agency"] = "polri"
    if operation.startswith("DELETE") and operation.endswith("/clients/{client}"):
        named["client"] = things["client_to_go"]
    if "/incident-routes/" in operation and ask.place is not None:
        named["code"] = ask.place
    return named


def was_allowed(answer: httpx.Response, ask: Ask) -> bool:
    """Say whether a request was allowed, by what it was answered."""
    if ask.item and answer.status_code == 200:
        return answer.json()["items"][0]["status"] not in REFUSED
    return answer.status_code not in REFUSED


def succeeded(answer: httpx.Response, ask: Ask) -> bool:
    """Say whether a request was done, by what it was answered."""
    status: int = (
        answer.json()["items"][0]["status"] if ask.item and answer.status_code == 200 else answer.status_code
    )
    return status < 300


async def rows_of(service: RunningService) -> list[dict[str, object]]:
    """Return what tells whether anything in a service's tables changed, keys that answers are kept under and looks left out."""
    tables = await service.sql(
        """select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
           and relname not like 'consumer%' and relname not in ('idempotency_key', 'alembic_version', 'import', 'import_part',
               'access_entry')
           order by 1"""
    )
    parts = [
        f"select '{t['relname']}' as t, count(*) as n, coalesce(sum(hashtextextended(x::text, 0)), 0) as h from {t['relname']} x"
        for t in tables
    ]
    return await service.sql(" union all ".join(parts))
