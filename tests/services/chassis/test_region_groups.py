"""A token that names a group of regions is understood by every process that hears of groups, and means what they hold now."""

import asyncio
from collections.abc import Callable

import pytest

from chassis.consumer import Received
from contracts.access import Role
from contracts.envelope import EventData
from contracts.registry_events import RegionGroupDefined
from tests.harness import ELECTION, RunningService, bearer, running_service, soon
from tests.services.hearing import hear, received
from tests.services.turnout.paper import lay_out

pytestmark = pytest.mark.anyio
PATH = f"/v1/elections/{ELECTION}/tps/32.71.06.1002.001/turnout-reports"


def defined(regions: list[str], *, version: int) -> Received[EventData]:
    data = RegionGroupDefined(name="bakorwil-1", title="Bakorwil I", regions=regions, source="Pergub")
    return received(data, aggregate_id="bakorwil-1", version=version)


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
        await hear(service, defined(["32.01", "32.71"], version=1))
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
        await hear(turnout, defined(["32.71"], version=1))
        await until_understood(turnout, ("32.71",))
        assert await report() in {200, 201}
        await hear(turnout, defined([], version=2))
        await until_understood(turnout, ())
        assert await report() == 403
        await hear(turnout, defined(["32.71"], version=1))
        rows = await turnout.sql("select version, regions from consumer_region_group")
        assert rows == [{"version": 2, "regions": []}]
