"""Apache Kafka's jars: what they are, checked against `kafka.lock`, and how they get here.

`jgo` resolves them once, when the version changes: `python -m deploy.kafka_jars lock` writes `kafka.lock`,
which is committed. Everybody else downloads what the lock names and refuses a file with another checksum.
"""

import hashlib
import os
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import jgo
from jgo.constants import MAVEN_CENTRAL_URL
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
"""The broker, and the smallest logger that its logging interface accepts."""

LOCK = Path(__file__).with_name("kafka.lock")
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
    lines = (line.split() for line in LOCK.read_text().splitlines() if not line.startswith("#"))
    return [Jar(sha256=sha256, size=int(size), path=path) for sha256, size, path in lines]


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
    columns = TextColumn("Apache Kafka"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=sum(jar.size for jar in wanted))
        for jar in wanted:
            _download(jar)
            progress.advance(bar, jar.size)


def _download(jar: Jar) -> None:
    try:
        content = _get(jar.path)
    except OSError as error:
        raise JarsMissingError(f"{jar.file.name} cannot be downloaded: {error}") from error
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise JarsMissingError(f"{jar.file.name} is not the file that kafka.lock names: its checksum differs")
    unfinished = jar.file.with_name(f"{jar.file.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(jar.file)


def _get(path: str) -> bytes:
    # Not httpx: the way to a package registry may lead through the proxy that the environment names.
    address = f"{MAVEN_CENTRAL_URL.rstrip('/')}/{path}"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - a constant of https
        return answer.read()


def lock() -> None:
    """Resolve the endpoint anew and write the lock."""
    lines = [f"# {ENDPOINT}; written by `python -m deploy.kafka_jars lock`"]
    for artifact in jgo.resolve(ENDPOINT):
        name = f"{artifact.artifactId}-{artifact.version}.jar"
        path = "/".join([*artifact.groupId.split("."), artifact.artifactId, artifact.version, name])
        content = _get(path)
        lines.append(f"{hashlib.sha256(content).hexdigest()} {len(content)} {path}")
    LOCK.write_text("\n".join(lines) + "\n")


def main() -> None:
    """Fetch the jars (`fetch`) or write the lock anew (`lock`)."""
    console = Console(stderr=True)
    match sys.argv[1:]:
        case ["lock"]:
            lock()
        case ["fetch"]:
            try:
                fetch(console)
            except JarsMissingError as error:
                console.print(f"[yellow]{error}\nWithout it the desk runs on the fallback broker, Tansu.[/]")
                raise SystemExit(1) from error
        case _:
            raise SystemExit("usage: python -m deploy.kafka_jars fetch|lock")


if __name__ == "__main__":
    main()
