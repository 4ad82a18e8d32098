"""Races: two replicas of a service on one database, and two requests at once for what only one of them can have.

A race is one such pair. What is promised of each stands in the function that runs it; after them, state and ledger agree.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import httpx

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.campaigns.interleavings import migrated
from tests.harness import ELECTION, RunningService, running_service, token
from tests.infrastructure import drop_database
from tests.services.turnout.paper import entry, figures, form_path, lay_out, settlement, tps

SERVICES = ("turnout", "logistics", "incidents")
PLACES = 24
"""Things that are raced for at the same time."""

Body = Mapping[str, object]


@dataclass
class Replicas:
    """Two processes' worth of one service, and what went wrong between them."""

    first: RunningService
    second: RunningService
    races: int = 0
    wrong: list[str] = field(default_factory=list[str])

    async def at_once(self, *asked: "Ask") -> list[httpx.Response]:
        """Send one request to each replica at the same time."""
        self.races += 1
        pairs = zip((self.first, self.second), asked, strict=True)
        return list(await asyncio.gather(*(ask.send(service) for service, ask in pairs)))

    def expect(self, what: str, found: object, *wanted: object) -> None:
        """Note a promise that was broken."""
        if found not in wanted:
            self.wrong.append(f"{what}: {found}, not {' or '.join(map(str, wanted))}")


