"""The health of officers: who screens reads it of each; everybody else learns how many were screened, of few not even that."""

import json

import pytest

from contracts.access import Role
from tests.harness import RunningService, bearer
from tests.services.registry.files import BASE, counts, send, table, told, tps_rows

KELURAHAN = "32.71.02.1003"
FIT = {"fitness": "fit", "screened_on": "2024-11-12"}


@pytest.fixture(scope="module", autouse=True)
async def crew(registry: RunningService) -> None:
    await send(registry, table(tps_rows(KELURAHAN, 4)))
    columns = ("tps_code", "duty", "slot", "person", "display_name")
    rows = [
        [f"{KELURAHAN}.{tps:03d}", "kpps", slot, f"health-{tps}-{slot}", "Petugas Contoh"]
        for tps, named in ((1, 7), (2, 4), (3, 7), (4, 7))
        for slot in range(1, named + 1)
    ]
    await send(registry, table(rows, columns), kind="officers")


def health(*, regions: tuple[str, ...] = ("32.71",)) -> dict[str, str]:
    return bearer(Role.HEALTH, regions=regions)


async def screen(registry: RunningService, tps: int, slot: int, body: dict[str, str]) -> int:
    path = f"{BASE}/posts/{KELURAHAN}.{tps:03d}/kpps/{slot}/screenings"
    answer = await registry.client.post(path, json=body, headers=health())
    assert "fit" not in answer.json().values()
    return answer.status_code


async def screened(registry: RunningService, tps: int) -> int | None:
    path = f"{BASE}/posts/{KELURAHAN}.{tps:03d}"
    return (await registry.client.get(path, headers=bearer(Role.DESK))).json()["posts"][0]["screened"]


async def test_others_learn_how_many_were_screened_and_nothing_else(registry: RunningService) -> None:
    assert await screened(registry, 1) == 0
    assert await screen(registry, 1, 1, FIT) == 201
    assert await screen(registry, 1, 1, FIT) == 200
    assert await screen(registry, 1, 2, FIT | {"fitness": "unfit"}) == 201
    assert await screen(registry, 1, 3, FIT | {"fitness": "not_known"}) == 201
    assert await screened(registry, 1) == 2
    assert await screen(registry, 1, 2, {"fitness": "not_known", "screened_on": "2024-11-13"}) == 201
    assert await screened(registry, 1) == 1
    assert await screen(registry, 2, 1, FIT) == 201
    assert await screened(registry, 2) is None, "of four officers a figure would tell of one"
    rows = await registry.sql("select * from outbox")
    ledger = json.dumps([dict(row) for row in rows], default=str)
    assert "fitness" not in ledger
    assert "unfit" not in ledger


async def test_those_who_screen_read_it_of_each(registry: RunningService) -> None:
    await screen(registry, 4, 4, FIT | {"fitness": "unfit"})
    path = f"{BASE}/screenings?region={KELURAHAN}.004"
    first = (await registry.client.get(f"{path}&limit=3", headers=health())).json()
    rest = (
        await registry.client.get(f"{path}&limit=9&cursor={first['next_cursor']}", headers=health())
    ).json()
    assert [item["slot"] for item in first["items"] + rest["items"]] == list(range(1, 8))
    assert rest["next_cursor"] is None
    unfit = (await registry.client.get(f"{path}&fitness=unfit", headers=health())).json()["items"]
    assert {
        "place_code": f"{KELURAHAN}.004",
        "duty": "kpps",
        "slot": 4,
        "person": "health-4-4",
        **FIT,
        "fitness": "unfit",
    } in unfit


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HEALTH])
async def test_nobody_else_does(registry: RunningService, role: Role) -> None:
    answer = await registry.client.get(f"{BASE}/screenings?region=32.71", headers=bearer(role))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
    path = f"{BASE}/posts/{KELURAHAN}.001/kpps/1/screenings"
    assert (await registry.client.post(path, json=FIT, headers=bearer(role))).status_code == 403


async def test_what_is_refused(registry: RunningService) -> None:
    path = f"{BASE}/posts/{KELURAHAN}.001/kpps/1/screenings"
    away = await registry.client.post(path, json=FIT, headers=health(regions=("35.78",)))
    assert (away.status_code, away.json()["code"]) == (403, "region-not-covered")
    other = await registry.client.get(f"{BASE}/screenings?region=32.71", headers=health(regions=("35.78",)))
    assert other.status_code == 403
    future = await registry.client.post(path, json=FIT | {"screened_on": "2024-12-24"}, headers=health())
    assert (future.status_code, future.json()["errors"][0]["code"]) == (422, "in-the-future")
    diagnosis = await registry.client.post(path, json=FIT | {"diagnosis": "x"}, headers=health())
    assert diagnosis.status_code == 422
    empty = f"{BASE}/posts/{KELURAHAN}.001/ptps/1/screenings"
    assert (await registry.client.post(empty, json=FIT, headers=health())).json()[
        "code"
    ] == "roster-slot-empty"


async def test_screenings_come_in_files_of_those_who_screen(registry: RunningService) -> None:
    columns = ("tps_code", "duty", "slot", "fitness", "screened_on")
    rows = [[f"{KELURAHAN}.003", "kpps", slot, "layak", "2024-11-12"] for slot in range(1, 8)]
    rows += [
        [f"{KELURAHAN}.003", "linmas", 1, "fit", "2024-11-12"],
        [f"{KELURAHAN}.003", "kpps", 2, "sick", "2024-11-12"],
    ]
    content = table(rows, columns)
    done = await send(registry, content, kind="screenings", role=Role.HEALTH)
    assert counts(done) == ("done", 9, 7, 0, 0, 2)
    assert await told(registry, done, role=Role.HEALTH) == {9: ["roster-slot-empty"], 10: ["duplicate-row"]}
    assert await screened(registry, 3) == 7
    headers = bearer(Role.DESK) | {"Content-Type": "text/csv"}
    path = f"{BASE}/imports?kind=screenings&source=x"
    refused = await registry.client.post(path, content=content, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
