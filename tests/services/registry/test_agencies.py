"""Agencies, their applications with secrets, and their people: defined, changed, ended."""

import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.row_security import EVERYWHERE
from contracts.access import Role
from tests.harness import bearer
from tests.services.registry.access import Desk, desk

AGENCY: dict[str, object] = {"kind": "health", "name": "Dinas", "name_en": "Office", "contact": "Piket"}


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[Desk]:
    async with desk(database_url("registry")) as made:
        yield made


async def test_an_agency_is_defined_changed_and_listed(registry: Desk) -> None:
    first = await registry.put("/dinkes", AGENCY)
    assert (first.status_code, first.json()["outcome"]) == (201, "created")
    same = await registry.put("/dinkes", AGENCY)
    assert (same.status_code, same.json()["outcome"]) == (200, "unchanged")
    assert (await registry.put("/dinkes", {**AGENCY, "name": "Lain"})).status_code == 428
    changed = await registry.put("/dinkes", {**AGENCY, "name": "Lain"}, etag='"1"')
    assert (changed.json()["outcome"], changed.json()["version"]) == ("changed", 2)
    shown = await registry.get("/dinkes")
    assert (shown.headers["etag"], shown.json()["clients"]) == ('"2"', [])
    ids = [item["agency"] for item in (await registry.get("")).json()["items"]]
    assert "dinkes" in ids
    assert ids == sorted(ids)


async def test_what_is_not_there_is_a_404_of_its_kind(registry: Desk) -> None:
    agency = await registry.agency()
    for path, code in [
        ("/nowhere", "agency-unknown"),
        (f"/{agency}/clients/none", "client-unknown"),
        (f"/{agency}/people/nobody-1", "person-unknown"),
        (f"/{agency}/devices/dev-0193645e-6f00-7000-8000-000000000001", "device-unknown"),
    ]:
        answer = await registry.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_only_the_administrator_comes_in(registry: Desk) -> None:
    for role in Role:
        answer = await registry.client.get("/v1/agencies", headers=bearer(role, election=None))
        assert answer.status_code == (200 if role is Role.ADMIN else 403), role


async def test_a_secret_is_shown_once_and_stored_as_its_hash(registry: Desk) -> None:
    agency = await registry.agency()
    name, _ = await registry.application(agency)
    headers = bearer(Role.ADMIN, election=None)
    path = f"/v1/agencies/{agency}/clients/{name}/secrets"
    first = await registry.client.post(path, json={}, headers=headers)
    again = await registry.client.post(path, json={}, headers=headers)
    secret = first.json()["secret"]
    assert first.headers["cache-control"] == "no-store"
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {**first.json(), "secret": None}
    assert len(secret) == 43
    digest = hashlib.sha256(secret.encode()).digest()
    rows = await registry.service.sql("select id from client_secret where sha256 = $1", digest)
    assert [str(row["id"]) for row in rows] == [first.json()["id"]]
    kept = await registry.service.sql("select convert_from(body, 'utf8') as body from idempotency_key")
    assert not [row for row in kept if secret in str(row["body"])]
    shown = (await registry.get(f"/{agency}/clients/{name}")).text
    assert secret not in shown
    assert digest.hex() not in shown


async def test_secrets_overlap_while_they_are_rotated(registry: Desk) -> None:
    agency = await registry.agency()
    name, old = await registry.application(agency)
    new = await registry.secret(agency, name)
    assert await registry.token((name, old))
    assert await registry.token((name, new))
    listed = (await registry.get(f"/{agency}/clients/{name}")).json()["secrets"]
    first = min(listed, key=lambda each: each["made_at"])["id"]
    assert (await registry.delete(f"/{agency}/clients/{name}/secrets/{first}")).status_code == 200
    assert (await registry.ask((name, old))).status_code == 401
    assert await registry.token((name, new))


