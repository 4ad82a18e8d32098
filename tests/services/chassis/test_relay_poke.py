"""Two instances on one database: what the one commits, the other, which relays, hears of at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from chassis.database import Database, Row
from chassis.relay_lock import RelayLock
from contracts.access import Role
from tests.harness import INTERNAL_SECRET, RunningService, bearer, on_a_socket, running_service, soon, until
from tests.infrastructure import KafkaServer, drop_database, free_ports, make_database
from tests.services.chassis.machine import machine
from tests.services.chassis.pair import running
from tests.services.turnout.paper import lay_out, tps

pytestmark = pytest.mark.anyio
POLL_S = 600.0


@asynccontextmanager
async def two_instances(kafka: KafkaServer) -> AsyncGenerator[tuple[RunningService, RunningService]]:
    """Run two instances of turnout on a database of their own; the first one relays."""
    url = await asyncio.to_thread(make_database, "turnout")
    prefix, port = f"{uuid4().hex}.", free_ports(2)

    async def relay_is(service: RunningService, condition: str) -> None:
        async def holds() -> bool:
            return service.app.state.relay.condition() == condition

        await until(holds)

    async with running_service(
        "turnout", database_url=url, kafka=kafka, topic_prefix=prefix, http_port=port
    ) as first:
        await relay_is(first, "ok")
        async with running_service(
            "turnout", database_url=url, kafka=kafka, topic_prefix=prefix, http_port=port + 1
        ) as second:
            await relay_is(second, "standby")
            await lay_out(second, tps_count=3)
            yield first, second
    await asyncio.to_thread(drop_database, url)


def sleeps(least_s: float, most_s: float) -> float:
    """Wait so long that nothing is published unless somebody pokes."""
    return POLL_S


async def report(service: RunningService, number: int) -> None:
    body = {"slot": "10:00", "men": 10, "women": 12, "occurred_at": soon()}
    path = f"/v1/elections/pilkada-2024/tps/{tps(number)}/turnout-reports"
    taken = await service.client.post(path, json=body, headers=bearer(Role.KPPS))
    assert taken.status_code == 201, taken.text


async def until_published(service: RunningService, count: int) -> None:
    await service.wait_until_known(
        "select 1 from outbox where published_at is not null having count(*) = $1", count, patience_s=40
    )


async def test_what_commits_beside_the_relay_is_published_at_once(
    kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_instances(kafka) as (first, second), on_a_socket(first.app, port=first.settings.http_port):
        monkeypatch.setattr("chassis.relay._jittered", sleeps)
        await report(first, 1)  # which also ends the last poll of before
        await until_published(second, 1)
        for number in (2, 3):
            await report(second, number)
            await until_published(second, number)


async def test_where_the_one_that_relays_is_not_reached_its_poll_publishes(
    kafka: KafkaServer,
) -> None:
    async with two_instances(kafka) as (_, second):
        await report(second, 1)
        await until_published(second, 1)


async def test_a_poke_is_for_the_desk_alone_and_is_passed_on_to_nobody(
    kafka: KafkaServer,
) -> None:
    async with two_instances(kafka) as (_, second):
        second.app.state.relay._poke.clear()
        assert (await second.client.post("/internal/relay/poke")).status_code == 401
        secret = {"Authorization": f"Bearer {INTERNAL_SECRET}"}
        assert (await second.client.post("/internal/relay/poke", headers=secret)).status_code == 204
        assert not second.app.state.relay._poke.is_set()


async def test_pokes_go_one_at_a_time_and_to_whoever_took_the_lock_last() -> None:
    committed, poked, under_way = asyncio.Event(), list[str](), 0

    async def poke(url: str) -> bool:
        nonlocal under_way
        under_way += 1
        assert under_way == 1
        poked.append(url)
        await asyncio.sleep(0.1)
        under_way -= 1
        return True

    async with (
        machine() as database,
        alone(database) as first,
        alone(database) as second,
        alone(database) as third,
    ):
        await RelayLock("http://first", poke=poke).take(first, committed=committed)
        assert poked == []
        waiting = RelayLock("http://third", poke=poke)

        async def wait() -> None:
            await waiting.take(third, committed=committed)
            committed.clear()

        async with running(wait()):
            for _ in range(30):
                committed.set()
                await asyncio.sleep(0.01)
            assert 1 < len(poked) <= 5
            assert set(poked) == {"http://first"}
            assert waiting.waits
            await first.close()

            async def has_taken() -> bool:
                return await second.fetchval("select url from relay_holder") == "http://third"

            await until(has_taken)
            assert not waiting.waits


@asynccontextmanager
async def alone(database: Database) -> AsyncGenerator["asyncpg.Connection[Row]"]:
    """Give a connection of its own."""
    connection = await database.connect_alone()
    try:
        yield connection
    finally:
        connection.terminate()


@pytest.mark.parametrize(
    ("told", "reached_at"),
    [
        ({"http_host": "10.1.2.3"}, "http://10.1.2.3:8000"),
        ({"http_host": "0.0.0.0"}, "http://this-host:8000"),
        ({"internal_url": "http://pod-7:1"}, "http://pod-7:1"),
    ],
)
def test_a_process_knows_where_others_reach_it(
    told: dict[str, str], reached_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chassis.settings import ServiceSettings

    monkeypatch.setattr("socket.gethostname", lambda: "this-host")
    needed = {"database_url": "postgresql://", "kafka_bootstrap": "", "jwks": "", "issuer": ""}
    assert ServiceSettings.model_validate(needed | told).reached_at() == reached_at
