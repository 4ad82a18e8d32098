"""Projections on PostgreSQL and on the broker: totals are the sum of rows, and a rebuild brings back the same."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from chassis.clock import wall_now
from chassis.consumer import Received
from chassis.row_security import EVERYWHERE
from chassis.wire import encode_headers
from contracts.access import NATION, Role
from contracts.envelope import EventData
from gateway import rebuilding
from gateway.projections.engine import SUBSCRIPTION
from gateway.totals import reach_of
from tests.harness import RunningService, bearer, running_service
from tests.infrastructure import KafkaServer
from tests.services.gateway.conftest import play
from tests.story import OPENS, whole_story
from tests.unit.gateway.test_folds import taken

pytestmark = pytest.mark.anyio
Events = Sequence[Received[EventData]]

DRIFT = """
with sums as (
    select p.election, r.region, f.key, sum(f.value::bigint) as value
    from projected p, jsonb_each_text(p.figures::jsonb) f,
         lateral (select '*' as region union
                  select array_to_string((string_to_array(p.region, '.'))[1:n], '.')
                  from generate_series(1, least(3, array_length(string_to_array(p.region, '.'), 1))) n where p.region <> '*') r,
         lateral (select split_part(split_part(f.key, '/', 2), '-', 2) as region) contest
    where f.key !~ '^(contest|tally)/' or r.region = contest.region or starts_with(r.region, contest.region || '.')
    group by 1, 2, 3),
totals as (
    select t.election, t.region, f.key, sum(f.value::bigint) as value
    from region_total t, jsonb_each_text(t.figures::jsonb) f group by 1, 2, 3)
select * from sums full join totals using (election, region, key)
where coalesce(sums.value, 0) <> coalesce(totals.value, 0)
"""


@pytest.fixture
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
    ) as service:
        await empty(service)
        yield service


async def empty(gateway: RunningService) -> None:
    async with gateway.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute("truncate projected, region_total, event_feed, consumer_aggregate")


def shuffled(events: Events, rng: random.Random) -> list[Received[EventData]]:
    """Return events in another order that keeps each aggregate's own."""
    queues: dict[str, list[Received[EventData]]] = {}
    for event in events:
        queues.setdefault(event.envelope.aggregate, []).append(event)
    found: list[Received[EventData]] = []
    while queues:
        name = rng.choice(sorted(queues))
        found.append(queues[name].pop(0))
        if not queues[name]:
            del queues[name]
    return found


async def test_totals_are_the_sum_of_the_rows_at_any_time(gateway: RunningService) -> None:
    rng = random.Random(7)
    events = shuffled(whole_story().events, rng)
    while events:
        part, events = events[: (size := rng.randint(1, 40))], events[size:]
        await play(gateway, part, batch=size)
        assert await gateway.sql(DRIFT) == []


async def test_the_state_depends_on_neither_order_nor_batches(gateway: RunningService) -> None:
    events = whole_story().events
    hashes: set[str] = set()
    for seed, batch in ((None, 1_000), (1, 1), (2, 17), (3, 200)):
        await empty(gateway)
        await play(gateway, shuffled(events, random.Random(seed)) if seed else events, batch=batch)
        hashes.add((await rebuilding.state(gateway.app)).hash)
        totals = await gateway.sql(
            """select key, sum(value::bigint)::bigint as value from region_total, jsonb_each_text(figures::jsonb)
               where region = '*' group by key"""
        )
        everywhere = {
            name: value for name, value in taken(events).totals().items() if reach_of(name) == NATION
        }
        assert {str(row["key"]): row["value"] for row in totals} == everywhere
    assert len(hashes) == 1


