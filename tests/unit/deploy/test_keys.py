import hashlib
import json
from pathlib import Path

from contracts.access import Role
from deploy.keys import ensure_keys, ensure_passwords


def test_secrets_are_private_and_made_once(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path, regions=["32.71"], election="pilkada-2024")
    private = [keys.signing_key, keys.internal_token, keys.voters, keys.clients, keys.demo_secrets]
    assert [path.stat().st_mode & 0o777 for path in private] == [0o600] * 5
    before = [path.read_text() for path in private]
    ensure_keys(tmp_path, regions=["35.78"], election="another")
    assert [path.read_text() for path in private] == before


def test_the_public_keys_hold_nothing_private(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path, regions=["32.71"], election="pilkada-2024")
    (public,) = json.loads(keys.public_keys.read_text())["keys"]
    assert "d" not in public
    assert public["kid"] == json.loads(keys.signing_key.read_text())["kid"]
    assert public["kid"].startswith("demo-")


def test_each_role_has_an_application_whose_secret_is_known_by_its_hash_alone(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path, regions=["32.71"], election="pilkada-2024")
    plain = json.loads(keys.demo_secrets.read_text())
    clients = {client["client_id"]: client for client in json.loads(keys.clients.read_text())["clients"]}
    assert set(clients) == set(plain) == set(Role)
    for name, client in clients.items():
        assert client["secret_sha256"] == hashlib.sha256(plain[name].encode()).hexdigest()
        assert client["roles"] == [name]
        assert client["regions"] == (["*"] if name == Role.ADMIN else ["32.71"]), (
            "the clock is the whole desk's"
        )
        assert client["demo"], "a production desk refuses a secret that was made for a demonstration"
    assert not any(secret in keys.clients.read_text() for secret in plain.values())


def test_passwords_stay_and_new_ones_are_added(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = ensure_passwords(file, ["registry"])
    second = ensure_passwords(file, ["registry", "turnout"])
    assert second["registry"] == first["registry"] != second["turnout"]
    assert file.stat().st_mode & 0o777 == 0o600
