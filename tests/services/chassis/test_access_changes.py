"""Every process that hears of a change refuses the tokens before it, and an older event takes nothing back."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chassis.access_changes import AccessChanges
from chassis.consumer import Received
from contracts.envelope import DESK_WIDE, EventData
from contracts.registry_events import AccessChanged, AccessKind
from tests.harness import running_service
from tests.services.hearing import hear, received

pytestmark = pytest.mark.anyio
TIE = "person:bpbd-contoh:petugas-7"


def changed(version: int) -> Received[EventData]:
    now = datetime.now(UTC)
    data = AccessChanged(kind=AccessKind.PERSON, subject="bpbd-contoh:petugas-7", changed_at=now)
    return received(data, aggregate_id=TIE, version=version, election=DESK_WIDE)


async def until_cut(changes: AccessChanges, version: int) -> None:
    deadline = asyncio.get_running_loop().time() + 5
    while not changes.cut([(TIE, version)], 0):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("name", ["turnout", "logistics", "incidents", "gateway"])
async def test_every_process_refuses_older_tokens_within_seconds(
    name: str, database_url: Callable[[str], str]
) -> None:
    async with running_service(name, database_url=database_url(name), kafka=None) as service:
        changes: AccessChanges = service.app.state.access_changes
        assert not changes.cut([(TIE, 0)], 0)
        await hear(service, changed(1))
        await until_cut(changes, 0)
        assert not changes.cut([(TIE, 1)], 0), "a token that was issued after the change carries its version"
        await hear(service, changed(3))
        await until_cut(changes, 2)
        await hear(service, changed(2))
        rows = await service.sql("select version from consumer_access_change where tie = $1", TIE)
        assert rows == [{"version": 3}]
