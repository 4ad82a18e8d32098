"""The incidents service with one city's TPS, on the afternoon before voting day."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis.row_security import EVERYWHERE
from tests.harness import ELECTION, RunningService, running_service
from tests.infrastructure import KafkaServer

DESK_TIME = datetime(2024, 11, 26, 7, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
async def incidents(database_url: Callable[[str], str], kafka: KafkaServer) -> AsyncIterator[RunningService]:
    async with running_service(
        "incidents",
        database_url=database_url("incidents"),
        kafka=kafka,
        topic_prefix=f"{uuid4().hex}.",
        desk_time=DESK_TIME,
        figures_every_s=0.2,
        public_reports_per_address="30/minute",
        public_lookups_per_address="1000/minute",
    ) as service:
        async with service.app.state.database.transaction(EVERYWHERE) as uow:
            await uow.execute("insert into election_ref values ($1, '32.71')", ELECTION)
            await uow.execute(
                """insert into tps_ref select uuidv7(), $1, '32.71.06.1002.' || to_char(n, 'FM000'), '{}', true, null, null
                   from generate_series(1, 40) n""",
                ELECTION,
            )
            await uow.execute(
                "update tps_ref set former_codes = '{32.71.06.1002.900}' where tps_code = '32.71.06.1002.002'"
            )
        yield service
