"""`desk results`: a contest as the verified forms have it by now, never as the official result."""

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from cli.api import Api
from cli.errors import DeskError, complaining
from cli.options import AsJson, Port
from contracts.access import Role, place_code
from contracts.zones import zone_of
from deploy.local import DEFAULT_PORT, LABELS
from deploy.run_folder import run_folder


class ChoiceFigures(BaseModel):
    """One choice of a contest."""

    model_config = ConfigDict(extra="allow")

    number: int
    name: str
    votes: int | None
    share: float | None


class ContestFigures(BaseModel):
    """One contest in one region; what is not named here is passed on as it comes."""

    model_config = ConfigDict(extra="allow")

    contest: str
    name: str
    region_name: str
    label: str
    choices: list[ChoiceFigures]
    valid: int | None
    invalid: int | None
    total: int | None
    tps_in: int
    tps_total: int
    tps_held: int
    tps_disputed: int
    as_of: datetime


class SourceFigures(BaseModel):
    """How fresh what came from one service is."""

    service: str
    as_of: datetime | None
    lag_s: float | None


class RegionResults(BaseModel):
    """The answer of the desk."""

    election: str
    rehearsal: bool
    contests: list[ContestFigures]
    sources: list[SourceFigures]
    answered_at: datetime


class ElectionDates(BaseModel):
    """What of the election matters here."""

    results_public_at: datetime


def results(
    contest: Annotated[
        str,
        typer.Option(help="Its id (`walikota-32.71`), or the office where the region has one (`walikota`)."),
    ],
    region: Annotated[str | None, typer.Option(help="Code of a region; the desk's own by default.")] = None,
    port: Port = DEFAULT_PORT,
    as_json: AsJson = False,
) -> None:
    """Print the live results of a contest. They are never the official result, and say so."""
    with complaining("results"):
        api = Api(run_folder(port))
        code = place_code(region or api.settings.region)
        if code is None:
            raise DeskError(f"{region} is no code of a region")
        found = api.get(
            f"{api.election}/regions/{code}/results",
            RegionResults,
            role=Role.DESK,
            params={"contest": contest},
        )
        public_at = api.get(api.election, ElectionDates, role=Role.DESK).results_public_at
        figures = _the_one(found, asked=contest)
    if as_json:
        facts = {
            **figures.model_dump(mode="json"),
            "election": found.election,
            "rehearsal": found.rehearsal,
            "answered_at": found.answered_at.isoformat(),
            "public_at": public_at.isoformat(),
            "sources": [source.model_dump(mode="json") for source in found.sources],
        }
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _print(figures, found, public_at=public_at, zone=zone_of(code))


def _the_one(found: RegionResults, *, asked: str) -> ContestFigures:
    match found.contests:
        case [one]:
            return one
        case []:
            raise DeskError(f"{asked} is not held there")
        case several:
            raise DeskError(f"several contests are called {asked}: name one of {_ids(several)}")


def _ids(contests: list[ContestFigures]) -> str:
    return ", ".join(each.contest for each in contests)


def _print(figures: ContestFigures, found: RegionResults, *, public_at: datetime, zone: str) -> None:
    table = Table(
        title=f"{figures.name}: {figures.region_name}",
        title_justify="left",
        caption_justify="left",
        caption=figures.label,
    )
    for name in ("", "pasangan / choice"):
        table.add_column(name)
    for name in ("suara / votes", "%"):
        table.add_column(name, justify="right")
    for choice in figures.choices:
        share = "" if choice.share is None else f"{choice.share:.2%}"
        table.add_row(str(choice.number), choice.name, _count(choice.votes), share)
    table.add_section()
    table.add_row("", "sah / valid", _count(figures.valid), "")
    table.add_row("", "tidak sah / invalid", _count(figures.invalid), "")
    table.add_row("", "jumlah / total", _count(figures.total), "")
    console = Console()
    console.print(table)
    held = f", {figures.tps_held} held" if figures.tps_held else ""
    disputed = f", {figures.tps_disputed} disputed" if figures.tps_disputed else ""
    console.print(
        f"{figures.tps_in} of {figures.tps_total} TPS are in{held}{disputed}, as of {_local(figures.as_of, zone)}"
    )
    late = [each.service for each in found.sources if each.lag_s is None or each.lag_s > LATE_S]
    if late:
        console.print(f"[yellow]not up to date: {', '.join(late)}[/]")
    if found.rehearsal:
        console.print("Gladi: angka rekaan. / A rehearsal: the figures are made up.")
    if found.answered_at < public_at:
        console.print(
            f"[bold]Belum boleh diumumkan sebelum {_local(public_at, zone)}. / Not to be published before then (D34).[/]"
        )


LATE_S = 10.0
"""What a service committed longer ago than this may be missing: worth a line."""


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%d %b %Y %H:%M} {LABELS[zone]}"
