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
from itertools import dropwhile
from pathlib import Path

import pytest

from deploy import postgres
from deploy.run_folder import is_alive
from tests.operating import CTRL_C, Operator, Terminal, wait_for

TO_STOP = [
    {"simulator"},
    {"gateway"},
    {"registry", "logistics", "incidents", "turnout"},
    {"kafka"},
    {"postgres"},
]
"""What is stopped together, from first to last: whoever sends before whoever is sent to."""


@contextmanager
def running(operator: Operator, **settings: str) -> Generator[subprocess.Popen[bytes]]:
    supervisor = operator.start(**settings)
    try:
        yield supervisor
    finally:
        supervisor.kill()
        supervisor.wait()


@contextmanager
def running_in_terminal(operator: Operator) -> Generator[Terminal]:
    """Run a desk by `make run` in a terminal; only a desk that does not stop by itself is killed."""
    terminal = operator.start_in_terminal()
    try:
        yield terminal
    finally:
        terminal.close()
        if (supervisor := operator.run_folder.holder()) is not None:
            os.kill(supervisor, signal.SIGKILL)
        terminal.process.wait()


@pytest.fixture
def operator(tmp_path: Path) -> Generator[Operator]:
    operator = Operator(tmp_path)
    yield operator
    wait_for(lambda: not operator.processes(), patience_s=20)
    postgres.remove(operator.folder / "postgres")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_desk_is_stopped_in_every_way_and_goes_on_where_it_stopped(operator: Operator) -> None:
    with running_in_terminal(operator) as terminal:
        status = operator.status()
        assert (
            status["supervisor"] != terminal.process.pid
        )  # make leads the session and has the desk as a child
        assert {"name", "pid", "url"} <= status["processes"][0].keys()
        assert operator.clock()["desk_anchor"] == "2024-11-27T06:00:00+07:00"
        assert operator.clock()["speed"] == 1
        operator.sql("create table kept (word text); insert into kept values ('survives');")

        again = operator.type("run")
        assert again.returncode == 1
        assert f"process {status['supervisor']}" in again.stdout.replace("\n", " ")

        examined = operator.type("doctor")
        assert examined.returncode == 0, examined.stdout
        assert f"a desk runs there, process {status['supervisor']}" in examined.stdout

        terminal.press(CTRL_C)
        they_stop_one_after_another(operator)
        terminal.process.wait(timeout=20)
        assert operator.processes() == []
    assert "the desk is down" in operator.output.read_text()
    assert operator.status()["phase"] == "down"
    stopped_at = datetime.fromisoformat(json.loads((operator.folder / "clock_last.json").read_text())["desk"])

    with running(operator) as supervisor:
        resumed_at = datetime.fromisoformat(operator.clock()["desk_anchor"])
        assert resumed_at == stopped_at
        assert operator.sql("select word from kept") == "survives"
        supervisor.kill()
        supervisor.wait()
        wait_for(lambda: not operator.processes(), patience_s=15)

    with running_in_terminal(operator) as terminal:
        assert datetime.fromisoformat(operator.clock()["desk_anchor"]) > resumed_at
        assert operator.sql("select word from kept") == "survives"
        its_crashed_servers_come_back(operator)
        terminal.close()
        wait_for(lambda: not operator.processes(), patience_s=40)
    assert operator.status()["phase"] == "down"

    with running(operator, FRESH="1", DAY="on", DESK_SIMULATOR_TPS="12"):
        assert operator.clock()["desk_anchor"] == "2024-11-26T03:30:00+07:00", "where the days begin"
        assert operator.sql("select to_regclass('kept') is null") == "t"
        said = operator.output.read_text
        wait_for(lambda: "Kota Bogor is loaded; its days run now" in said(), patience_s=90)
        assert "Kota Bogor is being loaded" in " ".join(said().split())
        assert operator.clock()["speed"] > 0
        assert operator.type("down").returncode == 0
    assert operator.processes() == []


def they_stop_one_after_another(operator: Operator) -> None:
    """Watch the processes of a desk that was told to stop: none may end before all that use it have ended."""
    processes = {process.name: process for process in operator.run_folder.read_state().processes}
    seen: list[int] = []
    deadline = time.monotonic() + 60
    while seen[-1:] != [0]:
        assert time.monotonic() < deadline, seen
        # Asked from the last to the first, so that whoever ends while we ask is not taken for ended too early.
        alive = [{name for name in names if is_alive(processes[name])} for names in reversed(TO_STOP)][::-1]
        standing = list(dropwhile(lambda left: not left, alive))
        assert standing[1:] == TO_STOP[len(TO_STOP) - len(standing) + 1 :], f"too early: {alive}"
        if len(standing) not in seen:
            seen.append(len(standing))
        time.sleep(0.002)
    assert seen[:4] == [5, 4, 3, 2], (
        "they were told at once; PostgreSQL alone may end too fast to be seen last"
    )


def its_crashed_servers_come_back(operator: Operator) -> None:
    """Kill the servers of a desk, and see successors of both."""
    before = {process["name"]: process["pid"] for process in operator.status()["processes"]}
    for name in ("postgres", "kafka"):
        os.kill(before[name], signal.SIGKILL)

    def have_come_back() -> (
        bool
    ):  # from the file: to ask the command again and again is to start it again and again
        processes = operator.run_folder.read_state().processes
        return {"postgres", "kafka"} <= {process.name for process in processes if process.restarts == 1}

    wait_for(have_come_back, patience_s=30)
    alive = {process["name"] for process in operator.status()["processes"] if process["alive"]}
    assert {"postgres", "kafka"} <= alive


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
        examined = operator.type("doctor")
        assert examined.returncode == 1
        assert f"is used by process {listener.pid}" in " ".join(examined.stdout.replace("│", " ").split())
    finally:
        listener.kill()
        listener.wait()


def test_nothing_is_signed_where_no_desk_has_run(operator: Operator) -> None:
    refused = operator.type("token", "--role", "desk", "--region", "32.71")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "no desk has run" in refused.stderr
