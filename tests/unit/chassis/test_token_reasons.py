"""What is wrong with a token is told by the class of the reason alone, and what it rests upon may end it."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from chassis.access_changes import AccessChanges, Change
from chassis.jwks import KeySource
from chassis.problems import (
    SignInTooWeak,
    TokenExpired,
    TokenInvalid,
    TokenNotYetValid,
    TokenRevoked,
    Unauthenticated,
)
from chassis.token_verifier import PeopleIssuer, TokenVerifier
from contracts.access import Role, Scope, scopes_of
from tests.unit.chassis.mint import ISSUER, Mint, application, calling, ec, okp
from tests.unit.chassis.test_identity import TPS, routes

TIES = {"client:kpps": 3, "officer:pilkada-2024:officer-7": 1}


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": -60}, "token-expired"),
        ({"iat": 60, "exp": 660}, "token-not-yet-valid"),
        ({"nbf": 60}, "token-not-yet-valid"),
        ({"aud": ["registry"]}, "token-invalid"),
        ({"iss": "https://elsewhere"}, "token-invalid"),
        ({"exp": 86_400}, "token-invalid"),
    ],
)
async def test_a_wrong_time_or_audience_is_told_by_its_class(
    mint: Mint, claims: dict[str, object], code: str
) -> None:
    now = int(mint.now.timestamp())
    told = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    async with calling(application(mint, routes()[0])) as http:
        answer = await http.get(TPS, headers=mint.headers(**told))
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == f'Bearer error="invalid_token", error_description="{code}"'


async def test_a_wrong_key_algorithm_or_form_is_told_alike(mint: Mint) -> None:
    rsa, secret = RSAKey.generate_key(2048, {"kid": "key-1"}), OctKey.generate_key(256, {"kid": "key-1"})
    head, body, _ = mint.token().split(".")
    bad = [
        mint.token(key=okp("key-1")),
        mint.token(key=okp("key-unknown")),
        mint.token(key=ec("key-1")),
        mint.token(header={"typ": "JWT"}),
        f"{head}.{body}.",
        "no-token",
    ]
    for key, algorithm in ((rsa, "RS256"), (secret, "HS256")):
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        bad.append(
            jwt.encode(
                {"alg": algorithm, "kid": "key-1", "typ": "at+jwt"}, claims, key, algorithms=[algorithm]
            )
        )
    answers: set[tuple[str, str]] = set()
    async with calling(application(mint, routes()[0])) as http:
        for token in bad:
            problem = (await http.get(TPS, headers={"Authorization": f"Bearer {token}"})).json()
            answers.add((problem["code"], problem["detail"]))
    assert {code for code, _ in answers} == {"token-invalid"}
    assert len(answers) == 1, "which of them it was is not said"


async def test_no_token_at_all_is_another_thing(mint: Mint) -> None:
    async with calling(application(mint, routes()[0])) as http:
        answer = await http.get(TPS)
    assert (answer.json()["code"], answer.headers["www-authenticate"]) == ("unauthenticated", "Bearer")


def verifier(mint: Mint, changes: AccessChanges) -> TokenVerifier:
    return TokenVerifier(
        KeySource(str(mint.jwks), allow_demo=True),
        issuer=ISSUER,
        audience="turnout",
        changes=changes,
        now=lambda: mint.now,
    )


@pytest.mark.parametrize(("version", "counts"), [(2, True), (3, True), (4, False)])
async def test_a_token_counts_while_what_it_rests_upon_has_its_version(
    mint: Mint, version: int, counts: bool
) -> None:
    changes = AccessChanges()
    judge, token = verifier(mint, changes), mint.token(access=TIES).encode()
    assert await judge.verify(token)
    later = mint.now + timedelta(hours=1)
    changes.replace({"client:kpps": Change(version, later), "client:other": Change(9, later)})
    if counts:
        assert await judge.verify(token)
    else:
        with pytest.raises(TokenRevoked):
            await judge.verify(token)
        with pytest.raises(TokenRevoked):
            await verifier(mint, changes).verify(token)


async def test_an_officer_ends_without_the_application(mint: Mint) -> None:
    changes = AccessChanges()
    judge = verifier(mint, changes)
    changes.replace({"officer:pilkada-2024:officer-7": Change(2, mint.now)})
    with pytest.raises(TokenRevoked):
        await judge.verify(mint.token(access=TIES).encode())
    assert await judge.verify(mint.token(access={"client:kpps": 3}).encode())


async def test_a_token_without_versions_is_judged_by_its_time(mint: Mint) -> None:
    changes = AccessChanges()
    judge, before = verifier(mint, changes), mint.token().encode()
    assert await judge.verify(before)
    for tie in ("client:kpps", "device:device-1"):
        changes.replace({tie: Change(1, mint.now + timedelta(seconds=1))})
        with pytest.raises(TokenRevoked):
            await judge.verify(before)
    mint.pass_time(1)
    assert await judge.verify(mint.token().encode())


# --- people of another issuer ---------------------------------------------------------------------------------------

KEYCLOAK = "https://masuk.contoh.id/realms/desk"


class Elsewhere:
    """Another issuer, as its realm's mappers make its tokens."""

    def __init__(self, mint: Mint, folder: Path, **asked: object) -> None:
        folder.mkdir()
        self.mint, self.own = mint, Mint(folder, now=mint.now)
        self.own.publish(ec("keycloak-1"))
        self.verifier = TokenVerifier(
            KeySource(str(mint.jwks), allow_demo=True),
            issuer=ISSUER,
            audience="turnout",
            people=PeopleIssuer(KEYCLOAK, KeySource(str(self.own.jwks), allow_demo=False), **asked),  # type: ignore[arg-type]  # settings by name
            now=lambda: mint.now,
        )

    def token(self, **claims: object) -> bytes:
        told: dict[str, object] = {
            "iss": KEYCLOAK,
            "sub": "6f1c2c1e-0000-4000-8000-000000000007",
            "client_id": "desk-page",
            "aud": ["gateway", "registry", "logistics", "incidents", "turnout"],
            "scope": "openid desk",
            "roles": ["kpps", "offline_access"],
            "act": None,
            "device_id": None,
        }
        return self.own.token(**{**told, **claims}).encode()  # pyright: ignore[reportArgumentType] - any claim


