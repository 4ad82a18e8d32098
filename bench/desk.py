"""A desk of the bench's own: started by the same command as everybody's, in a folder that goes when it is done."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy import postgres
from deploy.run_folder import RunFolder

ROOT = Path(__file__).resolve().parent.parent
DESK = Path(sys.executable).with_name("desk")
ELECTION = "pilkada-2024"


@dataclass
class BenchDesk:
    """A running desk, with Kota Bogor loaded, and with no simulated days unless they are asked for.

    Attributes:
        told: what else its environment tells it.
    """

    home: Path
    port: int
    told: Mapping[str, str] = field(default_factory=dict[str, str])
    supervisor: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> RunFolder:
        """The folder of the run."""
        return RunFolder(self.home / str(self.port), first_port=self.port)

    @property
    def environment(self) -> dict[str, str]:
        """What the desk is told by its environment."""
        own = {
            "DESK_HOME": str(self.home),
            "DESK_PORT": str(self.port),
            "DAY": "off",
            "DESK_LOG_LEVEL": "WARNING",
        }
        served = {"DESK_SERVED_BY": "bench.served", "PYTHONPATH": str(ROOT)}
        return {**os.environ, **own, **served, **self.told}

    def start(self) -> float:
        """Start, wait until every service is ready, and return how long that took, in seconds."""
        began = time.monotonic()
        with (self.home / "supervisor.log").open("ab") as log:
            self.supervisor = subprocess.Popen(
                [DESK, "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not (self.folder.holder() and self.folder.read_state().phase == "ready"):
            if self.supervisor.poll() is not None or time.monotonic() - began > 180:
                raise RuntimeError((self.home / "supervisor.log").read_text()[-4_000:])
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self) -> None:
        """Stop it in order."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGTERM)
            self.supervisor.wait(90)

    def run(self, *words: str) -> str:
        """Run a command of `desk` for this desk, and return what it prints."""
        ran = subprocess.run(
            [str(DESK), *words], env=self.environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        return ran.stdout.strip()

    def settle(self, *, patience_s: float = 10) -> None:
        """Wait until everything is published and taken in; a round counts only if that is within ten seconds."""
        deadline = time.monotonic() + patience_s
        admin = self.token("admin", regions=["*"])
        while True:
            waiting = sum(
                int(self.sql(owner, "select count(*) from outbox where published_at is null;"))
                for owner in ("registry", "turnout", "logistics")
            )
            if (
                waiting == 0
                and self.get(f"{self.url('gateway')}/v1/desk/projections/progress", admin)["caught_up"]
            ):
                return
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"{waiting} events unpublished, or not taken in, {patience_s:.0f} s after a round"
                )
            time.sleep(0.1)

    def url(self, name: str) -> str:
        """Return the address of a service or of the gateway."""
        return self.folder.url(name)

    def get(self, url: str, token: str) -> dict[str, object]:
        """Ask one question."""
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def token(self, role: str, *, regions: list[str], person: str | None = None) -> str:
        """Make a token that lasts as long as the bench."""
        words = ["token", "--role", role, "--minutes", "720", "--election", ELECTION]
        for region in regions:
            words += ["--region", region]
        if person:
            words += ["--person", person, "--device", f"device-of-{person}"]
        return self.run(*words)

    def sql(self, owner: str, statement: str) -> str:
        """Run SQL in the database of a service."""
        password = json.loads((self.folder.path / "secrets.json").read_text())[postgres.SUPERUSER]
        cluster = postgres.Cluster(
            self.folder.path / "postgres", port=self.folder.port("postgres"), password=password
        )
        return postgres.sql(cluster, statement, database=owner)

    def database_url(self, owner: str) -> str:
        """Return the address of a service's database."""
        password = json.loads((self.folder.path / "secrets.json").read_text())[owner]
        return f"postgresql://{owner}:{password}@127.0.0.1:{self.folder.port('postgres')}/{owner}?sslmode=disable"

    def pss_mb(self) -> Mapping[str, float]:
        """Return the proportional share of memory of each process, its children included, in MB."""
        return {
            p.name: sum(_pss_kb(pid) for pid in _family(p.pid)) / 1024
            for p in self.folder.read_state().processes
        }


def _family(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += _family(int(child))
    return found


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@contextmanager
def bench_desk(port: int, **told: str) -> Generator[BenchDesk]:
    """Give a desk that has not been started yet, and take everything away at the end.

    Args:
        port: first of ten free ports.
        told: what else its environment tells it (`DAY="on"`).
    """
    home = Path(tempfile.mkdtemp(prefix="desk-bench-"))
    home.chmod(0o711)
    desk = BenchDesk(home, port, told)
    try:
        yield desk
    finally:
        desk.stop()
        shutil.rmtree(home, ignore_errors=True)
