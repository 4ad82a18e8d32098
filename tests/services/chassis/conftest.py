"""A ledger and an inbox, for tests of the machinery."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from chassis.audit_tables import ACCESS_DDL, LEDGER_CHAIN_DDL
from chassis.broker import Broker
from chassis.database import Database
from chassis.machinery import MACHINERY_DDL, RELAY_HOLDER_DDL
from chassis.watermark import Watermarks
from tests.infrastructure import KafkaServer
from tests.services.chassis.pair import Pair


@pytest.fixture
async def pair(kafka: KafkaServer) -> AsyncIterator[Pair]:
    from tests.infrastructure import drop_database, make_database

    urls = [make_database("turnout"), make_database("gateway")]
    owner, taker = (Database(url, pool_size=5) for url in urls)
    for database in (owner, taker):
        async with database.transaction() as uow:
            for statement in (*MACHINERY_DDL, RELAY_HOLDER_DDL, *ACCESS_DDL, *LEDGER_CHAIN_DDL):
                await uow.execute(statement)
    async with taker.transaction() as uow:
        await uow.execute(
            "create table seen (n bigint generated always as identity, tps text, version int, total int)"
        )
    broker = Broker(kafka.bootstrap, f"{uuid4().hex}.")
    yield Pair(broker, kafka, owner, taker, [], Watermarks(taker, broker=broker, consumer="taker"))
    for database, url in zip((owner, taker), urls, strict=True):
        await database.close()
        drop_database(url)
