"""Whom a token names, and how its holder ends it."""

from collections.abc import AsyncIterator, Callable

import pytest

from contracts.access import Role
from tests.harness import bearer
from tests.services.registry.access import TPS, Desk, desk
from tests.services.registry.conftest import define
from tests.services.registry.files import BASE
from tests.services.registry.test_tokens import PLACE, until_refused


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[Desk]:
    async with desk(database_url("registry")) as made:
        await define(made.service)
        answer = await made.client.put(f"{BASE}/tps/{TPS}", json=PLACE, headers=bearer(Role.DESK))
        assert answer.status_code == 201, answer.text
        yield made


async def test_an_agencys_person_is_nobody_of_another_nor_an_officer(registry: Desk) -> None:
    names: list[str | None] = []
    for _ in range(2):
        agency = await registry.agency()
        credentials = await registry.application(agency)
        await registry.person(agency, "petugas-8")
        answer = await registry.exchange(credentials, person="petugas-8")
        assert answer.status_code == 200, answer.text
        actor = await registry.actor(answer.json()["access_token"])
        assert actor.person == f"{agency}/petugas-8"
        names.append(actor.person)
    await registry.officer("petugas-8", slot=6)
    kpps = await registry.application(await registry.agency(), roles=["kpps"])
    answer = await registry.exchange(kpps, person="petugas-8")
    assert answer.status_code == 200, answer.text
    officer = await registry.actor(answer.json()["access_token"])
    assert officer.person == "petugas-8"
    assert len({officer.person, *names}) == 3


async def test_signing_out_ends_that_token_and_no_other(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency)
    await registry.person(agency)
    first, other = [(await registry.exchange(credentials)).json()["access_token"] for _ in range(2)]
    again = [await registry.client.post("/v1/oauth/revoke", data={"token": first}) for _ in range(2)]
    assert [(each.status_code, each.content) for each in again] == [(200, b"")] * 2
    assert again[0].headers["cache-control"] == "no-store"
    await until_refused(registry, first)
    assert (await registry.actor(other)).person == f"{agency}/petugas-7"
    told = await registry.service.sql(
        "select body from outbox where body like '%\"token\"%' and actor = $1", f"{agency}/petugas-7"
    )
    assert len(told) in {1, 2}, "a repeat before the first one bites says it again"
    assert first.split(".")[2] not in str(told)
    late = await registry.client.post("/v1/oauth/revoke", data={"token": first})
    assert late.status_code == 200


@pytest.mark.parametrize("form", [{"token": "x"}, {"token": ""}, {}, {"other": "y"}])
async def test_what_is_no_token_is_answered_as_one_that_has_ended(
    registry: Desk, form: dict[str, str]
) -> None:
    answer = await registry.client.post(
        "/v1/oauth/revoke", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await registry.client.post("/v1/oauth/revoke", json={"token": "x"})).status_code == 400
