"""A private PostgreSQL and a private Kafka for one test run.

The first test that needs a server starts its keeper: a process of its own that starts the server, waits
until the test run is over, and stops it. The workers of pytest-xdist share it. The run holds a lock on
`run.lock` for as long as it lives, and the keeper waits for that lock, so that it notices every end of the
run, also by `kill -9`; the server in turn is tied to its keeper by the kernel.
"""

import fcntl
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from deploy import broker, postgres, processes

RUN_FOLDER = "DESK_TEST_RUN"
"""Environment variable by which the workers find the folder of their run."""


@dataclass(frozen=True)
class PostgresServer:
    """The run's PostgreSQL."""

    port: int
    superuser_password: str
    role_password: str
    folder: str

    @property
    def cluster(self) -> postgres.Cluster:
        return postgres.Cluster(folder=Path(self.folder), port=self.port, password=self.superuser_password)

    def url(self, database: str, *, role: str) -> str:
        return self.cluster.url(database, role=role, password=self.role_password)

    def owner_url(self, url: str) -> str:
        """The address of a service's database for the role that owns it, by which migrations run."""
        parts = urlsplit(url)
        return self.url(parts.path.removeprefix("/"), role=f"{parts.username}{postgres.OWNER_SUFFIX}")


@dataclass(frozen=True)
class KafkaServer:
    """The run's broker."""

    port: int
    name: str
    idempotent: bool

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"


def begin_run() -> int:
    """Make the run's folder, whose name the workers inherit, and return the lock that says that it lives."""
    folder = Path(tempfile.mkdtemp(prefix="desk-tests-"))
    folder.chmod(0o711)  # PostgreSQL may run as another account; what it makes inside is private
    os.environ[RUN_FOLDER] = str(folder)
    lock = _open_lock(folder / "run.lock")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def end_run(lock: int) -> None:
    """Let go of the run's lock and wait until the keepers have stopped their servers."""
    os.close(lock)
    deadline = time.monotonic() + 20
    while list(run_folder().glob("*.keeper")) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(run_folder(), ignore_errors=True)


def run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


def postgres_server() -> PostgresServer:
    """The run's PostgreSQL, started by whoever asks first."""
    return PostgresServer(**_server("postgres"))


def kafka_server() -> KafkaServer:
    """The run's broker, started by whoever asks first."""
    return KafkaServer(**_server("kafka"))


def make_database(service: str, *, template: str = "template1") -> str:
    """Make a fresh database that belongs to a service's role and return its address."""
    server = postgres_server()
    name = f"{service}_{secrets.token_hex(6)}"
    with exclusive("databases"):  # the role is made once, and a template is copied by one at a time
        postgres.ensure_database(
            server.cluster,
            name,
            role=service,
            password=server.role_password,
            owner_password=server.role_password,
            template=template,
        )
    return server.url(name, role=service)


def drop_database(url: str) -> None:
    """Remove a database, cutting the sessions that still use it."""
    name = urlsplit(url).path.removeprefix("/")
    postgres.sql(postgres_server().cluster, 'drop database if exists :"name" with (force);', name=name)


def free_ports(count: int) -> int:
    """The first of some consecutive ports that nobody listens on.

    They lie below the range from which the kernel takes the ports of outgoing connections.
    """
    for _ in range(200):
        first = random.randrange(20_000, 32_000 - count)
        if all(_is_free(first + offset) for offset in range(count)):
            return first
    raise RuntimeError(f"no {count} consecutive ports are free")


@contextmanager
def exclusive(name: str) -> Generator[None]:
    """One process of the run at a time."""
    lock = _open_lock(run_folder() / f"{name}.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _server(name: str) -> dict[str, Any]:
    ready = run_folder() / f"{name}.json"
    if not ready.exists():
        with exclusive(name):
            if not ready.exists():
                _start_keeper(name, ready=ready)
    return json.loads(ready.read_text())


def _start_keeper(name: str, *, ready: Path) -> None:
    log = run_folder() / f"{name}-keeper.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.infrastructure", name, run_folder()],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    processes.wait_until(ready.exists, process=keeper, log=log, name=f"{name}'s keeper", patience_s=90)


def _keep(name: str, *, folder: Path) -> None:
    """What a keeper does."""
    marker = folder / f"{name}.keeper"
    marker.touch()
    try:
        start = _run_postgres if name == "postgres" else _run_broker
        with start(folder) as server:
            unfinished = folder / f"{name}.unfinished"
            unfinished.write_text(json.dumps(asdict(server)))
            unfinished.rename(folder / f"{name}.json")
            with (folder / "run.lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # waits for the end of the run
    finally:
        marker.unlink(missing_ok=True)
        if not list(folder.glob("*.keeper")):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _run_postgres(folder: Path) -> Generator[PostgresServer]:
    server = PostgresServer(
        folder=str(folder / "postgres"),
        port=free_ports(1),
        superuser_password=secrets.token_hex(16),
        role_password=secrets.token_hex(16),
    )
    cluster = server.cluster
    process = postgres.start(cluster)
    try:
        processes.wait_until(
            lambda: postgres.is_ready(cluster),
            process=process,
            log=cluster.log,
            name="PostgreSQL",
            patience_s=30,
        )
        yield server
    finally:
        postgres.stop(process)
        postgres.remove(cluster.folder)


@contextmanager
def _run_broker(folder: Path) -> Generator[KafkaServer]:
    port = free_ports(2)
    name = broker.choose(Console(stderr=True))
    bus = broker.make(name, folder=folder / "broker", port=port, controller_port=port + 1)
    process = bus.start()
    try:
        processes.wait_until(bus.is_ready, process=process, log=bus.log, name=name, patience_s=60)
        yield KafkaServer(port=port, name=name, idempotent=bus.idempotent)
    finally:
        processes.stop(process, first=signal.SIGTERM, patience_s=15)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


if __name__ == "__main__":
    _keep(sys.argv[1], folder=Path(sys.argv[2]))
