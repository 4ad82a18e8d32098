"""Budgets of the look-up that all registries share, the work that is asked for when misses rise, and guesses by the thousand."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.database import Database
from chassis.row_security import EVERYWHERE
from services.registry.commands.lookup_budgets import Spending, note_answer, spend
from services.registry.rules.proofs import zero_bits
from tests.harness import RunningService, running_service
from tests.infrastructure import drop_database, make_database
from tests.services.registry.conftest import EVE, define
from tests.services.registry.electorate import LOOKUP, as_csv, enrol, keys_file, lay_out, person

EASY = 8
"""Zero bits of a challenge that a test solves at once."""


@asynccontextmanager
async def registries(
    folder: Path, count: int = 1, **settings: object
) -> AsyncGenerator[list[RunningService]]:
    """Run some registries on one database, with twenty voters on the list."""
    url = await asyncio.to_thread(make_database, "registry")
    told = {
        "voter_keys_file": keys_file(folder),
        "voter_lookup_floor_s": 0.001,
        "voter_lookup_proof_bits": EASY,
        **settings,
    }
    async with AsyncExitStack() as stack:
        services = [
            await stack.enter_async_context(
                running_service("registry", database_url=url, kafka=None, desk_time=EVE, **told)  # type: ignore[arg-type]  # settings
            )
            for _ in range(count)
        ]
        await define(services[0])
        await lay_out(services[0])
        await enrol(services[0], as_csv([person(n) for n in range(20)]))
        yield services
    await asyncio.to_thread(drop_database, url)


def at(service: RunningService, address: str) -> httpx.AsyncClient:
    """Return a client that asks from some network address."""
    transport = httpx.ASGITransport(app=service.app, client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://registry")


async def ask(
    service: RunningService, number: int, address: str = "10.0.0.1", **said: object
) -> httpx.Response:
    """Ask from an address; a number beyond the list is a miss."""
    who = person(number)
    async with at(service, address) as client:
        return await client.post(LOOKUP, json={"nik": who["nik"], "name": who["name"], **said})


def solved(challenge: str) -> dict[str, str]:
    bits = int(challenge.split(".", maxsplit=1)[0])
    return {
        "challenge": challenge,
        "nonce": next(str(n) for n in range(10**9) if zero_bits(challenge, str(n)) >= bits),
    }


async def test_all_registries_have_one_budget(tmp_path: Path) -> None:
    async with registries(
        tmp_path, 2, voter_lookups_per_address="5/hour", voter_lookups_per_nik="2/hour"
    ) as both:
        asked = [await ask(both[n % 2], 0) for n in range(3)]
        assert [answer.status_code for answer in asked] == [200, 200, 429]
        assert asked[-1].json()["code"] == "nik-asked-too-often"
        more = [await ask(both[n % 2], n) for n in (1, 2, 3)]
        assert [answer.status_code for answer in more] == [200, 200, 429]
        assert more[-1].json()["code"] == "too-many-requests"
        assert 60 < int(more[-1].headers["retry-after"]) <= 7_200
        assert (await ask(both[1], 3, "10.0.0.2")).status_code == 200, "another address is not held up"
        kept = " ".join(str(row) for row in await both[0].sql("select b::text from lookup_budget b"))
        for value in ("10.0.0", person(0)["nik"], person(0)["nik"].encode().hex(), b"10.0.0".hex()):
            assert value not in kept


async def test_at_once_no_budget_is_overspent(tmp_path: Path) -> None:
    async with registries(tmp_path, 2, voter_lookups_in_all="30/hour") as both:
        answers = await asyncio.gather(
            *(ask(both[n % 2], n % 20, f"10.0.{n}.1") for n in range(80)),
        )
        assert [answer.status_code for answer in answers].count(200) == 30


async def test_a_device_that_names_itself_has_a_budget(tmp_path: Path) -> None:
    async with registries(tmp_path, voter_lookups_per_device="2/hour") as (service,):
        device = str(uuid4())
        answers = [await ask(service, n, f"10.0.{n}.1", device=device) for n in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["code"] == "device-asked-too-often"
        assert (await ask(service, 3, device=str(uuid4()))).status_code == 200
        assert (await ask(service, 3, device="none")).status_code == 422


async def test_work_is_asked_of_an_address_whose_questions_find_nobody(tmp_path: Path) -> None:
    async with registries(tmp_path, voter_lookup_misses_per_address=5) as (service,):
        before = [await ask(service, 100 + n) for n in range(5)]
        assert {answer.status_code for answer in before} == {200}
        hit, miss = await ask(service, 0), await ask(service, 200)
        for answer in (hit, miss):
            told = answer.json()
            assert (answer.status_code, told["code"], told["bits"]) == (428, "proof-needed", EASY)
            assert datetime.fromisoformat(told["expires_at"]) > datetime.now(UTC)
            assert answer.headers["cache-control"] == "no-store"
        assert hit.json().keys() == miss.json().keys()
        proof = solved(hit.json()["challenge"])
        found = await ask(service, 0, proof=proof)
        assert found.json()["tps"] is not None
        assert (await ask(service, 1, proof=proof)).status_code == 428, "it was solved for another question"
        assert (await ask(service, 1, "10.0.0.2")).status_code == 200, "another address has nothing to solve"


async def test_many_voters_behind_one_address_are_not_asked_for_work(tmp_path: Path) -> None:
    async with registries(tmp_path, voter_lookup_misses_per_address=3) as (service,):
        answers = [await ask(service, n) for n in (*range(8), 101, 102, 103, 104, *range(8, 12))]
        assert {answer.status_code for answer in answers} == {200}


async def test_everybody_has_to_work_when_the_misses_of_all_rise(tmp_path: Path) -> None:
    async with registries(tmp_path, voter_lookup_misses_in_all=4) as (service,):
        for n in range(4):
            assert (await ask(service, 100 + n, f"10.0.{n}.1")).status_code == 200
        assert (await ask(service, 0, "10.0.9.1")).status_code == 428


@pytest.mark.parametrize(
    ("part", "said"),
    [(0, "1"), (1, "9999999999"), (3, "0" * 32)],
    ids=["easier", "longer", "signed by nobody"],
)
async def test_a_challenge_of_ones_own_making_is_none(tmp_path: Path, part: int, said: str) -> None:
    async with registries(tmp_path, voter_lookup_misses_per_address=0, voter_lookup_miss_ratio=0) as (
        service,
    ):
        challenge = (await ask(service, 0)).json()["challenge"]
        parts = challenge.split(".")
        forged = ".".join([*parts[:part], said, *parts[part + 1 :]])
        assert (await ask(service, 0, proof=solved(forged))).status_code == 428
        unsolved = next(str(n) for n in range(99) if zero_bits(challenge, str(n)) < EASY)
        assert (await ask(service, 0, proof={"challenge": challenge, "nonce": unsolved})).status_code == 428
        assert (await ask(service, 0, proof=solved(challenge))).status_code == 200


async def test_a_challenge_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with registries(tmp_path, voter_lookup_misses_per_address=0, voter_lookup_miss_ratio=0) as (
        service,
    ):
        proof = solved((await ask(service, 0)).json()["challenge"])
        later = datetime.fromtimestamp(int(proof["challenge"].split(".")[1]), UTC)
        monkeypatch.setattr("services.registry.routes.voter_lookups.wall_now", lambda: later)
        assert (await ask(service, 0, proof=proof)).status_code == 428


async def test_fifteen_hundred_guesses_stay_within_the_budgets(tmp_path: Path) -> None:
    """A thief with many addresses tries names and numbers: what is answered is what the budgets allow, and no more."""
    in_all = 60
    async with registries(
        tmp_path,
        2,
        voter_lookups_in_all=f"{in_all}/day",
        voter_lookups_per_nik="3/day",
        voter_lookups_per_address="10/day",
    ) as both:
        statuses: list[int] = []
        hits = 0
        for first in range(0, 1_500, 25):
            answers = await asyncio.gather(
                *(ask(both[n % 2], n % 40, f"10.1.{n % 97}.1") for n in range(first, first + 25))
            )
            statuses += [answer.status_code for answer in answers]
            hits += sum(answer.status_code == 200 and answer.json()["tps"] is not None for answer in answers)
        assert statuses.count(200) <= in_all
        assert set(statuses) == {200, 429}
        assert 0 < hits <= statuses.count(200)


@given(st.text("0123456789abcdef", min_size=1, max_size=8), st.integers(0, 9_999))
def test_zero_bits_are_those_of_the_hash(challenge: str, nonce: int) -> None:
    bits = f"{int(hashlib.sha256(f'{challenge}:{nonce}'.encode()).hexdigest(), 16):0256b}"
    assert zero_bits(challenge, str(nonce)) == len(bits) - len(bits.lstrip("0"))


async def test_what_was_answered_is_noted_while_others_ask(tmp_path: Path) -> None:
    """Two that count the same windows in another order would wait for one another for ever."""
    async with registries(tmp_path) as (registry,):
        database: Database = registry.app.state.database
        spendings = [Spending(name, b"x" * 32, 3_600, 1_000_000) for name in ("address", "everybody", "nik")]

        async def ask_and_note(order: Sequence[Spending]) -> None:
            for _ in range(60):
                async with database.transaction(EVERYWHERE) as uow:
                    await spend(uow, order, now=EVE)
                async with database.transaction(EVERYWHERE) as uow:
                    await note_answer(uow, order, missed=True, now=EVE)

        await asyncio.gather(*(ask_and_note(spendings if n % 2 else spendings[::-1]) for n in range(8)))
        rows = await registry.sql("select spent, missed from lookup_budget where window_s = 3600")
        assert [(row["spent"], row["missed"]) for row in rows if row["spent"] == 480] == [(480, 480)] * 3
