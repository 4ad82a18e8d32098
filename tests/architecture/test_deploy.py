"""The image and the compose stack, as far as they can be checked where no Docker engine runs."""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.vocabulary import Service
from deploy import compose_secrets, postgres
from tests.architecture.dockerfile import instructions, lay_out
from tests.architecture.house import ROOT, text
from tests.infrastructure import free_ports

COMPOSE = ROOT / "deploy" / "compose.yaml"
PROCESSES = (*(service.value for service in Service), "gateway")


def test_the_dockerfile_has_no_lint():
    run = subprocess.run(
        [ROOT / ".venv/bin/hadolint", "--failure-threshold", "style", "deploy/Dockerfile"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


def test_the_image_runs_as_an_ordinary_account():
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users
    assert all(re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user) for user in users), users


def test_every_base_is_pinned_by_version():
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert len(bases) == 3
    assert all(re.fullmatch(r"[\w/.-]+:\d+\.\d+\.\d+[\w.-]*", base) for base in bases), bases


def test_the_image_is_built_with_the_uv_of_the_makefile():
    wanted = re.search(r"^UV_VERSION := (\S+)$", text(ROOT / "Makefile"), re.MULTILINE)
    assert wanted is not None
    assert f"uv=={wanted[1]}" in text(ROOT / "deploy" / "Dockerfile")


def test_no_development_tool_gets_into_the_image():
    sync = [rest for word, rest in instructions() if word == "RUN" and "uv sync" in rest]
    assert len(sync) == 1
    assert {"--frozen", "--no-default-groups", "--no-install-project"} <= set(sync[0].split())


def test_an_unknown_service_fails_the_build(tmp_path: Path):
    with pytest.raises(subprocess.CalledProcessError):
        lay_out("nothing", tmp_path)


def test_the_builder_sees_no_secret():
    ignored = text(ROOT / "deploy" / "Dockerfile.dockerignore").splitlines()
    assert "*" in ignored, "everything is left out first"
    assert not [line for line in ignored if line.startswith("!") and re.search(r"secret|\.env|\.desk", line)]


def test_the_compose_file_is_valid():
    run = subprocess.run(
        [ROOT / ".venv/bin/check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


def test_compose_runs_every_process_after_its_migration():
    services = _compose()["services"]
    for process in PROCESSES:
        assert services[process]["build"]["args"]["SERVICE"] == process
        assert services[f"{process}-migrate"]["command"] == ["migrate"]
        assert (
            services[process]["depends_on"][f"{process}-migrate"]["condition"]
            == "service_completed_successfully"
        )


def test_compose_images_are_pinned_and_of_the_versions_that_we_test_on():
    images = {
        name: service["image"] for name, service in _compose()["services"].items() if "build" not in service
    }
    assert all(re.search(r":v?\d+\.\d+(\.\d+)?", image) for image in images.values()), images
    broker = re.search(r"/kafka-clients/([\d.]+)/", text(ROOT / "deploy" / "kafka.lock"))
    assert broker is not None
    assert images["kafka"].endswith(f":{broker[1]}")
    assert images["postgres"].split(":")[1].startswith("18."), "the local PostgreSQL is 18"


def test_only_the_door_the_dashboards_and_the_page_of_logins_are_published():
    published = {
        name: service["ports"] for name, service in _compose()["services"].items() if "ports" in service
    }
    assert set(published) == {"gateway", "prometheus", "grafana", "keycloak"}
    assert _compose()["services"]["keycloak"]["profiles"] == ["people"], "only where somebody asks for it"
    for name, ports in published.items():
        # To publish the door must not publish Prometheus, which asks nobody who they are.
        bind = "DESK_BIND" if name in {"gateway", "keycloak"} else "DESK_MONITORING_BIND"
        assert all(port.startswith(f"${{{bind}:-127.0.0.1}}:") for port in ports)


def test_the_services_believe_the_door_and_the_door_nobody_unless_it_is_told_to():
    """Else every citizen counts for the door's own address, and all of them share one budget."""
    services = _compose()["services"]
    for process in PROCESSES:
        trusted = services[process]["environment"]["DESK_TRUSTED_PROXIES"]
        assert trusted == ("${DESK_TRUSTED_PROXIES:-}" if process == "gateway" else "*")
        assert "ports" not in services[process] or process == "gateway"


def test_every_variable_of_a_process_is_a_setting():
    known = set(re.findall(r"`(DESK_[A-Z_]+)`", text(ROOT / "docs" / "reference" / "settings.md")))
    for process in PROCESSES:
        told = set(_compose()["services"][process]["environment"])
        assert told <= known, f"{process}: {told - known} are no settings"


def test_a_service_writes_nothing_and_gains_nothing():
    for process in PROCESSES:
        service = _compose()["services"][process]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_the_secrets_that_compose_wants_are_made(tmp_path: Path):
    compose_secrets.make(tmp_path, region="32.71", election="pilkada-2024")
    made = tmp_path / "compose" / "secrets"
    for name, secret in _compose()["secrets"].items():
        assert secret["file"] == f"./compose/secrets/{name}"
        assert (made / name).exists(), name
    variables = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text(COMPOSE)))
    assert required <= variables.keys(), required - variables.keys()
    private = [
        path for path in (tmp_path / ".env", *made.iterdir()) if stat.S_IMODE(path.stat().st_mode) != 0o600
    ]
    assert not private, f"readable by others: {private}"
    assert json.loads((made / "public_keys").read_text())["keys"][0]["kid"].startswith("desk-"), (
        "no demonstration's key"
    )


def test_making_the_secrets_again_changes_nothing(tmp_path: Path):
    compose_secrets.make(tmp_path, region="*", election=None)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    compose_secrets.make(tmp_path, region="*", election=None)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_secrets_stay_out_of_the_repository():
    ignored = text(ROOT / ".gitignore").splitlines()
    assert {"deploy/.env", "deploy/compose/secrets/"} <= set(ignored)


def test_prometheus_reads_every_process():
    config = yaml.safe_load(text(ROOT / "deploy" / "prometheus" / "prometheus.yml"))
    targets = {
        target
        for job in config["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    assert targets == {f"{process}:8000" for process in PROCESSES}


def test_every_file_that_compose_mounts_is_there():
    mounts = [
        volume.split(":")[0]
        for service in _compose()["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert mounts
    missing = [mount for mount in mounts if not (ROOT / "deploy" / mount).exists()]
    assert not missing, missing


@pytest.mark.slow
def test_the_database_script_gives_each_process_a_database_of_its_own(tmp_path: Path):
    """Run the script of the compose stack on a real server, and try every role at every database."""
    folder = tmp_path / "server"
    folder.mkdir(mode=0o755)
    cluster = postgres.Cluster(folder=folder, port=free_ports(1), password="superuser-of-a-test")
    server = postgres.start(cluster)
    try:
        while not postgres.is_ready(cluster):
            assert server.poll() is None, cluster.log.read_text()
        _initialise_like_compose(cluster)
        doors = {
            (role, database): _opens(cluster, role, database)
            for role in PROCESSES
            for database in (*PROCESSES, "postgres")
        }
    finally:
        postgres.stop(server)
        postgres.remove(folder)
    assert {door for door, open_ in doors.items() if open_} == {(name, name) for name in PROCESSES}


def _initialise_like_compose(cluster: postgres.Cluster) -> None:
    environment = {f"{name.upper()}_PASSWORD": f"of-{name}" for name in PROCESSES}
    environment |= {
        "POSTGRES_USER": postgres.SUPERUSER,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(cluster.port),
        "PGPASSWORD": cluster.password,
    }
    environment["PATH"] = f"{postgres.binary('psql').parent}:/usr/bin:/bin"
    script = ROOT / "deploy" / "compose" / "postgres.sh"
    done = subprocess.run(["sh", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _opens(cluster: postgres.Cluster, role: str, database: str) -> bool:
    command = [
        postgres.binary("psql"),
        "-XqAt",
        "-h",
        "127.0.0.1",
        "-p",
        str(cluster.port),
        "-U",
        role,
        "-d",
        database,
        "-c",
        "select 1",
    ]
    return (
        subprocess.run(command, env={"PGPASSWORD": f"of-{role}"}, capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on this machine")
def test_promtool_accepts_the_configuration(tmp_path: Path):
    shutil.copy(ROOT / "deploy" / "prometheus" / "prometheus.yml", tmp_path / "prometheus.yml")
    subprocess.run(["promtool", "check", "config", "--syntax-only", tmp_path / "prometheus.yml"], check=True)


def _compose() -> dict[str, Any]:
    return yaml.safe_load(text(COMPOSE))
