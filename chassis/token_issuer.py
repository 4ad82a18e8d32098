"""Access tokens signed with the desk's own key; only the service with the token endpoint has it.

The keys stand in a file, one JWK or several as a JWKS. The file is read again when it changes, so that a rotation needs no
restart: `desk_signs_from` of a key says when it begins to sign, `desk_ends_at` when nothing that it signed is accepted any
more. Of the keys that may sign, the one that began last does; all that have not ended are published.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
import uuid_utils
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization

from chassis.clock import wall_now
from chassis.jwks import ENDS_AT, SigningKey, algorithm_of, usable_keys
from chassis.token_verifier import MAX_LIFETIME_S

SIGNS_FROM: Final = "desk_signs_from"
_EVER: Final = datetime.min.replace(tzinfo=UTC)
"""A file is read with the keys that have ended or not begun; what holds is judged at each token."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and how many seconds it lives."""

    token: str
    lifetime_s: int


class TokenIssuer:
    """Signs access tokens, and publishes the keys that they are verified with.

    Args:
        read: the private keys, as they stand now; asked for each token.
        issuer: `iss` of the tokens: the gateway's own address.
        now: the machine's time.
        lifetime_s: how long a token lives; more than ten minutes on a rehearsal desk only.
    """

    def __init__(
        self,
        read: Callable[[], Sequence[SigningKey]],
        *,
        issuer: str,
        now: Callable[[], datetime] = wall_now,
        lifetime_s: int = MAX_LIFETIME_S,
    ) -> None:
        self._read = read
        self._issuer = issuer
        self._now = now
        self._lifetime_s = lifetime_s
        self._signing()

    @classmethod
    def from_file(
        cls,
        path: Path,
        *,
        issuer: str,
        allow_demo: bool,
        now: Callable[[], datetime] = wall_now,
        lifetime_s: int = MAX_LIFETIME_S,
    ) -> "TokenIssuer":
        """Read the keys from a file, and again whenever it changes.

        Args:
            path: file that this process alone can read.
            issuer: `iss` of the tokens.
            allow_demo: whether a key that the desk made for itself will do; only in development.
            now: the machine's time.
            lifetime_s: how long a token lives.

        Raises:
            ValueError: there is no private key that may be used.
        """
        return cls(_KeyFile(path, allow_demo=allow_demo).read, issuer=issuer, now=now, lifetime_s=lifetime_s)

    def jwks(self) -> KeySetSerialization:
        """Return the public halves of the keys that have not ended, for `/.well-known/jwks.json`."""
        now = self._now()
        published = [key.as_dict(private=False) for key in self._read() if not _is_over(key, now)]
        for key in published:
            key.pop(SIGNS_FROM, None)
        return KeySet.import_key_set({"keys": published}).as_dict(private=False)

    def issue(self, claims: Mapping[str, object], *, ends_at: datetime | None = None) -> Issued:
        """Return a signed token (RFC 9068).

        Args:
            claims: all but issuer, times and id.
            ends_at: when what it rests upon ends, later than now; the token does not outlive it.
        """
        key = self._signing()
        now = int(self._now().timestamp())
        until = now + self._lifetime_s
        if ends_at is not None:
            until = min(until, int(ends_at.timestamp()))
        times = {"iat": now, "exp": until, "jti": str(uuid_utils.uuid7())}
        header = {"alg": algorithm_of(key), "kid": key.kid, "typ": "at+jwt"}
        token = jwt.encode(
            header, {"iss": self._issuer, **claims, **times}, key, algorithms=[algorithm_of(key)]
        )
        return Issued(token, until - now)

    def _signing(self) -> SigningKey:
        """Return the key that signs now.

        Raises:
            ValueError: none may.
        """
        now = self._now()
        found = [key for key in self._read() if _signs_from(key, now) and not _is_over(key, now)]
        if not found or not all(key.is_private for key in found):
            raise ValueError("the token issuer needs a private key")
        return max(found, key=lambda key: str(key.get(SIGNS_FROM) or ""))


class _KeyFile:
    """Private keys in a file; what was read stays where the file is, for now, not to be read or no key file."""

    def __init__(self, path: Path, *, allow_demo: bool) -> None:
        self._path = path
        self._allow_demo = allow_demo
        self._stamp = (0, 0)
        self._keys: list[SigningKey] = []

    def read(self) -> list[SigningKey]:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                text = self._path.read_text()
                document = text if "keys" in json.loads(text) else f'{{"keys":[{text}]}}'
                found = usable_keys(document, allow_demo=self._allow_demo, now=_EVER)
                self._keys = list(found.values())
                self._stamp = stamp
        except (OSError, ValueError) as error:
            if not self._keys:
                raise
            log.warning("signing_keys_not_read", error=type(error).__name__)
        return self._keys


def _signs_from(key: SigningKey, now: datetime) -> bool:
    told = key.get(SIGNS_FROM)
    return not isinstance(told, str) or datetime.fromisoformat(told) <= now


def _is_over(key: SigningKey, now: datetime) -> bool:
    told = key.get(ENDS_AT)
    return isinstance(told, str) and datetime.fromisoformat(told) <= now
