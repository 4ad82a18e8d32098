"""What a caller sees of a thing that they may see: fields by role, sent for real.

A field outside the purpose of a role is null or not there, and its value stands nowhere in the answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from contracts.access import Role
from tests.harness import bearer, soon
from tests.infrastructure import drop_database, make_database
from tests.matrix.operations import CITY, TPS
from tests.matrix.oracle import CAN
from tests.matrix.rooms import BASE, Room, room
from tests.services.turnout.paper import entry

pytestmark = pytest.mark.anyio

REPORTER, NAME, WORDS, REASON = (
    "pelapor-contoh",
    "Nama Petugas Contoh",
    "Uraian rahasia (contoh)",
    "Alasan rahasia (contoh)",
)
PUBLIC_TPS: Final = (
    "access accessible address bring contests kabkota kecamatan kelurahan kpu_code lat lon message moved number place "
    "rehearsal tps_code voting_closes voting_date voting_opens zone zone_label"
)
EARLY: Final = {"adjudicator", "ministry", "desk", "admin"}
"""Who sees votes before everybody does: who settles forms, the ministry, the desk."""


@dataclass(frozen=True)
class Field:
    """A field of an answer: where it stands, its value, and who sees it among those who may read the thing."""

    service: str
    path: str
    read: str
    value: str
    seen_by: frozenset[str]


def _who(word: str) -> frozenset[str]:
    return frozenset(role for role in CAN if word in CAN[role])


FIELDS: Final = {
    "name of an officer": Field(
        "registry", f"/tps/{TPS}/officers", "see:registry", NAME, _who("change:registry")
    ),
    "pseudonym of an officer": Field(
        "registry", f"/tps/{TPS}/officers", "see:registry", "kpps-rahasia", _who("change:registry")
    ),
    "words of a reported violation": Field(
        "incidents", "/incidents/{violation}", "see:incidents", WORDS, _who("handle")
    ),
    "why a step was taken on it": Field(
        "incidents", "/incidents/{violation}", "see:incidents", REASON, _who("handle")
    ),
    "words of advice on it": Field(
        "incidents", "/advice/{advice_on_violation}", "see:incidents", WORDS, _who("handle")
    ),
    "words of a reported flood": Field(
        "incidents", "/incidents/{incident_id}", "see:incidents", "Genangan (contoh)", _who("see:incidents")
    ),
    "who reported a violation": Field(
        "incidents", "/incidents/{violation}", "see:incidents", REPORTER, frozenset()
    ),
    "votes while they are withheld": Field(
        "turnout", f"/tps/{TPS}/forms/walikota-32.71", "see:turnout", '"votes":{"1":31,', frozenset(EARLY)
    ),
    "their sum": Field(
        "turnout", f"/tps/{TPS}/forms/walikota-32.71", "see:turnout", '"valid":326', frozenset(EARLY)
    ),
}


class Rooms:
    """The rooms of this file, made when first asked for."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._made: dict[str, Room] = {}

    async def of(self, service: str) -> Room:
        if service not in self._made:
            url = await asyncio.to_thread(make_database, service)
            self._stack.push_async_callback(asyncio.to_thread, drop_database, url)
            evening = datetime(2024, 11, 27, 7, 30, tzinfo=UTC) if service == "turnout" else None
            made = await self._stack.enter_async_context(room(service, url, desk_time=evening))
            await _write_down(made)
            self._made[service] = made
        return self._made[service]


@pytest.fixture(scope="module")
async def rooms() -> AsyncIterator[Rooms]:
    async with AsyncExitStack() as stack:
        yield Rooms(stack)


async def _write_down(made: Room) -> None:
    """Put the values into the room whose readers are tried."""
    post, things = made.service.client.post, made.things
    name = made.service.app.state.parts.name
    if name == "registry":
        officer = {"person": "kpps-rahasia", "display_name": NAME, "trained": "yes"}
        put = await made.service.client.put(
            f"{BASE}/tps/{TPS}/officers/kpps/2", json=officer, headers=bearer(Role.DESK)
        )
        assert put.status_code == 201, put.text
    if name == "incidents":
        told = {
            "category": "violation",
            "severity": "high",
            "tps_code": TPS,
            "title": "Contoh",
            "description": WORDS,
        }
        made_of = await post(
            f"{BASE}/incidents",
            json=told | {"occurred_at": soon(-9), "channel": "app"},
            headers=bearer(Role.KPPS, person=REPORTER, regions=[TPS]),
        )
        assert made_of.status_code == 201, made_of.text
        violation = things["violation"] = made_of.json()["incident_id"]
        step = await post(
            f"{BASE}/incidents/{violation}/actions",
            json={"action": REASON},
            headers=bearer(Role.DESK) | {"If-Match": made_of.headers["ETag"]},
        )
        assert step.status_code == 200, step.text
        advice = await post(
            f"{BASE}/incidents/{violation}/advice",
            json={"agency": "bawaslu", "title": "Contoh", "text": WORDS},
            headers=bearer(Role.DESK),
        )
        things["advice_on_violation"] = advice.json()["id"]
    if name == "turnout":
        for person in ("ani", "budi"):
            headers = bearer(Role.OPERATOR, person=person, device=f"of-{person}")
            sent = await post(f"{BASE}/tps/{TPS}/forms/walikota-32.71/entries", json=entry(), headers=headers)
            assert sent.status_code == 201, sent.text


@pytest.mark.parametrize("what", FIELDS)
async def test_a_field_is_seen_by_those_whom_it_is_for(what: str, rooms: Rooms) -> None:
    field = FIELDS[what]
    made = await rooms.of(field.service)
    seen: set[str] = set()
    readers = _who(field.read)
    for role in sorted(readers):
        headers = bearer(Role(role), regions=[CITY])
        answer: Any = await made.service.client.get(BASE + field.path.format(**made.things), headers=headers)
        assert answer.status_code == 200, (role, answer.text)
        if field.value in answer.text:
            seen.add(role)
    assert seen == field.seen_by & readers


async def test_what_the_public_is_told_of_a_tps_is_this_and_no_more(rooms: Rooms) -> None:
    registry = (await rooms.of("registry")).service
    told = (await registry.client.get(f"{BASE}/public/tps/{TPS}")).json()
    assert " ".join(sorted(told)) == PUBLIC_TPS
    elsewhere = await registry.client.get(f"{BASE}/public/tps/32.71.06.1002.999")
    assert elsewhere.status_code == 404


async def test_the_import_of_a_list_tells_of_no_person(rooms: Rooms) -> None:
    made = await rooms.of("registry")
    path = f"{BASE}/voters/imports/{made.things['voter_import_id']}"
    await made.service.wait_until_known(
        "select 1 where not exists (select from import where state <> 'done')"
    )
    for part in ("", "/rows"):
        answer = await made.service.client.get(path + part, headers=bearer(Role.OPERATOR, regions=[CITY]))
        assert answer.status_code == 200, answer.text
        for of_a_person in ("99710", "Pemilih"):
            assert of_a_person not in answer.text
