"""Who may read at the door and not at an owner is told so in one word, and never whether the thing exists."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from contracts.access import Role
from tests.fuzz.rooms import BASE, KELURAHAN, TPS, furnished
from tests.harness import RunningService, bearer, on_a_socket, running_service

pytestmark = pytest.mark.anyio
NOBODY_KNOWS = "0193a3b0-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
async def names() -> dict[str, str]:
    """What is there, by the parameter that names it; filled as the owners are furnished."""
    return {"code": TPS}


@pytest.fixture(scope="module")
async def gateway(database_url: Callable[[str], str], names: dict[str, str]) -> AsyncIterator[RunningService]:
    async with AsyncExitStack() as stack:
        peers: dict[str, str] = {}
        for owner in ("logistics", "incidents"):
            room = await stack.enter_async_context(furnished(owner, database_url(owner)))
            peers[owner] = await stack.enter_async_context(on_a_socket(room.service.app))
            names.update({name: str(those[0]) for name, those in room.names.items() if name.endswith("_id")})
        yield await stack.enter_async_context(
            running_service("gateway", database_url=database_url("gateway"), kafka=None, peers=peers)
        )


@pytest.mark.parametrize(
    ("template", "name", "nowhere"),
    [
        ("/boxes/{}", "box_id", NOBODY_KNOWS),
        ("/shipments/{}", "shipment_id", NOBODY_KNOWS),
        ("/incidents/{}", "incident_id", NOBODY_KNOWS),
        ("/problems/{}", "problem_id", NOBODY_KNOWS),
        ("/tps/{}/supply", "code", f"{KELURAHAN}.999"),
    ],
)
async def test_a_token_without_the_owners_scope_is_refused_as_at_the_door(
    gateway: RunningService, names: dict[str, str], *, template: str, name: str, nowhere: str
) -> None:
    wanting, whole = bearer(Role.OBSERVER), bearer(Role.DESK)
    there, not_there = f"{BASE}{template.format(names[name])}", f"{BASE}{template.format(nowhere)}"
    assert (await gateway.client.get(there, headers=whole)).status_code == 200
    refused, as_well = [await gateway.client.get(path, headers=wanting) for path in (there, not_there)]
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert "www-authenticate" not in refused.headers
    told = [{**answer.json(), "instance": "", "trace_id": ""} for answer in (refused, as_well)]
    assert told[0] == told[1]
    own = await gateway.client.get(f"{BASE}/incidents", headers=wanting)  # a list is the gateway's own
    assert (own.status_code, own.json()["type"]) == (403, refused.json()["type"])


async def test_a_command_is_refused_alike(gateway: RunningService) -> None:
    refused = await gateway.client.post(f"{BASE}/boxes", json={}, headers=bearer(Role.OBSERVER))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
