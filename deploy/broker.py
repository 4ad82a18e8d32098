"""The broker of a desk: Apache Kafka, or Tansu where Kafka's jars cannot be had."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy import kafka, kafka_jars, tansu


@dataclass(frozen=True)
class Broker:
    """A broker that has been started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    is_ready: Callable[[], bool]
    stop: Callable[[], None]
    idempotent: bool
    """Whether it serves an idempotent producer."""


def choose(console: Console) -> str:
    """Decide for `kafka` or `tansu`, and say so where it is the fallback.

    `DESK_BROKER` forces either; where it asks for Kafka, there is no fallback.

    Raises:
        JarsMissingError: Kafka was asked for by name and cannot be had.
        ValueError: `DESK_BROKER` names something else.
    """
    forced = os.environ.get("DESK_BROKER", "")
    if forced not in ("", "kafka", "tansu"):
        raise ValueError(f"DESK_BROKER is {forced!r}; it may be kafka or tansu")
    if forced == "tansu":
        return "tansu"
    try:
        kafka_jars.fetch(console)
    except kafka_jars.JarsMissingError as error:
        if forced:
            raise
        console.print(
            f"[bold yellow]Apache Kafka cannot be had ({error}).[/]\n"
            "[yellow]The desk runs on the fallback broker, Tansu: it keeps events in memory, so they are sent "
            "again from the outboxes at each start, and its producers are not idempotent.[/]"
        )
        return "tansu"
    return "kafka"


def start(name: str, *, folder: Path, port: int, controller_port: int) -> Broker:
    """Start the broker of a folder; it is ready when `is_ready` says so."""
    if name == "tansu":
        node = tansu.Node(folder=folder, port=port)
        process = tansu.start(node)
        return Broker(
            name=name,
            process=process,
            log=node.log,
            is_ready=lambda: tansu.is_ready(node),
            stop=lambda: tansu.stop(process),
            idempotent=False,
        )
    kafka_node = kafka.Node(folder=folder, port=port, controller_port=controller_port)
    kafka_process = kafka.start(kafka_node)
    return Broker(
        name=name,
        process=kafka_process,
        log=kafka_node.log,
        is_ready=lambda: kafka.is_ready(kafka_node),
        stop=lambda: kafka.stop(kafka_process),
        idempotent=True,
    )