async def test_an_application_has_only_so_many_secrets(registry: Desk) -> None:
    agency = await registry.agency()
    name, _ = await registry.application(agency)
    for _ in range(4):
        await registry.secret(agency, name)
    refused = await registry.post(f"/{agency}/clients/{name}/secrets", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-secrets")


async def test_an_expired_secret_gets_no_token(registry: Desk) -> None:
    agency = await registry.agency()
    name, secret = await registry.application(agency)
    past = datetime.now(UTC) - timedelta(days=1)
    async with registry.service.app.state.database.transaction(EVERYWHERE) as uow:
        await uow.execute(
            """update client_secret set made_at = $2::timestamptz - interval '1 day', expires_at = $2::timestamptz
               where client = $1""",
            name,
            past,
        )
    assert (await registry.ask((name, secret))).json()["error"] == "invalid_client"


async def test_a_revoked_application_stays_revoked(registry: Desk) -> None:
    agency = await registry.agency()
    name, secret = await registry.application(agency)
    body: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71"]}
    assert (await registry.delete(f"/{agency}/clients/{name}")).status_code == 428
    assert (await registry.delete(f"/{agency}/clients/{name}", etag='"9"')).status_code == 412
    assert (await registry.delete(f"/{agency}/clients/{name}", etag='"1"')).status_code == 200
    assert (await registry.ask((name, secret))).status_code == 401
    again = await registry.put(f"/{agency}/clients/{name}", body, etag='"2"')
    assert (again.status_code, again.json()["code"]) == (409, "client-revoked")
    assert (await registry.post(f"/{agency}/clients/{name}/secrets", {})).status_code == 409


async def test_an_application_belongs_to_one_agency(registry: Desk) -> None:
    one, other = await registry.agency(), await registry.agency()
    name, _ = await registry.application(one)
    body: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71"]}
    taken = await registry.put(f"/{other}/clients/{name}", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "client-of-other-agency")
    assert (await registry.get(f"/{other}/clients/{name}")).status_code == 404
    assert (await registry.post(f"/{other}/clients/{name}/secrets", {})).status_code == 404


async def test_nobody_gives_more_than_they_have(registry: Desk) -> None:
    agency = await registry.agency()
    body: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71"]}
    for path in (f"/{agency}/clients/app-x", f"/{agency}/people/orang-1"):
        beyond = await registry.put(path, body, regions=["32.71.06"])
        assert (beyond.status_code, beyond.json()["code"]) == (403, "region-not-covered")
        headers = bearer(Role.ADMIN, election="pilkada-2024")
        other = await registry.client.put(f"/v1/agencies{path}", json=body, headers=headers)
        assert (other.status_code, other.json()["code"]) == (403, "election-not-covered")
        assert (
            await registry.put(path, {**body, "regions": ["32.71.06"]}, regions=["32.71"])
        ).status_code == 201
    wide, _ = await registry.application(agency, regions=["32"])
    narrow = {**body, "regions": ["32.71"]}
    taken = await registry.put(f"/{agency}/clients/{wide}", narrow, etag='"1"', regions=["32.71"])
    assert (taken.status_code, taken.json()["code"]) == (404, "agency-unknown"), (
        "who may not give it may not take it away either"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"roles": []},
        {"roles": ["emperor"]},
        {"regions": []},
        {"regions": ["32.7"]},
        {"regions": ["Bogor"]},
        {"ends_at": "tomorrow"},
        {"secret": "x"},
    ],
)
async def test_what_is_no_application_is_refused(registry: Desk, change: dict[str, object]) -> None:
    agency = await registry.agency()
    body: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71"], **change}
    assert (await registry.put(f"/{agency}/clients/app-{uuid4().hex[:6]}", body)).status_code == 422


async def test_a_name_of_a_device_is_no_applications(registry: Desk) -> None:
    agency = await registry.agency()
    body: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71"]}
    assert (await registry.put(f"/{agency}/clients/dev-1", body)).status_code == 422


async def test_people_are_registered_changed_listed_and_struck_off(registry: Desk) -> None:
    agency = await registry.agency()
    await registry.person(agency, "petugas-1")
    changed = await registry.put(
        f"/{agency}/people/petugas-1", {"roles": ["health"], "regions": ["32.71"]}, etag='"1"'
    )
    assert changed.json()["roles"] == ["health"]
    await registry.person(agency, "petugas-2")
    page = (
        await registry.client.get(
            f"/v1/agencies/{agency}/people?limit=1", headers=bearer(Role.ADMIN, election=None)
        )
    ).json()
    assert [item["person"] for item in page["items"]] == ["petugas-1"]
    rest = await registry.client.get(
        f"/v1/agencies/{agency}/people?cursor={page['next_cursor']}",
        headers=bearer(Role.ADMIN, election=None),
    )
    assert [item["person"] for item in rest.json()["items"]] == ["petugas-2"]
    assert (await registry.delete(f"/{agency}/people/petugas-1", etag='"2"')).status_code == 200
    assert (await registry.get(f"/{agency}/people/petugas-1")).status_code == 404


async def test_a_nik_is_no_pseudonym(registry: Desk) -> None:
    agency = await registry.agency()
    answer = await registry.put(
        f"/{agency}/people/9971064508900001", {"roles": ["bpbd"], "regions": ["32.71"]}
    )
    assert answer.status_code == 400
    assert "9971064508900001" not in answer.text


async def test_no_election_is_called_as_the_desk_is(registry: Desk) -> None:
    body = {"name": "Pilkada", "region_code": "32.71", "voting_date": "2024-11-27"}
    answer = await registry.client.put(
        "/v1/elections/desk", json=body, headers=bearer(Role.ADMIN, election="desk")
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "id-reserved")


