import json
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.jwks import KeySource
from chassis.token_verifier import REHEARSAL_LIFETIME_S, TokenVerifier
from cli.tokens import NoTokenError, Wish, sign
from contracts.access import Role, Scope
from deploy.keys import Keys, ensure_keys
from deploy.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path, first_port=8000)
    folder.keys.mkdir()
    ensure_keys(folder.keys, regions=["32.71"], election="pilkada-2024")
    return folder


USUAL = Wish(
    roles=[Role.OPERATOR],
    regions=["32.71"],
    person=None,
    device=None,
    election=None,
    client="desk-cli",
    minutes=10,
)


def verifier(folder: RunFolder, *, audience: str = "turnout", max_lifetime_s: int = 600) -> TokenVerifier:
    keys = KeySource(str(Keys(folder.keys).public_keys), allow_demo=True)
    return TokenVerifier(
        keys, issuer="http://127.0.0.1:8000", audience=audience, max_lifetime_s=max_lifetime_s
    )


async def test_services_accept_the_token_of_a_person(folder: RunFolder) -> None:
    token = sign(folder, replace(USUAL, person="p-1", device="d-1", election="pilkada-2024"))
    actor = await verifier(folder).verify(token.encode())
    assert (actor.person, actor.device, actor.election) == ("p-1", "d-1", "pilkada-2024")
    assert (actor.client, actor.acting_client) == ("desk-cli", "desk-cli")
    assert Scope.TURNOUT_ENTER in actor.scopes
    assert actor.regions == ("32.71",)


async def test_without_a_person_it_is_the_application(folder: RunFolder) -> None:
    actor = await verifier(folder).verify(sign(folder, USUAL).encode())
    assert actor.person is None
    assert actor.pseudonym == "client:desk-cli"


async def test_a_long_life_is_for_rehearsals_alone(folder: RunFolder) -> None:
    with pytest.raises(NoTokenError, match="10 minutes at most"):
        sign(folder, replace(USUAL, minutes=11))
    folder.clock.write_text(json.dumps({"rehearsal": True}))
    token = sign(folder, replace(USUAL, minutes=720))
    await verifier(folder, max_lifetime_s=REHEARSAL_LIFETIME_S).verify(token.encode())


@pytest.mark.parametrize("region", ["32.7", "bogor", ""])
def test_what_is_no_region_is_refused(folder: RunFolder, region: str) -> None:
    with pytest.raises(NoTokenError, match="not the code"):
        sign(folder, replace(USUAL, regions=[region]))


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    with pytest.raises(NoTokenError, match="no desk has run"):
        sign(RunFolder(tmp_path, first_port=8000), USUAL)
