"""Tokens, and what they let their holder do where."""

import asyncio
import json
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from chassis.actor import Actor, RegionGroups, require_region
from chassis.identity import internal_caller, permission, public_route, unprotected_routes
from chassis.jwks import KeySource
from chassis.problems import RegionNotCovered, Unauthenticated, Unavailable
from contracts.access import ROLE_SCOPES, Role, Scope, audiences_of, covers, grant, place_code
from tests.unit.chassis.mint import Mint, application, calling, ec, okp

CODES = st.tuples(
    st.from_regex(r"\A[1-9][0-9]\Z"),
    st.from_regex(r"\A[0-9]{2}\Z"),
    st.from_regex(r"\A[0-9]{2}\Z"),
    st.from_regex(r"\A[0-9]{4}\Z"),
    st.from_regex(r"\A[0-9]{3}\Z"),
).flatmap(lambda parts: st.integers(1, 5).map(lambda n: ".".join(parts[:n])))


def caller_with(*regions: str) -> Actor:
    return Actor("p", "p", "c", None, None, frozenset(), frozenset(), RegionGroups().resolve(regions), None)


# --- regions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "code", "covering"),
    [
        ("32.71", "32.71.06.1002.028", "32.71"),
        ("32.71", "3271061002028", "32.71"),
        ("32.71", "32.71", "32.71"),
        ("32.71.06.1002.028", "32.71.06.1002.028", "32.71.06.1002.028"),
        ("3271061002028", "32.71.06.1002.028", "32.71.06.1002.028"),
        ("*", "91.71", "*"),
        ("32.71", "32.7", None),
        ("32.71", "32", None),
        ("32.71", "32.72.06", None),
        ("32.7", "32.71", None),
        ("3", "32.71", None),
        ("", "32.71", None),
        ("*", "32.7", None),
        ("*", "everything", None),
        ("32.71.06.1002.02", "32.71.06.1002.028", None),
    ],
)
def test_a_grant_covers_whole_segments_only(held: str, code: str, covering: str | None) -> None:
    assert caller_with(held).granted_region(code) == covering


def test_the_widest_of_several_grants_is_the_one_that_covers() -> None:
    assert caller_with("32.71.06.1002", "32.71", "35.78").granted_region("32.71.06.1002.028") == "32.71"


@given(held=CODES, code=CODES)
def test_covering_is_being_an_ancestor_or_the_same(held: str, code: str) -> None:
    ancestors = {".".join(code.split(".")[:n]) for n in range(1, len(code.split(".")) + 1)}
    assert covers(held, code) == (held in ancestors)
    assert (caller_with(held).granted_region(code) is not None) == (held in ancestors)


@given(st.text(alphabet="0123456789.*", max_size=24))
def test_whatever_is_no_code_grants_nothing(text: str) -> None:
    if text != "*" and place_code(text) is None:
        assert grant(text) is None
        assert caller_with(text).regions == ()


def test_a_group_stands_for_its_regions() -> None:
    groups = RegionGroups()
    groups.replace({"bakorwil-1": ["35.77", "35.20", "35.7"]})
    assert groups.resolve(["group:bakorwil-1", "group:unknown"]) == ("35.20", "35.77")


def test_a_region_in_a_body_is_judged_like_one_in_the_path() -> None:
    assert require_region(caller_with("32.71"), "32.71.06") == "32.71"
    with pytest.raises(RegionNotCovered):
        require_region(caller_with("32.71"), "35.78")


# --- roles -------------------------------------------------------------------------------------------------------


def test_every_role_has_scopes_and_every_scope_a_role() -> None:
    assert set(ROLE_SCOPES) == set(Role)
    assert frozenset[Scope]().union(*ROLE_SCOPES.values()) == set(Scope)


@pytest.mark.parametrize("other", [Scope.TURNOUT_ADJUDICATE, Scope.RESULTS_EARLY])
def test_nobody_who_enters_forms_settles_their_differences_or_sees_votes_early(other: Scope) -> None:
    both = {Scope.TURNOUT_ENTER, other}
    assert [role for role, scopes in ROLE_SCOPES.items() if both <= scopes] == []


