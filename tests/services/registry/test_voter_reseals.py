"""A key is replaced: another one becomes the current one, every row is sealed anew meanwhile, and the old one is gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from contracts.access import Role
from deploy.keys import sealing_keys
from tests.harness import RunningService, bearer, running_service
from tests.infrastructure import drop_database, make_database
from tests.services.registry.conftest import EVE, define
from tests.services.registry.electorate import COLUMNS, TPS, as_csv, ask, enrol, lay_out, person
from tests.services.registry.files import BASE, counts
from tests.services.registry.keeping import do, named

FAMILY = {"family_number": "9971064508900002", "tps_code": TPS[0]}
MORE = (*COLUMNS, "family_number")


class Start(Protocol):
    """Starts a registry on this test's database, with the keys of the file as it is now."""

    def __call__(self) -> AbstractAsyncContextManager[RunningService]: ...


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    url = await asyncio.to_thread(make_database, "registry")

    def started() -> AbstractAsyncContextManager[RunningService]:
        return running_service(
            "registry",
            database_url=url,
            kafka=None,
            desk_time=EVE,
            voter_keys_file=str(tmp_path / "voters.json"),
            voter_lookup_floor_s=0.001,
        )

    yield started
    await asyncio.to_thread(drop_database, url)


def write(folder: Path, *files: str) -> None:
    """Write a file with the keys of some, of which the last is current."""
    told = [json.loads(each) for each in files]
    merged = {
        "current": told[-1]["current"],
        "keys": {k: v for each in told for k, v in each["keys"].items()},
    }
    (folder / "voters.json").write_text(json.dumps(merged))


async def reseal(registry: RunningService, most: int = 1_000, role: Role = Role.ADMIN) -> httpx.Response:
    return await registry.client.post(f"{BASE}/voters:reseal", json={"most": most}, headers=bearer(role))


async def test_every_row_is_sealed_anew_and_the_old_key_can_go(start: Start, tmp_path: Path) -> None:
    old, new = sealing_keys("demo-old"), sealing_keys("demo-new")
    write(tmp_path, old)
    people = [person(n, **FAMILY) if n < 4 else person(n) for n in range(20)]
    async with start() as service:
        await define(service)
        await lay_out(service)
        await enrol(service, as_csv(people, MORE))
        body = {"voter": named(5), "name": "Nama Baru Contoh (gladi)", "evidence": "Surat 1 (contoh)"}
        assert (await do(service, "correct", body)).is_success
        typo = {"voter": named(8), "nik": person(8)["nik"][:12] + "7777", "evidence": "KTP-el (contoh)"}
        assert (await do(service, "correct-nik", typo)).is_success
    write(tmp_path, old, new)
    async with start() as service:
        await enrol(service, as_csv([person(30, **FAMILY)], MORE))
        proposed = await service.client.get(
            f"{BASE}/kelurahan/32.71.02.1001/capacity-proposals", headers=bearer(Role.ADMIN)
        )
        assert proposed.json()["code"] == "voters-to-reseal", "one family would be two"
        misspelt = {"voter": named(1), "name": "Nama Betul Contoh (gladi)", "evidence": "KTP-el (contoh)"}
        assert (await do(service, "correct", misspelt)).is_success, "which indexes the family anew too"
        first = (await reseal(service, most=8)).json()
        assert (first["sealed"], first["left"], first["retired"]) == (8, 13, [])
        for n in (0, 19, 30):
            assert (await ask(service, person(n)["nik"], person(n)["name"])).json()["tps"] is not None
        assert counts(await enrol(service, as_csv([people[2]], MORE)))[4] == 1, "in use meanwhile"
        second = (await reseal(service, most=8)).json()
        last = (await reseal(service, most=8)).json()
        assert (second["left"], last["left"]) == (5, 0)
        assert last["retired"] == [json.loads(old)["current"]]
        assert (await reseal(service)).json() == {"sealed": 0, "left": 0, "retired": []}
    write(tmp_path, new)
    async with start() as service:
        for n in (0, 7, 19, 30):
            assert (await ask(service, person(n)["nik"], person(n)["name"])).json()["tps"] is not None
        history = (await do(service, "export", {"voter": named(5), "reason": "x"})).json()["history"]
        assert history[0]["before"]["name"] == person(5)["name"], "history opens too"
        families = await service.sql(
            "select count(*) as n from voter where family_index is not null group by family_index"
        )
        assert [row["n"] for row in families] == [5], "one family, as before"
        assert counts(await enrol(service, as_csv(people[6:], MORE)))[4] == 14, "a former NIK is known too"


async def test_a_key_that_still_seals_something_is_missed(start: Start, tmp_path: Path) -> None:
    old, new = sealing_keys("demo-old"), sealing_keys("demo-new")
    write(tmp_path, old)
    async with start() as service:
        await define(service)
        await lay_out(service)
        await enrol(service, as_csv([person(n) for n in range(3)]))
    write(tmp_path, old, new)
    async with start() as service:
        assert (await reseal(service, most=2)).json()["left"] == 1
    write(tmp_path, new)
    async with start() as service:
        answer = await ask(service, person(0)["nik"], person(0)["name"])
        assert (answer.status_code, answer.json()["code"]) == (503, "voters-unavailable")


async def test_it_is_the_administrators(start: Start, tmp_path: Path) -> None:
    write(tmp_path, sealing_keys("demo"))
    async with start() as service:
        await define(service)
        assert (await reseal(service, role=Role.OPERATOR)).json()["code"] == "scope-missing"


async def test_a_repeat_is_known_after_the_key_was_replaced(start: Start, tmp_path: Path) -> None:
    old, new = sealing_keys("demo-old"), sealing_keys("demo-new")
    write(tmp_path, old)
    body = {"voter": named(0), "reason": "double", "evidence": "Surat 1 (contoh)"}
    async with start() as service:
        await define(service)
        await lay_out(service)
        await enrol(service, as_csv([person(0)]))
        first = await do(service, "strike", body, key="once")
    write(tmp_path, old, new)
    async with start() as service:
        again = await do(service, "strike", body, key="once")
        assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
        other = await do(service, "strike", {**body, "reason": "death"}, key="once")
        assert other.json()["code"] == "idempotency-key-reused"
