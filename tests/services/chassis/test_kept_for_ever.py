"""A ledger's topic keeps everything: rebuilding goes by events that are older than what a broker keeps by default.

The broker stamps records when they arrive (a record of 2024 would fall to retention at once), so old records cannot be made:
that they are kept is read from the broker's own settings, and that old events are taken in is seen by taking them in.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis.broker import Broker, ensure_topics
from contracts.catalog import CATALOG, PARTITIONS
from tests.harness import until
from tests.infrastructure import KafkaServer
from tests.services.chassis.pair import Pair

pytestmark = pytest.mark.anyio
OLD = timedelta(days=200)
WANTED = ("retention.ms", "retention.bytes", "cleanup.policy", "message.timestamp.type")
SERVICES = sorted({event.service for event in CATALOG.values()})


async def settings_of(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str | None]:
    """Return the settings by which the broker really keeps a topic."""
    asked = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(WANTED))
    (answer,) = await admin.describe_configs([asked])
    ((code, message, _, _, entries),) = answer.resources
    assert code == 0, message
    return {entry[0]: entry[1] for entry in entries}


async def test_the_broker_keeps_each_ledger_for_ever(kafka: KafkaServer) -> None:
    if kafka.name != "kafka":
        pytest.skip("the fallback broker keeps everything in memory and tells no settings")
    broker = Broker(kafka.bootstrap, f"{uuid4().hex}.")
    await ensure_topics(broker, ledgers=SERVICES)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:

        async def are_known() -> bool:
            known = {topic["topic"] for topic in await admin.describe_topics()}
            return {broker.topic(service) for service in SERVICES} <= known

        await until(are_known)
        for service in SERVICES:
            kept = await settings_of(admin, broker.topic(service))
            assert kept["retention.ms"] == kept["retention.bytes"] == "-1", service
            assert (kept["cleanup.policy"], kept["message.timestamp.type"]) == ("delete", "LogAppendTime")
        made = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        assert {made[broker.topic(service)] for service in SERVICES} == {PARTITIONS} == {12}
    finally:
        await admin.close()


async def test_a_topic_of_200_days_ago_is_taken_in_and_by_a_newcomer_from_its_beginning(pair: Pair) -> None:
    long_ago = datetime.now(UTC) - OLD
    told = [(uuid4(), 1, total) for total in range(1, 21)]
    await pair.write_all(told, at=long_ago)
    async with pair.relay():
        async with pair.consumer():
            first = await pair.wait_for(len(told))
        async with pair.consumer(name="newcomer"):
            again = (await pair.wait_for(2 * len(told)))[len(told) :]
    assert (
        sorted(first) == sorted(again) == sorted((str(tps), version, total) for tps, version, total in told)
    )
    assert await pair.owner_has("select max(recorded_at) from outbox") == long_ago