@pytest.fixture
def elsewhere(mint: Mint, tmp_path: Path) -> Elsewhere:
    return Elsewhere(mint, tmp_path / "elsewhere")


async def test_people_of_another_issuer_may_what_their_roles_may(elsewhere: Elsewhere) -> None:
    actor = await elsewhere.verifier.verify(elsewhere.token())
    assert actor.scopes == scopes_of([Role.KPPS])
    assert (actor.person, actor.acting_client, actor.regions) == (actor.subject, None, ("32.71",))


async def test_a_person_of_another_issuer_is_nobody_of_the_desks(elsewhere: Elsewhere) -> None:
    for name in ("kpps-1", "bpbd-jabar/p-17", "client:desk-page"):
        theirs = await elsewhere.verifier.verify(elsewhere.token(sub=name))
        own = await elsewhere.verifier.verify(elsewhere.mint.token(sub=name).encode())
        assert theirs.pseudonym == f"masuk.contoh.id/realms/desk//{name}"
        assert own.pseudonym == name
    alone = await elsewhere.verifier.verify(elsewhere.token(sub="desk-page"))
    assert (alone.person, alone.pseudonym) == (None, "client:masuk.contoh.id/realms/desk//desk-page")
    acting = await elsewhere.verifier.verify(elsewhere.token(act={"sub": "desk-page"}))
    assert acting.acting_client == acting.client == "masuk.contoh.id/realms/desk//desk-page"
    assert acting.ties[1:] == (("client:masuk.contoh.id/realms/desk//desk-page", None),)


