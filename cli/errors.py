"""What is said when a command cannot do what it was asked."""

from collections.abc import Generator
from contextlib import contextmanager

import typer

FAILED = 2
"""Exit code of a command that could not do what it was asked; 1 is an answer, such as rows that were refused."""


class DeskError(Exception):
    """What kept a command from being done; its text is for whoever typed it."""


@contextmanager
def complaining(command: str) -> Generator[None]:
    """Say on the standard error what went wrong, and end with code 2.

    Args:
        command: the word behind `desk`.
    """
    try:
        yield
    except DeskError as error:
        typer.echo(f"desk {command}: {error}", err=True)
        raise typer.Exit(FAILED) from error
