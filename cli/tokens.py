"""Tokens that are signed with the key of a desk on this machine."""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from joserfc import jwt
from joserfc.jwk import OKPKey

from contracts.access import Role, audiences_of, grant, scopes_of
from deploy.keys import Keys
from deploy.run_folder import RunFolder

LONGEST_MINUTES = 10
"""Longest life of a token outside a rehearsal."""


@dataclass(frozen=True)
class Wish:
    """Whom a token is for, and what it shall allow."""

    roles: Sequence[Role]
    regions: Sequence[str]
    person: str | None
    device: str | None
    election: str | None
    client: str
    minutes: int


class NoTokenError(Exception):
    """There is nothing to sign with, or the wish cannot be granted."""


def sign(folder: RunFolder, wish: Wish) -> str:
    """Sign an access token (RFC 9068) with the run's own key.

    Args:
        folder: The desk's folder.
        wish: Whom it is for.

    Raises:
        NoTokenError: This machine's user has no key for that desk, or the wish cannot be granted.
    """
    try:
        key = _signing_key(Keys(folder.keys))
    except FileNotFoundError:
        raise NoTokenError(
            f"no desk has run on port {folder.first_port}: there is no key to sign with"
        ) from None
    except PermissionError:
        raise NoTokenError(
            f"the key of the desk on port {folder.first_port} belongs to another user"
        ) from None
    if wish.minutes > LONGEST_MINUTES and not is_rehearsal(folder):
        raise NoTokenError(f"outside a rehearsal a token lives {LONGEST_MINUTES} minutes at most")
    if unknown := [region for region in wish.regions if grant(region) is None]:
        raise NoTokenError(f"{', '.join(unknown)}: not the code of a region or TPS")
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid}
    return jwt.encode(header, _claims(folder, wish), key, algorithms=["Ed25519"])


def _signing_key(keys: Keys) -> OKPKey:
    """Return the key that signs now: of those that have begun, the last (`deploy/key_rotation.py`)."""
    document = json.loads(keys.signing_key.read_text())
    now = datetime.now(UTC).isoformat()
    begun = [key for key in document.get("keys", [document]) if key.get("desk_signs_from", "") <= now]
    return OKPKey.import_key(max(begun, key=lambda key: str(key.get("desk_signs_from", ""))))


def _claims(folder: RunFolder, wish: Wish) -> dict[str, object]:
    scopes = scopes_of(wish.roles)
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": folder.url("gateway"),
        "sub": wish.person or wish.client,
        "client_id": wish.client,
        "aud": sorted(audiences_of(scopes)),
        "iat": now,
        "exp": now + 60 * wish.minutes,
        "jti": str(uuid.uuid4()),
        "scope": " ".join(sorted(scopes)),
        "roles": list(wish.roles),
        "regions": [grant(region) for region in wish.regions],
    }
    if wish.person:
        claims["act"] = {"sub": wish.client}
    optional = {"device_id": wish.device, "election": wish.election}
    return claims | {name: value for name, value in optional.items() if value is not None}


def is_rehearsal(folder: RunFolder) -> bool:
    """Say whether a desk plays a rehearsal, where tokens may live longer."""
    return folder.clock.exists() and bool(json.loads(folder.clock.read_text()).get("rehearsal"))
