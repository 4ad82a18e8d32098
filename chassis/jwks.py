"""The public keys that sign the desk's tokens: from a file or a URL, read again when a token names a new one.

Rotation needs no restart: the issuer publishes the new key beside the old one, signs with it, and the first
token that names it makes every service look again.
"""

import asyncio
import logging
from pathlib import Path

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey
from pydantic import BaseModel, ValidationError

from chassis.problems import Unavailable

DEMO_KID_PREFIX = "demo-"
"""Keys that the desk made for itself are named so; they are refused outside development."""

SigningKey = OKPKey | ECKey
_ALGORITHM_OF_CURVE = {"Ed25519": "Ed25519", "P-256": "ES256"}
_LOOK_AGAIN_AFTER_S = 2.0
_MAX_BYTES = 256_000
_log = logging.getLogger(__name__)


class _Jwks(BaseModel):
    keys: list[dict[str, str | list[str]]]


def algorithm_of(key: SigningKey) -> str:
    """Return the one algorithm that a key signs with: `Ed25519` or `ES256`."""
    return _ALGORITHM_OF_CURVE[key.curve_name]


def usable_keys(document: bytes | str, *, allow_demo: bool) -> dict[str, SigningKey]:
    """Return the keys of a JWKS document that may sign tokens, by key id; keys of other kinds are left out.

    Args:
        document: a JWKS, as JSON.
        allow_demo: whether keys that the desk made for itself count; only in development.

    Raises:
        ValueError: the document is not a JWKS.
    """
    try:
        keys = KeySet.import_key_set({"keys": _Jwks.model_validate_json(document).keys})
    except (ValidationError, JoseError) as error:
        raise ValueError("not a JWKS document") from error
    return {
        key.kid: key
        for key in keys
        if isinstance(key, OKPKey | ECKey)
        and key.kid
        and key.curve_name in _ALGORITHM_OF_CURVE
        and key.get("use", "sig") == "sig"
        and (allow_demo or not key.kid.startswith(DEMO_KID_PREFIX))
    }


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

    async def _look_again(self) -> None:
        async with self._looking:  # one look for all that wait
            now = asyncio.get_running_loop().time()
            if now - self._looked_at < _LOOK_AGAIN_AFTER_S:
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
