"""The command line `desk`."""

import json
import os
import signal
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli import audit, dead_letters, keys, tokens, voters
from cli import doctor as examination
from cli.backup import backup, restore
from cli.definition import define, define_at_start
from cli.imports import import_
from cli.init import init
from cli.options import AsJson, Port
from cli.rebuild import rebuild
from cli.results import results
from cli.simulate import simulate
from contracts.access import Role
from deploy import local
from deploy.run_folder import RunFolder, is_alive, run_folder

app = typer.Typer(help="The election desk of a region.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def run(
    port: Port = local.DEFAULT_PORT,
    speed: Annotated[
        int, typer.Option(envvar="SPEED", min=1, max=1200, help="Simulated seconds per second.")
    ] = 60,
    day: Annotated[str, typer.Option(envvar="DAY", help="`off` leaves the simulated days out.")] = "on",
    fresh: Annotated[bool, typer.Option(envvar="FRESH", help="Forget what an earlier run left.")] = False,
    archive: Annotated[
        Path | None,
        typer.Option(
            envvar="DESK_ARCHIVE", help="Folder on another disk: it has each commit before its answer."
        ),
    ] = None,
) -> None:
    """Start the desk and stay until it is stopped."""
    if day not in ("on", "off"):
        raise typer.BadParameter("DAY may be on or off")
    options = local.Options(speed=speed, day=day == "on", fresh=fresh, archive=archive and archive.absolute())
    console = Console()
    when_ready = partial(define_at_start, port, console=console)
    raise typer.Exit(local.run(run_folder(port), options, console=console, when_ready=when_ready))


app.add_typer(keys.app, name="keys")
app.command()(init)
app.command()(define)
app.command("import")(import_)
app.command()(simulate)
app.command()(results)
app.command()(rebuild)
app.command()(backup)
app.command()(restore)
app.add_typer(voters.app, name="voters", no_args_is_help=True)
app.add_typer(dead_letters.app, name="dead-letters", no_args_is_help=True)
app.add_typer(audit.app, name="audit", no_args_is_help=True)


@app.command()
def status(
    port: Port = local.DEFAULT_PORT,
    as_json: AsJson = False,
) -> None:
    """Say what runs: name, pid and address of each process. Exit code 1 where the desk is down."""
    folder = run_folder(port)
    supervisor = folder.holder()
    state = folder.read_state()
    processes = state.processes if supervisor else []
    rows = [asdict(process) | {"alive": is_alive(process)} for process in processes]
    phase = state.phase if supervisor else "down"
    if as_json:
        typer.echo(json.dumps({"phase": phase, "supervisor": supervisor, "port": port, "processes": rows}))
    elif supervisor is None:
        typer.echo(f"no desk runs on port {port}")
    else:
        table = Table("name", "pid", "address", "restarts", title=f"desk on {port}: {phase}")
        for process in processes:
            pid = str(process.pid) if is_alive(process) else f"{process.pid} (has ended)"
            table.add_row(process.name, pid, process.url, str(process.restarts))
        Console().print(table)
    raise typer.Exit(0 if supervisor else 1)


@app.command()
def down(port: Port = local.DEFAULT_PORT) -> None:
    """Stop the desk, in order, and wait until it is down."""
    folder = run_folder(port)
    supervisor = folder.holder()
    if supervisor is None:
        typer.echo(f"no desk runs on port {port}")
        return
    os.kill(supervisor, signal.SIGTERM)
    if not _wait_until_down(folder, patience_s=90):
        typer.echo(f"process {supervisor} has not ended within 90 s", err=True)
        raise typer.Exit(1)
    typer.echo("the desk is down")


@app.command()
def renew(port: Port = local.DEFAULT_PORT) -> None:
    """Put new processes in the place of the services and the gateway, one after another; no request is refused meanwhile."""
    folder = run_folder(port)
    supervisor = folder.holder()
    if supervisor is None or folder.read_state().phase != "ready":
        typer.echo(f"no desk is ready on port {port}", err=True)
        raise typer.Exit(1)
    before = {
        process.name: process.pid
        for process in folder.read_state().processes
        if process.url.startswith("http")
    }
    os.kill(supervisor, signal.SIGUSR1)
    deadline = time.monotonic() + 300
    while folder.read_state().phase == "ready" and time.monotonic() < deadline:
        time.sleep(0.05)
    while folder.read_state().phase == "renewing" and time.monotonic() < deadline:
        time.sleep(0.1)
    after = {process.name: process.pid for process in folder.read_state().processes}
    for name, pid in before.items():
        typer.echo(
            f"{name}: {pid} -> {after.get(name)}" if after.get(name) != pid else f"{name}: {pid} stays"
        )


@app.command()
def doctor(port: Port = local.DEFAULT_PORT) -> None:
    """Look for what keeps the desk from running on this machine."""
    findings = examination.examine(run_folder(port))
    table = Table("", "what", "finding", show_header=False)
    for finding in findings:
        table.add_row("[green]ok[/]" if finding.ok else "[red]NO[/]", finding.what, finding.text)
    Console().print(table)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def token(
    role: Annotated[list[Role], typer.Option(help="What the holder is; may be given more than once.")],
    region: Annotated[
        list[str],
        typer.Option(help="Code of a region or TPS, `*` for the nation; may be given more than once."),
    ],
    port: Port = local.DEFAULT_PORT,
    person: Annotated[
        str | None, typer.Option(help="Pseudonym of a person; without it, an application.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="Id of the person's device.")] = None,
    election: Annotated[str | None, typer.Option(help="The one election that it holds for.")] = None,
    client: Annotated[str, typer.Option(help="Id of the application.")] = "desk-cli",
    minutes: Annotated[
        int, typer.Option(min=1, max=720, help="How long it holds; over 10 on a rehearsal's desk only.")
    ] = 10,
    link: Annotated[
        bool,
        typer.Option("--link", help="Print the page's address with the token, which the page takes out."),
    ] = False,
) -> None:
    """Print a token that this desk's own key signs, or a link that opens the page with it, and nothing else."""
    wish = tokens.Wish(
        roles=role,
        regions=region,
        person=person,
        device=device,
        election=election,
        client=client,
        minutes=minutes,
    )
    try:
        signed = tokens.sign(run_folder(port), wish)
        typer.echo(f"{run_folder(port).url('gateway')}/#token={signed}" if link else signed)
    except tokens.NoTokenError as error:
        typer.echo(f"desk token: {error}", err=True)
        raise typer.Exit(1) from error


def _wait_until_down(folder: RunFolder, *, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while folder.holder() is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
