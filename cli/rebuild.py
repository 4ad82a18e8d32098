"""`desk rebuild`: the gateway's read tables are emptied and made again from the topics, and must end as they were."""

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.api import Api
from cli.errors import DeskError, complaining
from cli.options import AsJson, Port
from contracts.access import Role
from deploy.local import DEFAULT_PORT
from deploy.run_folder import run_folder

STATE = "/v1/desk/projections"
PAUSE_S = 0.2


class ProjectionState(BaseModel):
    """What is projected, by its hash."""

    epoch: str
    rows: int
    events: int
    hash: str
    caught_up: bool


class ProjectionProgress(BaseModel):
    """How far the projections are, in records of the topics."""

    epoch: str
    taken: int
    left: int | None
    silent: list[str]
    caught_up: bool


class Rebuilt(BaseModel):
    """The read tables were emptied."""

    epoch: str


Watch = Callable[[ProjectionProgress], None]


def rebuild(
    port: Port = DEFAULT_PORT,
    patience: Annotated[int, typer.Option(min=1, help="Seconds that it may take.")] = 600,
    as_json: AsJson = False,
) -> None:
    """Empty the gateway's read tables and make them again from the topics. Exit code 1 where they end otherwise."""
    console = Console(stderr=True, soft_wrap=True)
    with complaining("rebuild"):
        api = Api(run_folder(port))
        _wait_until_caught_up(api, epoch=None, patience_s=patience, watch=lambda _: None)
        before = _state(api)
        if not as_json:
            console.print(f"before  {before.hash}  ({before.rows} rows of {before.events} events)")
        began = time.monotonic()
        made = api.send("POST", f"{STATE}:rebuild", Rebuilt, role=Role.ADMIN)
        bar = _bar(console)
        with nullcontext() if as_json else bar:
            task = bar.add_task("rebuilding", total=None)
            _wait_until_caught_up(
                api,
                epoch=made.epoch,
                patience_s=patience,
                watch=lambda progress: bar.update(
                    task, completed=progress.taken, total=progress.taken + (progress.left or 0)
                ),
            )
        took_s = time.monotonic() - began
        after = _state(api)
        if after.hash != before.hash and after.events == before.events:
            after = _state(api)  # the hash may be of an event that the count before it had not seen
    came_in = after.events - before.events
    equal = after.hash == before.hash
    if as_json:
        facts = {
            "before": before.hash,
            "after": after.hash,
            "equal": equal,
            "events_before": before.events,
            "events_after": after.events,
            "took_s": round(took_s, 3),
        }
        typer.echo(json.dumps(facts))
    else:
        console.print(f"after   {after.hash}  ({after.rows} rows of {after.events} events)")
        console.print(f"{_verdict(equal=equal, came_in=came_in)}, after {took_s:.1f} s")
    raise typer.Exit(0 if equal or came_in else 1)


def _verdict(*, equal: bool, came_in: int) -> str:
    if equal:
        return "[green]the same[/]"
    if came_in:
        return f"{came_in} events came in meanwhile: the hashes cannot be compared, rebuild again in a quiet minute"
    return "[bold red]NOT the same, and nothing came in meanwhile[/]"


def _wait_until_caught_up(api: Api, *, epoch: str | None, patience_s: float, watch: Watch) -> None:
    """Wait until everything on the topics is projected.

    Args:
        epoch: of the feed that has to catch up; None for whichever there is.
    """
    deadline = time.monotonic() + patience_s
    while True:
        progress = api.get(f"{STATE}/progress", ProjectionProgress, role=Role.ADMIN)
        watch(progress)
        if progress.caught_up and epoch in (None, progress.epoch):
            return
        if time.monotonic() > deadline:
            left = "nobody knows how many" if progress.left is None else progress.left
            silent = f"; nothing is heard from {', '.join(progress.silent)}" if progress.silent else ""
            raise DeskError(
                f"not caught up within {patience_s:.0f} s: {progress.taken} records are in, {left} are left{silent}"
            )
        time.sleep(PAUSE_S)


def _state(api: Api) -> ProjectionState:
    return api.get(STATE, ProjectionState, role=Role.ADMIN)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
