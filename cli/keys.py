"""`desk keys`: the keys that sign this desk's tokens."""

from datetime import UTC, datetime, timedelta

import typer

from cli.options import Port
from cli.tokens import LONGEST_MINUTES, is_rehearsal
from deploy.key_rotation import KeyFiles, RotationError, rotate, told
from deploy.keys import Keys
from deploy.local import DEFAULT_PORT
from deploy.run_folder import run_folder

app = typer.Typer(help="The keys that sign this desk's tokens.", no_args_is_help=True)
LONGEST_REHEARSAL_MINUTES = 720
"""Longest life of a token that `desk token` signs on a rehearsal's desk."""


@app.callback()
def _keys() -> None:
    """Keep `rotate` a command of its own beside those that may come."""


@app.command("rotate")
def rotate_keys(port: Port = DEFAULT_PORT) -> None:
    """Put a new signing key in the place of the one that signs, while the desk runs: no restart, no failed request."""
    folder = run_folder(port)
    keys = Keys(folder.keys)
    minutes = LONGEST_REHEARSAL_MINUTES if is_rehearsal(folder) else LONGEST_MINUTES
    try:
        done = rotate(
            KeyFiles(keys.signing_key, keys.public_keys),
            prefix="demo",
            lifetime=timedelta(minutes=minutes),
            now=datetime.now(UTC),
        )
    except (RotationError, OSError) as error:
        typer.echo(f"desk keys: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(told(done))
