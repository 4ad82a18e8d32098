"""Tokens handed out: client credentials, and exchange for an officer's."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from chassis.client_directory import Client, ClientDirectory
from chassis.token_issuer import ACCESS_TOKEN, TOKEN_EXCHANGE, OAuthRefusal, TokenIssuer, answer_token_request
from contracts.access import Role, Scope, scopes_of
from tests.unit.chassis.mint import ISSUER, Mint, ec, okp

SECRET = "5d" * 32  # pragma: allowlist secret


def client(**changes: object) -> Client:
    fields: dict[str, object] = {
        "client_id": "field-app",
        "secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
        "roles": ["kpps", "ptps"],
        "regions": ["32.71"],
        "election": "pilkada-2024",
        "may_act_for_persons": True,
    }
    return Client.model_validate({**fields, **changes})


class Endpoint:
    """The token endpoint without its HTTP."""

    def __init__(self, mint: Mint, **changes: object) -> None:
        self.mint = mint
        self.directory = ClientDirectory(
            [client(**changes), client(client_id="other-app", may_act_for_persons=False)]
        )
        self.issuer = TokenIssuer(mint.keys, issuer=ISSUER, now=lambda: mint.now)
        self.verifier = mint.verifier()

    async def ask(
        self, form: dict[str, str], *, client_id: str = "field-app", secret: str = SECRET
    ) -> dict[str, object]:
        basic = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        answer = await answer_token_request(
            form, basic, directory=self.directory, issuer=self.issuer, verifier=self.verifier
        )
        return {**answer}

    async def own_token(self, *, client_id: str = "field-app", **form: str) -> str:
        answer = await self.ask({"grant_type": "client_credentials", **form}, client_id=client_id)
        return str(answer["access_token"])

    async def exchange(self, **form: str) -> dict[str, object]:
        token = form.pop("subject_token", None) or await self.own_token()
        asked = {"grant_type": TOKEN_EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
        return await self.ask({**asked, "person": "officer-7", "device_id": "device-1", **form})


async def test_an_application_gets_a_token_of_its_own(mint: Mint) -> None:
    endpoint = Endpoint(mint)
    answer = await endpoint.ask({"grant_type": "client_credentials"})
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    actor = await endpoint.verifier.verify(str(answer["access_token"]).encode())
    assert (actor.client, actor.person, actor.acting_client) == ("field-app", None, None)
    assert actor.scopes == scopes_of([Role.KPPS, Role.PTPS])
    assert (actor.roles, actor.regions, actor.election) == ({"kpps", "ptps"}, ("32.71",), "pilkada-2024")


async def test_the_secret_may_stand_in_the_form(mint: Mint) -> None:
    endpoint = Endpoint(mint)
    form = {"grant_type": "client_credentials", "client_id": "field-app", "client_secret": SECRET}
    assert await answer_token_request(
        form, None, directory=endpoint.directory, issuer=endpoint.issuer, verifier=endpoint.verifier
    )


async def test_an_application_exchanges_its_token_for_its_officers(mint: Mint) -> None:
    endpoint = Endpoint(mint)
    answer = await endpoint.exchange(roles="kpps", regions="32.71.06.1002.028", scope="turnout:report")
    assert answer["issued_token_type"] == ACCESS_TOKEN
    actor = await endpoint.verifier.verify(str(answer["access_token"]).encode())
    assert (actor.person, actor.client, actor.acting_client) == ("officer-7", "field-app", "field-app")
    assert (actor.device, actor.roles, actor.regions) == ("device-1", {"kpps"}, ("32.71.06.1002.028",))
    assert actor.scopes == {Scope.TURNOUT_REPORT}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"roles": "admin"}, "invalid_scope"),
        ({"roles": "emperor"}, "invalid_scope"),
        ({"regions": "35.78"}, "invalid_scope"),
        ({"regions": "32"}, "invalid_scope"),
        ({"regions": "*"}, "invalid_scope"),
        ({"regions": "32.7"}, "invalid_scope"),
        ({"regions": "group:bakorwil-1"}, "invalid_scope"),
        ({"scope": "turnout:enter"}, "invalid_scope"),
        ({"roles": "ptps", "scope": "logistics:scan"}, "invalid_scope"),
        ({"election": "pilkada-2029"}, "invalid_request"),
        ({"person": ""}, "invalid_request"),
        ({"person": "field-app"}, "invalid_request"),
        ({"person": "3271064508900001"}, "invalid_request"),
        ({"person": "budi@contoh.id"}, "invalid_request"),
        ({"device_id": "081234567890"}, "invalid_request"),
        ({"subject_token": "x"}, "invalid_grant"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
    ],
)
async def test_no_exchange_gives_more_than_the_application_has(
    mint: Mint, form: dict[str, str], error: str
) -> None:
    with pytest.raises(OAuthRefusal) as refused:
        await Endpoint(mint).exchange(**form)
    assert refused.value.error == error
    assert refused.value.status == 400
    told = [refused.value.document(language)["error_description"] for language in ("en", "id")]
    assert "3271064508900001" not in json.dumps(told)
    assert told[0] != told[1]
    assert "".join(told).isascii(), "OAuth's clients read ASCII (RFC 6749 section 5.2)"


async def test_an_officers_token_is_not_exchanged_again(mint: Mint) -> None:
    endpoint = Endpoint(mint)
    officers = str((await endpoint.exchange())["access_token"])
    with pytest.raises(OAuthRefusal, match="invalid_grant"):
        await endpoint.exchange(subject_token=officers)


async def test_a_token_of_another_application_is_not_exchanged(mint: Mint) -> None:
    endpoint = Endpoint(mint)
    foreign = await endpoint.own_token(client_id="other-app")
    with pytest.raises(OAuthRefusal, match="invalid_grant"):
        await endpoint.exchange(subject_token=foreign)


async def test_an_application_that_may_not_act_for_persons_does_not(mint: Mint) -> None:
    with pytest.raises(OAuthRefusal, match="unauthorized_client"):
        await Endpoint(mint, may_act_for_persons=False).exchange()


@pytest.mark.parametrize(
    ("client_id", "secret"), [("field-app", "wrong"), ("nobody", SECRET), ("field-app", ""), ("", "")]
)
async def test_a_stranger_gets_nothing(mint: Mint, client_id: str, secret: str) -> None:
    with pytest.raises(OAuthRefusal) as refused:
        await Endpoint(mint).ask({"grant_type": "client_credentials"}, client_id=client_id, secret=secret)
    assert (refused.value.error, refused.value.status) == ("invalid_client", 401)
    assert "WWW-Authenticate" in refused.value.headers()


@pytest.mark.parametrize("authorization", [None, "", "Basic", "Basic %%%", "Basic /w==", "Bearer x"])
async def test_no_authorization_breaks_the_endpoint(mint: Mint, authorization: str | None) -> None:
    endpoint = Endpoint(mint)
    with pytest.raises(OAuthRefusal, match="invalid_client"):
        await answer_token_request(
            {},
            authorization,
            directory=endpoint.directory,
            issuer=endpoint.issuer,
            verifier=endpoint.verifier,
        )


@pytest.mark.parametrize(
    ("grant_type", "error"), [("", "invalid_request"), ("password", "unsupported_grant_type")]
)
async def test_only_two_grants_are_known(mint: Mint, grant_type: str, error: str) -> None:
    with pytest.raises(OAuthRefusal, match=error):
        await Endpoint(mint).ask({"grant_type": grant_type})


async def test_a_client_of_every_election_may_name_one(mint: Mint) -> None:
    endpoint = Endpoint(mint, election=None)
    token = await endpoint.own_token(election="pilkada-2024")
    assert (await endpoint.verifier.verify(token.encode())).election == "pilkada-2024"
    everywhere = await endpoint.own_token()
    assert (await endpoint.verifier.verify(everywhere.encode())).election is None


async def test_keys_are_changed_without_a_failed_request(mint: Mint) -> None:
    old, new = mint.keys[0], ec("key-2")
    verifier = mint.verifier()
    before = Endpoint(mint)
    first = await before.own_token()
    await verifier.verify(first.encode())
    mint.publish(new, old)
    verifier._keys._looked_at = float("-inf")  # as if two seconds had passed
    second = await Endpoint(mint).own_token()
    assert await verifier.verify(second.encode())
    assert await verifier.verify(first.encode())


def test_what_is_published_is_public(mint: Mint) -> None:
    published = TokenIssuer(mint.keys, issuer=ISSUER).jwks()
    assert [sorted(key) for key in published["keys"]] == [["crv", "kid", "kty", "use", "x"]]


@pytest.mark.parametrize("as_set", [True, False])
def test_keys_come_from_one_jwk_or_several(tmp_path: Path, as_set: bool) -> None:
    key = okp("key-9").as_dict(private=True)
    file = tmp_path / "signing.json"
    file.write_text(json.dumps({"keys": [key]} if as_set else key))
    assert TokenIssuer.from_file(file, issuer=ISSUER, allow_demo=False).jwks()["keys"][0]["kid"] == "key-9"


def test_a_demonstration_key_signs_in_development_only(tmp_path: Path) -> None:
    file = tmp_path / "signing.json"
    file.write_text(json.dumps(okp("demo-1").as_dict(private=True)))
    assert TokenIssuer.from_file(file, issuer=ISSUER, allow_demo=True)
    with pytest.raises(ValueError, match="private key"):
        TokenIssuer.from_file(file, issuer=ISSUER, allow_demo=False)


def test_a_public_key_signs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "signing.json"
    file.write_text(json.dumps(okp().as_dict(private=False)))
    with pytest.raises(ValueError, match="private key"):
        TokenIssuer.from_file(file, issuer=ISSUER, allow_demo=True)


# --- the directory -----------------------------------------------------------------------------------------------


def write(folder: Path, *clients: dict[str, object]) -> Path:
    file = folder / "clients.json"
    file.write_text(json.dumps({"clients": list(clients)}))
    return file


def as_row(**changes: object) -> dict[str, object]:
    return {**json.loads(client().model_dump_json()), **changes}


def test_the_directory_comes_from_a_file(tmp_path: Path) -> None:
    directory = ClientDirectory.from_file(write(tmp_path, as_row()), allow_demo=False)
    assert directory.authenticate("field-app", SECRET) == client()


def test_demonstration_secrets_are_refused_outside_development(tmp_path: Path) -> None:
    file = write(tmp_path, as_row(demo=True))
    assert ClientDirectory.from_file(file, allow_demo=True)
    with pytest.raises(ValueError, match="demonstration"):
        ClientDirectory.from_file(file, allow_demo=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"regions": ["32.7"]},
        {"roles": ["emperor"]},
        {"secret_sha256": SECRET[:10]},
        {"secret": SECRET},
        {"client_id": "A b"},
    ],
)
def test_a_malformed_directory_is_refused_without_showing_it(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="clients file") as refused:
        ClientDirectory.from_file(write(tmp_path, as_row(**changes)), allow_demo=True)
    assert SECRET not in str(refused.value)


def test_two_clients_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two clients"):
        ClientDirectory([client(), client()])
