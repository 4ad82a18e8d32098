"""`desk import`: a file of rows goes in through the API; rows that have something to tell are told by their numbers."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from cli.api import Api, Content
from cli.errors import DeskError, complaining
from cli.options import AsJson, Port
from contracts.access import Role
from deploy.local import DEFAULT_PORT
from deploy.run_folder import run_folder

PAUSE_S = 0.2
MOST_FINDINGS = 20
"""So many rows with findings are shown; rows that were refused are all shown."""
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".geojson": "application/geo+json",
}


class Kind(StrEnum):
    """What the rows of a file are."""

    TPS = "tps"
    RISKS = "risks"
    OFFICERS = "officers"
    FACILITIES = "facilities"
    VOTERS = "voters"
    ATTENDANCE = "attendance"
    SCREENINGS = "screenings"
    PERSONNEL = "personnel"
    CHECKLIST = "checklist"
    OUTREACH = "outreach"
    BOUNDARIES = "boundaries"
    REGION_CHANGES = "region_changes"
    RISK_LAYER = "risk_layer"

    @property
    def role(self) -> Role:
        """Who brings such a file: voters are the commission's, screenings those who screened."""
        return {Kind.VOTERS: Role.OPERATOR, Kind.SCREENINGS: Role.HEALTH}.get(self, Role.DESK)

    def path(self, election: str) -> str:
        """Where what became of such a file is asked, under the path of an election."""
        return f"{election}/voters/imports" if self is Kind.VOTERS else f"{election}/imports"

    def sent_to(self, election: str) -> str:
        """Where such a file is sent to: a risk layer becomes an import on its way."""
        return f"{election}/risk-layers/imports" if self is Kind.RISK_LAYER else self.path(election)

    def asked(self, source: str) -> dict[str, str]:
        """What is said in the query: voters and layers have routes of their own, and a layer names its source itself."""
        match self:
            case Kind.VOTERS:
                return {"source": source}
            case Kind.RISK_LAYER:
                return {}
            case _:
                return {"kind": self.value, "source": source}


class Reason(BaseModel):
    """One thing to say of a row."""

    field: str
    code: str
    detail: str
    detail_id: str


class ToldRow(BaseModel):
    """A row that has something to tell."""

    row: int
    status: str
    reasons: list[Reason]


class ToldRows(BaseModel):
    """A page of them."""

    items: list[ToldRow]
    next_cursor: str | None


class Import(BaseModel):
    """How far an import is, and what it came to."""

    model_config = ConfigDict(extra="allow")

    id: str
    state: str
    dry_run: bool
    rows_read: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    with_findings: int
    failure: Reason | None
    finished_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Say whether nothing more is to come."""
        return self.state in {"done", "failed"}


def import_(
    kind: Annotated[Kind, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, NDJSON or GeoJSON, by its ending.")],
    port: Port = DEFAULT_PORT,
    source: Annotated[
        str | None, typer.Option(help="Who says what the rows say; by default, the file's name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every row, change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take in a file of rows. Exit code 1 where rows were refused, 2 where the import failed."""
    with complaining("import"):
        content = _content(file)
        api = Api(run_folder(port))
        told = _take_in(api, content, kind=kind, source=source or file.name, dry_run=dry_run, quiet=as_json)
        rejected = list(_told_rows(api, told, kind, status="rejected")) if told.rejected else []
        found = list(_told_rows(api, told, kind, status="accepted")) if told.with_findings else []
        if as_json:
            lists = {"rejected_rows": rejected, "rows_with_findings": found}
            rows = {name: [row.model_dump(mode="json") for row in each] for name, each in lists.items()}
            typer.echo(json.dumps({**told.model_dump(mode="json"), **rows}))
        else:
            _print(told, rejected, found)
        if told.failure is not None:
            raise DeskError(f"the import failed: {told.failure.code}: {told.failure.detail}")
    raise typer.Exit(1 if told.rejected else 0)


def _content(file: Path) -> Content:
    media_type = MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        raise DeskError(f"{file.name} ends in none of {', '.join(MEDIA_TYPES)}")
    try:
        return Content(file.read_bytes(), media_type)
    except OSError as error:
        raise DeskError(f"{file} cannot be read: {error.strerror}") from error


def _take_in(api: Api, content: Content, *, kind: Kind, source: str, dry_run: bool, quiet: bool) -> Import:
    params = kind.asked(source) | {"dry_run": str(dry_run).lower()}
    path = kind.path(api.election)
    told = api.send(
        "POST", kind.sent_to(api.election), Import, role=kind.role, content=content, params=params
    )
    with _bar(quiet=quiet) as bar:
        task = bar.add_task(f"{kind.value}{', dry run' if dry_run else ''}", total=_rows_of(content))
        while not told.has_ended:
            time.sleep(PAUSE_S)
            told = api.get(f"{path}/{told.id}", Import, role=kind.role)
            bar.update(task, completed=told.rows_read)
        bar.update(task, completed=told.rows_read, total=told.rows_read)
    return told


def _rows_of(content: Content) -> int | None:
    """How many rows a file about has, for the bar; of a spreadsheet nobody knows before it is read."""
    if content.media_type not in {"text/csv", "application/x-ndjson"}:
        return None
    lines = content.data.rstrip(b"\r\n").count(b"\n") + 1
    return lines - 1 if content.media_type == "text/csv" else lines


def _told_rows(api: Api, told: Import, kind: Kind, *, status: str) -> Iterator[ToldRow]:
    params = {"status": status, "limit": "500"}
    path = f"{kind.path(api.election)}/{told.id}/rows"
    while True:
        page = api.get(path, ToldRows, role=kind.role, params=params)
        yield from page.items
        if page.next_cursor is None:
            return
        params["cursor"] = page.next_cursor


def _print(told: Import, rejected: list[ToldRow], found: list[ToldRow]) -> None:
    console = Console()
    if rejected:
        console.print(_table("refused", rejected))
    if found:
        console.print(_table("taken, with findings", found[:MOST_FINDINGS]))
    if len(found) > MOST_FINDINGS:
        console.print(f"and {len(found) - MOST_FINDINGS} more rows with findings: `--json` has them all")
    would = "dry run, nothing was changed: " if told.dry_run else ""
    console.print(
        f"{would}{told.rows_read} rows read: {told.created} created, {told.changed} changed, {told.unchanged} unchanged, "
        f"{told.rejected} refused; {told.with_findings} taken with findings",
        soft_wrap=True,
    )


def _table(title: str, rows: list[ToldRow]) -> Table:
    table = Table("row", "column", "reason", title=title, title_justify="left")
    for row in rows:
        for position, reason in enumerate(row.reasons):
            number = str(row.row) if position == 0 else ""
            table.add_row(number, reason.field, f"{reason.code}: {reason.detail_id} | {reason.detail}")
    return table


class _RateColumn(ProgressColumn):
    """How many rows are taken in a second."""

    def render(self, task: Task) -> Text:
        """Return the rate of the last half minute, or of the whole once it has ended."""
        rate = task.finished_speed or task.speed
        return Text(f"{rate:,.0f} rows/s" if rate else "")


def _bar(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, quiet=quiet),
    )
