"""Keys and secrets that a desk makes for itself at its first start.

They are for a desk on one's own machine: the key's id begins with `demo-`, and services refuse such a key
outside development.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import KeySet, OKPKey

from contracts.access import NATION, Role
from deploy.run_folder import replace_file


@dataclass(frozen=True)
class Keys:
    """The files of a run's keys folder."""

    folder: Path

    @property
    def signing_key(self) -> Path:
        """The private key that signs tokens, a JWK."""
        return self.folder / "signing.json"

    @property
    def public_keys(self) -> Path:
        """The public half, a JWKS: what services check tokens with."""
        return self.folder / "jwks.json"

    @property
    def internal_token(self) -> Path:
        """The secret that services show one another under /internal."""
        return self.folder / "internal_token"

    @property
    def voters(self) -> Path:
        """The keys that seal the list of voters; the registry alone reads them."""
        return self.folder / "voters.json"

    @property
    def clients(self) -> Path:
        """The applications that may ask for tokens, their secrets as SHA-256."""
        return self.folder / "clients.json"

    @property
    def demo_secrets(self) -> Path:
        """The same secrets in plain, for whoever plays those applications."""
        return self.folder / "demo_secrets.json"


def ensure_keys(folder: Path, *, regions: Sequence[str], election: str) -> Keys:
    """Make the keys of a run where they are missing.

    Args:
        folder: The run's keys folder.
        regions: Codes of the regions that the demo applications may work in.
        election: Id of the election that they are for.
    """
    keys = Keys(folder)
    if not keys.signing_key.exists():
        _make_signing_key(keys)
    if not keys.internal_token.exists():
        replace_file(keys.internal_token, secrets.token_hex(32), mode=0o600)
    if not keys.voters.exists():
        replace_file(keys.voters, sealing_keys("demo"), mode=0o600)
    if not keys.clients.exists():
        _make_clients(keys, regions=regions, election=election)
    return keys


def ensure_passwords(file: Path, names: Sequence[str]) -> dict[str, str]:
    """The passwords of the database's roles, generated once and kept in a private file."""
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if missing := [name for name in names if name not in known]:
        known |= {name: secrets.token_hex(24) for name in missing}
        replace_file(file, json.dumps(known, indent=2), mode=0o600)
    return known


def sealing_keys(prefix: str) -> str:
    """A file with one new key for sealing and one for finding what is sealed, as `chassis/sealing.py` reads it."""
    key_id = f"{prefix}-{secrets.token_hex(8)}"
    key = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("sealing", "index")}
    return json.dumps({"current": key_id, "keys": {key_id: key}}, indent=2)


def _make_signing_key(keys: Keys) -> None:
    generated = OKPKey.generate_key("Ed25519")
    names = {"kid": f"demo-{generated.thumbprint()[:16]}", "use": "sig", "alg": "Ed25519"}
    key = OKPKey.import_key(generated.as_dict(private=True) | names)
    replace_file(keys.public_keys, json.dumps(KeySet([key]).as_dict(private=False)))
    replace_file(keys.signing_key, json.dumps(key.as_dict(private=True)), mode=0o600)


def _make_clients(keys: Keys, *, regions: Sequence[str], election: str) -> None:
    """One application for each role, named after it; the administrator's also moves the clock, which is the whole desk's."""
    plain = {role.value: secrets.token_hex(32) for role in Role}
    clients = [
        {
            "client_id": client,
            "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
            "roles": [client],
            "regions": [NATION] if client == Role.ADMIN else list(regions),
            "election": election,
            "may_act_for_persons": True,
            "demo": True,
        }
        for client, secret in plain.items()
    ]
    replace_file(keys.demo_secrets, json.dumps(plain, indent=2), mode=0o600)
    replace_file(keys.clients, json.dumps({"clients": clients}, indent=2), mode=0o600)
