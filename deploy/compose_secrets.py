"""Keys and passwords of a desk that runs with `deploy/compose.yaml`, made once and never shown.

    python -m deploy.compose_secrets --region 32.71 --election pilkada-2024
    python -m deploy.compose_secrets --rotate-keys      while the desk runs: no restart, no failed request

Passwords of the databases and of Grafana go to `deploy/.env`, which Docker Compose reads; keys and the first
application's secret to `deploy/compose/secrets`. Nothing that exists is replaced. Unlike the keys of `make run` these are
not marked as a demonstration's, so that a production desk takes them. An agency's own OIDC issuer can take their place by
`DESK_JWKS` and `DESK_ISSUER`.
"""

import argparse
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc.jwk import KeySet, OKPKey

from contracts.access import Role
from deploy.key_rotation import KeyFiles, RotationError, rotate, told
from deploy.keys import sealing_keys
from deploy.run_folder import replace_file

DEPLOY = Path(__file__).parent
IMAGE_ACCOUNT = 10001
"""The account that the image runs as; root gives the files to it, anybody else has the image run as themselves."""

LONGEST_LIFETIME = timedelta(minutes=10)
"""Of a token; a compose desk plays no rehearsal of its own."""

PASSWORDS = (
    "POSTGRES",
    "REGISTRY",
    "LOGISTICS",
    "INCIDENTS",
    "TURNOUT",
    "GATEWAY",
    "GRAFANA",
    "KEYCLOAK",
    "KEYCLOAK_ADMIN",
)
FIRST_CLIENT = "desk-office"


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what is missing and say where it lies."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.compose_secrets", description="Make the secrets of a compose desk."
    )
    parser.add_argument(
        "--region", default="*", help="region of the first application, such as 32.71 (default: every one)"
    )
    parser.add_argument(
        "--election", default=None, help="election that its tokens are for (default: every one)"
    )
    parser.add_argument(
        "--rotate-keys", action="store_true", help="put a new signing key in the place of the one that signs"
    )
    options = parser.parse_args(arguments)
    if options.rotate_keys:
        folder = DEPLOY / "compose" / "secrets"
        files = KeyFiles(folder / "signing_key", folder / "public_keys", in_place=True)
        try:
            print(told(rotate(files, prefix="desk", lifetime=LONGEST_LIFETIME, now=datetime.now(UTC))))
        except RotationError as error:
            sys.exit(str(error))
        return
    make(
        DEPLOY,
        region=str(options.region),
        election=None if options.election is None else str(options.election),
    )
    print(f"passwords: {DEPLOY / '.env'}")
    print(f"keys, and the secret of the application {FIRST_CLIENT}: {DEPLOY / 'compose' / 'secrets'}")


def make(deploy: Path, *, region: str, election: str | None) -> None:
    """Make the passwords and keys that are missing.

    Args:
        deploy: The folder that `compose.yaml` lies in.
        region: Region code of the first application, `*` for every one.
        election: Election that its tokens are for, None for every one.
    """
    folder = deploy / "compose" / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = (IMAGE_ACCOUNT, IMAGE_ACCOUNT) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    if not (deploy / ".env").exists():
        lines = [f"DESK_UID={account[0]}", f"DESK_GID={account[1]}"]
        lines += [f"{name}_PASSWORD={secrets.token_hex(24)}" for name in PASSWORDS]
        replace_file(deploy / ".env", "\n".join(lines) + "\n", mode=0o600)
    if not (folder / "internal_token").exists():
        replace_file(folder / "internal_token", secrets.token_hex(32), mode=0o600)
    if not (folder / "signing_key").exists():
        _make_signing_key(folder)
    if not (folder / "voter_keys").exists():
        replace_file(folder / "voter_keys", sealing_keys("desk"), mode=0o600)
    if not (folder / "clients").exists():
        _make_first_client(folder, region=region, election=election)
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, *account)


def _make_signing_key(folder: Path) -> None:
    generated = OKPKey.generate_key("Ed25519")
    names = {"kid": f"desk-{generated.thumbprint()[:16]}", "use": "sig", "alg": "Ed25519"}
    key = OKPKey.import_key(generated.as_dict(private=True) | names)
    replace_file(folder / "public_keys", json.dumps(KeySet([key]).as_dict(private=False)), mode=0o600)
    replace_file(folder / "signing_key", json.dumps(key.as_dict(private=True)), mode=0o600)


def _make_first_client(folder: Path, *, region: str, election: str | None) -> None:
    secret = secrets.token_hex(32)
    client = {
        "client_id": FIRST_CLIENT,
        "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        "roles": [Role.ADMIN.value, Role.DESK.value],
        "regions": [region],
        "election": election,
        "may_act_for_persons": True,
    }
    replace_file(folder / f"{FIRST_CLIENT}.secret", secret, mode=0o600)
    replace_file(folder / "clients", json.dumps({"clients": [client]}, indent=2), mode=0o600)


if __name__ == "__main__":
    main()
