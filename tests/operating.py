"""A desk as an operator meets it: commands typed, processes watched. For tests of whole desks."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy import postgres
from deploy.run_folder import RunFolder
from tests.infrastructure import free_ports

DESK = Path(sys.executable).with_name("desk")


class Operator:
    """Types commands for one desk, whose folder has a space in its path."""

    def __init__(self, home: Path) -> None:
        self.home = home / "desk home"
        self.port = free_ports(10)
        self.folder = self.home / str(self.port)
        self.output = home / "output"
        self.environment = dict(os.environ) | {
            "DESK_HOME": str(self.home),
            "DESK_PORT": str(self.port),
            "DAY": "off",
        }

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [DESK, *words], env=self.environment, capture_output=True, text=True, timeout=180, check=False
        )

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            supervisor = subprocess.Popen(
                [DESK, "run"],
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=hear_signals,  # noqa: PLW1509 - it takes no lock
            )
        folder = RunFolder(self.folder, first_port=self.port)
        wait_for(
            lambda: (
                supervisor.poll() is not None
                or (folder.holder() == supervisor.pid and folder.read_state().phase == "ready")
            ),
            patience_s=240,
        )
        assert supervisor.poll() is None, self.output.read_text()
        return supervisor

    def status(self) -> dict[str, Any]:
        return json.loads(self.type("status", "--json").stdout)

    def processes(self) -> list[int]:
        """Every living process that was started for this desk, found by its environment."""
        mark = f"DESK_HOME={self.home}".encode()
        found: list[int] = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in environ.read_bytes().split(b"\0"):
                    found.append(int(environ.parent.name))
            except OSError:
                continue
        return found

    def sql_of(self, owner: str, statement: str) -> str:
        """Run SQL in the database of a service."""
        password = json.loads((self.folder / "secrets.json").read_text())[postgres.SUPERUSER]
        cluster = postgres.Cluster(self.folder / "postgres", port=self.port + 5, password=password)
        return postgres.sql(cluster, f"{statement};", database=owner).strip()

    def sql(self, statement: str) -> str:
        password = json.loads((self.folder / "secrets.json").read_text())[postgres.SUPERUSER]
        cluster = postgres.Cluster(self.folder / "postgres", port=self.port + 5, password=password)
        return postgres.sql(cluster, statement).strip()

    def clock(self) -> dict[str, Any]:
        return json.loads((self.folder / "clock.json").read_text())


def hear_signals() -> None:
    """Hear what a terminal sends, also where the tests themselves run under nohup or in the background."""
    for wish in (signal.SIGINT, signal.SIGHUP):
        signal.signal(wish, signal.SIG_DFL)


def wait_for(condition: Callable[[], bool], *, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
