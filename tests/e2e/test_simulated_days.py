"""The simulated days of forty TPS on a real desk: they end on the plan's exact totals, and each form counts for itself."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.access import Role
from contracts.vocabulary import Channel
from deploy import postgres
from deploy.run_folder import PROJECT, RunFolder
from simulator.plan.city import plan_city
from simulator.plan.model import Form, Plan
from simulator.speech.forms import entry
from simulator.timeline.commands import EnterForm, Foot
from tests.infrastructure import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TPS, SEED, SPEED = 40, 7, 10_000
MAYOR = "walikota-32.71"
FOOT = Foot("07:00", "13:00", crew=7, witnesses=4)


@dataclass
class Desk:
    """A desk that stands at six o'clock of voting day, and a simulator that is driven by hand."""

    home: Path
    port: int
    api: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.home / str(self.port), first_port=self.port)

    def simulate(self, *words: str) -> subprocess.Popen[str]:
        environment = dict(os.environ) | {
            "DESK_URL": self.folder.url("gateway"),
            "DESK_DEMO_SECRETS": str(self.folder.keys / "demo_secrets.json"),
            "DESK_SIMULATOR_STATE": str(self.home / "state.jsonl"),
            "DESK_SIMULATOR_TPS": str(TPS),
            "DESK_SIMULATOR_SEED": str(SEED),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "simulator", *words],
            env=environment,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def drive(self) -> subprocess.Popen[str]:
        return self.simulate("run", "--region", "32.71", "--tps", str(TPS), "--speed", str(SPEED))

    def token(self, role: Role, person: str | None = None) -> str:
        name = f"{role}/{person}"
        if name not in self.tokens:
            secret = json.loads((self.folder.keys / "demo_secrets.json").read_text())[role]
            own = {"client_id": role.value, "client_secret": secret}
            answer = self.api.post("/v1/oauth/token", data=own | {"grant_type": "client_credentials"})
            if person is not None:
                asked = {
                    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                    "subject_token": answer.json()["access_token"],
                    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
                    "person": person,
                    "device_id": f"device-of-{person}",
                }
                answer = self.api.post("/v1/oauth/token", data=own | asked)
            self.tokens[name] = answer.raise_for_status().json()["access_token"]
        return self.tokens[name]

    def read(self, path: str, role: Role = Role.DESK) -> Any:
        answer = self.api.get(path, headers={"Authorization": f"Bearer {self.token(role)}"})
        return answer.raise_for_status().json()

    def send(self, path: str, body: object, *, role: Role, person: str) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.token(role, person)}",
            "Idempotency-Key": uuid4().hex,
        }
        answer = self.api.post(f"/v1/elections/pilkada-2024{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def results(self, contest: str) -> dict[str, Any]:
        path = f"/v1/elections/pilkada-2024/regions/32.71/results?contest={contest}"
        (found,) = self.read(path)["contests"]
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


def end_of(simulator: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = simulator.communicate(timeout=150)
    return simulator.returncode, output


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_city(SEED, tps=TPS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Desk]:
    home, port = tmp_path_factory.mktemp("days") / "desk home", free_ports(10)
    home.mkdir()
    environment = dict(os.environ) | {
        "DESK_HOME": str(home),
        "DESK_PORT": str(port),
        "DESK_SIMULATOR_TPS": str(TPS),
        "DESK_SIMULATOR_SEED": str(SEED),
        "DAY": "off",
    }
    output = home / "output"
    with output.open("wb") as log:
        supervisor = subprocess.Popen(
            [Path(sys.executable).with_name("desk"), "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as api:
        desk = Desk(home, port, api)
        try:
            deadline = time.monotonic() + 120
            while "its work is done" not in output.read_text():
                assert supervisor.poll() is None, output.read_text()
                assert time.monotonic() < deadline, output.read_text()
                time.sleep(0.2)
            yield desk
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(timeout=60)
            postgres.remove(desk.folder.path / "postgres")


@pytest.fixture(scope="module")
def ended(desk: Desk) -> str:
    """The days, during which the simulator is killed once; the last words of the one that ended them."""
    first = desk.drive()
    journal = desk.home / "state.jsonl"
    deadline = time.monotonic() + 90
    while not journal.exists() or journal.read_text().count("\n") < 300:
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    first.kill()
    first.communicate()
    code, output = end_of(desk.drive())
    assert code == 0, output
    return output


def test_the_days_end_on_the_totals_of_the_plan(desk: Desk, ended: str, plan: Plan) -> None:
    assert ", 0 faults" in ended
    assert "to send" in ended
    for contest in ("gubernur-32", MAYOR):
        totals, found = plan.totals(contest), desk.results(contest)
        assert found["votes"] == {str(number): count for number, count in totals.votes.items()}
        assert (found["valid"], found["invalid"]) == (totals.valid, totals.invalid)
        assert (found["tps_in"], found["tps_total"], found["tps_held"]) == (TPS, TPS, 0)
        assert found["official"] is False


def test_the_region_at_a_glance_knows_the_days(desk: Desk, ended: str, plan: Plan) -> None:
    seen = desk.read("/v1/elections/pilkada-2024/regions/32.71/overview")
    assert seen["rehearsal"] is True
    assert seen["turnout"]["total"] == sum(tps.voted.total for tps in plan.tps)
    assert seen["milestones"]["form_posted"] == TPS
    assert seen["boxes"]["received"] == 2 * TPS


def test_a_second_time_changes_nothing(desk: Desk, ended: str) -> None:
    before = desk.state_of_everything()
    (desk.home / "state.jsonl").unlink()
    code, again = end_of(desk.drive())
    assert code == 0, again
    assert "tps by desk: 40 created" in again  # the first answer to the same file, told again
    sent = int(re.search(r"(\d+) actions, \1 to send", again)[1])  # pyright: ignore[reportOptionalSubscript] - no match is a failure
    assert f"ended: {sent} actions" in again
    assert desk.state_of_everything() == before


def test_changing_one_form_changes_the_totals_by_exactly_that_form(
    desk: Desk, ended: str, plan: Plan
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


def enter_anew(desk: Desk, tps: str, form: Form, *, hands: str) -> None:
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


def results_other_than(desk: Desk, votes: dict[str, int]) -> dict[str, Any]:
    """Wait until the votes are others and every form is in again."""
    deadline = time.monotonic() + 30
    while (found := desk.results(MAYOR))["votes"] == votes or found["tps_in"] < TPS:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found
