"""What `make run` starts, from the first process to the last.

Read `start` from top to bottom: database, broker, migrations, the four services and the gateway, and the
simulated election days. Stopping goes the other way round. How a process is watched, started again and
stopped is in `supervisor.py`; how a folder and a block of ports are taken, in `run_folder.py`.
"""

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from deploy import broker, desk_clock, postgres, processes
from deploy.keys import Keys, ensure_keys, ensure_passwords
from deploy.run_folder import PROJECT, DeskIsHeldError, RunFolder, hold
from deploy.supervisor import Program, StopAskedError, Supervisor

SERVICES = ("registry", "logistics", "incidents", "turnout")
OWNERS = (*SERVICES, "gateway")
"""Who has a database: the gateway keeps its read tables in one."""

DEFAULT_PORT = 8000
WIB = ZoneInfo("Asia/Jakarta")
ELECTION = "pilkada-2024"
REGION = "32.71"
DAYS_BEGIN = datetime.fromisoformat("2024-11-26T06:00+07:00")
"""The simulated days begin with the boxes, on the day before."""
DAY_OFF_BEGINS = datetime.fromisoformat("2024-11-27T06:00+07:00")
"""A desk without the simulator stands an hour before the TPS open."""


@dataclass(frozen=True)
class Options:
    """What may be asked of a desk by the environment.

    Args:
        speed: Simulated seconds per second, 1 to 1200.
        day: Whether the simulated days run; otherwise the city is loaded and the clock goes at speed 1.
        fresh: Whether to forget all that an earlier run left.
    """

    speed: int
    day: bool
    fresh: bool


def run(folder: RunFolder, options: Options, *, console: Console) -> int:
    """Run a desk until it is told to stop, and return the exit code.

    Args:
        folder: Where it lies, and on which ports.
        options: How it runs.
        console: Where it says what it does.
    """
    say = partial(_say, console)
    supervisor = Supervisor(folder, say=say)
    supervisor.listen()
    try:
        with hold(folder, fresh=options.fresh):
            try:
                start(supervisor, options, console=console)
                supervisor.watch(each_tick=_heartbeat(folder))
            except StopAskedError:
                pass
            finally:
                supervisor.stop_all()
                if folder.clock.exists():
                    desk_clock.beat(folder.clock, ended=True)
            say("the desk is down; the next start goes on where it stopped")
    except (DeskIsHeldError, RuntimeError, OSError, ValueError, broker.kafka_jars.JarsMissingError) as error:
        say(f"[bold red]{escape(str(error))}[/]")
        return 1
    return 0


def start(desk: Supervisor, options: Options, *, console: Console) -> None:
    """Start everything, in order, and say where it is."""
    began = time.monotonic()
    folder = desk.folder
    keys = ensure_keys(folder.keys, regions=[REGION], election=ELECTION)
    passwords = ensure_passwords(folder.path / "secrets.json", [postgres.SUPERUSER, *OWNERS])
    cluster = postgres.Cluster(
        folder.path / "postgres", port=folder.port("postgres"), password=passwords[postgres.SUPERUSER]
    )
    bus = broker.make(
        broker.choose(console),
        folder=folder.path / "kafka",
        port=folder.port("kafka"),
        controller_port=folder.port("kafka controller"),
    )

    database, events = _database(cluster), _broker(bus, port=folder.port("kafka"))
    desk.start(database)
    desk.start(events)

    desk.wait_ready(database)
    for owner in OWNERS:
        postgres.ensure_database(cluster, owner, role=owner, password=passwords[owner])
    environment = {
        owner: _environment(
            folder,
            keys,
            owner=owner,
            database_url=cluster.url(owner, role=owner, password=passwords[owner]),
            bus=bus,
        )
        for owner in OWNERS
    }
    programs = {
        owner: _python(folder, owner, environment=environment[owner]) for owner in OWNERS if _exists(owner)
    }
    desk.run_to_end(*(_migration(folder, owner, environment=environment[owner]) for owner in programs))

    # The clock stands until the city is loaded: the simulator lets it go.
    stood = desk_clock.resume(
        folder.clock,
        first=DAYS_BEGIN if options.day else DAY_OFF_BEGINS,
        speed=0 if options.day else 1,
    )
    desk.wait_ready(events)
    desk.start(*(program for owner, program in programs.items() if owner != "gateway"))
    if "gateway" in programs:
        desk.start(programs["gateway"])
    desk.wait_ready(*programs.values())
    if (PROJECT / "simulator" / "__main__.py").exists():
        desk.start(_simulator(folder, keys, options))
    _print_table(desk, took_s=time.monotonic() - began, desk_time=stood, console=console)


