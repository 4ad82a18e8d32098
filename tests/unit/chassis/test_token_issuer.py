"""Tokens signed by a key file: which key signs when, what is published, and that a rotation fails nobody."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.jwks import ENDS_AT, SigningKey
from chassis.token_issuer import SIGNS_FROM, TokenIssuer
from tests.unit.chassis.mint import ISSUER, Mint, ec, okp

CLAIMS: dict[str, object] = {
    "sub": "field-app",
    "client_id": "field-app",
    "aud": ["gateway", "turnout"],
    "scope": "turnout:report",
    "roles": ["kpps"],
    "regions": ["32.71"],
}


class KeyFile:
    """A file of signing keys, and an issuer that reads it."""

    def __init__(self, mint: Mint, *keys: SigningKey, **members: dict[str, str]) -> None:
        self.mint = mint
        self.path = mint.folder / "signing.json"
        self.write(*keys, **members)
        self.issuer = TokenIssuer.from_file(self.path, issuer=ISSUER, allow_demo=True, now=lambda: mint.now)

    def write(self, *keys: SigningKey, **members: dict[str, str]) -> None:
        told = [{**key.as_dict(private=True), **members.get(key.kid or "", {})} for key in keys]
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps({"keys": told}))
        temporary.replace(self.path)

    def kid(self) -> str:
        header = self.issuer.issue(CLAIMS).token.split(".")[0]
        return json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]

    def published(self) -> list[str]:
        return [str(key.get("kid")) for key in self.issuer.jwks()["keys"]]


async def test_a_token_says_what_it_is_told_and_its_times(mint: Mint) -> None:
    issued = TokenIssuer(lambda: mint.keys, issuer=ISSUER, now=lambda: mint.now).issue(CLAIMS)
    actor = await mint.verifier().verify(issued.token.encode())
    assert (issued.lifetime_s, actor.client, actor.regions) == (600, "field-app", ("32.71",))


async def test_no_token_outlives_what_it_rests_upon(mint: Mint) -> None:
    issuer = TokenIssuer(lambda: mint.keys, issuer=ISSUER, now=lambda: mint.now)
    issued = issuer.issue(CLAIMS, ends_at=mint.now + timedelta(seconds=90))
    assert issued.lifetime_s == 90
    assert (await mint.verifier().verify(issued.token.encode())).expires_at == int(mint.now.timestamp()) + 95


def test_the_next_key_is_published_first_and_signs_when_its_time_has_come(mint: Mint) -> None:
    old, new = okp("key-1"), ec("key-2")
    file = KeyFile(mint, old)
    assert (file.kid(), file.published()) == ("key-1", ["key-1"])
    begins, ends = mint.now + timedelta(seconds=30), mint.now + timedelta(seconds=650)
    times = {"key-1": {ENDS_AT: ends.isoformat()}, "key-2": {SIGNS_FROM: begins.isoformat()}}
    file.write(old, new, **times)
    assert (file.kid(), file.published()) == ("key-1", ["key-1", "key-2"])
    mint.pass_time(30)
    assert (file.kid(), file.published()) == ("key-2", ["key-1", "key-2"])
    mint.pass_time(620)
    assert (file.kid(), file.published()) == ("key-2", ["key-2"])


def test_a_file_that_cannot_be_read_for_now_leaves_what_was_read(mint: Mint) -> None:
    file = KeyFile(mint, okp("key-1"))
    file.path.write_text("{")
    assert file.kid() == "key-1"
    file.path.unlink()
    assert file.kid() == "key-1"


def test_what_is_published_is_public(mint: Mint) -> None:
    file = KeyFile(mint, okp("key-1"), **{"key-1": {SIGNS_FROM: mint.now.isoformat()}})
    assert [sorted(key) for key in file.issuer.jwks()["keys"]] == [["crv", "kid", "kty", "use", "x"]]


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
