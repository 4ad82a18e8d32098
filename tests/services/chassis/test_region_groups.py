"""A token that names a group of regions is understood by every process that hears of groups, and means what they hold now."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis.consumer import Ignore, Received, Subscription
from chassis.row_security import EVERYWHERE
from contracts.access import Role
from contracts.catalog import BY_MODEL
from contracts.envelope import Envelope, EventData
from contracts.registry_events import RegionGroupDefined
from services.turnout import consumers
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.services.turnout.paper import lay_out

pytestmark = pytest.mark.anyio
TYPE = "desk.registry.region_group.defined.v1"
PATH = f"/v1/elections/{ELECTION}/tps/32.71.06.1002.001/turnout-reports"


def defined(regions: list[str], *, version: int) -> Received[EventData]:
    data = RegionGroupDefined(name="bakorwil-1", title="Bakorwil I", regions=regions, source="Pergub")
    now = datetime.now(UTC)
    envelope = Envelope(
        event_id=uuid4(), type=TYPE, source="/registry", aggregate="region_group/bakorwil-1", version=version,
        partition_key="bakorwil-1", election=ELECTION, contest=None, occurred_at=now, recorded_at=now, channel="api",
        actor="p-1", data_class="public", rehearsal=False, traceparent=None, epoch=1,
    )  # fmt: skip
    return Received(envelope, data, BY_MODEL[RegionGroupDefined].topic, 0, 0)


async def tell(service: RunningService, subscription: Subscription, event: Received[EventData]) -> None:
    """Let a service take an event in, as its consumer does."""
    handler = subscription.handlers[TYPE]
    assert not isinstance(handler, Ignore)
    async with service.app.state.database.transaction(EVERYWHERE) as uow:
        await handler(uow, [event])


async def until_understood(service: RunningService, expected: tuple[str, ...]) -> None:
    deadline = asyncio.get_running_loop().time() + 20
    while service.app.state.groups.resolve(["group:bakorwil-1"]) != expected:
        assert asyncio.get_running_loop().time() < deadline, service.app.state.groups.resolve(
            ["group:bakorwil-1"]
        )
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("name", ["turnout", "logistics", "incidents", "gateway"])
async def test_every_process_that_hears_of_groups_understands_them(
    name: str, database_url: Callable[[str], str]
) -> None:
    async with running_service(name, database_url=database_url(name), kafka=None) as service:
        subscription: Subscription = service.app.state.parts.subscription
        await tell(service, subscription, defined(["32.01", "32.71"], version=1))
        await until_understood(service, ("32.01", "32.71"))


async def test_a_token_with_a_group_covers_what_the_group_holds_now(
    database_url: Callable[[str], str],
) -> None:
    async with running_service("turnout", database_url=database_url("turnout_group"), kafka=None) as turnout:
        await lay_out(turnout, tps_count=1)

        async def report() -> int:
            body = {"slot": "10:00", "men": 1, "women": 1, "occurred_at": soon()}
            headers = bearer(Role.KPPS, regions=["group:bakorwil-1"])
            return (await turnout.client.post(PATH, json=body, headers=headers)).status_code

        assert await report() == 403
        await tell(turnout, consumers.SUBSCRIPTION, defined(["32.71"], version=1))
        await until_understood(turnout, ("32.71",))
        assert await report() in {200, 201}
        await tell(turnout, consumers.SUBSCRIPTION, defined([], version=2))
        await until_understood(turnout, ())
        assert await report() == 403
        await tell(turnout, consumers.SUBSCRIPTION, defined(["32.71"], version=1))
        rows = await turnout.sql("select version, regions from consumer_region_group")
        assert rows == [{"version": 2, "regions": []}]
