"""The drill: a desk is backed up, goes on, is destroyed, and comes back with every command that it had acknowledged."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import pytest

from deploy import postgres
from tests.operating import Operator, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]

TPS = 40
ELECTION = "/v1/elections/pilkada-2024"


@dataclass
class Sender:
    """Sends turnout reports until it is told to stop, and keeps what was acknowledged."""

    url: str
    token: str
    codes: list[str]
    stopped: Event = field(default_factory=Event)
    acknowledged: list[tuple[str, dict[str, object], str, bytes]] = field(
        default_factory=list[tuple[str, dict[str, object], str, bytes]]
    )

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=10, trust_env=False) as client:
            n = 0
            while not self.stopped.is_set():
                n += 1
                path = f"{ELECTION}/tps/{self.codes[n % len(self.codes)]}/turnout-reports"
                body: dict[str, object] = {
                    "slot": "10:00",
                    "men": 1 + n % 90,
                    "women": 1,
                    "occurred_at": NOON,
                }
                key = uuid4().hex
                try:
                    answer = self.send(client, path, body, key)
                except httpx.HTTPError:
                    continue  # it was not acknowledged
                assert answer.is_success or answer.status_code >= 500, answer.text
                if answer.is_success:
                    self.acknowledged.append((path, body, key, answer.content))

    def send(self, client: httpx.Client, path: str, body: dict[str, object], key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return client.post(path, json=body, headers=headers)


NOON = "2024-11-27T05:00:00Z"


@contextmanager
def sending(sender: Sender) -> Generator[None]:
    """Send in a thread until the block ends."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(sender.run)
        try:
            yield
        finally:
            sender.stopped.set()
            running.result(timeout=30)


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Operator]:
    desk = Operator(tmp_path)
    desk.environment |= {"DESK_SIMULATOR_TPS": str(TPS), "DESK_ARCHIVE": str(tmp_path / "archive")}
    yield desk
    wait_for(lambda: not desk.processes(), patience_s=30)
    postgres.remove(desk.folder / "postgres")


def test_a_desk_that_is_destroyed_comes_back_with_all_that_it_acknowledged(
    desk: Operator, tmp_path: Path
) -> None:
    supervisor = desk.start()
    try:
        wait_for(lambda: "Kota Bogor is loaded" in desk.output.read_text(), patience_s=150)
        sender = Sender(f"http://127.0.0.1:{desk.port}", token_of(desk), codes_of(desk))
        with sending(sender):
            wait_for(lambda: len(sender.acknowledged) > 50, patience_s=60)
            made = desk.type("backup", "--to", str(tmp_path / "backups"))
            assert made.returncode == 0, made.stderr
            at_backup = len(sender.acknowledged)
            wait_for(lambda: len(sender.acknowledged) > at_backup + 50, patience_s=60)
            supervisor.send_signal(signal.SIGKILL)
            supervisor.wait()
    finally:
        supervisor.kill()
        supervisor.wait()
    wait_for(lambda: not desk.processes(), patience_s=30)
    backup = made.stdout.strip()
    occupied = desk.type("restore", "--from", backup)
    assert occupied.returncode == 2
    assert "a desk lies in" in occupied.stderr
    postgres.remove(desk.folder / "postgres")
    shutil.rmtree(desk.folder)
    a_backup_that_was_changed_is_not_put_back(desk, Path(backup))

    began = time.monotonic()
    put_back = desk.type("restore", "--from", backup, "--archive", str(tmp_path / "archive"), "--json")
    assert put_back.returncode == 0, put_back.stderr
    again = desk.start()
    try:
        with httpx.Client(base_url=sender.url, timeout=20, trust_env=False) as client:
            sender.token = token_of(desk)
            for path, body, key, first in sender.acknowledged:
                answer = sender.send(client, path, body, key)
                assert (answer.content, answer.headers.get("Idempotent-Replayed")) == (first, "true"), key
        in_ledger = sum(
            int(desk.sql_of(owner, "select count(*) from outbox"))
            for owner in ("registry", "logistics", "incidents", "turnout")
        )
        wait_for(
            lambda: int(desk.sql_of("gateway", "select count(*) from event_feed")) == in_ledger, patience_s=90
        )
        took_s = time.monotonic() - began
        told = json.loads(put_back.stdout)
        sent, later = len(sender.acknowledged), len(sender.acknowledged) - at_backup
        print(
            f"drill: {sent} acknowledged commands, {later} of them after the backup; {in_ledger} events; the database "
            f"back after {told['took_s']:.1f} s, everything after {took_s:.1f} s; 0 lost",
            file=sys.stderr,
        )
    finally:
        again.send_signal(signal.SIGTERM)
        assert again.wait(timeout=90) == 0


def a_backup_that_was_changed_is_not_put_back(desk: Operator, backup: Path) -> None:
    """Change a byte of the backup, see that it is refused, and change it back."""
    file = next(path for path in (backup / "database" / "base").rglob("*") if path.name == "2619")
    content = file.read_bytes()
    file.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    refused = desk.type("restore", "--from", str(backup))
    assert refused.returncode == 2
    assert "was changed" in refused.stderr
    file.write_bytes(content)


def token_of(desk: Operator) -> str:
    words = ["--role", "kpps", "--region", "32.71", "--person", "kpps-drill", "--minutes", "60"]
    return desk.type("token", *words).stdout.strip()


def codes_of(desk: Operator) -> list[str]:
    return desk.sql_of("turnout", "select tps_code from tps_ref order by tps_code").split()
