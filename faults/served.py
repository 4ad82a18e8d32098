"""`python -m faults.served turnout`: a service of the desk whose ways to its database and broker lead through proxies."""

import json
import os
import runpy
import sys
from urllib.parse import urlsplit


def main() -> None:
    """Point the service's settings at the proxies, and become the service."""
    owner = sys.argv[1]
    ports: dict[str, int] = json.loads(os.environ["FAULTS_PROXIES"])
    url = urlsplit(os.environ["DESK_DATABASE_URL"])
    own = url.netloc.rpartition(":")[0]
    os.environ["DESK_DATABASE_URL"] = url._replace(netloc=f"{own}:{ports[owner]}").geturl()
    os.environ["DESK_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{ports['kafka']}"
    del sys.argv[1]
    runpy.run_module(
        owner if owner == "gateway" else f"services.{owner}", run_name="__main__", alter_sys=True
    )


if __name__ == "__main__":
    main()
