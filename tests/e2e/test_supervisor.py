"""A desk as an operator meets it: started, asked, stopped in every way, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from deploy import postgres
from deploy.run_folder import RunFolder
from tests.operating import Operator, wait_for


@contextmanager
def running(operator: Operator, **settings: str) -> Generator[subprocess.Popen[bytes]]:
    supervisor = operator.start(**settings)
    try:
        yield supervisor
    finally:
        supervisor.kill()
        supervisor.wait()


@pytest.fixture
def operator(tmp_path: Path) -> Generator[Operator]:
    operator = Operator(tmp_path)
    yield operator
    wait_for(lambda: not operator.processes(), patience_s=20)
    postgres.remove(operator.folder / "postgres")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_desk_is_stopped_in_every_way_and_goes_on_where_it_stopped(
    operator: Operator, tmp_path: Path
) -> None:
    with running(operator) as supervisor:
        status = operator.status()
        assert status["supervisor"] == supervisor.pid
        assert {"name", "pid", "url"} <= status["processes"][0].keys()
        assert operator.clock()["desk_anchor"] == "2024-11-27T06:00:00+07:00"
        assert operator.clock()["speed"] == 1
        operator.sql("create table kept (word text); insert into kept values ('survives');")

        again = operator.type("run")
        assert again.returncode == 1
        assert f"process {supervisor.pid}" in again.stdout.replace("\n", " ")

        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(timeout=60) == 0
    assert operator.processes() == []
    assert operator.status()["phase"] == "down"
    stopped_at = datetime.fromisoformat(json.loads((operator.folder / "clock_last.json").read_text())["desk"])

    with running(operator) as supervisor:
        resumed_at = datetime.fromisoformat(operator.clock()["desk_anchor"])
        assert resumed_at == stopped_at
        assert operator.sql("select word from kept") == "survives"
        supervisor.kill()
        supervisor.wait()
        wait_for(lambda: not operator.processes(), patience_s=15)

    with running(operator) as supervisor:
        assert datetime.fromisoformat(operator.clock()["desk_anchor"]) > resumed_at
        assert operator.sql("select word from kept") == "survives"
        beside_another_its_crashed_servers_come_back(operator, Operator(tmp_path / "other"))
        supervisor.send_signal(signal.SIGHUP)
        assert supervisor.wait(timeout=60) == 0
    assert operator.processes() == []

    with running(operator, FRESH="1"):
        assert operator.clock()["desk_anchor"] == "2024-11-27T06:00:00+07:00"
        assert operator.sql("select to_regclass('kept') is null") == "t"
        assert operator.type("down").returncode == 0
    assert operator.processes() == []


def beside_another_its_crashed_servers_come_back(operator: Operator, other: Operator) -> None:
    """Run a second desk beside the first, whose servers are killed meanwhile."""
    other.home.parent.mkdir()
    with running(other):
        assert set(operator.processes()).isdisjoint(other.processes())
        before = {process["name"]: process["pid"] for process in operator.status()["processes"]}
        for name in ("postgres", "kafka"):
            os.kill(before[name], signal.SIGKILL)

        def have_come_back() -> (
            bool
        ):  # from the file: to ask the command again and again is to start it again and again
            processes = RunFolder(operator.folder, first_port=operator.port).read_state().processes
            return {"postgres", "kafka"} <= {process.name for process in processes if process.restarts == 1}

        wait_for(have_come_back, patience_s=30)
        alive = {process["name"] for process in operator.status()["processes"] if process["alive"]}
        assert {"postgres", "kafka"} <= alive
    wait_for(lambda: not other.processes(), patience_s=20)
    postgres.remove(other.folder / "postgres")


def test_a_port_that_is_taken_is_named_with_its_holder(operator: Operator) -> None:
    listener = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(operator.port + 3)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(1)
        refused = operator.type("run")
        assert refused.returncode == 1
        assert (
            f"Port {operator.port + 3}, meant for incidents, is used by process {listener.pid}"
            in refused.stdout
        )
    finally:
        listener.kill()
        listener.wait()


def test_nothing_is_signed_where_no_desk_has_run(operator: Operator) -> None:
    refused = operator.type("token", "--role", "desk", "--region", "32.71")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "no desk has run" in refused.stderr
