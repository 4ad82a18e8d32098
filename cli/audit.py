"""`desk audit`: look whether the audit trail is what it was, and write it out for a subject's request or a breach notice."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel, RootModel
from rich.console import Console
from rich.table import Table

from cli.api import Api
from cli.errors import DeskError, complaining
from cli.options import Port
from contracts.access import Role
from contracts.vocabulary import Service
from deploy.local import DEFAULT_PORT
from deploy.run_folder import replace_file, run_folder

app = typer.Typer(help="The audit trail: who changed what, who was shown what.")


@dataclass(frozen=True)
class Chain:
    """One chain of the trail: of a process, and of changes or of looks."""

    process: str
    kind: str

    @property
    def name(self) -> str:
        """What a file of heads calls it."""
        return f"{self.process}.{self.kind}"


CHAINS: Final = (
    *(Chain(service.value, kind) for service in Service for kind in ("changes", "accesses")),
    Chain("gateway", "accesses"),
)


class Check(BaseModel):
    """What computing a part of a chain anew has found."""

    checked_to: int
    rows: int
    more: bool
    intact: bool
    first_wrong: int | None
    checked_hash: str
    head_number: int


class Head(BaseModel):
    """The end of a chain as it was at some time."""

    number: int
    hash: str


class Heads(RootModel[dict[str, Head]]):
    """The ends of all chains."""


class Page(BaseModel):
    """A page of the trail."""

    items: list[dict[str, object]]
    next_cursor: str | None


@app.command()
def check(
    port: Port = DEFAULT_PORT,
    heads: Annotated[
        Path | None,
        typer.Option(help="File of an earlier look: compared with, and written anew where all is well."),
    ] = None,
) -> None:
    """Compute every chain anew. Exit code 1 where one is not what it was; keep the file of heads on another machine."""
    table = Table("chain", "rows", "blocks or looks", "verdict")
    wrong = False
    found: dict[str, Head] = {}
    with complaining("audit check"):
        api = Api(run_folder(port))
        earlier = _read(heads)
        for chain in CHAINS:
            rows, last = _walk(api, chain)
            kept = earlier.get(chain.name)
            verdict = _verdict(api, chain, last, kept)
            wrong = wrong or verdict is not None
            found[chain.name] = Head(number=last.checked_to, hash=last.checked_hash)
            table.add_row(chain.name, str(rows), str(last.checked_to), verdict or "intact")
        if heads is not None and not wrong:
            replace_file(
                heads, json.dumps({name: head.model_dump() for name, head in found.items()}, indent=2)
            )
    Console().print(table)
    raise typer.Exit(1 if wrong else 0)


@app.command()
def export(
    port: Port = DEFAULT_PORT,
    *,
    since: Annotated[str | None, typer.Option(help="ISO 8601 with offset, by the desk's clock.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601 with offset, by the desk's clock.")] = None,
    actor: Annotated[str | None, typer.Option(help="Pseudonym of a person, or client:<id>.")] = None,
    subject: Annotated[str | None, typer.Option(help="<kind>/<id>.")] = None,
    out: Annotated[Path, typer.Option(help="File to write, one JSON object a line.")] = Path("audit.ndjson"),
) -> None:
    """Write out what was changed and who was shown what, of every process, the newest first."""
    wanted = {"recorded_since": since, "recorded_until": until, "actor": actor, "subject": subject}
    params = {name: value for name, value in wanted.items() if value is not None}
    with complaining("audit export"):
        api = Api(run_folder(port))
        with out.open("x", encoding="utf-8") as file:
            out.chmod(0o600)
            counts = {chain.name: _write(file.write, api, chain, params) for chain in CHAINS}
    for name, count in counts.items():
        typer.echo(f"{name:20} {count}")
    typer.echo(f"{sum(counts.values())} lines in {out}")


def _write(write: Callable[[str], int], api: Api, chain: Chain, params: Mapping[str, str]) -> int:
    count = 0
    for item in _items(api, chain, params):
        write(json.dumps({"chain": chain.name, **item}, ensure_ascii=False) + "\n")
        count += 1
    return count


def _items(api: Api, chain: Chain, params: Mapping[str, str]) -> Iterator[dict[str, object]]:
    cursor: dict[str, str] = {}
    while True:
        page = api.get(
            _path(api, chain), Page, role=Role.AUDITOR, params={**params, "limit": "500", **cursor}
        )
        yield from page.items
        if page.next_cursor is None:
            return
        cursor = {"cursor": page.next_cursor}


def _walk(api: Api, chain: Chain) -> tuple[int, Check]:
    """Look at a chain to its end, or to the first that is wrong; return the rows seen and the last look."""
    rows, after = 0, 0
    while True:
        looked = _ask(api, chain, after=after, limit=1_000)
        rows += looked.rows
        if not looked.more or not looked.intact:
            return rows, looked
        after = looked.checked_to


def _verdict(api: Api, chain: Chain, last: Check, kept: Head | None) -> str | None:
    """Return what is wrong with a chain, None where nothing is."""
    if not last.intact:
        return f"NOT WHAT IT WAS at {last.first_wrong}"
    if kept is None or kept.number == 0:
        return None
    if last.checked_to < kept.number:
        return f"ENDS BEFORE {kept.number}, which an earlier look saw"
    at_kept = _ask(api, chain, after=kept.number - 1, limit=1)
    return None if at_kept.checked_hash == kept.hash else f"MADE ANEW: {kept.number} had another hash"


def _ask(api: Api, chain: Chain, *, after: int, limit: int) -> Check:
    params = {"after": str(after), "limit": str(limit)}
    return api.get(f"{_path(api, chain)}/check", Check, role=Role.AUDITOR, params=params)


def _path(api: Api, chain: Chain) -> str:
    return f"{api.election}/audit/{chain.process}/{chain.kind}"


def _read(file: Path | None) -> dict[str, Head]:
    if file is None or not file.exists():
        return {}
    try:
        return Heads.model_validate_json(file.read_bytes()).root
    except ValueError:
        raise DeskError(f"{file} is no file of heads") from None
