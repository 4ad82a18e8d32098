"""A rotation of the signing keys, by the files alone."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.jwks import FOLLOW_EVERY_S, usable_keys
from chassis.token_issuer import TokenIssuer
from deploy.key_rotation import LEAD, KeyFiles, RotationError, rotate, told
from deploy.keys import ensure_keys

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
LIFE = timedelta(minutes=10)


def files_of(folder: Path, *, in_place: bool = False) -> KeyFiles:
    keys = ensure_keys(folder, regions=["32.71"], election="pilkada-2024")
    return KeyFiles(keys.signing_key, keys.public_keys, in_place=in_place)


def published(files: KeyFiles, now: datetime) -> set[str]:
    return set(usable_keys(files.public.read_text(), allow_demo=True, now=now))


@pytest.mark.parametrize("in_place", [True, False])
def test_the_next_key_is_known_before_it_signs_and_the_last_until_its_tokens_are_over(
    tmp_path: Path, in_place: bool
) -> None:
    files = files_of(tmp_path, in_place=in_place)
    old = json.loads(files.private.read_text())["kid"]
    done = rotate(files, prefix="demo", lifetime=LIFE, now=NOW)
    assert (done.before, done.signs_at) == (old, NOW + LEAD)
    assert done.over_at > done.signs_at + LIFE
    assert published(files, NOW) == {old, done.kid}
    assert published(files, done.over_at - timedelta(seconds=1)) == {old, done.kid}
    assert published(files, done.over_at) == {done.kid}
    assert old in told(done)
    assert f"{done.over_at:%Y-%m-%d %H:%M:%S} UTC" in told(done), "the next day's hour is no hour of today"
    assert files.private.stat().st_mode & 0o777 == 0o600
    assert not any("d" in key for key in json.loads(files.public.read_text())["keys"])


def test_a_key_is_published_for_longer_than_anybody_needs_to_read_it() -> None:
    assert LEAD.total_seconds() >= 4 * FOLLOW_EVERY_S


def test_one_rotation_at_a_time(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    first = rotate(files, prefix="demo", lifetime=LIFE, now=NOW)
    with pytest.raises(RotationError, match="under way"):
        rotate(files, prefix="demo", lifetime=LIFE, now=NOW + timedelta(seconds=5))
    second = rotate(files, prefix="demo", lifetime=LIFE, now=first.signs_at)
    assert second.before == first.kid
    third = rotate(files, prefix="demo", lifetime=LIFE, now=second.over_at)
    assert {key["kid"] for key in json.loads(files.private.read_text())["keys"]} == {second.kid, third.kid}


def test_without_a_key_there_is_nothing_to_rotate(tmp_path: Path) -> None:
    with pytest.raises(RotationError, match="no key"):
        rotate(KeyFiles(tmp_path / "a", tmp_path / "b"), prefix="demo", lifetime=LIFE, now=NOW)


def test_the_issuer_follows_the_file(tmp_path: Path) -> None:
    files = files_of(tmp_path)
    now = [NOW]
    issuer = TokenIssuer.from_file(files.private, issuer="http://desk", allow_demo=True, now=lambda: now[0])
    done = rotate(files, prefix="demo", lifetime=LIFE, now=NOW)
    assert [key["kid"] for key in issuer.jwks()["keys"]] == [done.before, done.kid]
    now[0] = done.over_at
    assert [key["kid"] for key in issuer.jwks()["keys"]] == [done.kid]
