"""`python -m faults.served turnout`: a service whose ways to database and broker, and from the door, lead through proxies."""

import json
import os
import runpy
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit


def main() -> None:
    """Point the service's settings at the proxies, and become the service."""
    owner = sys.argv[1]
    ports: dict[str, int] = json.loads(os.environ["FAULTS_PROXIES"])
    url = urlsplit(os.environ["DESK_DATABASE_URL"])
    own = url.netloc.rpartition(":")[0]
    os.environ["DESK_DATABASE_URL"] = url._replace(netloc=f"{own}:{ports[owner]}").geturl()
    os.environ["DESK_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{ports['kafka']}"
    if owner == "gateway":
        peers = {name: f"http://127.0.0.1:{port}" for name, port in _doors(ports).items()}
        os.environ["DESK_PEERS"] = json.dumps(peers)
    del sys.argv[1]
    runpy.run_module(
        owner if owner == "gateway" else f"services.{owner}", run_name="__main__", alter_sys=True
    )


def _doors(ports: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix("door/"): port for name, port in ports.items() if name.startswith("door/")}


if __name__ == "__main__":
    main()
