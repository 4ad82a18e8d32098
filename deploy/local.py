"""What `make run` starts, from the first process to the last.

Read `start` from top to bottom: database, broker, migrations, the four services and the gateway, and, unless
`desk init` made the desk for something else, the simulated election days. Stopping goes the other way round.
The programs themselves are in `programs.py`; how they are watched, started again and stopped, in
`supervisor.py`; how a folder and a block of ports are taken, in `run_folder.py`; what a desk is for, in
`desk_settings.py`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from contracts.zones import WIB, WIT, WITA, zone_of
from deploy import archive, broker, desk_clock, kafka_jars, postgres, programs, prometheus_server
from deploy.desk_settings import CITY, DeskSettings, read_settings
from deploy.keys import ensure_keys, ensure_passwords
from deploy.run_folder import DeskIsHeldError, RunFolder, hold
from deploy.supervisor import StopAskedError, Supervisor

DEFAULT_PORT = 8000
LABELS = {WIB: "WIB", WITA: "WITA", WIT: "WIT"}
DAYS_BEGIN = time(3, 30)
"""The simulated days begin before the first box leaves its warehouse, on the day before; a civil time of the region."""
DAY_OFF_BEGINS = time(6)
"""A desk without the simulated days stands an hour before the TPS open; a civil time of the region."""


@dataclass(frozen=True)
class Options:
    """What may be asked of a desk."""

    speed: int
    """Simulated seconds per second, 1 to 1200."""
    day: bool
    """Whether the simulated days run; otherwise the city is loaded and the clock goes at speed 1."""
    fresh: bool
    """Whether to forget all that an earlier run left."""
    archive: Path | None = None
    """Folder on another disk that has every commit before it is told of."""


WhenReady = Callable[[DeskSettings], None]


def run(folder: RunFolder, options: Options, *, console: Console, when_ready: WhenReady) -> int:
    """Run a desk until it is told to stop, and return the exit code.

    Args:
        folder: Where it lies, and on which ports.
        options: How it runs.
        console: Where it says what it does.
        when_ready: What is done as soon as every service answers.
    """
    say = partial(_say, console)
    try:
        settings = read_settings(folder)
    except (ValueError, OSError) as error:
        say(f"[bold red]{escape(str(error))}[/]")
        return 1
    if options.fresh and not settings.rehearsal:
        say(
            f"[bold red]This is a real desk: its data is not forgotten by FRESH. If you mean it, delete[/] {folder.path}"
        )
        return 1
    desk = Supervisor(folder, say=say)
    desk.listen()
    try:
        with hold(folder, fresh=options.fresh):
            try:
                start(desk, settings, options, console=console, when_ready=when_ready)
                days_run = partial(say, f"{CITY} is loaded; its days run now")
                simulated = settings.demonstration and options.day
                desk.watch(each_tick=_heartbeat(folder, when_let_go=days_run if simulated else None))
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


def start(
    desk: Supervisor, settings: DeskSettings, options: Options, *, console: Console, when_ready: WhenReady
) -> None:
    """Start everything, in order, and say where it is."""
    began = monotonic()
    folder = desk.folder
    keys = ensure_keys(folder.keys, regions=[settings.region], election=settings.election)
    roles = [postgres.SUPERUSER, *programs.OWNERS, *map(programs.owner_role, programs.OWNERS)]
    passwords = ensure_passwords(folder.path / "secrets.json", roles)

    cluster = postgres.Cluster(
        folder.path / "postgres", port=folder.port("postgres"), password=passwords[postgres.SUPERUSER]
    )
    database = programs.database(cluster, settings=archive.settings(options.archive))
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
    desk.start(*archive.programs(cluster, options.archive, log=folder.logs / "archive.log"))
    _ensure_databases(cluster, passwords)
    environments = {
        owner: programs.environment(
            folder,
            keys,
            owner=owner,
            database_url=cluster.url(owner, role=owner, password=passwords[owner]),
            bus=bus,
            rehearsal=settings.rehearsal,
        )
        for owner in programs.OWNERS
    }
    desk.run_to_end(
        *(
            programs.migration(folder, cluster, owner, environment=environment, passwords=passwords)
            for owner, environment in environments.items()
            if not programs.is_migrated(cluster, owner)
        )
    )

    if settings.rehearsal:
        _set_clock(folder, settings, options)
    desk.wait_ready(events)
    processes = {
        owner: programs.service(folder, owner, environment=environment)
        for owner, environment in environments.items()
    }
    desk.start(*(processes[owner] for owner in programs.SERVICES))
    desk.start(processes["gateway"])
    desk.wait_ready(*processes.values())

    if (binary := prometheus_server.find()) is not None:
        desk.start(prometheus_server.program(folder, binary=binary))
    if settings.demonstration:
        desk.start(programs.simulator(folder, keys, speed=options.speed, day=options.day))
    when_ready(settings)
    _print_table(desk, settings, took_s=monotonic() - began, console=console)


def _ensure_databases(cluster: postgres.Cluster, passwords: Mapping[str, str]) -> None:
    """Make the database of each process, the role that owns it and the role that the process logs in as."""
    for owner in programs.OWNERS:
        postgres.ensure_database(
            cluster,
            owner,
            role=owner,
            password=passwords[owner],
            owner_password=passwords[programs.owner_role(owner)],
        )


def _set_clock(folder: RunFolder, settings: DeskSettings, options: Options) -> None:
    """Let the clock go on where it stopped; for simulated days it stands until the simulator has loaded their election.

    The demonstration's days start with the desk. Those of another rehearsal are started by `desk simulate`, unless it has
    pairs of its own: then people play it, by a clock that goes as theirs do.
    """
    simulated = options.day if settings.demonstration else not settings.choices
    eve = settings.voting_date - timedelta(days=1)
    day, hour = (eve, DAYS_BEGIN) if simulated else (settings.voting_date, DAY_OFF_BEGINS)
    first = datetime.combine(day, hour, tzinfo=ZoneInfo(zone_of(settings.region)))
    desk_clock.resume(folder.clock, first=first, speed=0 if simulated else 1)


def _heartbeat(folder: RunFolder, *, when_let_go: Callable[[], None] | None) -> Callable[[], None]:
    """Note once a second that the desk is alive, so that its clock goes on from there.

    Args:
        folder: The desk's.
        when_let_go: What is done once the desk's time does not stand still any more.
    """
    last, waiting = 0.0, when_let_go

    def beat() -> None:
        nonlocal last, waiting
        if monotonic() - last < 1 or not folder.clock.exists():
            return
        last = monotonic()
        desk_clock.beat(folder.clock)
        if waiting is not None and not desk_clock.is_held(folder.clock):
            waiting()
            waiting = None

    return beat


def _print_table(desk: Supervisor, settings: DeskSettings, *, took_s: float, console: Console) -> None:
    folder = desk.folder
    zone = zone_of(settings.region)
    now = desk_clock.desk_now(folder.clock) if settings.rehearsal else datetime.now(UTC)
    kind = "rehearsal" if settings.rehearsal else "real desk"
    after = f"after {took_s:.1f} s"
    title = f"up {after}; {CITY} is being loaded" if settings.demonstration else f"ready {after}"
    table = Table(title=f"Desk Pilkada is {title}", title_justify="left", show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for program in desk.programs():
        table.add_row(program.name, program.url or "runs")
    if prometheus_server.find() is None:
        table.add_row(
            "prometheus",
            "not on this machine's path, so not started; metrics are at /metrics of each process",
        )
    table.add_row("grafana", f"not started; give yours {prometheus_server.DASHBOARD}")
    table.add_section()
    prefix = "" if folder.first_port == DEFAULT_PORT else f"DESK_PORT={folder.first_port} "
    table.add_row("election", f"{settings.election}, region {settings.region}, {kind}")
    table.add_row("desk time", f"{now.astimezone(ZoneInfo(zone)):%d %b %Y %H:%M} {LABELS[zone]}")
    if settings.demonstration:
        table.add_row("the city", f"{CITY} is being loaded; a line below says when it is")
    elif settings.rehearsal and not settings.choices:
        simulate = f"{prefix}.venv/bin/desk simulate --region {settings.region} --tps 40"
        table.add_row("to begin", f"{simulate} (until then the clock stands)")
    table.add_row("a token", f"{prefix}.venv/bin/desk token --role desk --region {settings.region}")
    table.add_row(
        "the page",
        f"open what {prefix}.venv/bin/desk token --link --role desk --region {settings.region} prints",
    )
    table.add_row("the data", str(folder.path))
    table.add_row("the logs", str(folder.logs))
    table.add_row("to stop", f"Ctrl-C, or {prefix}make down")
    _say(console, table)


def _say(console: Console, message: RenderableType) -> None:
    """Print, unless nobody listens any more: a closed terminal must not keep the desk from stopping."""
    with suppress(OSError):
        console.print(message, soft_wrap=isinstance(message, str))
