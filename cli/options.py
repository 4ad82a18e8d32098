"""Options that several commands have alike."""

from typing import Annotated

import typer

Port = Annotated[
    int, typer.Option("--port", envvar="DESK_PORT", min=1024, max=65_500, help="First port of the desk.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
