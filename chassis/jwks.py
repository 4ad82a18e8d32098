"""The public keys that sign the desk's tokens: from a file or a URL, read again when a token names a new one.

Rotation needs no restart: the issuer publishes the new key beside the old one and signs with it some time later, when
every service has read it; a token that names a key that was not seen yet makes a service look at once.
"""

import asyncio
import logging
from datetime import datetime
from pathlib import Path

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey
from pydantic import BaseModel, ValidationError

from chassis.clock import wall_now
from chassis.problems import Unavailable

DEMO_KID_PREFIX = "demo-"
"""Keys that the desk made for itself are named so; they are refused outside development."""

SigningKey = OKPKey | ECKey
_ALGORITHM_OF_CURVE = {"Ed25519": "Ed25519", "P-256": "ES256"}
_LOOK_AGAIN_AFTER_S = 2.0
FOLLOW_EVERY_S = 5.0
"""So often every process reads the keys again, whatever comes; a new key is published for several times that before it signs."""

ENDS_AT = "desk_ends_at"
"""Member of a key that the desk publishes: from when on nothing that it signed is accepted, as it was rotated out."""

_MAX_BYTES = 256_000
_log = logging.getLogger(__name__)


class _Jwks(BaseModel):
    keys: list[dict[str, str | list[str]]]


def algorithm_of(key: SigningKey) -> str:
    """Return the one algorithm that a key signs with: `Ed25519` or `ES256`."""
    return _ALGORITHM_OF_CURVE[key.curve_name]


def usable_keys(
    document: bytes | str, *, allow_demo: bool, now: datetime | None = None
) -> dict[str, SigningKey]:
    """Return the keys of a JWKS document that may sign tokens, by key id; keys of other kinds are left out.

    Args:
        document: a JWKS, as JSON.
        allow_demo: whether keys that the desk made for itself count; only in development.
        now: keys that have ended by then are left out; the machine's time where it is left out.

    Raises:
        ValueError: the document is not a JWKS.
    """
    try:
        keys = KeySet.import_key_set({"keys": _Jwks.model_validate_json(document).keys})
    except (ValidationError, JoseError) as error:
        raise ValueError("not a JWKS document") from error
    at = now or wall_now()
    return {
        key.kid: key
        for key in keys
        if isinstance(key, OKPKey | ECKey)
        and key.kid
        and key.curve_name in _ALGORITHM_OF_CURVE
        and key.get("use", "sig") == "sig"
        and (allow_demo or not key.kid.startswith(DEMO_KID_PREFIX))
        and not _has_ended(key.get(ENDS_AT), at)
    }


def _has_ended(told: object, at: datetime) -> bool:
    return isinstance(told, str) and datetime.fromisoformat(told) <= at


class KeySource:
    """The keys of one issuer.

    Args:
        location: file path, or http(s) URL.
        allow_demo: whether keys that the desk made for itself count; only in development.
    """

    def __init__(self, location: str, *, allow_demo: bool) -> None:
        self._location = location
        self._allow_demo = allow_demo
        self._keys: dict[str, SigningKey] = {}
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self.generation = 0

    async def key(self, kid: str) -> SigningKey | None:
        """Return the key of this id, looking again (at most every two seconds) where it is not known.

        Raises:
            Unavailable: no key was ever had, because the issuer is away.
        """
        known = self._keys.get(kid)
        if known is not None:
            return known
        await self._look_again()
        if not self._keys:
            raise Unavailable(
                "The keys that sign the tokens cannot be read at the moment.",
                detail_id="Kunci penanda tangan token sedang tidak dapat dibaca.",
            )
        return self._keys.get(kid)

    async def follow(self) -> None:
        """Read the keys every few seconds, until cancelled: a key is known before the first token that it signs."""
        while True:
            await self._look_again(after_s=FOLLOW_EVERY_S / 2)
            await asyncio.sleep(FOLLOW_EVERY_S)

    async def _look_again(self, *, after_s: float = _LOOK_AGAIN_AFTER_S) -> None:
        async with self._looking:  # one look for all that wait
            now = asyncio.get_running_loop().time()
            if now - self._looked_at < after_s:
                return
            self._looked_at = now
            try:
                keys = usable_keys(await self._read(), allow_demo=self._allow_demo)
            except (OSError, ValueError, httpx.HTTPError) as error:
                _log.warning("cannot read the token keys: %s", type(error).__name__)
                return
            if keys.keys() != self._keys.keys():
                self.generation += 1
            self._keys = keys

    async def _read(self) -> bytes:
        if not self._location.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(self._location).read_bytes)
        async with httpx.AsyncClient(trust_env=False, timeout=2.0, follow_redirects=False) as client:
            answer = await client.get(self._location)
            answer.raise_for_status()
        if len(answer.content) > _MAX_BYTES:
            raise ValueError("the JWKS is too large")
        return answer.content
