import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.jwks import KeySource
from chassis.token_verifier import REHEARSAL_LIFETIME_S, TokenVerifier
from cli.app import app
from cli.tokens import NoTokenError, Wish, sign
from contracts.access import Role, Scope
from deploy.key_rotation import LEAD, KeyFiles, rotate
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


async def test_after_a_rotation_the_new_key_signs(folder: RunFolder) -> None:
    keys, now = Keys(folder.keys), datetime.now(UTC)
    files = KeyFiles(keys.signing_key, keys.public_keys)
    first = rotate(files, prefix="demo", lifetime=timedelta(minutes=10), now=now)
    assert kid_of(sign(folder, USUAL)) == first.before, "the next key is published, and does not sign yet"
    second = rotate(files, prefix="demo", lifetime=timedelta(minutes=10), now=first.signs_at, lead=-2 * LEAD)
    token = sign(folder, USUAL)
    assert kid_of(token) == second.kid
    assert await verifier(folder).verify(token.encode())


def kid_of(token: str) -> str:
    return json.loads(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"]


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


async def test_a_link_opens_the_page_with_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_HOME", str(tmp_path))
    folder = RunFolder(tmp_path / "8000", first_port=8000)
    folder.keys.mkdir(parents=True)
    ensure_keys(folder.keys, regions=["32.71"], election="pilkada-2024")
    typed = ["token", "--role", "desk", "--region", "32.71", "--port", "8000"]
    ran = CliRunner().invoke(app, [*typed, "--link"])
    address, _, token = ran.output.strip().partition("#token=")
    assert address == "http://127.0.0.1:8000/", "behind the #, which no browser sends to a server"
    assert (await verifier(folder).verify(token.encode())).roles == {"desk"}
    assert "#" not in CliRunner().invoke(app, typed).output
