"""A dry run of a list leaves nothing behind, so it tells nothing of who is on the list beyond the caller's regions."""

from contracts.access import Role
from tests.harness import RunningService
from tests.services.registry.electorate import TPS, VOTERS, as_csv, enrol, person
from tests.services.registry.files import counts, told
from tests.services.registry.keeping import OTHER_CITY


async def reasons(october: RunningService, done: dict[str, object]) -> dict[int, list[str]]:
    return await told(october, done, at=VOTERS, role=Role.OPERATOR)


async def test_a_dry_run_does_not_tell_who_is_on_the_list_elsewhere(october: RunningService) -> None:
    listed = person(700, tps_code=OTHER_CITY)
    assert counts(await enrol(october, as_csv([listed]), regions=["*"]))[2] == 1
    asked = as_csv([person(700, tps_code=TPS[0]), person(701, tps_code=TPS[0])])
    dry = await enrol(october, asked, dry_run=True)
    assert (counts(dry), await reasons(october, dry)) == (("done", 2, 2, 0, 0, 0), {}), (
        "who is listed elsewhere, and who is not"
    )
    whole = await enrol(october, asked, regions=["*"], dry_run=True)
    assert await reasons(october, whole) == {2: ["E-VOTER-ELSEWHERE"]}, "to who covers both"
    real = await enrol(october, asked)
    assert (real["created"], await reasons(october, real)) == (1, {2: ["E-VOTER-ELSEWHERE"]})


async def test_a_dry_run_finds_who_is_at_another_tps_of_the_region(october: RunningService) -> None:
    at = next(each for each in TPS if each != person(3)["tps_code"])
    dry = await enrol(october, as_csv([person(3, tps_code=at)]), dry_run=True)
    assert await reasons(october, dry) == {2: ["E-VOTER-ELSEWHERE"]}


async def test_who_sends_a_list_stands_in_the_trail(october: RunningService) -> None:
    query = "select action, actor, place from access_entry where subject = 'voters/imports' order by number"
    before = await october.sql(query)
    for dry_run in (True, False):
        await enrol(october, as_csv([person(5)]), dry_run=dry_run)
    after = await october.sql(query)
    assert [(row["action"], row["place"]) for row in after[len(before) :]] == [
        ("start_voter_import", "32.71")
    ] * 2
