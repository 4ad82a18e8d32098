"""What a code of a region is: nothing is guessed, neither from names nor from numbers."""

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import counts, send, table, told

COLUMNS = ("list", "old_code", "new_code", "as_of")


async def asked(registry: RunningService, of_list: str, code: str) -> tuple[str, list[str]]:
    answer = await registry.client.get(f"/v1/region-codes/{of_list}/{code}", headers=bearer(Role.OBSERVER))
    assert answer.status_code == 200, answer.text
    return answer.json()["state"], [found["code"] for found in answer.json()["successors"]]


async def test_a_code_is_in_use_former_foreign_or_unknown(registry: RunningService) -> None:
    assert await asked(registry, "kemendagri", "32.71.03") == ("current", ["32.71.03"])
    assert await asked(registry, "bps", "3271030") == ("unknown", []), (
        "the digits look alike and mean another kecamatan"
    )
    assert await asked(registry, "kemendagri", "32.71.06.1999") == ("unknown", [])
    rows: list[list[object]] = [
        ["bps", "3271030", "32.71.05", "2024-02-14"],
        ["kemendagri", "32.71.06.1999", "32.71.06.1002", "2024-02-14"],
        ["kemendagri", "32.71.06.1998", "32.71.06.1002", "2024-02-14"],
        ["kemendagri", "32.71.06.1998", "32.71.06.1003", "2024-02-14"],
        ["kemendagri", "32.71.03", "32.71.05", "2024-02-14"],
        ["bps", "3271031", "32.71.99", "2024-02-14"],
        ["bps", "3578", "35.78", "2024-02-14"],
    ]
    done = await send(registry, table(rows, COLUMNS), kind="region_changes")
    assert counts(done) == ("done", 7, 4, 0, 0, 3)
    assert await told(registry, done) == {
        6: ["region-current"],
        7: ["region-unknown"],
        8: ["region-not-covered"],
    }
    assert counts(await send(registry, table(rows[:4], COLUMNS), kind="region_changes")) == (
        "done",
        4,
        0,
        0,
        4,
        0,
    )
    assert await asked(registry, "bps", "3271030") == ("foreign", ["32.71.05"])
    assert await asked(registry, "kemendagri", "32.71.06.1998") == (
        "former",
        ["32.71.06.1002", "32.71.06.1003"],
    )

    former = await registry.client.get("/v1/regions/32.71.06.1999", headers=bearer(Role.OBSERVER))
    assert (former.json()["code"], former.headers["Content-Location"]) == (
        "32.71.06.1002",
        "/v1/regions/32.71.06.1002",
    )
    split = await registry.client.get("/v1/regions/32.71.06.1998", headers=bearer(Role.OBSERVER))
    assert (split.status_code, "/v1/region-codes/kemendagri/32.71.06.1998" in split.json()["detail"]) == (
        404,
        True,
    )
    answer = await registry.client.get("/v1/region-codes/bps/3271030", headers=bearer(Role.OBSERVER))
    assert (answer.json()["source"], answer.json()["as_of"]) == ("KPU Kota Bogor", "2024-02-14")
    assert answer.json()["desk_list"]["version"] == "Kepmendagri 300.2.2-2138/2025"


async def test_a_code_changes_by_whoever_covers_the_old_one_and_all_that_it_became(
    registry: RunningService,
) -> None:
    city: list[list[object]] = [
        ["bps", "3271040", "32.71.04", "2024-02-14"],
        ["kemendagri", "32.71.02.1999", "32.71.02.1001", "2024-02-14"],
    ]
    assert (await send(registry, table(city, COLUMNS), kind="region_changes"))["created"] == 2
    theirs: list[list[object]] = [
        ["bps", "3271040", "32.73.01", "2024-02-15"],
        ["kemendagri", "32.71.02.1999", "32.73.01.1001", "2024-02-15"],
        ["kemendagri", "32.71.02.1998", "32.73.01.1001", "2024-02-15"],
        ["kemendagri", "32.73.01.1999", "32.73.01.1001", "2024-02-15"],
    ]
    done = await send(registry, table(theirs, COLUMNS), kind="region_changes", regions=["32.73"])
    assert await told(registry, done) == {row: ["region-not-covered"] for row in (2, 3, 4)}
    assert (done["created"], await asked(registry, "bps", "3271040")) == (1, ("foreign", ["32.71.04"]))
    assert await asked(registry, "kemendagri", "32.71.02.1999") == ("former", ["32.71.02.1001"])
    both = await send(registry, table(theirs[:1], COLUMNS), kind="region_changes", regions=["32.71", "32.73"])
    assert both["created"] == 1
