"""What must hold after faults: looked up in the databases themselves, past everything that could flatter."""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from contracts.catalog import CATALOG
from faults.clients import Acknowledged
from faults.desk import ROOT, FaultDesk
from faults.plan import OWNERS, SERVICES

PATIENCE_S = 300.0
STATES = {
    "registry": ("election", "contest", "facility", "region_group", "tps", "tps_risk", "tps_roster"),
    "logistics": ("tps_supply", "kecamatan_need", "warehouse", "shipment", "box", "stray_scan"),
    "incidents": ("incident", "problem"),
    "turnout": ("voting_day", "tally"),
}
"""Tables whose rows carry the version of the aggregate that they are the state of; each table is named like it."""

_OWNER_OF = {event.aggregate: event.service for event in CATALOG.values()}
_FEED = """
select event::jsonb ->> 'id' as id, event::jsonb ->> 'subject' as aggregate,
    (event::jsonb ->> 'aggregateversion')::bigint as version, md5((event::jsonb -> 'data')::text) as body
from event_feed where lane like $1
"""
_LEDGER = "select event_id::text as id, aggregate, version, md5(body::jsonb::text) as body from outbox"
# A contest's figures are added up to its own region and no further.
_DRIFT = """
with rows as (
    select p.election, f.key, sum(f.value::bigint) as value
    from projected p, jsonb_each_text(p.figures::jsonb) f group by 1, 2
), totals as (
    select t.election, f.key, sum(f.value::bigint) as value
    from region_total t, jsonb_each_text(t.figures::jsonb) f
    where t.region = case when f.key ~ '^(contest|tally)/' then split_part(split_part(f.key, '/', 2), '-', 2) else '*' end
    group by 1, 2
)
select count(*) from rows r full join totals t using (election, key) where coalesce(r.value, 0) <> coalesce(t.value, 0)
"""


