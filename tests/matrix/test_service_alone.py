"""What the cells of the matrix do not reach: callers whose regions cover a part of what they name, by the service alone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from contracts.access import Role
from tests.harness import bearer
from tests.infrastructure import PostgresServer, drop_database, make_database
from tests.matrix.operations import KELURAHAN, example_of
from tests.matrix.rooms import BASE, Room, room
from tests.matrix.walls import take_policies_down
from tests.services.registry.electorate import person

pytestmark = pytest.mark.anyio

_E: Final = "/v1/elections/{election}"
FAR: Final = "32.73"


@asynccontextmanager
async def by_itself(service: str, postgres: PostgresServer) -> AsyncGenerator[Room]:
    """Run a furnished service whose database judges nothing."""
    url = await asyncio.to_thread(make_database, service)
    async with room(service, url) as furnished:
        await asyncio.to_thread(take_policies_down, postgres, url)
        yield furnished
    await asyncio.to_thread(drop_database, url)


async def test_clashes_and_voters_of_elsewhere_are_not_there(postgres: PostgresServer) -> None:
    async with by_itself("registry", postgres) as registry:
        client = registry.service.client
        for held, there in ((KELURAHAN, True), (FAR, False)):
            clashes = await client.get(f"{BASE}/sync/conflicts", headers=bearer(Role.DESK, regions=[held]))
            assert bool(clashes.json()["items"]) == there, clashes.text
        strike: dict[str, Any] = example_of("registry", f"POST {_E}/voters:strike")
        struck = await client.post(
            f"{BASE}/voters:strike",
            json=strike | {"voter": {"nik": person(1)["nik"]}},
            headers=bearer(Role.OPERATOR, regions=[FAR]),
        )
        assert (struck.status_code, struck.json()["code"]) == (404, "voter-unknown"), struck.text


async def test_a_shipment_goes_where_who_plans_it_may_send_it(postgres: PostgresServer) -> None:
    async with by_itself("logistics", postgres) as logistics:
        body: dict[str, Any] = example_of("logistics", f"POST {_E}/shipments")
        body |= {"warehouse_id": logistics.things["warehouse_id"], "box_ids": [logistics.things["box_id"]]}
        answer = await logistics.service.client.post(
            f"{BASE}/shipments",
            json=body | {"region_code": FAR},
            headers=bearer(Role.WAREHOUSE, regions=[KELURAHAN]),
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "region-not-covered"), answer.text
