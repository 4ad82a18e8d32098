"""Who comes without a token has a narrow way through the door: a flood of them holds up nobody who has one."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.broken_owner import Owner, an_owner, had_enough, had_enough_of_it, say_nothing

pytestmark = pytest.mark.anyio
PUBLIC = f"/v1/elections/{ELECTION}/public/incidents"


def gateway_to(
    owner: Owner, database_url: Callable[[str], str]
) -> AbstractAsyncContextManager[RunningService]:
    return running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        peers={"incidents": owner.url, "turnout": owner.url},
    )


async def report(gateway: RunningService) -> httpx.Response:
    return await gateway.client.post(PUBLIC, json={}, headers={"Idempotency-Key": str(uuid4())})


def badly_signed() -> str:
    """Return a token whose signature is nobody's."""
    head, claims, signature = bearer(Role.KPPS)["Authorization"].removeprefix("Bearer ").split(".")
    return f"{head}.{claims}.{signature[:-6]}AAAAAA"


async def test_what_the_owner_refuses_for_a_minute_is_not_asked_again(
    database_url: Callable[[str], str],
) -> None:
    async with an_owner(had_enough) as owner, gateway_to(owner, database_url) as gateway:
        assert (await report(gateway)).status_code == 429
        again = await report(gateway)
        assert (again.status_code, again.json()["code"]) == (429, "too-many-requests")
        assert 0 < int(again.headers["Retry-After"]) <= 60
        forged = {"Idempotency-Key": str(uuid4()), "Authorization": "Bearer abc"}
        assert (await gateway.client.post(PUBLIC, json={}, headers=forged)).status_code == 429
        assert len(owner.requests) == 1
        asked = await gateway.client.get(f"{PUBLIC}/ABCDEFGHJK")  # another route has a budget of its own
        assert (asked.status_code, len(owner.requests)) == (429, 2)
        officer = await gateway.client.post(
            f"/v1/elections/{ELECTION}/incidents", json={}, headers=bearer(Role.KPPS)
        )
        assert (officer.status_code, len(owner.requests)) == (429, 3)


async def test_what_is_refused_for_what_was_asked_about_is_not_the_address(
    database_url: Callable[[str], str],
) -> None:
    async with an_owner(had_enough_of_it) as owner, gateway_to(owner, database_url) as gateway:
        refused = [await report(gateway) for _ in range(2)]
        assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
            (429, "nik-asked-too-often")
        ] * 2
        assert len(owner.requests) == 2, "another one behind the same address may ask about something else"


@pytest.mark.parametrize(
    "token", [lambda: None, lambda: "abc", badly_signed], ids=["none", "no token", "badly signed"]
)
async def test_a_crowd_without_valid_tokens_takes_no_place_of_those_with_one(
    database_url: Callable[[str], str], token: Callable[[], str | None]
) -> None:
    made_up = {"Authorization": f"Bearer {found}"} if (found := token()) else {}

    async def come(gateway: RunningService) -> httpx.Response:
        if not made_up:
            return await report(gateway)
        path = f"/v1/elections/{ELECTION}/incidents"
        return await gateway.client.post(path, json={}, headers=made_up | {"Idempotency-Key": str(uuid4())})

    async with an_owner(say_nothing) as owner, gateway_to(owner, database_url) as gateway:
        crowd = [asyncio.ensure_future(come(gateway)) for _ in range(40)]
        done, waiting = await asyncio.wait(crowd, timeout=2)
        assert {task.result().json()["code"] for task in done} == {"overloaded"}
        assert len(owner.requests) == 4
        officer = asyncio.ensure_future(
            gateway.client.post(f"/v1/elections/{ELECTION}/incidents", json={}, headers=bearer(Role.KPPS))
        )
        while len(owner.requests) < 5:
            await asyncio.sleep(0.01)
        for task in (officer, *waiting):
            task.cancel()


async def test_a_crowd_keeps_nobody_from_getting_a_token(database_url: Callable[[str], str]) -> None:
    """Whoever asks for a token has none yet, and is no crowd: the lane of tokens is another one."""
    lookup = f"/v1/elections/{ELECTION}/public/voters:lookup"
    async with (
        an_owner(say_nothing) as owner,
        running_service(
            "gateway", database_url=database_url("gateway"), kafka=None, peers={"registry": owner.url}
        ) as gateway,
    ):
        crowd = [asyncio.ensure_future(gateway.client.post(lookup, json={})) for _ in range(40)]
        done, waiting = await asyncio.wait(crowd, timeout=2)
        assert {task.result().json()["code"] for task in done} == {"overloaded"}
        before = len(owner.requests)
        asking = asyncio.ensure_future(gateway.client.post("/v1/oauth/token", data={"grant_type": "x"}))
        deadline = asyncio.get_running_loop().time() + 5
        while len(owner.requests) == before:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)
        for task in (*waiting, asking):
            task.cancel()
