"""The configuration that a local run writes for its Prometheus."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy import prometheus_server
from deploy.run_folder import PROJECT, RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    home = tmp_path / "a desk's home"
    (home / "prometheus").mkdir(parents=True)
    return RunFolder(path=home, first_port=24_700)


def test_it_scrapes_the_ports_of_the_run_under_the_names_of_the_compose_stack(folder: RunFolder) -> None:
    written = yaml.safe_load(prometheus_server.write_configuration(folder).read_text())
    groups = written["scrape_configs"][0]["static_configs"]
    assert {group["labels"]["service"]: group["targets"] for group in groups} == {
        "gateway": ["127.0.0.1:24700"],
        "registry": ["127.0.0.1:24701"],
        "logistics": ["127.0.0.1:24702"],
        "incidents": ["127.0.0.1:24703"],
        "turnout": ["127.0.0.1:24704"],
    }
    compose = yaml.safe_load((PROJECT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert [job["job_name"] for job in compose["scrape_configs"]] == ["desk"]
    assert [job["job_name"] for job in written["scrape_configs"]] == ["desk"]
    assert written["global"] == compose["global"]


def test_its_rules_are_those_of_the_repository(folder: RunFolder) -> None:
    written = yaml.safe_load(prometheus_server.write_configuration(folder).read_text())
    [pattern] = written["rule_files"]
    found = {path.name for path in Path(pattern).parent.glob(Path(pattern).name)}
    assert found == {"recording.yml", "machinery.yml", "election.yml"}


def test_another_run_has_other_ports(folder: RunFolder) -> None:
    first = prometheus_server.write_configuration(folder).read_text()
    again = prometheus_server.write_configuration(RunFolder(path=folder.path, first_port=25_700)).read_text()
    assert "127.0.0.1:25704" in again
    assert first != again


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not on this machine (Debian: apt install prometheus)",
)
def test_promtool_accepts_it(folder: RunFolder) -> None:
    file = prometheus_server.write_configuration(folder)
    run = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