async def test_progress_tells_what_is_left_and_who_is_silent(gateway: RunningService) -> None:
    def tell(service: str, *, ago_s: float = 0, end: int = 0) -> None:
        up_to = wall_now() - timedelta(seconds=ago_s)
        mark = {"service": service, "up_to": up_to.isoformat(), "epoch": 1, "ends": {"99": end}}
        gateway.app.state.watermarks._remember(json.dumps(mark).encode())

    async def told() -> tuple[int | None, list[str], bool]:
        found = await rebuilding.progress(gateway.app)
        assert (await rebuilding.state(gateway.app)).caught_up == found.caught_up
        return found.left, found.silent, found.caught_up

    assert await told() == (None, list(SUBSCRIPTION.services), False)
    for service in SUBSCRIPTION.services:
        tell(service)
    assert await told() == (0, [], True)
    tell("turnout", end=5)
    assert await told() == (5, [], False)
    tell("turnout", ago_s=3)
    assert await told() == (0, ["turnout"], False)


async def send(events: Events, *, kafka: KafkaServer, prefix: str) -> None:
    """Put events on the topics as their owners' relays do."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        for event in events:
            envelope = event.envelope
            names = (
                "event_id",
                "type",
                "aggregate",
                "version",
                "partition_key",
                "election",
                "contest",
                "occurred_at",
            )
            more = ("recorded_at", "channel", "actor", "data_class", "rehearsal", "traceparent")
            row = {name: getattr(envelope, name) for name in (*names, *more)}
            await producer.send(
                f"{prefix}{event.topic}",
                event.data.model_dump_json().encode(),
                partition=event.partition,
                headers=encode_headers(row, service=envelope.source.strip("/"), epoch=1),
            )
        await producer.flush()
    finally:
        await producer.stop()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("seed", "batch"), [(1, SUBSCRIPTION.batch), (2, 20)])
async def test_topics_with_repeats_and_disorder_project_alike_and_a_rebuild_brings_it_back(
    database_url: Callable[[str], str],
    kafka: KafkaServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    seed: int,
    batch: int,
) -> None:
    """The broker promises at least once: three events of ten come twice, three of ten too early.

    Small batches are taken in two at a time, large ones one after the other.
    """
    monkeypatch.setattr("gateway.app.SUBSCRIPTION", replace(SUBSCRIPTION, batch=batch))
    rng, prefix = random.Random(seed), f"{uuid4().hex}."
    events = whole_story().events
    expected = taken(events)
    sent = list(events)
    for n in rng.sample(range(len(sent) - 6), len(sent) * 3 // 10):
        sent[n], sent[n + rng.randint(1, 5)] = sent[n + rng.randint(1, 5)], sent[n]
    sent = list({id(event): event for event in [*sent, *events]}.values())
    for n in rng.sample(range(len(sent)), len(sent) * 3 // 10):
        sent.insert(rng.randint(n, len(sent)), sent[n])
    async with running_service(
        "gateway",
        database_url=database_url(f"gateway{seed}"),
        kafka=kafka,
        topic_prefix=prefix,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
    ) as service:
        await service.wait_until_known("select 1 from consumer_position")
        await send(sent, kafka=kafka, prefix=prefix)
        await _until_complete(service, events)
        assert await service.sql(DRIFT) == []
        rows = await service.sql("select id, version from projected")
        assert {row["id"] for row in rows} == set(expected.rows)
        before = await _state(service)
        made = await service.client.post("/v1/desk/projections:rebuild", headers=bearer(Role.ADMIN))
        assert made.status_code == 202
        await _until_complete(service, events)
        after = await _state(service)
        assert after["hash"] == before["hash"]
        assert after["epoch"] != before["epoch"]
        assert await service.sql("select * from consumer_dead_letter") == []


async def _state(service: RunningService) -> dict[str, object]:
    return (await service.client.get("/v1/desk/projections", headers=bearer(Role.ADMIN))).json()


async def _until_complete(service: RunningService, events: Events) -> None:
    """Wait until every event is in the feed, once."""
    deadline = asyncio.get_running_loop().time() + 40
    while True:
        found = (await service.sql("select count(*) as n from event_feed"))[0]["n"]
        if found == len(events):
            return
        assert asyncio.get_running_loop().time() < deadline, (found, len(events))
        await asyncio.sleep(0.1)