@pytest.mark.parametrize(
    ("scopes", "audiences"),
    [
        ([Scope.TURNOUT_REPORT], {"gateway", "turnout"}),
        ([Scope.EVENTS_PUBLIC], {"gateway"}),
        ([Scope.RESULTS_EARLY, Scope.INCIDENTS_READ], {"gateway", "turnout", "incidents"}),
        ([Scope.DESK_ADMIN], {"gateway", "registry", "logistics", "incidents", "turnout"}),
    ],
)
def test_a_token_is_for_the_services_that_its_scopes_touch(scopes: list[Scope], audiences: set[str]) -> None:
    assert audiences_of(scopes) == audiences


# --- tokens ------------------------------------------------------------------------------------------------------


async def test_a_token_of_an_officer_names_person_client_and_device(mint: Mint) -> None:
    actor = await mint.verifier().verify(mint.token().encode())
    assert (actor.subject, actor.person, actor.client, actor.acting_client) == (
        "officer-7",
        "officer-7",
        "kpps",
        "kpps",
    )
    assert (actor.device, actor.election, actor.regions) == ("device-1", "pilkada-2024", ("32.71",))
    assert actor.pseudonym == "officer-7"


async def test_a_token_of_an_application_has_no_person(mint: Mint) -> None:
    actor = await mint.verifier().verify(mint.token(sub="kpps", act=None).encode())
    assert actor.person is None
    assert actor.pseudonym == "client:kpps"


async def test_es256_is_as_good_as_ed25519(mint: Mint) -> None:
    key = ec()
    mint.publish(okp(), key)
    assert (await mint.verifier().verify(mint.token(key=key).encode())).person == "officer-7"


BAD_CLAIMS = {
    "another issuer": {"iss": "http://evil"},
    "no issuer": {"iss": None},
    "another audience": {"aud": ["registry"]},
    "no audience": {"aud": None},
    "expired": {"exp": 0, "iat": 0},
    "lives too long": {"exp": 2**33},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "ends before it begins": {"iat": 2**32, "exp": 2**32 - 1},
    "not yet valid": {"nbf": 2**33},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "no client": {"client_id": None},
    "no id": {"jti": None},
    "regions as text": {"regions": "32.71"},
    "scope as a list": {"scope": ["turnout:report"]},
    "roles with numbers": {"roles": [1]},
    "actor as text": {"act": "kpps"},
}


async def test_a_token_that_is_for_the_door_alone_allows_nothing_here(mint: Mint) -> None:
    known = await mint.verifier().verify(mint.token(aud=["gateway", "registry"]).encode())
    assert (known.person, known.scopes) == ("officer-7", frozenset())


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
async def test_a_token_with_a_wrong_claim_is_not_accepted(mint: Mint, claims: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated):
        await mint.verifier().verify(mint.token(**claims).encode())  # pyright: ignore[reportArgumentType] - any claim, also a wrong one


@pytest.mark.parametrize("text", ["", "x", "a.b.c", f"eyJhbGciOiJub25lIn0.{'e30'}.", "é" * 20, "." * 4000])
async def test_what_is_no_token_is_not_accepted(mint: Mint, text: str) -> None:
    with pytest.raises(Unauthenticated):
        await mint.verifier().verify(text.encode())


async def test_a_token_of_a_stranger_under_a_known_name_is_not_accepted(mint: Mint) -> None:
    with pytest.raises(Unauthenticated):
        await mint.verifier().verify(mint.token(key=okp("key-1")).encode())


async def test_only_two_algorithms_count_whatever_the_keys_say(mint: Mint) -> None:
    rsa = RSAKey.generate_key(2048, parameters={"kid": "key-rsa"})
    secret = OctKey.import_key("a secret that everybody can read in the JWKS", {"kid": "key-oct"})
    good = mint.keys[0]
    keys = [good.as_dict(private=False), rsa.as_dict(private=False), secret.as_dict(private=True)]
    mint.jwks.write_text(json.dumps({"keys": keys}))
    verifier = mint.verifier()
    assert (await verifier.verify(mint.token().encode())).person == "officer-7"
    for key, algorithm in ((rsa, "RS256"), (secret, "HS256")):
        forged = _sign(mint, key, {"alg": algorithm, "kid": key.kid or "", "typ": "at+jwt"})
        with pytest.raises(Unauthenticated):
            await verifier.verify(forged.encode())


