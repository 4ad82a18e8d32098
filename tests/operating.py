"""A desk as an operator meets it: commands typed, processes watched. For tests of whole desks."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy import postgres, processes
from deploy.run_folder import RunFolder
from tests.infrastructure import free_ports

ROOT = Path(__file__).resolve().parents[1]
DESK = Path(sys.executable).with_name("desk")
CTRL_C = "\x03"


class Terminal:
    """A terminal window in which one command runs: keys can be pressed in it, and it can be closed."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: Path,
        user: str | None = None,
    ) -> None:
        self._master, slave = os.openpty()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - it takes no lock
            user=user,
            group=processes.group_of(user),
            extra_groups=[] if user else None,
        )
        os.close(slave)
        self._closing = threading.Event()
        self._screen = threading.Thread(target=self._show, args=[output])
        self._screen.start()

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def close(self) -> None:
        """Close the window, which the kernel tells to whoever leads the session."""
        if not self._closing.is_set():
            self._closing.set()
            self._screen.join()  # a read under way would keep the terminal open
            os.close(self._master)

    def _show(self, output: Path) -> None:
        with output.open("wb", buffering=0) as file:
            while not self._closing.is_set():
                if select.select([self._master], [], [], 0.05)[0]:
                    try:
                        file.write(os.read(self._master, 65_536))
                    except OSError:  # whoever wrote to it has ended
                        return


def _take_terminal() -> None:
    hear_signals()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Operator:
    """Types commands for one desk, whose folder has a space in its path, in a checkout and as a user."""

    def __init__(
        self, home: Path, *, checkout: Path = ROOT, desk: Path = DESK, user: str | None = None
    ) -> None:
        self.checkout = checkout
        self.desk = desk
        self.user = user
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
            [self.desk, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            user=self.user,
            group=processes.group_of(self.user),
            extra_groups=[] if self.user else None,
        )

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            supervisor = subprocess.Popen(
                [self.desk, "run"],
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=hear_signals,  # noqa: PLW1509 - it takes no lock
                user=self.user,
                group=processes.group_of(self.user),
                extra_groups=[] if self.user else None,
            )
        self.wait_ready(supervisor)
        assert self.run_folder.holder() == supervisor.pid
        return supervisor

    def start_in_terminal(self) -> Terminal:
        """Type `make run`, and wait until the desk is ready."""
        terminal = Terminal(
            ["make", "run"],
            cwd=self.checkout,
            environment=self.environment,
            output=self.output,
            user=self.user,
        )
        try:
            self.wait_ready(terminal.process)
        except BaseException:
            terminal.close()
            raise
        return terminal

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the desk that a process starts is ready."""
        folder = self.run_folder
        wait_for(
            lambda: (
                process.poll() is not None
                or (folder.holder() is not None and folder.read_state().phase == "ready")
            ),
            patience_s=240,
        )
        assert process.poll() is None, self.output.read_text()

    @property
    def run_folder(self) -> RunFolder:
        return RunFolder(self.folder, first_port=self.port)

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
