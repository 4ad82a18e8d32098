"""Elections, contests, facilities and groups of regions over the API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from contracts.access import Role
from contracts.catalog import CATALOG
from tests.harness import ELECTION, RunningService, bearer, running_service

BASE = f"/v1/elections/{ELECTION}"
EVE = datetime.fromisoformat("2024-11-26T06:00:00+07:00")
DEFINITION = {"name": "Pilkada Kota Bogor 2024", "region_code": "32.71", "voting_date": "2024-11-27"}
MAYOR = {
    "name": "Wali Kota dan Wakil Wali Kota Bogor",
    "choices": [
        {"number": 1, "name": "Sendi Fardiansyah - Melli Darsa"},
        {"number": 2, "name": "Atang Trisnanto - Annida Allivia"},
    ],
    "winning_rule_source": "UU 10/2016",
}


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "registry", database_url=database_url("registry"), kafka=None, desk_time=EVE
    ) as service:
        await service.client.put(BASE, json=DEFINITION, headers=bearer(Role.ADMIN))
        yield service


async def test_an_election_brings_settings_with_sources_and_the_calendar(registry: RunningService) -> None:
    answer = await registry.client.get(BASE, headers=bearer(Role.OBSERVER))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert answer.headers["ETag"] == f'"{body["version"]}"'
    assert body["rehearsal"] is True
    assert body["results_public_at"] == "2024-11-27T08:00:00Z"
    assert body["settings"]["ballot_reserve_ratio"] == {"value": 0.025, "source": "Perpu 1/2014 art. 87 (D2)"}
    assert body["settings"]["max_voters_per_tps"]["value"] == 600
    assert body["settings"]["revote_ballots"]["value"] == 2000
    assert all(setting["source"] for setting in body["settings"].values())
    stages = {stage["id"]: (stage["starts_on"], stage["ends_on"]) for stage in body["stages"]}
    assert stages["campaign"] == ("2024-09-25", "2024-11-23")
    assert stages["voting"] == ("2024-11-27", "2024-11-27")


async def test_what_is_emitted_is_what_the_catalog_says(registry: RunningService) -> None:
    rows = await registry.sql("select type, body, rehearsal, partition_key from outbox order by seq")
    assert rows
    assert all(row["rehearsal"] for row in rows)
    for row in rows:
        CATALOG[str(row["type"])].model.model_validate_json(str(row["body"]))


async def test_a_new_election_knows_the_hospitals_of_its_region(registry: RunningService) -> None:
    rows = await registry.sql(
        """select body from outbox where type = 'desk.registry.facility.changed.v1' and version = 1
           and body like '%Kementerian Kesehatan%'"""
    )
    assert len(rows) == 14
    answer = await registry.client.get(f"{BASE}/facilities/3271104", headers=bearer(Role.HEALTH))
    assert answer.json()["contact_status"] == "not_contacted"


async def test_the_same_definition_again_changes_nothing(registry: RunningService) -> None:
    count = "select count(*) as n from outbox where aggregate = $1"
    before = await registry.sql(count, f"election/{ELECTION}")
    again = await registry.client.put(BASE, json=DEFINITION, headers=bearer(Role.ADMIN))
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert await registry.sql(count, f"election/{ELECTION}") == before


async def test_a_change_names_the_version_that_it_changes(registry: RunningService) -> None:
    other = DEFINITION | {"name": "Pilkada 2024 Kota Bogor"}
    blind = await registry.client.put(BASE, json=other, headers=bearer(Role.ADMIN))
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition-required")
    stale = await registry.client.put(BASE, json=other, headers=bearer(Role.ADMIN) | {"If-Match": '"99"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    tag = (await registry.client.get(BASE, headers=bearer(Role.ADMIN))).headers["ETag"]
    done = await registry.client.put(BASE, json=other, headers=bearer(Role.ADMIN) | {"If-Match": tag})
    assert (done.status_code, done.json()["outcome"]) == (200, "changed")
    assert done.headers["Desk-Position"] == f"election/{ELECTION}@{done.json()['version']}"
    back = await registry.client.put(
        BASE, json=DEFINITION, headers=bearer(Role.ADMIN) | {"If-Match": done.headers["ETag"]}
    )
    assert back.status_code == 200


async def test_a_rehearsal_is_no_real_election(registry: RunningService) -> None:
    answer = await registry.client.put(
        "/v1/elections/sungguhan-2024",
        json=DEFINITION | {"rehearsal": False},
        headers=bearer(Role.ADMIN, election=None),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "rehearsal-mismatch")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"region_code": "99"}, "/region_code"),
        ({"voting_date": "27-11-2024"}, "/voting_date"),
        ({"settings": {"voting_opens": {"value": "14:00", "source": "x"}}}, "/settings/voting_closes"),
        ({"name": "nul\x00"}, "/name"),
        (
            {
                "stages": [
                    {
                        "id": "a1",
                        "name": "A",
                        "name_id": "A",
                        "starts_on": "2024-01-02",
                        "ends_on": "2024-01-01",
                        "source": "x",
                    }
                ]
            },
            "/stages/0/ends_on",
        ),
    ],
)
async def test_definitions_that_do_not_fit(
    registry: RunningService, change: dict[str, object], pointer: str
) -> None:
    answer = await registry.client.put(BASE, json=DEFINITION | change, headers=bearer(Role.ADMIN))
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_who_may_not_define(registry: RunningService) -> None:
    assert (await registry.client.put(BASE, json=DEFINITION)).status_code == 401
    desk = await registry.client.put(BASE, json=DEFINITION, headers=bearer(Role.DESK))
    assert (desk.status_code, desk.json()["code"]) == (403, "scope-missing")
    other = await registry.client.put(
        BASE, json=DEFINITION, headers=bearer(Role.ADMIN, election="pilkada-2029")
    )
    assert (other.status_code, other.json()["code"]) == (403, "election-not-covered")
    keyless = {"Authorization": bearer(Role.ADMIN)["Authorization"]}
    assert (await registry.client.put(BASE, json=DEFINITION, headers=keyless)).json()[
        "code"
    ] == "idempotency-key-missing"


async def test_a_contest_with_its_choices(registry: RunningService) -> None:
    path = f"{BASE}/contests/walikota-32.71"
    headers = bearer(Role.ADMIN)
    first = await registry.client.put(path, json=MAYOR, headers=headers)
    assert first.status_code == 201, first.text
    again = await registry.client.put(path, json=MAYOR, headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    reused = await registry.client.put(path, json=MAYOR | {"name": "Lain"}, headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
    assert (await registry.client.get(path, headers=bearer(Role.OBSERVER))).json()["region_code"] == "32.71"
    events = await registry.sql(
        "select contest, partition_key from outbox where type = 'desk.registry.contest.defined.v1' and contest = 'walikota-32.71'"
    )
    assert [row["contest"] for row in events] == ["walikota-32.71"]


async def test_choices_with_numbers_change_by_a_decision_only(registry: RunningService) -> None:
    path = f"{BASE}/contests/gubernur-32"
    made = await registry.client.put(path, json=MAYOR, headers=bearer(Role.ADMIN))
    swapped = MAYOR | {"choices": [{"number": 1, "name": "Atang"}, {"number": 2, "name": "Sendi"}]}
    headers = bearer(Role.ADMIN) | {"If-Match": made.headers["ETag"]}
    refused = await registry.client.put(path, json=swapped, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "choices-numbered")
    assert refused.json()["allowed"]
    headers = bearer(Role.ADMIN) | {"If-Match": made.headers["ETag"]}
    decided = await registry.client.put(path, json=swapped | {"change_reason": "Putusan MA"}, headers=headers)
    assert decided.status_code == 200, decided.text


@pytest.mark.parametrize(
    ("contest", "change"),
    [
        ("walikota-32.72", {"choices": [{"number": 1, "name": "Sendiri"}]}),
        ("walikota-32.72", {"choices": [{"number": 1, "name": "A"}, {"number": 1, "name": "B"}]}),
        ("walikota-32.72", {"winning_rule": "more_than_half_against_empty"}),
        ("walikota-32", {}),
        ("gubernur-32.71", {}),
        ("bupati-99.99", {}),
    ],
)
async def test_contests_that_do_not_fit(
    registry: RunningService, contest: str, change: dict[str, object]
) -> None:
    answer = await registry.client.put(
        f"{BASE}/contests/{contest}", json=MAYOR | change, headers=bearer(Role.ADMIN)
    )
    assert answer.status_code == 422, answer.text


async def test_one_pair_stands_against_the_empty_column(registry: RunningService) -> None:
    body = MAYOR | {
        "choices": [
            {"number": 1, "name": "Sendiri"},
            {"number": 2, "kind": "kolom_kosong", "name": "Kolom kosong"},
        ],
        "winning_rule": "more_than_half_against_empty",
    }
    answer = await registry.client.put(
        f"{BASE}/contests/walikota-35.78", json=body, headers=bearer(Role.ADMIN)
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["choices"][1]["kind"] == "kolom_kosong"


async def test_two_definitions_at_once_make_one(registry: RunningService) -> None:
    path = f"{BASE}/contests/bupati-32.01"
    answers = await asyncio.gather(
        *(registry.client.put(path, json=MAYOR, headers=bearer(Role.ADMIN)) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len(await registry.sql("select 1 from outbox where contest = 'bupati-32.01'")) == 1


async def test_a_hospital_is_contacted(registry: RunningService) -> None:
    path = f"{BASE}/facilities/3271013"
    known = (await registry.client.get(path, headers=bearer(Role.HEALTH))).json()
    body = {name: known[name] for name in ("kind", "name", "region_code", "beds", "source")}
    body |= {"contact_status": "contacted", "contacted_on": "2024-10-28"}
    headers = bearer(Role.HEALTH, regions=["32.71"]) | {"If-Match": '"1"'}
    answer = await registry.client.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2
    elsewhere = await registry.client.put(path, json=body, headers=bearer(Role.HEALTH, regions=["35.78"]))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "region-not-covered")
    missing = await registry.client.get(f"{BASE}/facilities/0000", headers=bearer(Role.HEALTH))
    assert (missing.status_code, missing.json()["code"]) == (404, "facility-unknown")


async def test_a_group_of_regions_stands_where_a_region_does(registry: RunningService) -> None:
    path = f"{BASE}/region-groups/bakorwil-1"
    body = {"title": "Bakorwil I", "regions": ["32.71", "32.01"], "source": "Pergub"}
    made = await registry.client.put(path, json=body, headers=bearer(Role.ADMIN))
    assert made.status_code == 201, made.text
    assert made.json()["regions"] == ["32.01", "32.71"]
    health = {"kind": "hospital", "name": "RS Uji", "region_code": "32.71", "source": "uji"}

    async def try_it() -> int:
        headers = bearer(Role.HEALTH, regions=["group:bakorwil-1"])
        return (
            await registry.client.put(f"{BASE}/facilities/RS-UJI", json=health, headers=headers)
        ).status_code

    for _ in range(60):
        if await try_it() in {200, 201}:
            break
        await asyncio.sleep(0.1)
    assert await try_it() == 200
    unknown = await registry.client.put(
        path, json=body | {"regions": ["99.99"]}, headers=bearer(Role.ADMIN) | {"If-Match": '"1"'}
    )
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/regions/0")


async def test_regions_of_the_nation(registry: RunningService) -> None:
    headers = bearer(Role.OBSERVER)
    place = (await registry.client.get("/v1/regions/32.71.06.1002", headers=headers)).json()
    assert (place["name"], place["level"], place["zone"], place["parent"]) == (
        "Kebon Pedes",
        "kelurahan",
        "Asia/Jakarta",
        "32.71.06",
    )
    assert place["lat"] is not None
    city = (await registry.client.get("/v1/regions/32.71/children", headers=headers)).json()["items"]
    assert len(city) == 6
    far = (await registry.client.get("/v1/regions/91.71", headers=headers)).json()
    assert (far["zone"], far["lat"], far["point_source"]) == ("Asia/Jayapura", None, None)
    assert len((await registry.client.get("/v1/regions", headers=headers)).json()["items"]) == 38
    unknown = await registry.client.get("/v1/regions/99", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "region-unknown")
    assert (await registry.client.get("/v1/regions/32.7", headers=headers)).status_code in {404, 422}
    assert (await registry.client.get("/v1/regions/32.71")).status_code == 401
    misspelt = await registry.client.get("/v1/regions/32.71?lang=id", headers=headers)
    assert (misspelt.status_code, misspelt.json()["code"]) == (400, "unknown-parameter")
