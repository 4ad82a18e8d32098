"""`desk backup` and `desk restore`: a desk that was lost comes back, with all that it had acknowledged."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import DeskError, complaining
from cli.options import AsJson, Port
from deploy import backup as backups
from deploy.local import DEFAULT_PORT
from deploy.run_folder import DeskIsHeldError, run_folder


def backup(
    to: Annotated[Path, typer.Option(help="Folder on another disk; the backup becomes a folder in it.")],
    port: Port = DEFAULT_PORT,
) -> None:
    """Back up a running desk: its database at one instant, its keys, its settings. Prints the new folder."""
    with complaining("backup"):
        try:
            typer.echo(str(backups.make(run_folder(port), into=to.absolute())))
        except backups.BackupError as error:
            raise DeskError(str(error)) from error


def restore(
    backup: Annotated[Path, typer.Option("--from", help="What `desk backup` made.")],
    archive: Annotated[
        Path | None, typer.Option(help="The folder that DESK_ARCHIVE named, for what came after the backup.")
    ] = None,
    port: Port = DEFAULT_PORT,
    as_json: AsJson = False,
) -> None:
    """Put a backup in place of a desk that is gone; `desk run` then starts it, and makes its topics again."""
    with complaining("restore"):
        try:
            restored = backups.restore(
                run_folder(port), backup=backup.absolute(), archive=archive and archive.absolute()
            )
        except (backups.BackupError, DeskIsHeldError) as error:
            raise DeskError(str(error)) from error
    if as_json:
        typer.echo(json.dumps(asdict(restored)))
        return
    events = ", ".join(f"{owner} {count:,}" for owner, count in restored.events.items())
    typer.echo(
        f"restored in {restored.took_s:.1f} s, with {restored.segments} parts of the log from the archive"
    )
    typer.echo(f"events in the ledgers: {events}")
    prefix = "" if port == DEFAULT_PORT else f"DESK_PORT={port} "
    typer.echo(f"It starts with: {prefix}.venv/bin/desk run")