def _database(cluster: postgres.Cluster) -> Program:
    return Program(
        name="postgres",
        start=lambda: postgres.start(cluster),
        log=cluster.log,
        is_ready=lambda: postgres.is_ready(cluster),
        url=f"postgresql://127.0.0.1:{cluster.port}",
        stop_signal=signal.SIGINT,
        patience_s=20,
    )


def _broker(bus: broker.Broker, *, port: int) -> Program:
    return Program(
        name=bus.name,
        start=bus.start,
        log=bus.log,
        is_ready=bus.is_ready,
        url=f"kafka://127.0.0.1:{port}",
        patience_s=15,
    )


def _python(folder: RunFolder, owner: str, *, environment: Mapping[str, str]) -> Program:
    """A service or the gateway."""
    log = folder.logs / f"{owner}.log"
    return Program(
        name=owner,
        start=lambda: processes.spawn(
            [sys.executable, "-m", _module(owner)], log=log, environment=environment, cwd=PROJECT
        ),
        log=log,
        is_ready=lambda: _is_healthy(folder.port(owner)),
        url=folder.url(owner),
        patience_s=15,
    )


def _migration(folder: RunFolder, owner: str, *, environment: Mapping[str, str]) -> Program:
    log = folder.logs / f"{owner}.log"
    command = [sys.executable, "-m", _module(owner), "migrate"]
    return Program(
        name=f"the migration of {owner}",
        start=lambda: processes.spawn(command, log=log, environment=environment, cwd=PROJECT),
        log=log,
    )


def _simulator(folder: RunFolder, keys: Keys, options: Options) -> Program:
    log = folder.logs / "simulator.log"
    environment = dict(os.environ) | {
        "DESK_URL": folder.url("gateway"),
        "DESK_DEMO_SECRETS": str(keys.demo_secrets),
        "SPEED": str(options.speed),
    }
    command = [sys.executable, "-m", "simulator", "demo" if options.day else "load"]
    return Program(
        name="simulator",
        start=lambda: processes.spawn(command, log=log, environment=environment, cwd=PROJECT),
        log=log,
        may_end=True,
    )


def _environment(
    folder: RunFolder, keys: Keys, *, owner: str, database_url: str, bus: broker.Broker
) -> dict[str, str]:
    """What a process is told by its environment; ours is passed on, for what a developer adds."""
    common = {
        "DESK_ENVIRONMENT": "development",
        "DESK_REHEARSAL": "true",
        "DESK_HTTP_HOST": "127.0.0.1",
        "DESK_HTTP_PORT": str(folder.port(owner)),
        "DESK_DATABASE_URL": database_url,
        "DESK_KAFKA_BOOTSTRAP": f"127.0.0.1:{folder.port('kafka')}",
        "DESK_BROKER_IDEMPOTENT": str(bus.idempotent).lower(),
        "DESK_CLOCK_FILE": str(folder.clock),
        "DESK_JWKS": str(keys.public_keys),
        "DESK_ISSUER": folder.url("gateway"),
        "DESK_PEERS": json.dumps({other: folder.url(other) for other in OWNERS}),
        "DESK_INTERNAL_TOKEN_FILE": str(keys.internal_token),
    }
    door = {"DESK_SIGNING_KEY_FILE": str(keys.signing_key), "DESK_CLIENTS_FILE": str(keys.clients)}
    return dict(os.environ) | common | (door if owner == "gateway" else {})


def _module(owner: str) -> str:
    return owner if owner == "gateway" else f"services.{owner}"


def _exists(owner: str) -> bool:
    return (PROJECT / _module(owner).replace(".", "/") / "__main__.py").exists()


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _heartbeat(folder: RunFolder) -> Callable[[], None]:
    """Note once a second that the desk is alive, so that its clock goes on from there."""
    last = 0.0

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            desk_clock.beat(folder.clock)

    return beat


def _print_table(desk: Supervisor, *, took_s: float, desk_time: datetime, console: Console) -> None:
    folder = desk.folder
    table = Table(
        title=f"Desk Pilkada is ready after {took_s:.1f} s", title_justify="left", show_header=False
    )
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for program in desk.programs():
        table.add_row(program.name, program.url or "runs")
    table.add_section()
    prefix = "" if folder.first_port == DEFAULT_PORT else f"DESK_PORT={folder.first_port} "
    table.add_row("desk time", f"{desk_time.astimezone(WIB):%d %b %Y %H:%M} WIB")
    table.add_row("a token", f"{prefix}.venv/bin/desk token --role desk --region {REGION}")
    table.add_row("the data", str(folder.path))
    table.add_row("the logs", str(folder.logs))
    table.add_row("to stop", f"Ctrl-C, or {prefix}make down")
    _say(console, table)


def _say(console: Console, message: RenderableType) -> None:
    """Print, unless nobody listens any more: a closed terminal must not keep the desk from stopping."""
    with suppress(OSError):
        console.print(message, soft_wrap=isinstance(message, str))
