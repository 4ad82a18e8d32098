"""The keys of a list of voters, and settings of its look-up: each on a registry and a database of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest

from contracts.access import Role
from tests.harness import RunningService, running_service
from tests.infrastructure import drop_database, make_database
from tests.services.registry.conftest import EVE, define
from tests.services.registry.electorate import (
    TPS,
    VOTERS,
    as_csv,
    ask,
    enrol,
    keys_file,
    lay_out,
    person,
    post_list,
)
from tests.services.registry.files import told


class Start(Protocol):
    """Starts a registry on this test's database, with keys unless it is told otherwise."""

    def __call__(self, **settings: object) -> AbstractAsyncContextManager[RunningService]: ...


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    url = await asyncio.to_thread(make_database, "registry")
    file = keys_file(tmp_path)

    def started(**settings: object) -> AbstractAsyncContextManager[RunningService]:
        told = {"desk_time": EVE, "voter_keys_file": file} | settings
        return running_service("registry", database_url=url, kafka=None, **told)  # type: ignore[arg-type]  # settings

    yield started
    await asyncio.to_thread(drop_database, url)


async def test_an_address_has_a_budget(start: Start) -> None:
    async with start(voter_lookups_per_address="2/hour") as service:
        await define(service)
        answers = [await ask(service, person(n)["nik"], person(n)["name"]) for n in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["code"] == "too-many-requests"
        assert int(answers[-1].headers["retry-after"]) > 60


async def test_by_other_keys_nobody_is_looked_for(start: Start, tmp_path: Path) -> None:
    """The file of the keys was lost and made anew: a miss would tell every voter that they are not on the list."""
    async with start() as service:
        await define(service)
        await lay_out(service)
        await enrol(service, as_csv([person(1)]))
    keys_file(tmp_path)
    async with start() as service:
        answer = await ask(service, person(1)["nik"], person(1)["name"])
        assert (answer.status_code, answer.json()["code"]) == (503, "voters-unavailable")


async def test_a_row_that_was_laid_over_another_is_not_believed(start: Start) -> None:
    """Whoever writes in the database cannot send one voter to the place of another."""
    async with start() as service:
        await define(service)
        await lay_out(service)
        await enrol(service, as_csv([person(1), person(2)]))
        await service.sql("update voter v set sealed = (select sealed from voter o where o.id <> v.id)")
        answer = await ask(service, person(1)["nik"], person(1)["name"])
        assert (answer.status_code, answer.json()["code"]) == (503, "voters-unavailable")


async def test_without_keys_nothing_is_taken_and_nobody_looked_for(start: Start) -> None:
    async with start(voter_keys_file=None) as service:
        await define(service)
        for answer in (
            await post_list(service, as_csv([person(1)])),
            await ask(service, person(1)["nik"], person(1)["name"]),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "voters-unavailable")
            assert answer.headers["retry-after"] == "2"
        assert not await service.sql("select 1 from import_part")


async def test_a_demonstrations_keys_are_refused_in_production(start: Start) -> None:
    with pytest.raises(ValueError, match="only a development desk takes"):
        async with start(environment="production"):
            pass


async def test_a_real_election_takes_no_synthetic_nik(start: Start) -> None:
    async with start(desk_time=None) as service:
        await define(service)
        await lay_out(service)
        done = await enrol(service, as_csv([person(0, tps_code=TPS[0])]))
        assert await told(service, done, at=VOTERS, role=Role.OPERATOR) == {2: ["E-NIK-SYNTHETIC"]}
