"""The programs of a desk: how each is started, and when it is ready."""

import http.client
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping

from deploy import broker, postgres, processes
from deploy.desk_settings import CITY
from deploy.keys import Keys
from deploy.run_folder import PROJECT, RunFolder
from deploy.supervisor import Program

SERVICES = ("registry", "logistics", "incidents", "turnout")
OWNERS = (*SERVICES, "gateway")
"""Who has a database and a process: the gateway keeps its read tables in one."""


def database(cluster: postgres.Cluster, *, settings: Mapping[str, str]) -> Program:
    """The database server, with settings beside its own."""
    return Program(
        name="postgres",
        start=lambda: postgres.start(cluster, settings),
        log=cluster.log,
        is_ready=lambda: postgres.is_ready(cluster),
        url=f"postgresql://127.0.0.1:{cluster.port}",
        stop_signal=signal.SIGINT,
        patience_s=20,
    )


def events(bus: broker.Broker, *, port: int) -> Program:
    """The broker."""
    return Program(
        name=bus.name,
        start=bus.start,
        log=bus.log,
        is_ready=bus.is_ready,
        url=f"kafka://127.0.0.1:{port}",
        patience_s=15,
    )


def migration(folder: RunFolder, owner: str, *, environment: Mapping[str, str]) -> Program:
    """The short process that brings the database of a service to its newest revision."""
    log = folder.logs / f"{owner}.log"
    command = [sys.executable, "-m", _module(owner), "migrate"]
    return Program(
        name=f"the migration of {owner}",
        start=lambda: processes.spawn(command, log=log, environment=environment, cwd=PROJECT),
        log=log,
    )


def is_migrated(cluster: postgres.Cluster, owner: str) -> bool:
    """Whether the database of a service stands at its newest revision, so that nothing is to be done."""
    versions = PROJECT / _module(owner).replace(".", "/") / "migrations" / "versions"
    text = "\n".join(file.read_text() for file in versions.glob("*.py"))
    named = r'^{}\b[^=\n]*=\s*"([^"]+)"'
    newest = set(re.findall(named.format("revision"), text, re.MULTILINE)) - set(
        re.findall(named.format("down_revision"), text, re.MULTILINE)
    )
    try:
        applied = postgres.sql(cluster, "select version_num from alembic_version;", database=owner).split()
    except RuntimeError:  # no such table: the database is new
        return False
    return set(applied) == newest


def service(folder: RunFolder, owner: str, *, environment: Mapping[str, str]) -> Program:
    """A service, or the gateway.

    Its socket is opened here and stays open while its processes come and go, so that who connects meanwhile waits.
    """
    log = folder.logs / f"{owner}.log"
    listener = socket.create_server(("127.0.0.1", folder.port(owner)), backlog=4096)
    told = {**environment, "DESK_HTTP_FD": str(listener.fileno())}
    served_by = os.environ.get("DESK_SERVED_BY")  # `make bench` puts an echo route beside the service's own
    command = (
        [sys.executable, "-m", served_by, owner] if served_by else [sys.executable, "-m", _module(owner)]
    )
    return Program(
        name=owner,
        start=lambda: processes.spawn(
            command, log=log, environment=told, cwd=PROJECT, hand_in=[listener.fileno()]
        ),
        log=log,
        is_ready=lambda: _who_is_healthy(folder.port(owner)) is not None,
        serves=lambda pid: _who_is_healthy(folder.port(owner)) == pid,
        url=folder.url(owner),
        patience_s=15,
    )


def simulator(folder: RunFolder, keys: Keys, *, speed: int, day: bool) -> Program:
    """The simulated days, or only the city that they happen in."""
    log = folder.logs / "simulator.log"
    environment = _inherited() | {
        "DESK_URL": folder.url("gateway"),
        "DESK_DEMO_SECRETS": str(keys.demo_secrets),
        "DESK_SIMULATOR_STATE": str(folder.path / "simulator.jsonl"),
        "SPEED": str(speed),
    }
    command = [sys.executable, "-m", "simulator", "demo" if day else "load"]
    return Program(
        name="simulator",
        start=lambda: processes.spawn(command, log=log, environment=environment, cwd=PROJECT),
        log=log,
        at_its_end=f"{CITY}'s days are over; the desk goes on" if day else f"{CITY} is loaded",
    )


def environment(
    folder: RunFolder, keys: Keys, *, owner: str, database_url: str, bus: broker.Broker, rehearsal: bool
) -> dict[str, str]:
    """What a service is told by its environment; only a rehearsal has a clock of its own."""
    common = {
        "DESK_ENVIRONMENT": "development",
        "DESK_REHEARSAL": str(rehearsal).lower(),
        "DESK_HTTP_HOST": "127.0.0.1",
        "DESK_HTTP_PORT": str(folder.port(owner)),
        "DESK_DATABASE_URL": database_url,
        "DESK_KAFKA_BOOTSTRAP": f"127.0.0.1:{folder.port('kafka')}",
        "DESK_BROKER_IDEMPOTENT": str(bus.idempotent).lower(),
        "DESK_JWKS": str(keys.public_keys),
        "DESK_ISSUER": folder.url("gateway"),
        "DESK_PEERS": json.dumps({other: folder.url(other) for other in OWNERS}),
        "DESK_INTERNAL_TOKEN_FILE": str(keys.internal_token),
    }
    registry = {
        "DESK_VOTER_KEYS_FILE": str(keys.voters),
        "DESK_SIGNING_KEY_FILE": str(keys.signing_key),
        "DESK_CLIENTS_FILE": str(keys.clients),
    }
    clock = {"DESK_CLOCK_FILE": str(folder.clock)} if rehearsal else {}
    return _inherited() | common | clock | (registry if owner == "registry" else {})


def _inherited() -> dict[str, str]:
    """Our environment, for what a developer adds; but compiled modules are kept, or each start takes twice as long.

    The clock is never inherited: a real desk has none.
    """
    unwanted = ("PYTHONDONTWRITEBYTECODE", "DESK_CLOCK_FILE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def _module(owner: str) -> str:
    return owner if owner == "gateway" else f"services.{owner}"


def _who_is_healthy(port: int) -> int | None:
    """Return the process that answers on a port and is ready, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        return json.loads(answer.read())["process"] if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
