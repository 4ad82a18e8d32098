"""One desk with the city loaded: the README's examples do what they say, and every service is renewed under load."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy import postgres
from tests.operating import Operator, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
ELECTION = "/v1/elections/pilkada-2024"
SENDERS = 4
PAUSE_S = 0.02
"""Between two rounds of a sender: the processes that start shall have some of the machine too."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A desk with the city loaded, and no simulated days."""
    operator = Operator(tmp_path_factory.mktemp("city"))
    supervisor = operator.start()
    try:
        wait_for(lambda: "Kota Bogor is loaded" in operator.output.read_text(), patience_s=240)
        yield operator
    finally:
        supervisor.send_signal(signal.SIGTERM)
        code = supervisor.wait(timeout=180)
        postgres.remove(operator.folder / "postgres")
    assert code == 0


def run(city: Operator, example: str) -> dict[str, object]:
    """Run an example as it is printed, on this desk's port."""
    there = example.replace("127.0.0.1:8000", f"127.0.0.1:{city.port}")
    ran = subprocess.run(
        ["bash", "-c", there],
        env=city.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(ran.stdout)


def test_the_five_examples_work_as_printed(city: Operator) -> None:
    overview, report, feed, place, incident = EXAMPLES
    deadline = time.monotonic() + 60
    while run(city, overview).get("tps_total") != 1_530:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    first = run(city, report)
    assert first["total"] == 200
    assert run(city, report) == first
    deadline = time.monotonic() + 20
    while not (items := run(city, feed)["items"]):
        assert time.monotonic() < deadline
    assert isinstance(items, list)
    assert any(item["data"].get("total") == 200 for item in items)
    assert run(city, place)["tps_code"] == "32.71.06.1002.028"
    assert run(city, incident)["tracking_code"]


def desk(city: Operator, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / ".venv/bin/desk", *words],
        env=city.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_audit_trail_is_whole_compared_and_written_out(city: Operator, tmp_path: Path) -> None:
    heads, out = tmp_path / "heads.json", tmp_path / "trail.ndjson"
    first = desk(city, "audit", "check", "--heads", str(heads))
    assert first.returncode == 0, first.stdout + first.stderr
    kept = json.loads(heads.read_text())
    assert len(kept) == 9
    assert kept["registry.changes"]["number"] > 1
    again = desk(city, "audit", "check", "--heads", str(heads))
    assert again.returncode == 0, again.stdout + again.stderr

    kept["registry.changes"]["hash"] = (
        "00" * 32
    )  # as whoever kept it would see it, had the chain been made anew
    heads.write_text(json.dumps(kept))
    forged = desk(city, "audit", "check", "--heads", str(heads))
    assert forged.returncode == 1
    assert "MADE ANEW" in forged.stdout

    written = desk(city, "audit", "export", "--subject", "audit/registry.changes", "--out", str(out))
    assert written.returncode == 0, written.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {line["chain"] for line in lines} == {"registry.accesses"}
    assert out.stat().st_mode & 0o077 == 0


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5
    assert os.access(ROOT / "Makefile", os.R_OK)


@dataclass
class Load:
    """Reports through the door, one after another on a connection that is kept open, and reads beside them."""

    url: str
    token: str
    codes: list[str]
    stopped: threading.Event = field(default_factory=threading.Event)
    accepted: list[str] = field(default_factory=list[str])
    failures: list[str] = field(default_factory=list[str])
    dropped: list[str] = field(default_factory=list[str])

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            n = 0
            while not self.stopped.wait(PAUSE_S):
                n += 1
                key = uuid4().hex
                body = {"slot": "10:00", "men": n % 90, "women": 1, "occurred_at": "2024-11-27T05:00:00Z"}
                path = f"{ELECTION}/tps/{self.codes[n % len(self.codes)]}/turnout-reports"
                answer = self._twice(lambda: client.post(path, json=body, headers=self._headers(key)))  # noqa: B023 - called at once
                if answer.is_success and answer.headers["Desk-Rehearsal"] == "true":
                    self.accepted.append(answer.headers["Desk-Position"])
                else:
                    self.failures.append(f"{answer.status_code} {answer.text}")
                read = self._twice(
                    lambda: client.get(f"{ELECTION}/regions/32.71/overview", headers=self._headers(""))
                )
                if not read.is_success:
                    self.failures.append(f"{read.status_code} {read.text}")

    def _headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})

    def _twice(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send again where the kept connection was closed in that moment, as every HTTP client must be ready to."""
        try:
            return send()
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            self.dropped.append(type(error).__name__)
            return send()


@dataclass
class Follower:
    """A stream that comes again with its last cursor whenever it ends."""

    url: str
    token: str
    stopped: threading.Event = field(default_factory=threading.Event)
    seen: list[str] = field(default_factory=list[str])
    cursor: str = ""
    opened: int = 0
    resets: int = 0

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        path = f"{ELECTION}/stream?interval_s=0"
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            while not self.stopped.is_set():
                again = {"Last-Event-ID": self.cursor} if self.cursor else {}
                with client.stream("GET", path, headers=headers | again) as answer:
                    self.opened += 1
                    self._read(answer)

    def _read(self, answer: httpx.Response) -> None:
        kind = ""
        for line in answer.iter_lines():
            if self.stopped.is_set():
                return
            name, _, value = line.partition(": ")
            if name == "id":
                self.cursor = value
            elif name == "event":
                kind = value
                self.resets += kind == "reset"
            elif name == "data" and kind == "events":
                self.seen += [f"{e['subject']}@{e['aggregateversion']}" for e in json.loads(value)["items"]]


@contextmanager
def running(job: Load | Follower, *, begins_when: Callable[[], bool] = lambda: True) -> Generator[None]:
    wait_for(begins_when, patience_s=60)
    threads = SENDERS if isinstance(job, Load) else 1
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(job.run) for _ in range(threads)]
        try:
            yield
        finally:
            job.stopped.set()
        for future in futures:
            future.result(timeout=120)


def test_services_are_renewed_under_load_and_no_request_fails(city: Operator) -> None:
    words = "--role kpps --role observer --region 32.71 --person kpps-1 --minutes 60"
    token = city.type("token", *words.split()).stdout.strip()
    url = f"http://127.0.0.1:{city.port}"
    codes = city.sql_of("turnout", "select tps_code from tps_ref order by tps_code desc limit 40").split()
    load, follower = Load(url, token, codes), Follower(url, token)
    with running(follower), running(load, begins_when=lambda: follower.cursor != ""):
        wait_for(lambda: len(load.accepted) > 40, patience_s=120)
        before = {process["name"]: process["pid"] for process in city.status()["processes"]}
        renewed = city.type("renew")
        assert renewed.returncode == 0, renewed.stderr
        after = {process["name"]: process["pid"] for process in city.status()["processes"]}
        so_far = len(load.accepted)
        wait_for(lambda: len(load.accepted) > so_far + 40, patience_s=120)
        load.stopped.set()
        wait_for(lambda: set(load.accepted) <= set(follower.seen), patience_s=60)
    changed = {name for name, pid in before.items() if after[name] != pid}
    assert changed == {"registry", "logistics", "incidents", "turnout", "gateway"}
    assert load.failures == []
    assert follower.opened > 1
    assert follower.resets == 0
    assert len(follower.seen) == len(set(follower.seen))
    print(
        f"renewal: {len(load.accepted)} commands and as many reads through five renewals, 0 failed, "
        f"{len(load.dropped)} sent again on a closed connection; the stream opened {follower.opened} times, 0 missed"
    )


def test_the_page_for_partners_works_as_printed(city: Operator) -> None:
    """An agency gets in, its program and telephone get tokens, access is taken back, a key rotates: in one terminal."""
    page = (ROOT / "docs" / "partners.md").read_text()
    typed = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    ran = subprocess.run(
        ["bash", "-euc", typed.replace("127.0.0.1:8000", f"127.0.0.1:{city.port}")],
        env=city.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    printed = ran.stdout
    for told in (
        '"outcome":"created"',
        '"name":"Tanah Sareal"',
        "600\n",
        '"state":"enrolled"',
        '"state":"revoked"',
        "401\n",
    ):
        assert told in printed, printed
    assert re.search(r"is published, and signs from [^;]+ UTC; \S+ is over at", printed), printed
