"""The two things that `python -m services.<name>` can do: serve, and migrate its database."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fastapi import FastAPI

from chassis.migrations import migrate
from chassis.serving import serve
from chassis.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)


def main(settings_type: type[S], *, create_app: Callable[[S], FastAPI], migrations: Path) -> None:
    """Serve the application, or with the argument `migrate` bring its database to the newest revision."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "serve"
    settings = settings_type()  # type: ignore[call-arg]  # pyright cannot see that the environment fills it
    if verb == "migrate":
        migrate(settings.database_url.get_secret_value(), folder=migrations)
    elif verb == "serve":
        serve(create_app(settings), settings)
    else:
        sys.exit(f"unknown verb {verb!r}: serve or migrate")
