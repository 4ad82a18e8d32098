"""A new signing key in the place of the one that signs, without a failed request and without a restart.

Everything is in the two files, by time; nobody has to come back:

    now          the next key is published; every process reads the public keys every few seconds
    + LEAD       the next key signs, and the one before no more
    + LEAD + life of a token + SLACK   the one before is over: no verifier takes it, nobody publishes it

A key says when it begins (`desk_signs_from`) and when it is over (`desk_ends_at`); the next rotation takes those out that are.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, cast

from joserfc.jwk import OKPKey

from deploy.run_folder import replace_file

LEAD: Final = timedelta(seconds=30)
"""So long is a key published before it signs: several times what a process may take to read it."""

SLACK: Final = timedelta(seconds=60)
"""For clocks that are apart, beside the leeway of the verifiers."""

_SIGNS_FROM, _ENDS_AT = "desk_signs_from", "desk_ends_at"

Jwk = dict[str, str]


class RotationError(Exception):
    """The keys cannot be rotated now, and why."""


@dataclass(frozen=True)
class KeyFiles:
    """Where a desk's keys are.

    Args:
        private: what the registry signs with.
        public: what every process verifies with.
        in_place: whether the files are written where they lie, because a container holds them by their inode. A reader that
            sees half a file keeps what it had, and `<private>.before` is what to go back to.
    """

    private: Path
    public: Path
    in_place: bool = False


@dataclass(frozen=True)
class Rotation:
    """What was done.

    Args:
        signs_at: from when on the new key signs.
        over_at: from when on nothing that the key before signed is accepted.
    """

    kid: str
    before: str
    signs_at: datetime
    over_at: datetime


def rotate(
    files: KeyFiles, *, prefix: str, lifetime: timedelta, now: datetime, lead: timedelta = LEAD
) -> Rotation:
    """Publish a new key that signs from soon on, and say when the one before is over.

    Args:
        prefix: the new key's id begins so: `demo` on a machine's own desk, which no production desk takes.
        lifetime: longest life of a token that the key before has signed.
        lead: how long the new key is published before it signs.

    Raises:
        RotationError: there is no key yet, or a rotation is under way.
    """
    known = [key for key in _read(files.private) if not _is_past(key.get(_ENDS_AT), now)]
    signing = [key for key in known if _ENDS_AT not in key]
    if not signing:
        raise RotationError("there is no key that signs")
    if any(_SIGNS_FROM in key and not _is_past(key[_SIGNS_FROM], now) for key in known):
        raise RotationError("a rotation is under way: the next key does not sign yet")
    signs_at = now + lead
    over_at = signs_at + lifetime + SLACK
    generated = OKPKey.generate_key("Ed25519")
    kid = f"{prefix}-{generated.thumbprint()[:16]}"
    new: Jwk = {
        **_texts(generated),
        "kid": kid,
        "use": "sig",
        "alg": "Ed25519",
        _SIGNS_FROM: signs_at.isoformat(),
    }
    before = [{**key, _ENDS_AT: key.get(_ENDS_AT, over_at.isoformat())} for key in known]
    _write(files.public, [_public(key) for key in (*before, new)], files=files, mode=0o644)
    _write(files.private, [*before, new], files=files, mode=0o600)
    return Rotation(kid, str(signing[-1]["kid"]), signs_at, over_at)


def told(rotation: Rotation) -> str:
    """Return a rotation in words, with days: on a rehearsal's desk the key before is over twelve hours later."""
    return (
        f"{rotation.kid} is published, and signs from {rotation.signs_at:%Y-%m-%d %H:%M:%S} UTC; "
        f"{rotation.before} is over at {rotation.over_at:%Y-%m-%d %H:%M:%S} UTC"
    )


def _read(path: Path) -> list[Jwk]:
    try:
        document = cast("dict[str, object]", json.loads(path.read_text()))
    except FileNotFoundError:
        return []
    return cast("list[Jwk]", document["keys"]) if "keys" in document else [cast("Jwk", document)]


def _texts(key: OKPKey) -> Jwk:
    return {name: str(value) for name, value in key.as_dict(private=True).items()}


def _public(key: Jwk) -> Jwk:
    """Return the public half: what a verifier needs, and when it is over."""
    return {
        name: key[name] for name in ("kty", "crv", "x", "y", "kid", "use", "alg", _ENDS_AT) if name in key
    }


def _is_past(told_at: str | None, now: datetime) -> bool:
    return told_at is not None and datetime.fromisoformat(told_at) <= now


def _write(path: Path, keys: list[Jwk], *, files: KeyFiles, mode: int) -> None:
    text = json.dumps({"keys": keys})
    if not files.in_place:
        replace_file(path, text, mode=mode)
        return
    replace_file(path.with_name(f"{path.name}.before"), path.read_text(), mode=0o600)
    with path.open("r+") as file:
        file.write(text)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