@pytest.mark.parametrize("name", ["9971064508900001", "budi@contoh.go.id", "081234567890"])
async def test_a_person_of_another_issuer_is_a_pseudonym(elsewhere: Elsewhere, name: str) -> None:
    with pytest.raises(TokenInvalid):
        await elsewhere.verifier.verify(elsewhere.token(sub=name))


async def test_a_scope_of_the_desk_makes_it_fewer_and_never_more(elsewhere: Elsewhere) -> None:
    fewer = await elsewhere.verifier.verify(elsewhere.token(scope="openid turnout:report desk:admin"))
    assert fewer.scopes == {Scope.TURNOUT_REPORT}


async def test_each_issuer_is_judged_by_its_own_keys(elsewhere: Elsewhere) -> None:
    assert await elsewhere.verifier.verify(elsewhere.mint.token().encode())
    mint = elsewhere.mint
    crossed = [
        elsewhere.own.token(iss=ISSUER),
        mint.token(iss=KEYCLOAK),
        elsewhere.own.token(iss="https://elsewhere"),
    ]
    for token in crossed:
        with pytest.raises(TokenInvalid):
            await elsewhere.verifier.verify(token.encode())


async def test_a_foreign_token_lives_no_longer_and_is_no_id_token(elsewhere: Elsewhere) -> None:
    now = int(elsewhere.mint.now.timestamp())
    with pytest.raises(Unauthenticated):
        await elsewhere.verifier.verify(elsewhere.token(exp=now + 3_600))
    with pytest.raises(TokenInvalid):
        await elsewhere.verifier.verify(elsewhere.token(header={"typ": "JWT"}))
    elsewhere.mint.pass_time(700)
    with pytest.raises(TokenExpired):
        await elsewhere.verifier.verify(elsewhere.token())


async def test_a_token_from_the_future_is_told_so(mint: Mint) -> None:
    now = int(mint.now.timestamp())
    with pytest.raises(TokenNotYetValid):
        await mint.verifier().verify(mint.token(iat=now + 60, exp=now + 660).encode())


SIGN_INS: list[tuple[dict[str, object], dict[str, object], list[dict[str, object]]]] = [
    ({"acr": frozenset({"gold"})}, {"acr": "gold"}, [{}, {"acr": "silver"}, {"amr": ["gold"]}]),
    ({"amr": frozenset({"mfa", "hwk"})}, {"amr": ["pwd", "hwk"]}, [{}, {"amr": ["pwd"]}, {"amr": []}]),
    ({"signed_in_within_s": 3_600}, {"auth_time": -3_590}, [{}, {"auth_time": -3_700}]),
]
"""What is asked for, a sign-in that has it, and some that have not; seconds are counted from now."""


@pytest.mark.parametrize("case", SIGN_INS, ids=["acr", "amr", "auth_time"])
async def test_a_weak_sign_in_is_refused_where_a_strong_one_is_asked_for(
    mint: Mint, tmp_path: Path, case: tuple[dict[str, object], dict[str, object], list[dict[str, object]]]
) -> None:
    asked, strong, weak = case
    elsewhere = Elsewhere(mint, tmp_path / "elsewhere", **asked)

    def token(claims: dict[str, object]) -> bytes:
        ago = claims.get("auth_time")
        at = {} if ago is None else {"auth_time": int(mint.now.timestamp()) + int(str(ago))}
        return elsewhere.token(**{**claims, **at})

    assert (await elsewhere.verifier.verify(token(strong))).person is not None
    for claims in weak:
        with pytest.raises(SignInTooWeak) as refused:
            await elsewhere.verifier.verify(token(claims))
        assert "sign-in-too-weak" in refused.value.headers()["WWW-Authenticate"]
    assert await elsewhere.verifier.verify(mint.token().encode()), (
        "the desk's own tokens are judged by what it knows"
    )
