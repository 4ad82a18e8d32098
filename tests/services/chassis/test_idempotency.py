"""One key, one effect, one answer: also for two at once, and for refusals."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel

from chassis.actor import Actor
from chassis.clock import DeskClock
from chassis.database import Database
from chassis.idempotency import OnceDep
from chassis.metrics import Metrics
from chassis.problem_responses import install_problem_handlers
from chassis.row_security import EVERYWHERE
from chassis.settings import ServiceSettings
from tests.services.chassis.machine import FULL, add, counters, machine

pytestmark = pytest.mark.anyio


class Amount(BaseModel):
    """How much to add."""

    amount: int


def _somebody() -> Actor:
    return Actor("person", "person", "client", None, None, frozenset(), frozenset(), ("*",), None)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    async with machine() as made:
        yield made


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Counters over HTTP: nothing but the chassis' ordinary command door."""
    app = FastAPI()
    app.state.database, app.state.clock, app.state.metrics = database, DeskClock(None), Metrics()
    app.state.watermarks = None
    app.state.settings = ServiceSettings.model_construct(rehearsal=False)
    install_problem_handlers(app)

    @app.post("/counters/{name}")
    async def change(
        name: str, body: Amount, actor: Annotated[Actor, Depends(_somebody)], once: OnceDep
    ) -> Response:
        return await once(actor, lambda uow, _: add(uow, name, body.amount), election="e", body=body)

    _ = change
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://counters") as made:
        yield made


async def post(
    client: httpx.AsyncClient, amount: int, *, key: str, name: str = "a", language: str = "en"
) -> httpx.Response:
    headers = {"Idempotency-Key": key, "Accept-Language": language}
    return await client.post(f"/counters/{name}", json={"amount": amount}, headers=headers)


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b")], ids=["one thing", "two things"])
async def test_two_at_once_with_different_bodies_under_one_key(
    client: httpx.AsyncClient, database: Database, names: tuple[str, str]
) -> None:
    for n in range(5):
        found = await asyncio.gather(
            *(
                post(client, amount, key=f"k{n}", name=f"{name}{n}")
                for amount, name in zip((1, 2), names, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in found) == [201, 422]
        refused = next(answer for answer in found if answer.status_code == 422)
        assert refused.json()["code"] == "idempotency-key-reused"
    assert len(await counters(database)) == 5


async def test_many_at_once_with_one_body(client: httpx.AsyncClient, database: Database) -> None:
    found = await asyncio.gather(*(post(client, 1, key="k") for _ in range(20)))
    assert {answer.status_code for answer in found} == {201}
    assert len({answer.content for answer in found}) == 1
    assert sorted("Idempotent-Replayed" in answer.headers for answer in found) == [False] + [True] * 19
    assert await counters(database) == {"a": 1}


async def test_a_final_refusal_is_the_answer_of_its_key(
    client: httpx.AsyncClient, database: Database
) -> None:
    first = await post(client, FULL + 1, key="k", language="id")
    assert (first.status_code, first.headers["content-language"]) == (409, "id")
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute("insert into counter values ('a', 0)")
    again = await post(client, FULL + 1, key="k", language="en")
    assert (again.content, again.status_code) == (first.content, 409)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["content-language"] == "id"
    assert await counters(database) == {"a": 0}


async def test_a_fault_leaves_the_key_free(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute("alter table counter rename to elsewhere")
    assert (await post(client, 1, key="k")).status_code == 500
    async with database.transaction(EVERYWHERE) as uow:
        await uow.execute("alter table elsewhere rename to counter")
    assert (await post(client, 1, key="k")).status_code == 201


async def test_a_key_is_needed_and_must_be_one(client: httpx.AsyncClient) -> None:
    missing = await client.post("/counters/a", json={"amount": 1})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency-key-missing")
    long = await post(client, 1, key="k" * 201)
    assert (long.status_code, long.json()["code"]) == (400, "idempotency-key-invalid")
