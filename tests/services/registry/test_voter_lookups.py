"""Where do I vote: a hit and every kind of miss look alike, budgets hold, canaries alarm, and no NIK is written anywhere."""

import io
import logging
import time
from contextlib import redirect_stderr, redirect_stdout

import httpx
import pytest

from chassis.telemetry import configure_logging
from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.electorate import (
    COLUMNS,
    LOOKUP,
    as_csv,
    ask,
    enrol,
    person,
)
from tests.services.registry.files import BASE, send, table, tps_rows


@pytest.fixture(scope="module")
async def listed(electorate: RunningService) -> RunningService:
    people = [
        *(person(number) for number in range(1_000, 1_040)),
        person(1_040, struck="meninggal"),
        person(1_041, canary="ya"),
    ]
    assert (await enrol(electorate, as_csv(people, (*COLUMNS, "struck", "canary"))))["created"] == 42
    return electorate


async def look_up(listed: RunningService, number: int, **said: str) -> httpx.Response:
    who = person(number, **said)
    return await ask(listed, who["nik"], who["name"])


async def test_a_hit_tells_of_the_tps_and_not_of_the_person(listed: RunningService) -> None:
    who = person(1_000)
    answer = await ask(listed, who["nik"], who["name"])
    told = answer.json()
    assert answer.status_code == 200
    assert told["tps"]["tps_code"] == who["tps_code"]
    place = await listed.client.get(f"{BASE}/public/tps/{who['tps_code']}")
    assert told["tps"] == place.json()
    assert told["message"] == place.json()["message"]
    for value in (who["nik"], who["name"], who["birth_date"]):
        assert value not in answer.text


@pytest.mark.parametrize(
    "name",
    ["PEMILIH  CONTOH 1001 (GLADI)", " pemilih contoh1001(gladi) ", "\uff30emilih Contoh 1001 (gladi)"],
)
async def test_names_are_compared_as_they_are_spoken(listed: RunningService, name: str) -> None:
    assert (await look_up(listed, 1_001, name=name)).json()["tps"] is not None


async def test_every_miss_is_like_a_hit_in_all_but_what_it_says(listed: RunningService) -> None:
    hit = await look_up(listed, 1_002)
    misses = {
        "no such NIK": await look_up(listed, 9_999),
        "another name": await look_up(listed, 1_003, name=person(1_004)["name"]),
        "struck": await look_up(listed, 1_040),
        "a canary": await look_up(listed, 1_041),
    }
    assert hit.json()["tps"] is not None
    for kind, miss in misses.items():
        assert miss.content == misses["no such NIK"].content, kind
        assert miss.json()["tps"] is None
        assert miss.json().keys() == hit.json().keys()
        assert (miss.status_code, len(miss.content)) == (hit.status_code, len(hit.content)), kind
        assert miss.headers == hit.headers, kind


async def test_the_longest_answer_is_as_long_as_the_shortest(listed: RunningService) -> None:
    long = [["32.71.02.1001.009", "😀" * 160, '"' * 300, -6.5, 106.8, 250, 251, "ya"]]
    assert (await send(listed, table(long)))["created"] == 1
    who = person(1_050, tps_code="32.71.02.1001.009")
    await enrol(listed, as_csv([who]))
    found, none = await ask(listed, who["nik"], who["name"]), await look_up(listed, 9_998)
    assert found.json()["tps"]["place"] == "😀" * 160
    assert len(found.content) == len(none.content)


async def test_answers_come_after_a_whole_number_of_floors(listed: RunningService) -> None:
    began = time.monotonic()
    await look_up(listed, 1_005)
    assert time.monotonic() - began >= 0.02


async def test_a_dissolved_tps_is_shown_to_nobody(listed: RunningService) -> None:
    await send(listed, table(tps_rows("32.71.02.1002", 1)))
    who = person(1_060, tps_code="32.71.02.1002.001")
    await enrol(listed, as_csv([who]))
    assert (await ask(listed, who["nik"], who["name"])).json()["tps"] is not None
    gone = table([["32.71.02.1002.001", "tidak"]], ("tps_code", "active"))
    assert (await send(listed, gone))["changed"] == 1
    assert (await ask(listed, who["nik"], who["name"])).json()["tps"] is None


async def test_a_nik_has_a_budget_whether_it_is_listed_or_not(listed: RunningService) -> None:
    for number in (1_006, 9_997):
        answers = [await look_up(listed, number, name=f"Tebakan {n}") for n in range(9)]
        assert [answer.status_code for answer in answers] == [200] * 8 + [429], number
        assert answers[-1].json()["code"] == "nik-asked-too-often"
        assert int(answers[-1].headers["retry-after"]) > 60
        assert person(number)["nik"] not in answers[-1].text
    assert (await look_up(listed, 1_007)).status_code == 200, "another NIK is not held up"


async def test_a_canary_is_counted_whatever_the_name(listed: RunningService) -> None:
    async def counted() -> float:
        text = (await listed.client.get("/metrics")).text
        return float(
            next(
                line for line in text.splitlines() if line.startswith("desk_voter_canary_lookups_total")
            ).split()[1]
        )

    before = await counted()
    await look_up(listed, 1_041)
    await look_up(listed, 1_041, name="Siapa Saja")
    await look_up(listed, 1_008)
    assert await counted() == before + 2


@pytest.mark.parametrize(
    "body",
    [
        {"nik": "9971", "name": "Contoh"},
        {"nik": 9971064508900001, "name": "Contoh"},
        {"nik": "9971064508900001"},
        {"nik": "9971064508900001", "name": ""},
        {"nik": "9971064508900001", "name": "Contoh", "9971064508900001": "x"},
    ],
)
async def test_what_is_no_question_is_refused_without_an_echo(
    listed: RunningService, body: dict[str, object]
) -> None:
    answer = await listed.client.post(LOOKUP, json=body)
    assert answer.status_code == 422
    assert "9971" not in answer.text


async def test_no_nik_and_no_name_in_logs_ledger_or_keys(listed: RunningService) -> None:
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with redirect_stdout(written), redirect_stderr(written):
            configure_logging("registry", "DEBUG", stream=written)
            people = [person(number, name="Rahasia Contoh (gladi)") for number in range(1_100, 1_110)]
            await enrol(listed, as_csv([*people, people[0], person(1_111, kind="?", name="Rahasia")]))
            for who in people[:3]:
                await ask(listed, who["nik"], who["name"])
                await listed.client.get(f"{BASE}/voters/{who['nik']}", headers=bearer(Role.OPERATOR))
            await ask(listed, people[0]["nik"], "")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    told = written.getvalue()
    assert "voters:lookup" in told, "the lines are there"
    for table_name in ("outbox", "idempotency_key", "import", "import_row"):
        rows = await listed.sql(f"select t::text as told from {table_name} t")
        told += " ".join(str(row["told"]) for row in rows)
    for number in range(1_100, 1_112):
        assert person(number)["nik"] not in told
    assert "Rahasia" not in told
