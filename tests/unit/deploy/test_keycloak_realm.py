"""The realm that comes with the desk makes tokens that the desk takes: its mappers are done by hand here.

A real Keycloak 26.7.3 made the same token of this file; what was seen stands in docs/partners.md.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chassis.jwks import KeySource
from chassis.token_verifier import MAX_LIFETIME_S, PeopleIssuer, TokenVerifier
from contracts.access import DOOR, Role, grant, scopes_of
from contracts.vocabulary import Service
from tests.unit.chassis.mint import ISSUER, Mint, ec, okp

FILE = Path(__file__).parents[3] / "deploy" / "keycloak" / "desk-realm.json"
REALM: dict[str, Any] = json.loads(FILE.read_text())
ADDRESS = "https://masuk.contoh.id/realms/desk"
USER: dict[str, Any] = {
    "id": "49187eb9-89b8-4520-9137-715f69f8e1bd",
    "roles": ["default-roles-desk", "operator"],
    "regions": ["32.71.06", "32.71.05"],
    "election": ["pilkada-2024"],
}
(CLIENT,) = REALM["clients"]
(SCOPE,) = REALM["clientScopes"]


def claims() -> dict[str, Any]:
    """Return what the mappers of the client and of its scope put into an access token of a user."""
    made: dict[str, Any] = {"aud": [], "azp": CLIENT["clientId"], "scope": f"openid {SCOPE['name']}"}
    for mapper in (*SCOPE["protocolMappers"], *CLIENT["protocolMappers"]):
        config = mapper["config"]
        assert config["access.token.claim"] == "true", mapper["name"]
        match mapper["protocolMapper"]:
            case "oidc-sub-mapper":
                made["sub"] = USER["id"]
            case "oidc-usermodel-realm-role-mapper":
                made[config["claim.name"]] = USER["roles"]
            case "oidc-usermodel-attribute-mapper":
                values = USER[config["user.attribute"]]
                made[config["claim.name"]] = values if config["multivalued"] == "true" else values[0]
            case "oidc-audience-mapper":
                made["aud"].append(config["included.custom.audience"])
            case "oidc-hardcoded-claim-mapper":
                made[config["claim.name"]] = config["claim.value"]
            case other:
                raise AssertionError(f"nobody here knows what {other} does")
    return made


@pytest.mark.parametrize("audience", [DOOR, *Service])
async def test_every_process_takes_a_token_as_the_mappers_make_it(tmp_path: Path, audience: str) -> None:
    (tmp_path / "ours").mkdir()
    mint, keycloak = Mint(tmp_path / "ours"), Mint(tmp_path)
    mint.publish(okp())
    keycloak.publish(ec("of-the-realm"))
    verifier = TokenVerifier(
        KeySource(str(mint.jwks), allow_demo=False),
        issuer=ISSUER,
        audience=str(audience),
        people=PeopleIssuer(ADDRESS, KeySource(str(keycloak.jwks), allow_demo=False)),
        now=lambda: mint.now,
    )
    assert CLIENT["defaultClientScopes"] == [SCOPE["name"]]
    lifetime = int(CLIENT["attributes"]["access.token.lifespan"])
    now = int(mint.now.timestamp())
    told: dict[str, Any] = {**claims(), "iss": ADDRESS, "exp": now + lifetime, "act": None, "device_id": None}
    actor = await verifier.verify(keycloak.token(**told).encode())
    assert actor.scopes == scopes_of([Role.OPERATOR])
    of_the_realm = ADDRESS.removeprefix("https://")
    assert (actor.person, actor.client) == (f"{of_the_realm}//{USER['id']}", f"{of_the_realm}//desk-page")
    assert actor.election == "pilkada-2024"
    assert set(actor.regions) == set(USER["regions"])


def test_the_header_and_the_key_are_what_the_desk_takes() -> None:
    attributes = CLIENT["attributes"]
    assert attributes["access.token.header.type.rfc9068"] == "true", "at+jwt, or an ID token would do"
    assert attributes["access.token.signed.response.alg"] == REALM["defaultSignatureAlgorithm"] == "ES256"
    (key,) = REALM["components"]["org.keycloak.keys.KeyProvider"]
    assert (key["providerId"], key["config"]["ecdsaEllipticCurveKey"]) == ("ecdsa-generated", ["P-256"])


def test_a_token_lives_no_longer_than_the_desk_takes_it() -> None:
    assert REALM["accessTokenLifespan"] <= MAX_LIFETIME_S
    assert int(CLIENT["attributes"]["access.token.lifespan"]) <= MAX_LIFETIME_S


def test_the_realm_knows_the_roles_of_the_desk_and_no_other() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == set(Role)


def test_no_secret_and_no_user_is_in_the_file() -> None:
    assert CLIENT["publicClient"] is True
    assert not CLIENT["directAccessGrantsEnabled"]
    assert CLIENT["attributes"]["pkce.code.challenge.method"] == "S256"
    assert "users" not in REALM
    assert not re.search(r'"(secret|password|privateKey|credentials)"', FILE.read_text())


@pytest.mark.parametrize(
    "text", ["*", "32", "32.71.06.1002.028", "group:bakorwil-1", "32.7", "Bogor", "32.71."]
)
def test_a_region_of_a_user_is_one_of_the_desks(text: str) -> None:
    (profile,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    attributes = json.loads(profile["config"]["kc.user.profile.config"][0])["attributes"]
    (regions,) = [each for each in attributes if each["name"] == "regions"]
    pattern = regions["validations"]["pattern"]["pattern"]
    assert (re.fullmatch(pattern, text) is not None) == (grant(text) is not None)
    assert regions["permissions"]["edit"] == ["admin"], "nobody gives themselves a region"
