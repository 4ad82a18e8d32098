"""The file of a desk's first applications."""

import hashlib
import json
from pathlib import Path

import pytest

from services.registry.schemas.clients_file import first_clients

SECRET = "5d" * 32  # pragma: allowlist secret


def row(**changes: object) -> dict[str, object]:
    return {
        "client_id": "field-app",
        "secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
        "roles": ["kpps", "ptps"],
        "regions": ["32.71"],
        "election": "pilkada-2024",
        "may_act_for_persons": True,
        **changes,
    }


def write(folder: Path, *clients: dict[str, object]) -> Path:
    file = folder / "clients.json"
    file.write_text(json.dumps({"clients": list(clients)}))
    return file


def test_applications_come_from_a_file(tmp_path: Path) -> None:
    (found,) = first_clients(write(tmp_path, row()), allow_demo=False)
    assert (found.client_id, found.agency, found.regions) == ("field-app", "desk", ("32.71",))


def test_demonstration_secrets_are_refused_outside_development(tmp_path: Path) -> None:
    file = write(tmp_path, row(demo=True))
    assert first_clients(file, allow_demo=True)
    with pytest.raises(ValueError, match="demonstration"):
        first_clients(file, allow_demo=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"regions": ["32.7"]},
        {"regions": []},
        {"roles": ["emperor"]},
        {"secret_sha256": SECRET[:10]},
        {"secret": SECRET},
        {"client_id": "A b"},
        {"client_id": "dev-1"},
    ],
)
def test_a_malformed_file_is_refused_without_showing_it(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="clients file") as refused:
        first_clients(write(tmp_path, row(**changes)), allow_demo=True)
    assert SECRET not in str(refused.value)


def test_two_applications_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two clients"):
        first_clients(write(tmp_path, row(), row()), allow_demo=True)
