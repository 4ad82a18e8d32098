"""Apache Kafka's jars: what `kafka.lock` names, and how they get here (`python -m deploy.kafka_jars`).

The lock is written by `deploy/kafka_lock.py` when the version changes. Everybody else downloads what it
names, and refuses a file with another checksum.
"""

import hashlib
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

LOCK = Path(__file__).with_name("kafka.lock")
"""First the repository; then a line for each jar: SHA-256, size in bytes, path."""

FOLDER = Path(__file__).resolve().parent.parent / ".tools" / "kafka"


@dataclass(frozen=True)
class Jar:
    """One line of the lock: a file of Maven Central with its checksum and its size in bytes."""

    sha256: str
    size: int
    path: str

    @property
    def file(self) -> Path:
        """Where it lies here."""
        return FOLDER / self.path.rsplit("/", 1)[1]


class JarsMissingError(Exception):
    """The jars are not here and cannot be had."""


def locked() -> list[Jar]:
    """The jars that the lock names."""
    _, *lines = LOCK.read_text().splitlines()
    return [Jar(sha256=sha256, size=int(size), path=path) for sha256, size, path in map(str.split, lines)]


def missing() -> list[Jar]:
    """The jars of the lock that are not here; a file is whole, or is not under its name."""
    return [jar for jar in locked() if not (jar.file.exists() and jar.file.stat().st_size == jar.size)]


def classpath() -> str:
    """The jars as Java wants them."""
    return os.pathsep.join(str(jar.file) for jar in locked())


def fetch(console: Console) -> None:
    """Download what is missing, with a bar, and check it.

    Raises:
        JarsMissingError: A jar cannot be downloaded, or is not the one that the lock means.
    """
    wanted = missing()
    if not wanted:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    repository = LOCK.read_text().split("\n", 1)[0]
    columns = TextColumn("Apache Kafka"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=sum(jar.size for jar in wanted))
        for jar in wanted:
            _fetch_one(jar, repository=repository)
            progress.advance(bar, jar.size)


def _fetch_one(jar: Jar, *, repository: str) -> None:
    try:
        content = download(repository, jar.path)
    except OSError as error:
        raise JarsMissingError(f"{jar.file.name} cannot be downloaded: {error}") from error
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise JarsMissingError(f"{jar.file.name} is not the file that kafka.lock names: its checksum differs")
    unfinished = jar.file.with_name(f"{jar.file.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(jar.file)


def download(repository: str, path: str) -> bytes:
    """Download one file of a Maven repository.

    Raises:
        OSError: It cannot be had.
    """
    # Not httpx: the way to a package registry may lead through the proxy that the environment names.
    with urllib.request.urlopen(f"{repository}/{path}", timeout=30) as answer:  # noqa: S310 - from the lock
        return answer.read()


def main() -> None:
    """Fetch what is missing; the exit code says whether all is here."""
    console = Console(stderr=True)
    try:
        fetch(console)
    except JarsMissingError as error:
        console.print(f"[yellow]{error}\nWithout it the desk runs on the fallback broker, Tansu.[/]")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