@dataclass(frozen=True)
class Ask:
    """One request, as somebody sends it."""

    path: str
    body: Body
    role: Role
    person: str
    key: str = field(default_factory=lambda: uuid4().hex)
    version: int | None = None

    async def send(self, service: RunningService) -> httpx.Response:
        """Send it to a replica."""
        headers = {**_headers(self.role, self.person, int(time.time() // 240)), "Idempotency-Key": self.key}
        if self.version is not None:
            headers["If-Match"] = f'"{self.version}"'
        return await service.client.post(self.path, json=dict(self.body), headers=headers)


@lru_cache(maxsize=200)
def _headers(role: Role, person: str, _: int) -> dict[str, str]:
    own = token(role, person=person, regions=["32.71"], device=f"device-of-{person}")
    return {"Authorization": f"Bearer {own}"}


def _statuses(answers: Sequence[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def race_for_a_form(replicas: Replicas, place: int) -> None:
    """Enter one form by a key that comes twice, by two as the second person, settled by two, returned by two."""
    path, other = form_path(place), entry(figures((1, 1, 1, 1, 1)))
    first = Ask(f"{path}/entries", entry(), Role.OPERATOR, "ani")
    answers = await replicas.at_once(first, first)
    replicas.expect("one key, two requests", _statuses(answers), [201, 201])
    replicas.expect("one key, one answer", len({answer.content for answer in answers}), 1)
    seconds = [Ask(f"{path}/entries", other, Role.OPERATOR, person) for person in ("budi", "cici")]
    answers = await replicas.at_once(*seconds)
    replicas.expect("two as the second person", _statuses(answers), [201, 409])
    thirds = [Ask(f"{path}/adjudications", settlement(), Role.ADJUDICATOR, p) for p in ("dodi", "eka")]
    answers = await replicas.at_once(*thirds)
    replicas.expect("two settle one form", _statuses(answers), [201, 409])
    back = [Ask(f"{path}/returns", {"reason": "foto tertukar"}, Role.ADJUDICATOR, p) for p in ("dodi", "eka")]
    answers = await replicas.at_once(*back)
    states = sorted(str(answer.json().get("state")) for answer in answers)
    replicas.expect("one asks for the return and the other one returns", states, ["empty", "verified"])


async def race_for_a_box(replicas: Replicas, place: int) -> None:
    """Tell one hand-over and one receipt of a box from two devices, and one command under one key twice."""
    code, box = tps(place), str(_box_id(place))
    when = datetime.now(UTC) - timedelta(minutes=5)
    scan = {
        "box_id": box,
        "scan_point": "tps",
        "place": code,
        "from_party": "courier",
        "to_party": "kpps",
        "occurred_at": when.isoformat(),
    }
    path = f"/v1/elections/{ELECTION}/custody-scans"
    answers = await replicas.at_once(*(Ask(path, scan, Role.COURIER, who) for who in ("ani", "budi")))
    told = sorted(str(answer.json().get("outcome")) for answer in answers)
    replicas.expect("one hand-over, told twice", told, ["placed", "unchanged"], ["out_of_order", "unchanged"])
    receipt = {
        "boxes": [{"box_id": box, "outcome": "accepted", "ballots_counted": 547}],
        "occurred_at": (when + timedelta(seconds=1)).isoformat(),
    }
    path = f"/v1/elections/{ELECTION}/tps/{code}/receipts"
    answers = await replicas.at_once(*(Ask(path, receipt, Role.KPPS, who) for who in ("ani", "budi")))
    found = sorted(str(result["result"]) for answer in answers for result in answer.json().get("boxes", []))
    replicas.expect("one receipt, told twice", found, ["recorded", "unchanged"])
    again = receipt | {"occurred_at": (when + timedelta(seconds=2)).isoformat()}
    one = Ask(path, again, Role.KPPS, "ani")
    answers = await replicas.at_once(one, one)
    replicas.expect("one key, one receipt", len({answer.content for answer in answers}), 1)


async def race_for_an_incident(replicas: Replicas, place: int) -> None:
    """Report one incident under a key that comes twice, take notice of it twice, and use one key for two reports."""
    path = f"/v1/elections/{ELECTION}/incidents"
    report = {
        "category": "disaster",
        "severity": "high",
        "tps_code": tps(place),
        "title": "Banjir",
        "description": f"Genangan {uuid4().hex}",
        "occurred_at": datetime.now(UTC).isoformat(),
        "channel": "app",
    }
    one = Ask(path, report, Role.KPPS, "ani")
    answers = await replicas.at_once(one, one)
    replicas.expect("one key, two reports", _statuses(answers), [201, 201])
    replicas.expect("one key, one incident", len({answer.content for answer in answers}), 1)
    made: dict[str, Any] = answers[0].json()
    heard = f"{path}/{made.get('incident_id')}/acknowledgements"
    version = int(made.get("version", 0))
    both = [Ask(heard, {"note": who}, Role.BPBD, who, version=version) for who in ("budi", "cici")]
    answers = await replicas.at_once(*both)
    replicas.expect("two take notice of one version", _statuses(answers), [200, 409], [200, 412])
    key = uuid4().hex
    two = [Ask(path, report | {"title": title}, Role.KPPS, "ani", key) for title in ("Banjir 1", "Banjir 2")]
    answers = await replicas.at_once(*two)
    replicas.expect("one key, two bodies", _statuses(answers), [201, 422])


_AGREE = {
    "a version without its event, or an event without its version": """select aggregate from outbox group by aggregate
        having count(*) <> max(version) or min(version) <> 1""",
}
_KEPT: Mapping[str, Mapping[str, str]] = {
    "turnout": {
        "figures that stand with fewer than two persons behind them": """select 1 from tally_acceptance a
            where (select count(distinct person) from tally_entry e
                   where e.tally_id = a.tally_id and e.round = a.round) < 2""",
        "a round with two forms that stand": """select 1 from tally_acceptance group by tally_id, round
            having count(*) > 1""",
        "a form whose version is not that of its ledger": """select 1 from tally y
            where y.version <> (select count(*) from outbox o where o.aggregate = 'tally/' || y.tally_id)""",
    },
    "logistics": {
        "a box whose version is not that of its ledger": """select 1 from box b
            where b.version <> (select count(*) from outbox o where o.aggregate = 'box/' || b.box_id)""",
        "one receipt recorded twice": """select 1 from box_receipt group by box_id, occurred_at, outcome
            having count(*) > 1""",
    },
    "incidents": {
        "an incident whose version is not that of its ledger": """select 1 from incident i
            where i.version <> (select count(*) from outbox o where o.aggregate = 'incident/' || i.incident_id)""",
        "one report taken in twice": "select 1 from incident group by description, title having count(*) > 1",
    },
}


async def look(replicas: Replicas, name: str) -> None:
    """Note what the database itself shows to be wrong after races."""
    for what, query in {**_AGREE, **_KEPT[name]}.items():
        if found := await replicas.first.sql(query):
            replicas.wrong.append(f"{what}: {len(found)}")


Race = Callable[[Replicas, int], Awaitable[None]]
RACES: Mapping[str, Race] = {
    "turnout": race_for_a_form,
    "logistics": race_for_a_box,
    "incidents": race_for_an_incident,
}


async def run(replicas: Replicas, name: str, *, rounds: int) -> None:
    """Race for every place at the same time, some rounds of it."""
    for _ in range(rounds):
        await asyncio.gather(*(RACES[name](replicas, place) for place in range(1, PLACES + 1)))


@asynccontextmanager
async def replicas_of(name: str) -> AsyncGenerator[Replicas]:
    """Run two replicas of a service on a database of their own, with the places that are raced for."""
    url = await asyncio.to_thread(migrated, name)
    try:
        async with (
            running_service(name, database_url=url, kafka=None) as first,
            running_service(name, database_url=url, kafka=None) as second,
        ):
            await _PREPARE[name](first)
            yield Replicas(first, second)
    finally:
        await asyncio.to_thread(drop_database, url)


def _box_id(place: int) -> UUID:
    return UUID(f"0192f5a0-0000-7000-8000-{place:012d}")


async def _forms(service: RunningService) -> None:
    await lay_out(service, tps_count=PLACES)


async def _boxes(service: RunningService) -> None:
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute("insert into election_ref values ($1, 1, '')", ELECTION)
        await uow.execute(
            """insert into tps_ref select uuidv7(), $1, '32.71.06.1002.' || to_char(n, 'FM000'), '32.71.06',
               'Asia/Jakarta', current_date + 30, 533, '{gubernur-32,walikota-32.71}', true
               from generate_series(1, $2::int) n""",
            ELECTION,
            PLACES,
        )
        await uow.execute(
            "insert into tps_supply select tps_id, election, 0, true, null, 0, '[]' from tps_ref"
        )
    for place in range(1, PLACES + 1):
        packed = {
            "box_id": str(_box_id(place)),
            "tps_code": tps(place),
            "contest": "walikota-32.71",
            "seal_number": f"S-{place}",
            "ballots": 547,
            "occurred_at": (datetime.now(UTC) - timedelta(hours=10)).isoformat(),
        }
        answer = await Ask(f"/v1/elections/{ELECTION}/boxes", packed, Role.WAREHOUSE, "ani").send(service)
        assert answer.status_code == 201, answer.text


async def _incidents(service: RunningService) -> None:
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute("insert into election_ref values ($1, '32.71')", ELECTION)
        await uow.execute(
            """insert into tps_ref select uuidv7(), $1, '32.71.06.1002.' || to_char(n, 'FM000'), '{}', true
               from generate_series(1, $2::int) n""",
            ELECTION,
            PLACES,
        )


_PREPARE: Mapping[str, Callable[[RunningService], Awaitable[None]]] = {
    "turnout": _forms,
    "logistics": _boxes,
    "incidents": _incidents,
}