@pytest.mark.parametrize("kind", ["JWT", "id_token", "dpop+jwt"])
async def test_an_id_token_is_no_access_token(mint: Mint, kind: str) -> None:
    with pytest.raises(Unauthenticated):
        await mint.verifier().verify(mint.token(header={"typ": kind}).encode())


async def test_a_demonstration_key_is_refused_outside_development(mint: Mint) -> None:
    mint.publish(okp("demo-1"))
    assert await mint.verifier(allow_demo=True).verify(mint.token().encode())
    with pytest.raises(Unavailable):
        await mint.verifier(allow_demo=False).verify(mint.token().encode())


async def test_a_rehearsal_desk_takes_tokens_that_live_longer(mint: Mint) -> None:
    long = mint.token(exp=int(mint.now.timestamp()) + 7_200).encode()
    assert await mint.verifier(max_lifetime_s=86_400).verify(long)
    with pytest.raises(Unauthenticated):
        await mint.verifier().verify(long)


async def test_a_remembered_token_ends_when_it_expires(mint: Mint) -> None:
    verifier, token = mint.verifier(), mint.token().encode()
    first = await verifier.verify(token)
    mint.pass_time(590)
    assert await verifier.verify(token) is first
    mint.pass_time(16)
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_memory_of_tokens_is_bounded(mint: Mint) -> None:
    verifier = mint.verifier(remembered=10)
    for n in range(40):
        await verifier.verify(mint.token(jti=str(n)).encode())
    assert len(verifier._known) == 10


async def test_a_new_key_is_found_without_a_restart_and_a_withdrawn_one_ends_what_it_signed(
    mint: Mint,
) -> None:
    verifier = mint.verifier()
    old, new = mint.keys[0], okp("key-2")
    before = mint.token(key=old).encode()
    await verifier.verify(before)
    verifier._keys._looked_at = float("-inf")  # as if two seconds had passed
    mint.publish(new)
    assert await verifier.verify(mint.token(key=new).encode())
    with pytest.raises(Unauthenticated):
        await verifier.verify(before)


