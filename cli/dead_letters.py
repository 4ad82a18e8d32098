"""`desk dead-letters`: events that a service could not take in, and what becomes of them.

Not a matter of the public API: it shows the secret of the desk's own processes, which lies in the run's folder.
"""

import json
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from cli.api import DownError, new_client, parsed, request
from cli.errors import FAILED, DeskError, complaining
from cli.options import AsJson, Port
from deploy.keys import Keys
from deploy.local import DEFAULT_PORT
from deploy.programs import OWNERS
from deploy.run_folder import RunFolder, run_folder

app = typer.Typer(
    help="Events that a service could not take in: look at them, take them in again, or pass over them."
)

T = TypeVar("T", bound=BaseModel)

Which = Annotated[str, typer.Argument(metavar="ID", help="As the list names it: turnout/12.")]
Actor = Annotated[str, typer.Option(help="Pseudonym of the person who decides.")]


class DeadLetter(BaseModel):
    """A record that could not be taken in."""

    id: int
    topic: str
    partition: int
    offset: int
    aggregate: str | None
    version: int | None
    reason: str
    died_at: str
    settlement: str | None


class DeadLetters(BaseModel):
    """Dead letters of one service, the newest first."""

    items: list[DeadLetter]


class Settled(BaseModel):
    """What came of a decision."""

    applied: int


@app.command("list")
def list_(
    port: Port = DEFAULT_PORT,
    settled: Annotated[bool, typer.Option("--settled", help="Those that are settled as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters of every service. Exit code 1 where one waits for a decision, 2 where a service did not answer."""
    found: list[tuple[str, DeadLetter]] = []
    silent: list[str] = []
    with complaining("dead-letters list"):
        for owner in OWNERS:
            try:
                letters = _ask(run_folder(port), owner, "GET", "/internal/dead-letters", DeadLetters).items
            except DownError:
                silent.append(owner)
                continue
            found += [(owner, each) for each in letters if settled or each.settlement is None]
        if len(silent) == len(OWNERS):
            raise DeskError(f"no desk runs on port {port}")
    if as_json:
        rows = [letter.model_dump() | {"id": f"{owner}/{letter.id}"} for owner, letter in found]
        typer.echo(json.dumps({"items": rows}))
    elif not found:
        typer.echo("no dead letters" if not silent else "no dead letters where anybody answered")
    else:
        table = Table("id", "record", "aggregate", "reason", "died at", "settlement")
        for owner, each in found:
            record = f"{each.topic}/{each.partition}@{each.offset}"
            aggregate = f"{each.aggregate or '?'} v{each.version or '?'}"
            table.add_row(
                f"{owner}/{each.id}", record, aggregate, each.reason, each.died_at, each.settlement or "waits"
            )
        Console().print(table)
    if silent:
        typer.echo(f"desk dead-letters list: no answer from {', '.join(silent)}", err=True)
        raise typer.Exit(FAILED)
    raise typer.Exit(1 if any(letter.settlement is None for _, letter in found) else 0)


@app.command()
def replay(which: Which, port: Port = DEFAULT_PORT, reason: str = "", actor: Actor = "desk-cli") -> None:
    """Take a dead letter in again, and what waited behind it."""
    _settle("replay", which, port=port, reason=reason or "replayed by hand", actor=actor)


@app.command()
def skip(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why the desk goes on without it.")],
    port: Port = DEFAULT_PORT,
    actor: Actor = "desk-cli",
) -> None:
    """Pass over a dead letter, and take in what waited behind it."""
    _settle("skip", which, port=port, reason=reason, actor=actor)


def _settle(fate: str, which: str, *, port: int, reason: str, actor: str) -> None:
    with complaining(f"dead-letters {fate}"):
        owner, _, number = which.partition("/")
        if owner not in OWNERS or not number.isdigit():
            raise DeskError(f"{which} is no id; `desk dead-letters list` shows them, such as turnout/12")
        path = f"/internal/dead-letters/{number}/settlement"
        body = json.dumps({"fate": fate, "actor": actor, "reason": reason}).encode()
        settled = _ask(run_folder(port), owner, "POST", path, Settled, body=body)
    typer.echo(f"{which}: {settled.applied} events were applied")


def _ask(
    folder: RunFolder, owner: str, method: str, path: str, shape: type[T], *, body: bytes | None = None
) -> T:
    """Ask one process of the desk under the secret of its run."""
    try:
        secret = Keys(folder.keys).internal_token.read_text()
    except OSError as error:
        raise DeskError(
            f"the secret of the desk in {folder.path} cannot be read: {error.strerror}"
        ) from error
    headers = {"Authorization": f"Bearer {secret.strip()}", "Content-Type": "application/json"}
    url = f"{folder.url(owner)}{path}"
    with new_client() as client:
        return parsed(request(client, method, url, headers=headers, content=body), shape)
