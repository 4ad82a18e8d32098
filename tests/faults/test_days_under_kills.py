"""The simulated days of forty TPS, in which everything is killed, or forgotten, and comes back: they end on the plan's totals.

The plan says what the totals are, the simulator repeats what was not answered under the same keys, the supervisor starts
again what was killed. Each kill comes at a share of the days' actions, so that the days are going on at every one. SIGKILL
keeps the page cache: none of this tests a power cut.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from contracts.vocabulary import Channel
from deploy import postgres
from deploy.run_folder import PROJECT
from simulator.plan.city import plan_city
from simulator.plan.model import Form, Plan
from simulator.speech.forms import entry
from simulator.timeline.commands import EnterForm, Foot
from simulator.timeline.days import timeline
from tests.operating import Operator, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

TPS, SEED, SPEED = 40, 11, 10_000
OWNERS = ("registry", "logistics", "incidents", "turnout")
SERVICES = ("turnout", "registry", "logistics", "incidents", "gateway")
ELECTION = "/v1/elections/pilkada-2024"
MAYOR = "walikota-32.71"
FOOT = Foot("07:00", "13:00", crew=7, witnesses=4)


class Rehearsal(Operator):
    """A desk with forty TPS that stands at six o'clock of voting day; its days are driven by hand."""

    def __init__(self, home: Path, **settings: str) -> None:
        super().__init__(home)
        self.environment |= {"DESK_SIMULATOR_TPS": str(TPS), "DESK_SIMULATOR_SEED": str(SEED), **settings}
        self.journal = home / "days.jsonl"
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
        self._tokens: dict[str, str] = {}

    def drive(self) -> subprocess.Popen[str]:
        """Start the days, or let them go on."""
        told = {
            "DESK_URL": f"http://127.0.0.1:{self.port}",
            "DESK_DEMO_SECRETS": str(self.folder / "keys" / "demo_secrets.json"),
            "DESK_SIMULATOR_STATE": str(self.journal),
        }
        words = ["run", "--region", "32.71", "--tps", str(TPS), "--speed", str(SPEED)]
        return subprocess.Popen(
            [sys.executable, "-m", "simulator", *words],
            env=self.environment | told,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answered(self) -> int:
        """Return how many actions of the days were answered, as far as the simulator wrote it down."""
        return self.journal.read_text().count('{"k":') if self.journal.exists() else 0

    def pid_of(self, name: str) -> int:
        """Return the process that runs a program of the desk."""
        processes: list[dict[str, Any]] = json.loads((self.folder / "state.json").read_text())["processes"]
        return next(int(process["pid"]) for process in processes if process["name"] == name)

    def kill(self, name: str) -> int:
        """Kill one process of the desk, as it stands, and return which it was; a successor comes by itself."""
        before = self.pid_of(name)
        with suppress(ProcessLookupError):  # it had ended already, for a kill before this one
            os.kill(before, signal.SIGKILL)
        return before

    def is_replaced(self, name: str, before: int) -> bool:
        """Say whether another process has taken the place of one."""
        return self.pid_of(name) != before

    def wipe_and_kill(self, name: str) -> int:
        """Take the broker's data away under its feet, and then kill it."""
        os.kill(self.pid_of(name), signal.SIGSTOP)
        shutil.rmtree(self.folder / name)
        return self.kill(name)

    def token(self, role: Role, person: str | None = None) -> str:
        """Return a token of the desk's own endpoint, for an application or for one of its people."""
        name = f"{role}/{person}"
        if name not in self._tokens:
            secret = json.loads((self.folder / "keys" / "demo_secrets.json").read_text())[role]
            own = {"client_id": role.value, "client_secret": secret}
            answer = self.api.post("/v1/oauth/token", data=own | {"grant_type": "client_credentials"})
            if person is not None:
                self._register(role, person)
                asked = {
                    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                    "subject_token": answer.json()["access_token"],
                    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
                    "person": person,
                    "device_id": f"device-of-{person}",
                }
                answer = self.api.post("/v1/oauth/token", data=own | asked)
            self._tokens[name] = answer.raise_for_status().json()["access_token"]
        return self._tokens[name]

    def _register(self, role: Role, person: str) -> None:
        """Register somebody with the desk's own agency: nobody else gets a token."""
        headers = {
            "Authorization": f"Bearer {self.token(Role.ADMIN)}",
            "Idempotency-Key": f"register-{role}-{person}",
        }
        body = {"roles": [role.value], "regions": ["32.71"], "election": "pilkada-2024"}
        answer = self.api.put(f"/v1/agencies/desk/people/{person}", json=body, headers=headers)
        assert answer.is_success, answer.text

    def read(self, path: str, role: Role = Role.DESK) -> Any:
        """Ask the gateway something."""
        answer = self.api.get(path, headers={"Authorization": f"Bearer {self.token(role)}"})
        return answer.raise_for_status().json()

    def send(self, path: str, body: object, *, role: Role, person: str) -> dict[str, Any]:
        """Send a command through the gateway."""
        headers = {"Authorization": f"Bearer {self.token(role, person)}", "Idempotency-Key": uuid4().hex}
        answer = self.api.post(f"{ELECTION}{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def results(self, contest: str) -> dict[str, Any]:
        """Return what the gateway shows of a contest."""
        (found,) = self.read(f"{ELECTION}/regions/32.71/results?contest={contest}")["contests"]
        return found

    def state_of_everything(self) -> str:
        """Return the hash over all that is projected, once nothing moves any more."""
        deadline, seen = time.monotonic() + 60, ""
        while time.monotonic() < deadline:
            found = self.read("/v1/desk/projections", Role.ADMIN)["hash"]
            if found == seen:
                return seen
            seen = found
            time.sleep(1.5)
        raise AssertionError("the projections never come to rest")

    def epoch_of(self, owner: str) -> int:
        """Return how often a service's ledger was sent again, plus one."""
        return int(self.sql_of(owner, "select epoch from ledger_epoch"))


@contextmanager
def rehearsal(home: Path, **settings: str) -> Generator[Rehearsal]:
    """Give a running desk with forty TPS loaded, and take it away again."""
    desk = Rehearsal(home, **settings)
    supervisor = desk.start()
    try:
        wait_for(lambda: "Kota Bogor is loaded" in desk.output.read_text(), patience_s=150)
        yield desk
    finally:
        desk.api.close()
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(timeout=90)
        postgres.remove(desk.folder / "postgres")


def live_through(desk: Rehearsal, plan: Plan, *, broker: str, harm: Callable[[str], int]) -> str:
    """Drive the days, kill everything once while they go on, and return the last words of the simulator.

    Nothing waits for a successor: the next kill comes at its own share of the days, whoever is still starting again.

    Args:
        broker: name of the program that is the broker.
        harm: what is done to the broker, returning the process that it was done to.
    """
    days, victims = desk.drive(), (*SERVICES, "simulator", broker, "postgres")
    actions = len(timeline(plan))
    killed: dict[str, int] = {}
    for nth, victim in enumerate(victims, start=1):
        wanted = actions * nth // (len(victims) + 1)
        wait_for(lambda: days.poll() is not None or desk.answered() >= wanted, patience_s=150)  # noqa: B023 - called at once
        assert days.poll() is None, f"the days ended before {victim} was killed"
        assert desk.answered() < actions
        if victim == "simulator":
            days.kill()
            days.communicate()
            days = desk.drive()
        else:
            killed[victim] = harm(broker) if victim == broker else desk.kill(victim)
    output, _ = days.communicate(timeout=300)
    assert days.returncode == 0, output[-3_000:]
    wait_for(lambda: all(desk.is_replaced(*one) for one in killed.items()), patience_s=60)
    return output


def ends_on(desk: Rehearsal, plan: Plan) -> None:
    """Compare what the desk came to with the plan, and see that nothing was left lying."""
    for contest in ("gubernur-32", MAYOR):
        totals, found = plan.totals(contest), desk.results(contest)
        assert found["votes"] == {str(number): count for number, count in totals.votes.items()}
        assert (found["valid"], found["invalid"]) == (totals.valid, totals.invalid)
        assert (found["tps_in"], found["tps_total"], found["tps_held"]) == (TPS, TPS, 0)
        assert found["official"] is False
    for owner in OWNERS:
        unpublished = "select count(*) from outbox where published_at is null"
        wait_for(lambda: desk.sql_of(owner, unpublished) == "0", patience_s=30)  # noqa: B023 - called at once
        dead = desk.sql_of(owner, "select count(*) from consumer_dead_letter")
        assert dead == "0", f"{owner} has {dead} dead letters"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_city(SEED, tps=TPS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("days")) as desk:
        yield desk


@pytest.fixture(scope="module")
def ended(desk: Rehearsal, plan: Plan) -> str:
    """The days, during which everything is killed once: the last words of the simulator that ended them."""
    return live_through(desk, plan, broker="kafka", harm=desk.kill)


def test_everything_is_killed_once_and_the_totals_are_those_of_the_plan(
    desk: Rehearsal, ended: str, plan: Plan
) -> None:
    assert ", 0 faults" in ended
    assert "to send" in ended
    ends_on(desk, plan)


def test_the_region_at_a_glance_knows_the_days(desk: Rehearsal, ended: str, plan: Plan) -> None:
    seen = desk.read(f"{ELECTION}/regions/32.71/overview")
    assert seen["rehearsal"] is True
    assert seen["turnout"]["total"] == sum(tps.voted.total for tps in plan.tps)
    assert seen["milestones"]["form_posted"] == TPS
    assert seen["boxes"]["received"] == 2 * TPS


def test_a_second_time_changes_nothing(desk: Rehearsal, ended: str) -> None:
    before = desk.state_of_everything()
    desk.journal.unlink()
    days = desk.drive()
    again, _ = days.communicate(timeout=150)
    assert days.returncode == 0, again
    assert "tps by desk: 40 created" in again  # the first answer to the same file, told again
    sent = int(re.search(r"(\d+) actions, \1 to send", again)[1])  # pyright: ignore[reportOptionalSubscript] - no match is a failure
    assert f"ended: {sent} actions" in again
    assert desk.state_of_everything() == before


def test_changing_one_form_changes_the_totals_by_exactly_that_form(
    desk: Rehearsal, ended: str, plan: Plan
) -> None:
    before = desk.results(MAYOR)
    tps = plan.tps[3]
    old = next(form for form in tps.forms if form.contest == MAYOR)
    votes = dict(old.votes)
    votes[2], votes[3] = votes[2] + 7, votes[3] - 7
    enter_anew(desk, tps.code, replace(old, votes=tuple(votes.items())), hands="ab")
    after = results_other_than(desk, before["votes"])
    moved = {number: after["votes"][number] - count for number, count in before["votes"].items()}
    assert moved == {"1": 0, "2": 7, "3": -7, "4": 0, "5": 0}
    assert (after["valid"], after["invalid"]) == (before["valid"], before["invalid"])
    enter_anew(desk, tps.code, old, hands="cd")
    assert results_other_than(desk, after["votes"])["votes"] == before["votes"]


def enter_anew(desk: Rehearsal, tps: str, form: Form, *, hands: str) -> None:
    """Have a verified form returned by two people, and entered again by two."""
    path = f"/tps/{tps}/forms/{MAYOR}"
    why = {"reason": "Dihitung ulang dengan saksi dan pengawas."}
    for hand in hands:
        desk.send(f"{path}/returns", why, role=Role.ADJUDICATOR, person=f"adjudicator-{hand}")
    answer: dict[str, Any] = {}
    for role, hand in zip((Role.OPERATOR, Role.VERIFIER), hands, strict=True):
        command = EnterForm(tps, form, FOOT, "0" * 64)
        saying = entry(command, Channel.APP, at=datetime.now(UTC))
        answer = desk.send(saying.path, dict(saying.body), role=role, person=f"{role}-{hand}")
    assert answer["state"] == "verified", answer


def results_other_than(desk: Rehearsal, votes: dict[str, int]) -> dict[str, Any]:
    """Wait until the votes are others and every form is in again."""
    deadline = time.monotonic() + 30
    while (found := desk.results(MAYOR))["votes"] == votes or found["tps_in"] < TPS:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_brokers_data_are_wiped_and_the_totals_are_those_of_the_plan(tmp_path: Path, plan: Plan) -> None:
    with rehearsal(tmp_path) as desk:
        live_through(desk, plan, broker="kafka", harm=desk.wipe_and_kill)
        ends_on(desk, plan)
        assert [owner for owner in OWNERS if desk.epoch_of(owner) == 1] == []


@pytest.mark.long
@pytest.mark.timeout(900)
def test_on_the_fallback_broker_that_forgets_the_totals_are_those_of_the_plan(
    tmp_path: Path, plan: Plan
) -> None:
    with rehearsal(tmp_path, DESK_BROKER="tansu") as desk:
        live_through(desk, plan, broker="tansu", harm=desk.kill)
        ends_on(desk, plan)
        epochs = {owner: desk.epoch_of(owner) for owner in OWNERS}
        assert all(1 < epoch < 6 for epoch in epochs.values()), f"sent again, and again: {epochs}"
