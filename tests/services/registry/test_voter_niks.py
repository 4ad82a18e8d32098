"""A NIK that was written down wrongly is corrected in place: the person, the history and the rows that were left stay theirs."""

import asyncio

import httpx

from contracts.access import Role
from tests.harness import RunningService
from tests.services.registry.electorate import TPS, VOTERS, as_csv, ask, enrol, person
from tests.services.registry.files import counts, told
from tests.services.registry.keeping import EVIDENCE, OTHER_CITY, do, move, named, voter


def nik(number: int, wrong: int) -> str:
    """Return a NIK of somebody's birth date and sex with another number of its own."""
    return person(number)["nik"][:12] + f"{wrong:04}"


async def correct(
    registry: RunningService, number: int, to: str, *, regions: tuple[str, ...] = ("*",), **said: object
) -> httpx.Response:
    body = {"voter": named(number), "nik": to, "evidence": EVIDENCE, **said}
    return await do(registry, "correct-nik", body, regions=regions)


async def enrolled(registry: RunningService, number: int, **said: str) -> None:
    assert counts(await enrol(registry, as_csv([person(number, **said)]), regions=["*"]))[1] == 1


async def at(registry: RunningService, number: int, nik: str) -> str | None:
    place = (await ask(registry, nik, person(number)["name"])).json()["tps"]
    return place["tps_code"] if place is not None else None


async def test_the_right_nik_is_found_the_former_one_is_not(october: RunningService) -> None:
    await enrolled(october, 900)
    before = await voter(october, 900)
    right = nik(900, 7_900)
    answer = await correct(october, 900, right)
    assert (answer.status_code, answer.json()["outcome"], answer.json()["findings"]) == (200, "changed", [])
    assert answer.json()["voter_id"] == before["voter_id"]
    assert (await at(october, 900, person(900)["nik"]), await at(october, 900, right)) == (
        None,
        person(900)["tps_code"],
    )
    again = await do(october, "correct-nik", {"voter": {"nik": right}, "nik": right, "evidence": EVIDENCE})
    assert again.json()["outcome"] == "unchanged"
    found = (await do(october, "find", {"voter": {"nik": right}})).json()
    assert [(each["kind"], each["evidence"]) for each in found["history"]] == [("nik_corrected", EVIDENCE)]
    told_all = (await do(october, "export", {"voter": {"nik": right}, "reason": "x"})).json()
    assert told_all["person"]["nik"] == right
    assert told_all["history"][0]["before"]["nik"] == person(900)["nik"]
    odd = await do(
        october, "correct-nik", {"voter": {"nik": right}, "nik": nik(903, 1), "evidence": EVIDENCE}
    )
    assert odd.json()["findings"] == ["W-NIK-BIRTH"]


async def test_nothing_readable_is_left_of_either(october: RunningService) -> None:
    await enrolled(october, 905)
    await correct(october, 905, nik(905, 7_905))
    for table in ("voter", "voter_change", "outbox", "idempotency_key", "access_entry"):
        rows = str(await october.sql(f"select t::text from {table} t"))
        assert person(905)["nik"] not in rows, table
        assert nik(905, 7_905) not in rows, table


async def test_a_nik_is_one_persons_in_the_whole_election(october: RunningService) -> None:
    await enrolled(october, 910)
    await enrolled(october, 911, tps_code=OTHER_CITY)
    rows = await october.sql("select * from voter order by id")
    for other in (5, 911):
        refused = await correct(october, 910, person(other)["nik"], regions=("32.71",))
        assert (refused.status_code, refused.json()["code"]) == (409, "voter-listed")
        assert refused.json()["allowed"]
        assert OTHER_CITY not in refused.text
    assert await october.sql("select * from voter order by id") == rows


async def test_of_two_corrections_to_one_nik_one_holds(october: RunningService) -> None:
    for number in (914, 915):
        await enrolled(october, number)
    right = nik(914, 7_914)
    answers = await asyncio.gather(*(correct(october, number, right) for number in (914, 915)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_who_may_not_and_what_is_no_nik(october: RunningService) -> None:
    await enrolled(october, 920)
    assert (await correct(october, 920, nik(920, 1), regions=("32.73",))).status_code == 404
    for wrong, code in (("9971", "string_pattern_mismatch"), ("3271064508900001", "E-NIK-SYNTHETIC")):
        refused = await correct(october, 920, wrong)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)
        assert wrong not in refused.text or len(wrong) < 16
    unproved = await correct(october, 920, nik(920, 1), evidence="")
    assert unproved.status_code == 422
    await do(october, "strike", {"voter": named(920), "reason": "death", "evidence": EVIDENCE})
    struck = await correct(october, 920, nik(920, 1))
    assert (struck.status_code, struck.json()["code"]) == (409, "voter-struck")


async def test_rows_that_were_left_with_a_move_are_corrected_too(october: RunningService) -> None:
    await enrolled(october, 930, tps_code=TPS[0])
    await move(october, 930, TPS[1])
    right = nik(930, 7_930)
    assert (await correct(october, 930, right)).status_code == 200
    back = {"voter": {"nik": right}, "to_tps": TPS[0], "reason": "work", "evidence": EVIDENCE}
    assert (await do(october, "move", back)).json()["kind"] == "dpt"
    found = (await do(october, "find", {"voter": {"nik": right}})).json()
    assert [each["kind"] for each in found["history"]] == ["moved", "nik_corrected", "moved"]


async def test_it_needs_the_regions_of_every_row(october: RunningService) -> None:
    await enrolled(october, 935, tps_code=OTHER_CITY)
    await move(october, 935, TPS[0])
    refused = await correct(october, 935, nik(935, 7_935), regions=("32.71",))
    assert (refused.status_code, refused.json()["code"]) == (403, "region-not-covered")
    assert await at(october, 935, person(935)["nik"]) == TPS[0]
    assert (await correct(october, 935, nik(935, 7_935), regions=("32.71", "32.01"))).status_code == 200


async def test_a_list_from_before_does_not_bring_the_former_one_back(october: RunningService) -> None:
    await enrolled(october, 940)
    await correct(october, 940, nik(940, 7_940))
    before = await october.sql("select count(*) as n from voter")
    done = await enrol(october, as_csv([person(940)]))
    assert counts(done)[4] == 1
    assert await told(october, done, "accepted", at=VOTERS, role=Role.OPERATOR) == {2: ["W-NIK-CORRECTED"]}
    assert await october.sql("select count(*) as n from voter") == before
    other = person(940, name="Pemilik NIK Contoh (gladi)")
    assert counts(await enrol(october, as_csv([other])))[1] == 1, "whose NIK it is may be on the list"
    assert (await ask(october, other["nik"], other["name"])).json()["tps"] is not None
