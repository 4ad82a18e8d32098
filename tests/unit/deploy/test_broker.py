"""Which broker a desk runs on, and that the fallback is never taken in silence."""

import hashlib
import io
from pathlib import Path

import pytest
from rich.console import Console

from deploy import broker, kafka_jars

JAR = b"a jar"


@pytest.fixture
def said() -> Console:
    return Console(file=io.StringIO(), width=1_000)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in a folder, empty at first, in which the lock's one jar is to be found."""
    lock = tmp_path / "kafka.lock"
    there = tmp_path / "repository"
    (there / "org").mkdir(parents=True)
    lock.write_text(f"{there.as_uri()}\n{hashlib.sha256(JAR).hexdigest()} {len(JAR)} org/kafka.jar\n")
    monkeypatch.setattr(kafka_jars, "LOCK", lock)
    monkeypatch.setattr(kafka_jars, "FOLDER", tmp_path / "jars")
    monkeypatch.delenv("DESK_BROKER", raising=False)
    return there


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_it_is_kafka_where_the_jars_can_be_had(repository: Path, said: Console) -> None:
    (repository / "org" / "kafka.jar").write_bytes(JAR)
    assert broker.choose(said) == "kafka"
    assert not kafka_jars.missing()
    assert "fallback" not in text_of(said)
    (repository / "org" / "kafka.jar").unlink()
    assert broker.choose(said) == "kafka"  # what is here is not fetched again


@pytest.mark.parametrize("found", [None, b"another jar"])
def test_it_is_the_fallback_otherwise_and_that_is_said_with_its_reason(
    repository: Path, said: Console, found: bytes | None
) -> None:
    if found is not None:
        (repository / "org" / "kafka.jar").write_bytes(found)
    assert broker.choose(said) == "tansu"
    reason = "is not the file that kafka.lock names" if found else "cannot be downloaded"
    assert f"Apache Kafka cannot be had (kafka.jar {reason}" in text_of(said)
    assert "The desk runs on the fallback broker, Tansu" in text_of(said)
    assert "sent again from the outboxes at each start" in text_of(said)
    assert kafka_jars.missing()


def test_who_asks_for_one_by_name_gets_that_one_or_none(
    repository: Path, said: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_BROKER", "kafka")
    with pytest.raises(kafka_jars.JarsMissingError):
        broker.choose(said)
    monkeypatch.setenv("DESK_BROKER", "tansu")
    (repository / "org" / "kafka.jar").write_bytes(JAR)
    assert broker.choose(said) == "tansu"
    assert kafka_jars.missing()  # nothing is fetched for nobody
    monkeypatch.setenv("DESK_BROKER", "rabbit")
    with pytest.raises(ValueError, match="it may be kafka or tansu"):
        broker.choose(said)