async def test_who_does_not_cover_all_of_an_agency_does_not_end_it(registry: Desk) -> None:
    agency = await registry.agency()
    await registry.application(agency, regions=["32.73"])
    off: dict[str, object] = {
        "kind": "disaster",
        "name": "Contoh",
        "name_en": "Example",
        "contact": "x",
        "active": False,
    }
    refused = await registry.put(f"/{agency}", off, etag='"1"', regions=("32.71",))
    assert (refused.status_code, refused.json()["code"]) == (403, "region-not-covered")
    assert (await registry.put(f"/{agency}", off, etag='"1"', regions=("32.73",))).status_code == 200


async def test_who_covers_a_part_of_an_agency_neither_reads_it_nor_adds_to_it(registry: Desk) -> None:
    agency = await registry.agency()
    name, _ = await registry.application(agency, regions=["32.73"])
    await registry.person(agency, "petugas-1", regions=["32.71"])
    own: dict[str, object] = {"roles": ["bpbd"], "regions": ["32.71"]}
    device: dict[str, object] = {"client": name, "label": "HP (contoh)", "person": "petugas-1"}
    told: dict[str, list[tuple[int, str, str]]] = {}
    for at in (agency, "instansi-karangan"):
        answers = [
            *[
                await registry.client.get(f"/v1/agencies/{at}{path}", headers=narrow())
                for path in (
                    *("", "/people", "/devices", "/people/petugas-1", f"/clients/{name}"),
                    "/devices/dev-0193645e-6f00-7000-8000-000000000001",
                )
            ],
            await registry.put(f"/{at}/people/petugas-2", own, regions=["32.71"]),
            await registry.put(f"/{at}/people/petugas-1", own, etag='"1"', regions=["32.71"]),
            await registry.delete(f"/{at}/people/petugas-1", etag='"1"', regions=["32.71"]),
            await registry.put(f"/{at}/clients/aplikasi-lain", own, regions=["32.71"]),
            await registry.post(f"/{at}/clients/{name}/secrets", {}, regions=["32.71"]),
            await registry.delete(f"/{at}/clients/{name}", etag='"1"', regions=["32.71"]),
            await registry.post(f"/{at}/devices", device, regions=["32.71"]),
        ]
        told[at] = [
            (each.status_code, each.json()["code"], each.json()["detail"].replace(at, "")) for each in answers
        ]
    assert told[agency] == told["instansi-karangan"], "one that is there, and one that was made up"
    assert {status for status, _, _ in told[agency]} == {404}
    listed = (await registry.client.get("/v1/agencies?limit=500", headers=narrow())).json()["items"]
    assert agency not in [each["agency"] for each in listed]
    assert agency in [each["agency"] for each in (await registry.get("?limit=500")).json()["items"]]
    assert (await registry.get(f"/{agency}/people/petugas-1")).json()["version"] == 1


def narrow() -> dict[str, str]:
    return bearer(Role.ADMIN, election=None, regions=["32.71"])


async def test_an_agency_is_listed_for_whoever_covers_all_of_it(registry: Desk) -> None:
    agency = await registry.agency()
    await registry.application(agency, regions=["32.71.06", "group:kota"])

    async def listed(*regions: str, election: str | None = None) -> bool:
        headers = bearer(Role.ADMIN, election=election, regions=regions)
        answer = await registry.client.get("/v1/agencies?limit=500", headers=headers)
        return agency in [each["agency"] for each in answer.json()["items"]]

    assert await listed("*")
    assert await listed("32.71", "group:kota")
    for regions in (("32.71",), ("group:kota",), ("32.7", "group:kota"), ("32.71.06.1002", "group:kota")):
        assert not await listed(*regions), regions
    assert not await listed("*", election="pilkada-2024"), "what is for every election is beyond one"


@pytest.mark.parametrize(
    "roles", [["operator", "adjudicator"], ["verifier", "ministry"], ["operator", "desk"]]
)
async def test_nobody_enters_forms_and_settles_them_or_sees_votes_early(
    registry: Desk, roles: list[str]
) -> None:
    agency = await registry.agency()
    made = await registry.put(f"/{agency}/people/petugas-9", {"roles": roles, "regions": ["32.71"]})
    assert made.status_code == 422


@pytest.mark.parametrize("name", ["desk-cli", "desk-page"])
async def test_names_of_the_desks_own_tools_are_no_applications(registry: Desk, name: str) -> None:
    agency = await registry.agency()
    body: dict[str, object] = {
        "roles": ["bpbd"],
        "regions": ["32.71"],
        "may_act_for_persons": False,
    }
    assert (await registry.put(f"/{agency}/clients/{name}", body)).status_code == 422


async def test_who_changes_access_stands_in_the_trail(registry: Desk) -> None:
    agency = await registry.agency()
    name, _ = await registry.application(agency)
    rows = await registry.service.sql(
        "select action, subject from access_entry where subject like $1 order by number",
        f"agencies/{agency}%",
    )
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("define_agency", f"agencies/{agency}"),
        ("define_client", f"agencies/{agency}/clients/{name}"),
        ("make_client_secret", f"agencies/{agency}/clients/{name}/secrets"),
    ]
