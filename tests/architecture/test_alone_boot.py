"""A service is alone: what its image holds boots, migrates its database and becomes ready, with nothing else of ours in reach."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from deploy import compose_secrets
from tests.architecture.dockerfile import lay_out
from tests.architecture.house import ROOT, services
from tests.infrastructure import KafkaServer, free_ports, postgres_server

PROCESSES = [*services(), *(["gateway"] if (ROOT / "gateway" / "__main__.py").exists() else [])]

SEEN = "import contracts, importlib.util as u; print(contracts.__file__, u.find_spec('simulator'))"


@pytest.mark.slow
@pytest.mark.parametrize("process", PROCESSES)
def test_boots_alone(
    process: str,
    tmp_path: Path,
    kafka: KafkaServer,
    database_url: Callable[[str], str],
):
    house = tmp_path / "desk"
    house.mkdir()
    lay_out(process, house)
    assert sorted(path.name for path in house.iterdir()) == sorted(
        ["chassis", "contracts", "entrypoint.sh", "gateway" if process == "gateway" else "services"]
    )
    port = free_ports(1)
    environment = _environment(
        tmp_path, process=process, port=port, kafka=kafka, database=database_url(process)
    )

    as_owner = {
        "DESK_DATABASE_URL": postgres_server().owner_url(database_url(process)),
        "PYTHONPROFILEIMPORTTIME": "1",
    }
    imported = _run(house, "migrate", environment | as_owner)
    assert " alembic.command\n" in imported
    assert " fastapi\n" not in imported, "a migration needs no route, and a desk's start runs five of them"
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            ["sh", house / "entrypoint.sh", "serve"], cwd=house, env=environment, stdout=log, stderr=log
        )
    try:
        _wait_ready(port, running, log=tmp_path / "log")
        if process == "registry":
            assert (
                _asks_for_a_token(port, secret=(tmp_path / "compose/secrets/desk-office.secret").read_text())
                == 200
            )
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) in (0, -signal.SIGTERM), (tmp_path / "log").read_text()[-4000:]
    finally:
        running.kill()
        running.wait()


def test_only_what_was_copied_can_be_imported(tmp_path: Path):
    house = tmp_path / "desk"
    house.mkdir()
    lay_out("gateway", house)
    seen = subprocess.run(
        [_alone_python(tmp_path), "-c", SEEN],
        cwd=house, env=_paths(tmp_path), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert seen.stdout.split() == [str(house / "contracts" / "__init__.py"), "None"]


def _environment(
    folder: Path, *, process: str, port: int, kafka: KafkaServer, database: str
) -> dict[str, str]:
    """Return what compose.yaml tells the process, with the secrets made for it; only the addresses are the test's."""
    compose_secrets.make(folder, region="32.71", election="pilkada-2024")
    _alone_python(folder)
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    told = {
        name: value.replace("/run/secrets/", f"{folder / 'compose' / 'secrets'}/")
        for name, value in compose["services"][process]["environment"].items()
    }
    addresses = {
        "DESK_HTTP_HOST": "127.0.0.1",
        "DESK_HTTP_PORT": str(port),
        "DESK_DATABASE_URL": database,
        "DESK_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "DESK_TOPIC_PREFIX": f"alone-{port}.",
        "DESK_BROKER_IDEMPOTENT": str(kafka.idempotent).lower(),
        "DESK_ISSUER": f"http://127.0.0.1:{port}",
        "DESK_PEERS": "{}",
        "DESK_SERVICE": process,
    }
    return _paths(folder) | told | addresses


def _paths(folder: Path) -> dict[str, str]:
    libraries = next((ROOT / ".venv" / "lib").glob("python*/site-packages"))
    return {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(libraries),
    }


def _alone_python(folder: Path) -> Path:
    """Make a `python` that reads no .pth file, for one of them puts the repository on the path."""
    python = folder / "bin" / "python"
    if not python.exists():
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
        python.chmod(0o755)
    return python


def _asks_for_a_token(port: int, *, secret: str) -> int:
    """Return the status that the first application of a compose desk gets at the token endpoint."""
    form = urllib.parse.urlencode(
        {"grant_type": "client_credentials", "client_id": "desk-office", "client_secret": secret}
    )
    with urllib.request.urlopen(
        f"http://127.0.0.1:{port}/v1/oauth/token", data=form.encode(), timeout=5
    ) as answer:
        return answer.status


def _run(house: Path, verb: str, environment: dict[str, str]) -> str:
    """Run a verb to its end and return what it printed as errors."""
    done = subprocess.run(
        ["sh", house / "entrypoint.sh", verb],
        cwd=house,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stderr


def _wait_ready(port: int, running: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert running.poll() is None, log.read_text()[-4000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"not ready after 60 s:\n{log.read_text()[-4000:]}")