@dataclass
class Verdict:
    """What a look found; all lists are empty where everything holds."""

    lost: list[str] = field(default_factory=list[str])
    state_and_event: list[str] = field(default_factory=list[str])
    differing: list[str] = field(default_factory=list[str])
    acknowledged: int = 0
    events: int = 0
    settled_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Say whether nothing is wrong."""
        return not (self.lost or self.state_and_event or self.differing)

    def told(self) -> dict[str, object]:
        """Return it for the file of the campaign."""
        return {
            "lost": self.lost[:20],
            "state_and_event": self.state_and_event[:20],
            "differing": self.differing[:20],
            "acknowledged": self.acknowledged,
            "events": self.events,
            "settled_s": round(self.settled_s, 1),
            "holds": self.holds,
        }


async def look(desk: FaultDesk, acknowledged: Sequence[Acknowledged]) -> Verdict:
    """Wait until all is published and taken in, and compare everything with everything.

    Where something is missing for longer than the patience it is told as what it is: lost, or different.
    """
    began = time.monotonic()
    await desk.all_ready()
    while differences := await _not_there_yet(desk):
        if time.monotonic() - began > PATIENCE_S:
            break
        await asyncio.sleep(0.5)
    verdict = Verdict(differing=differences, settled_s=time.monotonic() - began)
    by_service: dict[str, list[Acknowledged]] = {}
    for one in acknowledged:
        by_service.setdefault(one.service, []).append(one)
    for service in SERVICES:
        async with desk.database(service) as connection:
            verdict.lost += await _lost(connection, by_service.get(service, []))
            verdict.state_and_event += await _apart(connection, service)
            verdict.events += await connection.fetchval("select count(*) from outbox")
    if not verdict.differing:
        verdict.differing = await _gateway_differs(desk)
    verdict.acknowledged = len(acknowledged)
    return verdict


async def _not_there_yet(desk: FaultDesk) -> list[str]:
    """Return what has not arrived: unpublished rows, versions that a consumer does not have, what waits or died."""
    found: list[str] = []
    newest: dict[str, int] = {}
    for service in SERVICES:
        async with desk.database(service) as connection:
            if pending := await connection.fetchval("select count(*) from outbox where published_at is null"):
                found.append(f"{service}: {pending} unpublished")
            rows = await connection.fetch(
                "select aggregate, max(version) as version from outbox group by aggregate"
            )
            newest |= {row["aggregate"]: row["version"] for row in rows}
    for owner in OWNERS:
        async with desk.database(owner) as connection:
            found += await _taker_lacks(connection, owner, newest)
    return found


async def _taker_lacks(
    connection: "asyncpg.Connection[asyncpg.Record]", owner: str, newest: Mapping[str, int]
) -> list[str]:
    rows = await connection.fetch("select distinct topic from consumer_position where consumer = $1", owner)
    read = {row["topic"].split(".")[-2] for row in rows}
    rows = await connection.fetch(
        "select aggregate, version from consumer_aggregate where consumer = $1", owner
    )
    known = {row["aggregate"]: row["version"] for row in rows}
    expected = {
        name: version for name, version in newest.items() if _OWNER_OF[name.partition("/")[0]] in read
    }
    found = [
        f"{owner} has {name} {known.get(name, 0)} of {version}"
        for name, version in expected.items()
        if known.get(name, 0) != version
    ]
    held = await connection.fetchval("select count(*) from consumer_waiting")
    dead = await connection.fetchval("select count(*) from consumer_dead_letter where settled_at is null")
    return [*found, *([f"{owner}: {held} wait, {dead} dead letters"] if held or dead else [])]


async def _lost(
    connection: "asyncpg.Connection[asyncpg.Record]", acknowledged: Sequence[Acknowledged]
) -> list[str]:
    """Return what was acknowledged and is not there exactly once, with its event and the same answer."""
    rows = await connection.fetch(
        "select key, body from idempotency_key where key = any($1::text[])", [one.key for one in acknowledged]
    )
    times = Counter(row["key"] for row in rows)
    answers = {row["key"]: hashlib.sha256(row["body"]).hexdigest() for row in rows}
    rows = await connection.fetch("select aggregate || '@' || version as position from outbox")
    positions = {row["position"] for row in rows}
    found: list[str] = []
    for one in acknowledged:
        if times[one.key] != 1:
            found.append(f"{one.service} {one.key}: there {times[one.key]} times")
        elif one.answer and answers[one.key] != one.answer:
            found.append(f"{one.service} {one.key}: another answer is kept")
        elif one.position and one.position not in positions:
            found.append(f"{one.service} {one.key}: no event at {one.position}")
    return found


async def _apart(connection: "asyncpg.Connection[asyncpg.Record]", service: str) -> list[str]:
    """Return where state and outbox do not agree: gaps in versions, state without event, event without state."""
    rows = await connection.fetch(
        """select aggregate from outbox group by aggregate
           having count(*) <> max(version) or min(version) <> 1"""
    )
    found = [f"{service}: versions of {row['aggregate']} have gaps" for row in rows]
    for table in STATES[service]:
        state = await connection.fetchval(f"select coalesce(sum(version), 0)::bigint from {table}")  # noqa: S608 - one of our own names
        events = await connection.fetchval(
            "select count(*) from outbox where starts_with(aggregate, $1)", f"{table}/"
        )
        if state != events:
            found.append(f"{service}: {table} is at {state} versions and has {events} events")
    return found


async def _gateway_differs(desk: FaultDesk) -> list[str]:
    """Compare every event of every ledger with the gateway's feed, by hash, and the totals with the rows."""
    found: list[str] = []
    async with desk.database("gateway") as gateway:
        for service in SERVICES:
            async with desk.database(service) as owner:
                ledger = _hashes(await owner.fetch(_LEDGER))
            feed = _hashes(await gateway.fetch(_FEED, f"desk.{service}.v1/%"))
            if missing := ledger - feed:
                found.append(f"{service}: {missing.total()} events are not in the feed as they are owned")
            if more := feed - ledger:
                found.append(f"{service}: {more.total()} events of the feed are not the owner's, or twice")
        if drift := await gateway.fetchval(_DRIFT):
            found.append(f"{drift} totals are not the sums of their rows")
    return found


def _hashes(rows: Sequence[asyncpg.Record]) -> Counter[str]:
    return Counter(f"{row['id']} {row['aggregate']} {row['version']} {row['body']}" for row in rows)


async def rebuilt_differs(desk: FaultDesk) -> list[str]:
    """Empty the gateway, let it fill again from the topics, and say whether its hash is another one then."""
    process = await asyncio.create_subprocess_exec(
        str(ROOT / ".venv" / "bin" / "desk"),
        "rebuild",
        "--json",
        env=desk.environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    if process.returncode != 0 or not json.loads(said)["equal"]:
        return [f"rebuilt, the gateway is another one: {said.decode()} {complained.decode()[-500:]}"]
    return []
