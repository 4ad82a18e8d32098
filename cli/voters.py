"""`desk voters`: what is done with the list of voters as a whole, beside its import (`desk import voters`)."""

import json
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.api import Api, Content
from cli.errors import complaining
from cli.options import AsJson, Port
from contracts.access import Role
from deploy.local import DEFAULT_PORT
from deploy.run_folder import run_folder

app = typer.Typer(help="The list of voters as a whole.")


class Resealed(BaseModel):
    """What one part came to."""

    sealed: int
    left: int
    retired: list[str]


@app.callback()
def voters() -> None:
    """The list of voters as a whole."""


@app.command()
def reseal(
    port: Port = DEFAULT_PORT,
    rows: Annotated[int, typer.Option(min=1, max=5_000, help="Rows of one transaction.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Seal every row with the current key; the list stays in use, and whoever stops goes on where it ended."""
    with complaining("voters reseal"):
        api = Api(run_folder(port))
        sealed, told = 0, Resealed(sealed=0, left=0, retired=[])
        with _bar(quiet=as_json) as bar:
            task = bar.add_task("sealed anew", total=None)
            while True:
                told = _part(api, rows)
                sealed += told.sealed
                bar.update(task, completed=sealed, total=sealed + told.left)
                if not (told.left and told.sealed):
                    break
    if as_json:
        typer.echo(json.dumps({"sealed": sealed, "left": told.left, "retired": told.retired}))
    else:
        Console().print(f"{sealed} rows sealed anew, {told.left} left; {_may_leave(told.retired)}")
    raise typer.Exit(1 if told.left else 0)


def _part(api: Api, rows: int) -> Resealed:
    content = Content(json.dumps({"most": rows}).encode())
    return api.send("POST", f"{api.election}/voters:reseal", Resealed, role=Role.ADMIN, content=content)


def _may_leave(retired: list[str]) -> str:
    if not retired:
        return "no key became free"
    return f"these keys seal nothing any more and may leave the file: {', '.join(retired)}"


def _bar(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, quiet=quiet),
    )