async def test_a_flood_of_unknown_keys_looks_once(mint: Mint, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, reads = mint.verifier(), 0
    await verifier.verify(mint.token().encode())
    read = KeySource._read

    async def counting(self: KeySource) -> bytes:
        nonlocal reads
        reads += 1
        return await read(self)

    monkeypatch.setattr(KeySource, "_read", counting)
    tokens = [mint.token(key=okp(f"stranger-{n}")).encode() for n in range(20)]
    outcomes = await asyncio.gather(*(verifier.verify(token) for token in tokens), return_exceptions=True)
    assert all(isinstance(outcome, Unauthenticated) for outcome in outcomes)
    assert reads <= 1


async def test_without_any_keys_it_is_the_desk_that_is_unavailable(mint: Mint) -> None:
    token = mint.token().encode()
    mint.jwks.unlink()
    with pytest.raises(Unavailable):
        await mint.verifier().verify(token)


async def test_a_changed_group_bites_at_once(mint: Mint) -> None:
    groups = RegionGroups()
    groups.replace({"bakorwil-1": ["35.77"]})
    verifier, token = mint.verifier(groups=groups), mint.token(regions=["group:bakorwil-1"]).encode()
    assert (await verifier.verify(token)).regions == ("35.77",)
    groups.replace({"bakorwil-1": ["35.20"]})
    assert (await verifier.verify(token)).regions == ("35.20",)


# --- routes ------------------------------------------------------------------------------------------------------


def routes() -> tuple[APIRouter, list[str]]:
    router, looked_up = APIRouter(prefix="/v1/elections/{election}"), list[str]()

    @router.get("/tps/{code}")
    async def get_tps(
        code: str, reader: Annotated[Actor, Depends(permission(Scope.TURNOUT_READ, region_param="code"))]
    ) -> str:
        looked_up.append(code)
        return reader.pseudonym

    @router.post("/tps/{code}/entries")
    async def enter(
        code: str,
        clerk: Annotated[Actor, Depends(permission(Scope.TURNOUT_ENTER, region_param="code", person=True))],
    ) -> str:
        looked_up.append(code)
        return clerk.pseudonym

    @router.get("/open", dependencies=[Depends(public_route)])
    async def open_to_all() -> str:
        return "open"

    @router.get("/forgotten")
    async def forgotten() -> str:
        return "nobody asked"

    @router.post("/internal", dependencies=[Depends(internal_caller)])
    async def internal() -> str:
        return "ours"

    _ = get_tps, enter, open_to_all, forgotten, internal
    return router, looked_up


TPS = "/v1/elections/pilkada-2024/tps/32.71.06.1002.028"
OUTSIDE = "/v1/elections/pilkada-2024/tps/35.78.01.1001.001"


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_who_may_is_let_in(mint: Mint) -> None:
    router, _ = routes()
    async with calling(application(mint, router)) as http:
        answer = await http.get(TPS, headers=mint.headers())
        kpu = await http.get(TPS.replace("32.71.06.1002.028", "3271061002028"), headers=mint.headers())
    assert (answer.status_code, answer.json(), kpu.status_code) == (200, "officer-7", 200)


async def test_who_may_not_is_refused_before_anything_is_looked_up(mint: Mint) -> None:
    router, looked_up = routes()
    clerk = {"scope": "turnout:enter turnout:read"}
    async with calling(application(mint, router)) as http:
        assert code_of(await http.get(TPS)) == (401, "unauthenticated")
        assert code_of(await http.get(TPS, headers={"Authorization": "Basic eA=="})) == (
            401,
            "unauthenticated",
        )
        assert code_of(await http.get(TPS, headers=mint.headers(scope=""))) == (403, "scope-missing")
        assert code_of(await http.get(OUTSIDE, headers=mint.headers())) == (403, "region-not-covered")
        assert code_of(await http.get(TPS, headers=mint.headers(regions=[]))) == (403, "region-not-covered")
        assert code_of(await http.get(TPS, headers=mint.headers(election="pilkada-2029"))) == (
            403,
            "election-not-covered",
        )
        assert code_of(await http.get(TPS + "9", headers=mint.headers())) == (404, "not-found")
        alone = mint.headers(sub="kpps", act=None, **clerk)
        assert code_of(await http.post(TPS + "/entries", headers=alone)) == (403, "person-required")
    assert looked_up == []


async def test_scope_is_judged_before_region_and_election(mint: Mint) -> None:
    router, _ = routes()
    async with calling(application(mint, router)) as http:
        answer = await http.get(OUTSIDE, headers=mint.headers(scope="", election="other"))
    assert code_of(answer) == (403, "scope-missing")


async def test_a_token_without_an_election_holds_for_every_one(mint: Mint) -> None:
    router, _ = routes()
    async with calling(application(mint, router)) as http:
        assert (await http.get(TPS, headers=mint.headers(election=None))).status_code == 200


async def test_a_challenge_names_the_scheme_and_the_reason(mint: Mint) -> None:
    router, _ = routes()
    async with calling(application(mint, router)) as http:
        assert (await http.get(TPS)).headers["www-authenticate"] == "Bearer"
        assert (
            "invalid_token"
            in (await http.get(TPS, headers={"Authorization": "Bearer x"})).headers["www-authenticate"]
        )


async def test_internal_routes_take_the_internal_secret_only(mint: Mint) -> None:
    router, _ = routes()
    path = "/v1/elections/pilkada-2024/internal"
    async with calling(application(mint, router)) as http:
        assert (await http.post(path, headers={"Authorization": "Bearer internal-secret"})).status_code == 200
        assert (await http.post(path, headers={"Authorization": "Bearer wrong"})).status_code == 401
        assert (await http.post(path, headers=mint.headers())).status_code == 401
        assert (await http.post(path)).status_code == 401


def test_a_route_that_nobody_guards_is_found(mint: Mint) -> None:
    router, _ = routes()
    app = application(mint, router)
    found = [route for route in unprotected_routes(app) if "openapi" not in route]
    assert found == ["GET /v1/elections/{election}/forgotten"]


def test_the_description_of_a_route_asks_for_a_token(mint: Mint) -> None:
    router, _ = routes()
    operation = application(mint, router).openapi()["paths"]["/v1/elections/{election}/tps/{code}"]["get"]
    assert operation["security"] == [{"bearer": []}]


def _sign(mint: Mint, key: RSAKey | OctKey, header: dict[str, str]) -> str:
    now = int(mint.now.timestamp())
    claims = {
        "iss": "x",
        "sub": "x",
        "client_id": "c",
        "aud": "turnout",
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])
