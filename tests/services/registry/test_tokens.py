"""The token endpoint: who gets a token, what it allows, and what ends it."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from chassis.problems import TokenRevoked
from contracts.access import Role, Scope, scopes_of
from tests.harness import ELECTION, bearer
from tests.services.registry.access import ACCESS_TOKEN, TPS, Desk, desk
from tests.services.registry.conftest import define
from tests.services.registry.files import BASE

PLACE = {
    "place": "SDN Contoh",
    "address": "Jalan Contoh 1",
    "dpt_men": 100,
    "dpt_women": 101,
    "source": "KPU",
}


@pytest.fixture(scope="module")
async def registry(database_url: Callable[[str], str]) -> AsyncIterator[Desk]:
    async with desk(database_url("registry")) as made:
        await define(made.service)
        for tps in (TPS, "32.71.06.1002.002"):
            answer = await made.client.put(f"{BASE}/tps/{tps}", json=PLACE, headers=bearer(Role.DESK))
            assert answer.status_code == 201, answer.text
        yield made


async def test_an_application_gets_a_token_of_its_own(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency, roles=["bpbd", "observer"], election=ELECTION)
    answer = (await registry.ask(credentials)).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    actor = await registry.actor(answer["access_token"])
    assert (actor.client, actor.person, actor.acting_client) == (credentials[0], None, None)
    assert (actor.roles, actor.regions, actor.election) == ({"bpbd", "observer"}, ("32.71",), ELECTION)
    assert Scope.INCIDENTS_HANDLE.value in answer["scope"].split()


async def test_the_secret_may_stand_in_the_form(registry: Desk) -> None:
    name, secret = await registry.application(await registry.agency())
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    assert (await registry.client.post("/v1/oauth/token", data=form)).status_code == 200


async def test_a_person_gets_what_the_application_and_they_both_may(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency, roles=["bpbd", "camat"], regions=["32.71"])
    await registry.person(agency, roles=["bpbd", "police"], regions=["32.71.06", "32.73"], election=ELECTION)
    answer = await registry.exchange(credentials, device_id="device-1")
    assert answer.json()["issued_token_type"] == ACCESS_TOKEN
    actor = await registry.actor(answer.json()["access_token"])
    assert (actor.person, actor.client, actor.acting_client) == (
        f"{agency}/petugas-7",
        credentials[0],
        credentials[0],
    )
    assert (actor.device, actor.roles, actor.regions) == ("device-1", {"bpbd"}, ("32.71.06",))
    assert (actor.election, actor.scopes) == (ELECTION, scopes_of([Role.BPBD]) & actor.scopes)


async def test_a_person_gets_less_where_less_is_asked(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency)
    await registry.person(agency)
    form = {"regions": "32.71.06.1002", "scope": "incidents:read", "roles": "bpbd"}
    answer = await registry.exchange(credentials, **form)
    assert answer.json()["scope"] == "incidents:read"
    claims = await registry.actor(answer.json()["access_token"])
    assert claims.grants == ("32.71.06.1002",)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"roles": "admin"}, "invalid_scope"),
        ({"roles": "emperor"}, "invalid_scope"),
        ({"roles": "kpps"}, "invalid_grant"),
        ({"regions": "35.78"}, "invalid_scope"),
        ({"regions": "32.71"}, "invalid_scope"),
        ({"regions": "*"}, "invalid_scope"),
        ({"regions": "32.7"}, "invalid_scope"),
        ({"regions": "group:bakorwil-1"}, "invalid_scope"),
        ({"scope": "turnout:enter"}, "invalid_scope"),
        ({"election": "Pilkada!"}, "invalid_request"),
        ({"election": "pilkada\0"}, "invalid_request"),
        ({"person": ""}, "invalid_request"),
        ({"person": "9971064508900001"}, "invalid_request"),
        ({"person": "budi@contoh.id"}, "invalid_request"),
        ({"person": "nobody-1"}, "invalid_grant"),
        ({"device_id": "081234567890"}, "invalid_request"),
        ({"device_id": "dev-0193645e-6f00-7000-8000-000000000001"}, "invalid_request"),
        ({"subject_token": "x"}, "invalid_grant"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
async def test_no_exchange_gives_more_than_both_have(
    registry: Desk, form: dict[str, str], error: str
) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency)
    await registry.person(agency)
    refused = await registry.exchange(credentials, **form)
    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert "9971064508900001" not in refused.text
    assert refused.headers["cache-control"] == "no-store"


async def test_refusals_speak_indonesian_in_ascii(registry: Desk) -> None:
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
    told = [
        (
            await registry.client.post("/v1/oauth/token", data=form, headers={"Accept-Language": language})
        ).json()
        for language in ("en", "id")
    ]
    assert told[0]["error"] == told[1]["error"] == "invalid_client"
    assert told[0]["error_description"] != told[1]["error_description"]
    assert json.dumps(told, ensure_ascii=False).isascii(), "OAuth's clients read ASCII (RFC 6749 section 5.2)"


async def test_a_person_of_another_agency_is_nobody_here(registry: Desk) -> None:
    one, other = await registry.agency(), await registry.agency()
    credentials = await registry.application(one)
    await registry.person(other)
    assert (await registry.exchange(credentials)).json()["error"] == "invalid_grant"


async def test_what_is_refused_of_a_person_does_not_tell_whether_they_are_known(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency, roles=["camat"])
    await registry.person(agency)
    known = await registry.exchange(credentials)
    unknown = await registry.exchange(credentials, person="nobody-1")
    assert known.json() == unknown.json()


async def test_an_officer_of_a_roster_gets_their_tps_only(registry: Desk) -> None:
    credentials = await registry.application(await registry.agency(), election=ELECTION)
    await registry.officer("kpps-roster-1")
    actor = await registry.actor(
        (await registry.exchange(credentials, person="kpps-roster-1")).json()["access_token"]
    )
    assert (actor.roles, actor.regions, actor.election) == ({"kpps"}, (TPS,), ELECTION)
    beyond = await registry.exchange(credentials, person="kpps-roster-1", regions="32.71.06.1002.002")
    assert beyond.json()["error"] == "invalid_scope"


async def test_an_officer_of_another_election_is_nobody_here(registry: Desk) -> None:
    credentials = await registry.application(await registry.agency(), election="pilkada-2029")
    await registry.officer("kpps-roster-2", slot=2)
    refused = await registry.exchange(credentials, person="kpps-roster-2")
    assert refused.json()["error"] == "invalid_grant"


async def test_a_guard_of_a_tps_sends_nothing(registry: Desk) -> None:
    credentials = await registry.application(await registry.agency(), election=ELECTION)
    await registry.officer("linmas-1", duty="linmas")
    assert (await registry.exchange(credentials, person="linmas-1")).json()["error"] == "invalid_grant"


async def test_neither_an_officers_token_nor_that_of_another_application_is_exchanged(registry: Desk) -> None:
    agency = await registry.agency()
    credentials, other = await registry.application(agency), await registry.application(agency)
    await registry.person(agency)
    officers = (await registry.exchange(credentials)).json()["access_token"]
    for foreign in (officers, await registry.token(other)):
        refused = await registry.exchange(credentials, subject_token=foreign)
        assert refused.json()["error"] == "invalid_grant"


async def test_an_application_that_may_not_act_for_persons_does_not(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency, may_act_for_persons=False)
    await registry.person(agency)
    assert (await registry.exchange(credentials)).json()["error"] == "unauthorized_client"


async def test_an_application_is_no_person(registry: Desk) -> None:
    credentials = await registry.application(await registry.agency())
    refused = await registry.exchange(credentials, person=credentials[0])
    assert refused.json()["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["", "nobody", "Ä", "x\0y", "dev-1", "a" * 300])
async def test_a_stranger_gets_nothing(registry: Desk, name: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": "x"}
    refused = await registry.client.post("/v1/oauth/token", data=form)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" in refused.headers


@pytest.mark.parametrize("authorization", ["", "Basic", "Basic %%%", "Basic /w==", "Bearer x"])
async def test_no_authorization_breaks_the_endpoint(registry: Desk, authorization: str) -> None:
    headers = {"Authorization": authorization}
    refused = await registry.client.post(
        "/v1/oauth/token", data={"grant_type": "client_credentials"}, headers=headers
    )
    assert refused.status_code == 401


async def test_no_token_outlives_an_end_date(registry: Desk) -> None:
    agency = await registry.agency()
    soon = datetime.now(UTC) + timedelta(seconds=120)
    credentials = await registry.application(agency)
    await registry.person(agency, ends_at=soon.isoformat())
    answer = (await registry.exchange(credentials)).json()
    assert 110 <= answer["expires_in"] <= 120
    ending = await registry.application(agency, ends_at=soon.isoformat())
    assert (await registry.ask(ending)).json()["expires_in"] <= 120


async def test_who_has_ended_gets_nothing(registry: Desk) -> None:
    agency = await registry.agency()
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    await registry.person(agency, "petugas-lama", ends_at=past)
    credentials = await registry.application(agency)
    assert (await registry.exchange(credentials, person="petugas-lama")).json()["error"] == "invalid_grant"
    ended = await registry.application(agency, ends_at=past)
    assert (await registry.ask(ended)).json()["error"] == "invalid_client"


async def until_refused(registry: Desk, token: str) -> None:
    """Wait until a token no longer counts here; a change bites within five seconds."""
    deadline = asyncio.get_running_loop().time() + 5
    while True:
        try:
            await registry.actor(token)
        except TokenRevoked:
            return
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


async def test_a_change_ends_the_tokens_before_it_and_no_later_one(registry: Desk) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency)
    await registry.person(agency)
    before = (await registry.exchange(credentials)).json()["access_token"]
    own = await registry.token(credentials)
    await registry.actor(before)
    await registry.put(
        f"/{agency}/people/petugas-7", {"roles": ["bpbd"], "regions": ["32.71.05"]}, etag='"1"'
    )
    after = (await registry.exchange(credentials)).json()["access_token"]
    await until_refused(registry, before)
    assert (await registry.actor(after)).regions == ("32.71.05",)
    assert await registry.actor(own)


@pytest.mark.parametrize("how", ["application", "secret", "agency", "person"])
async def test_an_end_bites(registry: Desk, how: str) -> None:
    agency = await registry.agency()
    credentials = await registry.application(agency)
    await registry.person(agency)
    token = (await registry.exchange(credentials)).json()["access_token"]
    match how:
        case "application":
            await registry.delete(f"/{agency}/clients/{credentials[0]}", etag='"1"')
        case "secret":
            secrets = (await registry.get(f"/{agency}/clients/{credentials[0]}")).json()["secrets"]
            await registry.delete(f"/{agency}/clients/{credentials[0]}/secrets/{secrets[0]['id']}")
        case "agency":
            body = {"kind": "disaster", "name": "Contoh", "name_en": "Example", "contact": "Pusdalops"}
            await registry.put(f"/{agency}", {**body, "active": False}, etag='"1"')
        case _:
            await registry.delete(f"/{agency}/people/petugas-7", etag='"1"')
    await until_refused(registry, token)
    if how == "person":
        assert (await registry.exchange(credentials)).json()["error"] == "invalid_grant"
    else:
        assert (await registry.ask(credentials)).status_code == 401


async def test_who_leaves_a_roster_loses_their_token(registry: Desk) -> None:
    credentials = await registry.application(await registry.agency(), election=ELECTION)
    await registry.officer("ptps-1", duty="ptps")
    token = (await registry.exchange(credentials, person="ptps-1")).json()["access_token"]
    await registry.officer("ptps-2", duty="ptps")
    await until_refused(registry, token)
    assert (await registry.exchange(credentials, person="ptps-1")).json()["error"] == "invalid_grant"
    assert (await registry.exchange(credentials, person="ptps-2")).status_code == 200


async def test_events_of_access_tell_no_right(registry: Desk) -> None:
    agency = await registry.agency()
    await registry.person(agency)
    await registry.delete(f"/{agency}/people/petugas-7", etag='"1"')
    rows = await registry.service.sql(
        "select * from outbox where aggregate = $1", f"access/person:{agency}:petugas-7"
    )
    assert [(row["type"], row["data_class"], row["election"]) for row in rows] == [
        ("desk.registry.access.changed.v1", "restricted", "desk")
    ]
    body = json.loads(str(rows[0]["body"]))
    assert (body.keys(), body["kind"]) == ({"kind", "subject", "changed_at"}, "person")


async def test_budgets_hold_whoever_asks_too_much(database_url: Callable[[str], str]) -> None:
    async with desk(
        database_url("registry_budgets"),
        token_requests_per_client="3/hour",
        token_refusals_per_address="2/hour",
    ) as narrow:
        agency = await narrow.agency()
        busy, quiet = await narrow.application(agency), await narrow.application(agency)
        answers = [(await narrow.ask(busy)).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        told = await narrow.ask(busy)
        assert (told.json()["code"], int(told.headers["retry-after"]) > 0) == ("client-asked-too-often", True)
        wrong = [(await narrow.ask((quiet[0], "wrong"))).status_code for _ in range(3)]
        assert wrong == [401, 401, 429]
        other = await narrow.application(agency)
        assert (await narrow.ask(other)).status_code == 200, "whoever shares the address is not held up"


async def test_the_first_applications_are_taken_in_once(
    database_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = database_url("registry_first")
    file = tmp_path_factory.mktemp("clients") / "clients.json"

    def write(name: str, secret: str) -> None:
        digest = hashlib.sha256(secret.encode()).hexdigest()
        row = {"client_id": name, "secret_sha256": digest, "roles": ["admin"], "regions": ["*"]}
        file.write_text(json.dumps({"clients": [row]}))

    write("desk-office", "one")
    async with desk(url, clients_file=str(file)) as first:
        token = await first.token(("desk-office", "one"))
        shown = await first.client.get("/v1/agencies/desk", headers={"Authorization": f"Bearer {token}"})
        assert [client["client"] for client in shown.json()["clients"]] == ["desk-office"]
    write("intruder", "two")
    async with desk(url, clients_file=str(file)) as again:
        assert (await again.ask(("intruder", "two"))).status_code == 401
        assert (await again.ask(("desk-office", "one"))).status_code == 200


async def test_a_desk_without_a_key_has_no_endpoint(database_url: Callable[[str], str]) -> None:
    async with desk(database_url("registry_keyless"), signing_key_file=None) as keyless:
        assert (await keyless.client.post("/v1/oauth/token", data={})).status_code == 404
        assert (await keyless.client.get("/.well-known/jwks.json")).status_code == 404


async def test_what_is_published_is_public(registry: Desk) -> None:
    published = (await registry.client.get("/.well-known/jwks.json")).json()
    assert [sorted(key) for key in published["keys"]] == [["alg", "crv", "kid", "kty", "use", "x"]]


async def test_no_token_carries_rights_of_another_version_than_its_own(registry: Desk) -> None:
    """Rights change while tokens are issued as fast as they come: what is read and what ends it are one snapshot."""
    agency = await registry.agency()
    credentials = await registry.application(agency)
    regions = ["32.71.05", "32.71.06"]
    await registry.person(agency, regions=[regions[0]])
    own = await registry.token(credentials)
    tokens: list[str] = []
    over = asyncio.Event()

    async def ask() -> None:
        while not over.is_set():
            answer = await registry.exchange(credentials, subject_token=own)
            tokens.append(answer.json()["access_token"])

    asking = [asyncio.ensure_future(ask()) for _ in range(4)]
    for version in range(1, 13):
        body: dict[str, object] = {"roles": ["bpbd"], "regions": [regions[version % 2]]}
        changed = await registry.put(f"/{agency}/people/petugas-7", body, etag=f'"{version}"')
        assert changed.status_code == 200, changed.text
    over.set()
    await asyncio.gather(*asking)
    last = (await registry.exchange(credentials, subject_token=own)).json()["access_token"]
    tie, seen = f"person:{agency}:petugas-7", set[int]()
    for token in [*tokens, last]:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        seen.add(claims["access"][tie])
        assert claims["regions"] == [regions[claims["access"][tie] % 2]]
    assert max(seen) == 12
    assert len(seen) > 3
    await until_refused(registry, tokens[0])
    assert (await registry.actor(last)).regions == (regions[0],)
