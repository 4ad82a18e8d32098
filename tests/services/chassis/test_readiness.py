"""Ready is progress: a part that stands still is named and takes the process out, a broker that is away takes none out."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from contracts.access import Role
from faults.proxy import Proxy
from tests.harness import RunningService, bearer, running_service, soon, until
from tests.infrastructure import KafkaServer, free_ports
from tests.services.turnout.paper import lay_out, tps

pytestmark = pytest.mark.anyio
STILL_S = 1.0
WORKS_ON = {"relay": "outbox", "consumer": "consumer_position"}


async def readiness(service: RunningService) -> tuple[int, dict[str, str]]:
    """Return the status of `/health/ready`, and what it says of each part."""
    answer = await service.client.get("/health/ready")
    said: dict[str, Any] = answer.json()
    assert said["ready"] is (answer.status_code == 200)
    return answer.status_code, said["checks"]


@pytest.mark.parametrize("part", WORKS_ON)
async def test_a_part_that_stands_still_is_named_and_the_process_is_not_ready(
    part: str, kafka: KafkaServer, database_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.relay.STALL_S", STILL_S)
    monkeypatch.setattr("chassis.consumer.STILL_S", STILL_S)
    url, prefix = database_url("turnout"), f"{uuid4().hex}."
    async with running_service("turnout", database_url=url, kafka=kafka, topic_prefix=prefix) as service:

        async def is_ready() -> bool:
            return (await readiness(service))[0] == 200

        async def is_named() -> bool:
            status, checks = await readiness(service)
            others = {state for name, state in checks.items() if name != part}
            return (status, checks[part], others) == (503, "stands still", {"ok"})

        await until(is_ready)
        holder = await asyncpg.connect(url)
        async with holder.transaction():
            await holder.execute(f"lock table {WORKS_ON[part]} in access exclusive mode")
            await until(is_named)
            assert (await service.client.get("/health/live")).status_code == 200
        await holder.close()
        await until(is_ready)


async def test_a_service_that_starts_while_the_broker_is_away_is_ready_and_takes_commands(
    kafka: KafkaServer, database_url: Callable[[str], str]
) -> None:
    port = free_ports(1)
    async with running_service(
        "turnout",
        database_url=database_url("turnout"),
        kafka=kafka,
        topic_prefix=f"{uuid4().hex}.",
        kafka_bootstrap=f"127.0.0.1:{port}",
    ) as service:

        async def is_ready_without() -> bool:
            gone = {"database": "ok", "relay": "broker away", "consumer": "broker away"}
            return await readiness(service) == (200, gone)

        async def is_ready_with() -> bool:
            return await readiness(service) == (200, dict.fromkeys(("database", "relay", "consumer"), "ok"))

        await until(is_ready_without)
        await lay_out(service, tps_count=1)
        report = {"slot": "10:00", "men": 10, "women": 12, "occurred_at": soon()}
        path = f"/v1/elections/pilkada-2024/tps/{tps(1)}/turnout-reports"
        taken = await service.client.post(path, json=report, headers=bearer(Role.KPPS))
        assert taken.status_code == 201, taken.text
        assert await service.sql("select 1 from outbox where published_at is null")

        back = Proxy(port=port, target=kafka.port)
        await back.start()
        try:
            await until(is_ready_with)
            await service.wait_until_known("select 1 from outbox where published_at is not null")
        finally:
            back.stop()


async def test_a_gateway_that_starts_while_the_broker_is_away_is_ready(
    database_url: Callable[[str], str],
) -> None:
    async with running_service("gateway", database_url=database_url("gateway"), kafka=None) as gateway:

        async def is_ready() -> bool:
            return await readiness(gateway) == (200, {"database": "ok", "consumer": "broker away"})

        await until(is_ready)
