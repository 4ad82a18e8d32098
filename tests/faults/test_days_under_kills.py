"""Days of a few TPS during which everything is killed, or forgotten, and comes back; they end on the totals of the plan.

The plan says what the totals are, the simulator repeats what was not answered under the same keys, the supervisor
starts again what was killed. SIGKILL keeps the page cache: none of this tests a power cut.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy import postgres
from simulator.plan.city import plan_city
from tests.operating import Operator, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

TPS, SEED = 20, 11
OWNERS = ("registry", "logistics", "incidents", "turnout")
EVERYTHING = ("turnout", "registry", "logistics", "incidents", "gateway", "kafka", "postgres")


class Rehearsal(Operator):
    """A desk with twenty TPS, whose days are driven by hand."""

    def __init__(self, home: Path, **settings: str) -> None:
        super().__init__(home)
        self.environment |= {"DESK_SIMULATOR_TPS": str(TPS), "DESK_SIMULATOR_SEED": str(SEED), **settings}

    def drive(self, *, speed: int) -> subprocess.Popen[str]:
        """Start the days."""
        told = {
            "DESK_URL": f"http://127.0.0.1:{self.port}",
            "DESK_DEMO_SECRETS": str(self.folder / "keys" / "demo_secrets.json"),
            "DESK_SIMULATOR_STATE": str(self.home / "days.jsonl"),
        }
        command = [
            sys.executable,
            "-m",
            "simulator",
            "run",
            "--region",
            "32.71",
            "--tps",
            str(TPS),
            "--speed",
            str(speed),
        ]
        return subprocess.Popen(
            command, env=self.environment | told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def kill(self, name: str) -> None:
        """Kill one process of the desk, as it stands, and wait until another one has taken its place."""
        before = self.pid_of(name)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: self.pid_of(name) != before, patience_s=60)

    def pid_of(self, name: str) -> int:
        """Return the process that runs a program of the desk."""
        processes: list[dict[str, Any]] = json.loads((self.folder / "state.json").read_text())["processes"]
        return next(int(process["pid"]) for process in processes if process["name"] == name)

    def ask(self, path: str, role: str) -> Any:
        """Ask the gateway something, with a token of the desk's own key."""
        token = self.type("token", "--role", role, "--region", "32.71").stdout.strip()
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def results(self) -> dict[str, tuple[dict[str, int], int, int, int]]:
        """Return votes, valid, invalid and counted TPS of each contest."""
        found = self.ask("/v1/elections/pilkada-2024/regions/32.71/results", "admin")["contests"]
        return {c["contest"]: (c["votes"], c["valid"], c["invalid"], c["tps_in"]) for c in found}


def planned() -> dict[str, tuple[dict[str, int], int, int, int]]:
    """Return what the results must be."""
    plan = plan_city(SEED, tps=TPS)
    totals = {contest.id: plan.totals(contest.id) for contest in plan.contests}
    return {
        contest: ({str(n): votes for n, votes in t.votes.items()}, t.valid, t.invalid, TPS)
        for contest, t in totals.items()
    }


@contextmanager
def rehearsal(home: Path, **settings: str) -> Generator[Rehearsal]:
    """Give a running desk with twenty TPS loaded, and take it away again."""
    desk = Rehearsal(home, **settings)
    supervisor = desk.start()
    try:
        wait_for(lambda: "its work is done" in desk.output.read_text(), patience_s=150)
        yield desk
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(timeout=90)
        postgres.remove(desk.folder / "postgres")


def end_on_the_plan(desk: Rehearsal, days: subprocess.Popen[str]) -> None:
    """Wait for the end of the days and compare what the gateway shows with the plan."""
    output, _ = days.communicate(timeout=400)
    assert days.returncode == 0, output[-3_000:]
    wait_for(lambda: desk.results() == planned(), patience_s=60)
    for owner in OWNERS:
        wait_for(
            lambda owner=owner: (
                desk.sql_of(owner, "select count(*) from outbox where published_at is null") == "0"
            ),
            patience_s=30,
        )
        dead = desk.sql_of(owner, "select count(*) from consumer_dead_letter")
        assert dead == "0", f"{owner} has {dead} dead letters"


def wait_for_events(desk: Rehearsal, owner: str, *, count: int) -> None:
    """Wait until the days have come so far that a service has published so many events."""
    published = "select count(*) from outbox where published_at is not null"
    deadline = time.monotonic() + 200
    while int(desk.sql_of(owner, published)) < count:  # each question is a process: not ten times a second
        assert time.monotonic() < deadline, f"{owner} has published fewer than {count} events"
        time.sleep(1)


def epoch_of(desk: Rehearsal, owner: str) -> int:
    """Return how often a service's ledger was sent again, plus one."""
    return int(desk.sql_of(owner, "select epoch from ledger_epoch"))


def test_everything_is_killed_once_and_the_totals_are_those_of_the_plan(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as desk:
        days = desk.drive(speed=6_000)
        for name in EVERYTHING:
            time.sleep(2)
            desk.kill(name)
        end_on_the_plan(desk, days)


@pytest.mark.long
def test_the_brokers_data_are_wiped_and_the_totals_are_those_of_the_plan(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as desk:
        days = desk.drive(speed=9_000)
        wait_for_events(desk, "logistics", count=100)
        os.kill(desk.pid_of("kafka"), signal.SIGSTOP)
        shutil.rmtree(desk.folder / "kafka")
        desk.kill("kafka")
        end_on_the_plan(desk, days)
        assert [owner for owner in OWNERS if epoch_of(desk, owner) == 1] == []


@pytest.mark.long
def test_on_the_fallback_broker_that_forgets_the_totals_are_those_of_the_plan(tmp_path: Path) -> None:
    with rehearsal(tmp_path, DESK_BROKER="tansu") as desk:
        days = desk.drive(speed=9_000)
        wait_for_events(desk, "logistics", count=100)
        desk.kill("tansu")
        end_on_the_plan(desk, days)
        epochs = {owner: epoch_of(desk, owner) for owner in OWNERS}
        assert all(1 < epoch < 6 for epoch in epochs.values()), f"sent again, and again: {epochs}"
