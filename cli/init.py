"""`desk init`: a desk for any region, written down in its folder; `desk run` starts it."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cli.api import settings_of
from cli.choices import read_choices
from cli.errors import DeskError, complaining
from cli.options import Port
from cli.places import contests_of, name_of
from contracts.zones import zone_of
from deploy.desk_settings import DeskSettings, write_settings
from deploy.local import DEFAULT_PORT, LABELS
from deploy.run_folder import RunFolder, run_folder

VOTING_DATES = {"pilkada-2024": date(2024, 11, 27)}
"""Days of elections that are known by their ids (D23)."""


def init(
    region: Annotated[str, typer.Option(help="Kemendagri code of the region: 35 or 35.78.")],
    election: Annotated[str, typer.Option(help="Id of the election, for its addresses: pilkada-2024.")],
    port: Port = DEFAULT_PORT,
    name: Annotated[
        str | None, typer.Option(help="What the election is called; by default, after its region.")
    ] = None,
    voting_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Civil date; known for pilkada-2024.")
    ] = None,
    choices: Annotated[
        Path | None,
        typer.Option(help="CSV of contest, number, name and kind: who stands. It can follow later."),
    ] = None,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="A desk to practise on: `desk simulate` can play its days.")
    ] = False,
) -> None:
    """Set up a desk for a region: a real one, by the machine's clock, unless it is for a rehearsal."""
    with complaining("init"):
        folder = run_folder(port)
        day = voting_date.date() if voting_date else VOTING_DATES.get(election)
        if day is None:
            raise DeskError(f"when is the vote of {election}? Say --voting-date YYYY-MM-DD")
        place = name_of(region)
        contests = contests_of(region)
        settings = _settings(
            region=region,
            election=election,
            name=name or f"Pemilihan {place} {day.year}{' (gladi)' if rehearsal else ''}",
            voting_date=day,
            rehearsal=rehearsal,
            choices=read_choices(choices, contests=contests) if choices else (),
        )
        _write(folder, settings)
    typer.echo(f"{'A rehearsal' if rehearsal else 'A desk'} for {place} ({region}), in {folder.path}")
    typer.echo(f"  election {election}: {settings.name}, {day:%d %b %Y}, {LABELS[zone_of(region)]}")
    unnamed = (
        ": the simulator invents its pairs" if rehearsal and not choices else ": nobody has said who stands"
    )
    known = {choice.contest for choice in settings.choices}
    for contest in contests:
        typer.echo(f"  contest {contest}{'' if contest in known else unnamed}")
    prefix = "" if port == DEFAULT_PORT else f"DESK_PORT={port} "
    typer.echo(f"It starts with: {prefix}.venv/bin/desk run")


def _settings(**values: object) -> DeskSettings:
    try:
        return DeskSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise DeskError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


def _write(folder: RunFolder, settings: DeskSettings) -> None:
    """Write the settings down, unless the folder holds a desk for something else."""
    if folder.path.exists() and any(path.name != "desk.lock" for path in folder.path.iterdir()):
        if settings_of(folder) == settings:
            return
        raise DeskError(
            f"{folder.path} holds another desk already: choose another block of ports with --port, or delete that folder"
        )
    write_settings(folder, settings)
