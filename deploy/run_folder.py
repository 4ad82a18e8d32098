"""The folder of one desk: who holds it, its ports, its state, and what is left of the run before.

Everything of a desk lies in `.desk/<port>/`; `DESK_HOME` puts the folders of all desks elsewhere.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy import postgres

PROJECT = Path(__file__).resolve().parent.parent

PORTS = (
    *("gateway", "registry", "logistics", "incidents", "turnout"),
    *("postgres", "kafka", "kafka controller", "prometheus", "grafana"),
)
"""What listens on the ports from the desk's own upwards, in this order."""

SETTINGS_FILE = "desk.json"
"""What the desk is for; it outlives what a run leaves."""


class DeskIsHeldError(Exception):
    """Somebody else has what this desk needs: its folder, or one of its ports."""


@dataclass(frozen=True)
class ProcessState:
    """One process of a running desk, as `state.json` tells."""

    name: str
    pid: int
    started: int
    """When the process began, in ticks of the kernel: with the pid it names one process for good."""
    url: str
    restarts: int


@dataclass(frozen=True)
class DeskState:
    """What `state.json` tells of a desk."""

    phase: str
    processes: list[ProcessState]


@dataclass(frozen=True)
class RunFolder:
    """The folder of the desk on one block of ports."""

    path: Path
    first_port: int

    @property
    def logs(self) -> Path:
        """What each process prints, one file each."""
        return self.path / "logs"

    @property
    def keys(self) -> Path:
        """Keys and secrets of the run."""
        return self.path / "keys"

    @property
    def clock(self) -> Path:
        """The desk's clock, shared by every process."""
        return self.path / "clock.json"

    def port(self, name: str) -> int:
        """The port of one of `PORTS`."""
        return self.first_port + PORTS.index(name)

    def url(self, name: str) -> str:
        """The address of a service or of the gateway."""
        return f"http://127.0.0.1:{self.port(name)}"

    def holder(self) -> int | None:
        """The pid of the supervisor that runs this desk, or None."""
        with suppress(FileNotFoundError), (self.path / "desk.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read().split("\n")[0] or 0)
        return None

    def read_state(self) -> DeskState:
        """What the supervisor last wrote down."""
        try:
            raw = json.loads((self.path / "state.json").read_text())
        except FileNotFoundError:
            return DeskState(phase="down", processes=[])
        return DeskState(phase=raw["phase"], processes=[ProcessState(**one) for one in raw["processes"]])

    def write_state(self, state: DeskState) -> None:
        """Write down what runs."""
        replace_file(self.path / "state.json", json.dumps(asdict(state), indent=2))


def run_folder(port: int) -> RunFolder:
    """The folder of the desk on a port."""
    home = Path(os.environ.get("DESK_HOME") or PROJECT / ".desk")
    return RunFolder(path=home.absolute() / str(port), first_port=port)


@contextmanager
def hold(folder: RunFolder, *, fresh: bool) -> Generator[None]:
    """Take the folder for as long as the context lasts; the kernel gives it back however we end.

    Args:
        folder: The desk's folder, made where it is missing.
        fresh: Delete all that an earlier run left in it.

    Raises:
        DeskIsHeldError: Another desk runs on it, or another program listens on one of its ports.
    """
    folder.path.mkdir(parents=True, exist_ok=True)
    if folder.path.stat().st_uid == os.geteuid():
        folder.path.chmod(0o711)  # PostgreSQL may run as another account; what lies in here is private
    with (folder.path / "desk.lock").open("a+") as lock:
        if not _try_lock(lock.fileno()):
            raise DeskIsHeldError(
                f"A desk already runs on port {folder.first_port}: process {folder.holder()}, "
                f"which holds {folder.path / 'desk.lock'}.\nStop it with `desk down`, or choose another block of "
                "ports with DESK_PORT."
            )
        # A supervisor that was killed has left `ready` behind, and whoever asks must not take that for ours.
        folder.write_state(DeskState(phase="starting", processes=folder.read_state().processes))
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        _end_leftovers(folder)
        check_ports(folder)
        if fresh:
            _empty(folder)
        folder.logs.mkdir(exist_ok=True)
        folder.keys.mkdir(mode=0o700, exist_ok=True)
        yield


def check_ports(folder: RunFolder) -> None:
    """Look whether all of a desk's ports are free.

    Raises:
        DeskIsHeldError: One is not; the message says who listens there.
    """
    for name in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", folder.port(name)))
            except OSError:
                raise DeskIsHeldError(
                    f"Port {folder.port(name)}, meant for {name}, is used by {_listener(folder.port(name))}.\n"
                    "Choose another block of ports with DESK_PORT."
                ) from None


def is_alive(process: ProcessState) -> bool:
    """Whether that very process still runs."""
    return process.started != 0 and started_at(process.pid) == process.started


def started_at(pid: int) -> int:
    """When a process began, in ticks of the kernel; 0 where there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def replace_file(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a file in one step, so that no reader sees half of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    unfinished.replace(path)


def _try_lock(lock: int) -> bool:
    for _ in range(5):  # somebody who only asks for the holder has the lock for an instant
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False


def _end_leftovers(folder: RunFolder) -> None:
    """Wait for the children of a supervisor that was killed; the kernel has told them to end."""
    deadline = time.monotonic() + 15
    while leftovers := [process for process in folder.read_state().processes if is_alive(process)]:
        if time.monotonic() > deadline:
            for process in leftovers:
                os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.1)


def _listener(port: int) -> str:
    """Who listens on a port, as far as we may see it."""
    listening = {
        fields[9]
        for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if table.exists()
        for fields in (line.split() for line in table.read_text().splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port
    }
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            target = str(link.readlink())
            if target.startswith("socket:[") and target[8:-1] in listening:
                name = (link.parent.parent / "comm").read_text().strip()
                return f"process {link.parent.parent.name} ({name})"
    return "another program"


def _empty(folder: RunFolder) -> None:
    postgres.remove(folder.path / "postgres")
    for path in folder.path.iterdir():
        if path.name in ("desk.lock", SETTINGS_FILE):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
