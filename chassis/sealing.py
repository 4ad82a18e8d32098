"""Personal data at rest: sealed with AES-256-GCM, found again by a keyed blind index.

The keys are in a file and never in the database: whoever has only the database can neither open what is sealed nor try out
numbers against the index, although all NIK of a region could be tried in a minute.

    {"current": "2024-a", "keys": {"2024-a": {"sealing": "<32 bytes, base64>", "index": "<32 bytes, base64>"}}}

What is sealed says by which key; new things are sealed with the current one, so keys can be replaced one after the other.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

_NONCE_BYTES: Final = 12
_DEMO: Final = "demo-"

_Secret = Annotated[Base64Bytes, Field(min_length=32, max_length=32, repr=False)]


class _Key(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sealing: _Secret
    index: _Secret


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    current: str
    keys: dict[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")], _Key]


class SealBrokenError(Exception):
    """Something sealed was changed, belongs to something else, or was sealed by a key that is not in the file."""


class SealingKeys:
    """Seals, opens and finds; safe to use from several threads.

    Args:
        current: id of the key that seals what is new.
        keys: sealing and index key, 32 bytes each, by id.
    """

    def __init__(self, current: str, keys: Mapping[str, tuple[bytes, bytes]]) -> None:
        self.current = current
        self._sealing = {key_id: AESGCM(sealing) for key_id, (sealing, _) in keys.items()}
        newest_first = sorted(keys, key=lambda key_id: key_id != current)
        self._index = {key_id: keys[key_id][1] for key_id in newest_first}
        self.fingerprints = {
            key_id: hashlib.sha256(b"fingerprint" + sealing + index).digest()
            for key_id, (sealing, index) in keys.items()
        }
        """By id, what tells whether another file has the same keys; they are random, so nothing is told of them."""

    @classmethod
    def from_file(cls, path: Path, *, allow_demo: bool) -> "SealingKeys":
        """Read the keys from their file.

        Args:
            path: readable by this process alone.
            allow_demo: whether keys that a desk made for itself count; only in development.

        Raises:
            ValueError: the file is malformed, lacks its current key, or has a demonstration's keys where they are refused.
        """
        try:
            found = _File.model_validate_json(path.read_bytes())
        except ValidationError as error:
            places = "; ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
            raise ValueError(f"{path} is not a file of sealing keys: {places}") from None
        if found.current not in found.keys:
            raise ValueError(f"{path} does not have its current key")
        if not allow_demo and any(key_id.startswith(_DEMO) for key_id in found.keys):
            raise ValueError(f"{path} has a demonstration's keys, which only a development desk takes")
        return cls(found.current, {key_id: (key.sealing, key.index) for key_id, key in found.keys.items()})

    def seal(self, plain: bytes, *, bound_to: bytes) -> bytes:
        """Return some data sealed with the current key: a random nonce, then the ciphertext with its tag.

        Args:
            plain: the data.
            bound_to: what it belongs to, such as its row's id; it opens nowhere else.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._sealing[self.current].encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, *, key_id: str, bound_to: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            SealBrokenError: it was changed, belongs to something else, or its key is not in the file.
        """
        key = self._sealing.get(key_id)
        if key is None:
            raise SealBrokenError
        try:
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def indexes(self, value: str) -> list[bytes]:
        """Return the blind indexes of a value by all keys, that of the current one first."""
        told = value.encode()
        return [hmac.digest(key, told, hashlib.sha256) for key in self._index.values()]

    def open_by_any(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Return what was sealed by whichever key of the file; for what does not say by which.

        Raises:
            SealBrokenError: none of them opens it.
        """
        for key_id in self._index:
            try:
                return self.open(sealed, key_id=key_id, bound_to=bound_to)
            except SealBrokenError:
                continue
        raise SealBrokenError

    def digests(self, data: bytes) -> list[bytes]:
        """Return the keyed hashes of some data by all keys, that of the current one first."""
        return [hmac.digest(key, b"digest" + data, hashlib.sha256) for key in self._index.values()]

    def hasher(self) -> hmac.HMAC:
        """Return a keyed SHA-256, for data whose plain hash could be tried out."""
        return hmac.new(self._index[self.current], b"hash", hashlib.sha256)
