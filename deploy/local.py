"""What `make run` starts, from the first process to the last.

Read `start` from top to bottom: database, broker, migrations, the four services and the gateway, and the
simulated election days. Stopping goes the other way round. The programs themselves are in `programs.py`; how
they are watched, started again and stopped, in `supervisor.py`; how a folder and a block of ports are taken,
in `run_folder.py`.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from deploy import broker, desk_clock, kafka_jars, postgres, programs
from deploy.keys import ensure_keys, ensure_passwords
from deploy.run_folder import PROJECT, DeskIsHeldError, RunFolder, hold
from deploy.supervisor import StopAskedError, Supervisor

DEFAULT_PORT = 8000
ELECTION = "pilkada-2024"
REGION = "32.71"
WIB = ZoneInfo("Asia/Jakarta")
DAYS_BEGIN = datetime(2024, 11, 26, 3, 30, tzinfo=WIB)
"""The simulated days begin before the first box leaves its warehouse, on the day before."""
DAY_OFF_BEGINS = datetime(2024, 11, 27, 6, tzinfo=WIB)
"""A desk without the simulator stands an hour before the TPS open."""


@dataclass(frozen=True)
class Options:
    """What may be asked of a desk."""

    speed: int
    """Simulated seconds per second, 1 to 1200."""
    day: bool
    """Whether the simulated days run; otherwise the city is loaded and the clock goes at speed 1."""
    fresh: bool
    """Whether to forget all that an earlier run left."""


def run(folder: RunFolder, options: Options, *, console: Console) -> int:
    """Run a desk until it is told to stop, and return the exit code.

    Args:
        folder: Where it lies, and on which ports.
        options: How it runs.
        console: Where it says what it does.
    """
    say = partial(_say, console)
    desk = Supervisor(folder, say=say)
    desk.listen()
    try:
        with hold(folder, fresh=options.fresh):
            try:
                start(desk, options, console=console)
                desk.watch(each_tick=_heartbeat(folder))
            except StopAskedError:
                pass
            finally:
                desk.stop_all()
                if folder.clock.exists():
                    desk_clock.beat(folder.clock, ended=True)
    except (DeskIsHeldError, kafka_jars.JarsMissingError, RuntimeError, OSError, ValueError) as error:
        say(f"[bold red]{escape(str(error))}[/]")
        return 1
    say("the desk is down; the next start goes on where it stopped")
    return 0


def start(desk: Supervisor, options: Options, *, console: Console) -> None:
    """Start everything, in order, and say where it is."""
    began = time.monotonic()
    folder = desk.folder
    keys = ensure_keys(folder.keys, regions=[REGION], election=ELECTION)
    passwords = ensure_passwords(folder.path / "secrets.json", [postgres.SUPERUSER, *programs.OWNERS])

    cluster = postgres.Cluster(
        folder.path / "postgres", port=folder.port("postgres"), password=passwords[postgres.SUPERUSER]
    )
    database = programs.database(cluster)
    desk.start(database)

    bus = broker.make(
        broker.choose(console),
        folder=folder.path / "kafka",
        port=folder.port("kafka"),
        controller_port=folder.port("kafka controller"),
    )
    events = programs.events(bus, port=folder.port("kafka"))
    desk.start(events)

    desk.wait_ready(database)
    for owner in programs.OWNERS:
        postgres.ensure_database(cluster, owner, role=owner, password=passwords[owner])
    environments = {
        owner: programs.environment(
            folder,
            keys,
            owner=owner,
            database_url=cluster.url(owner, role=owner, password=passwords[owner]),
            bus=bus,
        )
        for owner in programs.OWNERS
        if programs.exists(owner)
    }
    desk.run_to_end(
        *(
            programs.migration(folder, owner, environment=environment)
            for owner, environment in environments.items()
            if not programs.is_migrated(cluster, owner)
        )
    )

    # The clock stands until the city is loaded: the simulator lets it go.
    desk_clock.resume(
        folder.clock, first=DAYS_BEGIN if options.day else DAY_OFF_BEGINS, speed=0 if options.day else 1
    )
    desk.wait_ready(events)
    processes = {
        owner: programs.service(folder, owner, environment=environment)
        for owner, environment in environments.items()
    }
    desk.start(*(processes[owner] for owner in programs.SERVICES if owner in processes))
    desk.start(*(processes[owner] for owner in ["gateway"] if owner in processes))
    desk.wait_ready(*processes.values())

    if (PROJECT / "simulator" / "__main__.py").exists():
        desk.start(programs.simulator(folder, keys, speed=options.speed, day=options.day))
    _print_table(desk, took_s=time.monotonic() - began, console=console)


def _heartbeat(folder: RunFolder) -> Callable[[], None]:
    """Note once a second that the desk is alive, so that its clock goes on from there."""
    last = 0.0

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            desk_clock.beat(folder.clock)

    return beat


def _print_table(desk: Supervisor, *, took_s: float, console: Console) -> None:
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
    table.add_row("desk time", f"{desk_clock.desk_now(folder.clock).astimezone(WIB):%d %b %Y %H:%M} WIB")
    table.add_row("a token", f"{prefix}.venv/bin/desk token --role desk --region {REGION}")
    table.add_row("the data", str(folder.path))
    table.add_row("the logs", str(folder.logs))
    table.add_row("to stop", f"Ctrl-C, or {prefix}make down")
    _say(console, table)


def _say(console: Console, message: RenderableType) -> None:
    """Print, unless nobody listens any more: a closed terminal must not keep the desk from stopping."""
    with suppress(OSError):
        console.print(message, soft_wrap=isinstance(message, str))
