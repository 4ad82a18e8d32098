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
    """A broker that can be started, again and again, in its folder."""

    name: str
    log: Path
    start: Callable[[], subprocess.Popen[bytes]]
    is_ready: Callable[[], bool]
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


def make(name: str, *, folder: Path, port: int, controller_port: int) -> Broker:
    """The broker of a folder, `kafka` or `tansu`, not yet started."""
    if name == "tansu":
        fallback = tansu.Node(folder=folder, port=port)
        return Broker(
            name=name,
            log=fallback.log,
            start=lambda: tansu.start(fallback),
            is_ready=lambda: tansu.is_ready(fallback),
            idempotent=False,
        )
    node = kafka.Node(folder=folder, port=port, controller_port=controller_port)
    return Broker(
        name=name,
        log=node.log,
        start=lambda: kafka.start(node),
        is_ready=lambda: kafka.is_ready(node),
        idempotent=True,
    )
