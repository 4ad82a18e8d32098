"""The election of a desk and its contests, defined through the API: once, and again where somebody says so."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from cli.api import Api, Content, RefusedError
from cli.choices import read_choices
from cli.errors import DeskError, complaining
from cli.options import Port
from cli.places import contest_name, contests_of
from contracts.access import Role
from deploy.desk_settings import ChoiceSetting, DeskSettings, write_settings
from deploy.local import DEFAULT_PORT
from deploy.run_folder import run_folder

Say = Callable[[str], None]

RULE_SOURCE = "D38; the article was not seen"


class Version(BaseModel):
    """What stands, by its version."""

    version: int


class Defined(Version):
    """What was made of a definition."""

    outcome: str


class ElectionBody(BaseModel):
    """An election, as the API takes it; its settings and stages are those that the registry knows for the day."""

    name: str
    region_code: str
    voting_date: str
    rehearsal: bool


class ChoiceBody(BaseModel):
    """One choice, as the API takes it."""

    number: int
    kind: str
    name: str


class ContestBody(BaseModel):
    """A contest, as the API takes it."""

    name: str
    choices: list[ChoiceBody]
    winning_rule: str
    winning_rule_source: str = RULE_SOURCE
    change_reason: str = ""


def define(
    port: Port = DEFAULT_PORT,
    choices: Annotated[
        Path | None, typer.Option(help="CSV of contest, number, name and kind (`pair` or `kolom_kosong`).")
    ] = None,
    reason: Annotated[
        str, typer.Option(help="The decision that changes pairs which have their numbers.")
    ] = "",
) -> None:
    """Define the election and its contests on the running desk; what stands already stays unless `--choices` says otherwise."""
    with complaining("define"):
        api = Api(run_folder(port))
        settings = api.settings
        if settings.demonstration:
            raise DeskError(
                "the demonstration brings its own election; `desk init` makes a desk for another one"
            )
        if choices is not None:
            found = read_choices(choices, contests=contests_of(settings.region))
            named = {choice.contest for choice in found}
            kept = [choice for choice in settings.choices if choice.contest not in named]
            settings = settings.model_copy(update={"choices": (*kept, *found)})
        define_election(api, settings, say=typer.echo, change=choices is not None, reason=reason)
        write_settings(api.folder, settings)


def define_at_start(port: int, settings: DeskSettings, *, console: Console) -> None:
    """Define what a desk that has just started is for; a simulated one gets its election from the simulator.

    What is wrong is said, and the desk runs on: `desk define` does it again.
    """
    if settings.demonstration or (settings.rehearsal and not settings.choices):
        return
    try:
        define_election(Api(run_folder(port), settings), settings, say=console.print)
    except DeskError as error:
        console.print(f"[bold red]the election is not defined:[/] {error}")


def define_election(
    api: Api, settings: DeskSettings, *, say: Say, change: bool = False, reason: str = ""
) -> None:
    """Define an election and those of its contests whose choices are known.

    Args:
        api: the desk.
        settings: what it is for.
        say: takes a line for each thing.
        change: whether contests that stand otherwise are changed.
        reason: the decision that changes choices with numbers.

    Raises:
        DeskError: the desk refused.
    """
    if _version(api, api.election) is None:
        body = ElectionBody(
            name=settings.name,
            region_code=settings.region,
            voting_date=settings.voting_date.isoformat(),
            rehearsal=settings.rehearsal,
        )
        say(f"{settings.election}: {_put(api, api.election, body).outcome}")
    for contest, choices in _by_contest(settings.choices):
        path = f"{api.election}/contests/{contest}"
        standing = _version(api, path)
        if standing is not None and not change:
            continue
        made = _put(api, path, _contest(contest, choices, reason=reason), if_match=standing)
        say(f"{contest}: {made.outcome}, {len(choices)} choices")
    without = set(contests_of(settings.region)) - {choice.contest for choice in settings.choices}
    missing = sorted(
        contest for contest in without if _version(api, f"{api.election}/contests/{contest}") is None
    )
    if missing:
        say(f"not defined, for nobody said who stands: {', '.join(missing)} (`desk define --choices FILE`)")


def _by_contest(choices: Iterable[ChoiceSetting]) -> Iterable[tuple[str, list[ChoiceSetting]]]:
    ordered = sorted(choices, key=lambda choice: (choice.contest, choice.number))
    return [(contest, list(found)) for contest, found in groupby(ordered, key=lambda choice: choice.contest)]


def _contest(contest: str, choices: Sequence[ChoiceSetting], *, reason: str) -> ContestBody:
    alone = any(choice.kind == "kolom_kosong" for choice in choices)
    return ContestBody(
        name=contest_name(contest),
        choices=[ChoiceBody(number=each.number, kind=each.kind, name=each.name) for each in choices],
        winning_rule="more_than_half_against_empty" if alone else "most_votes",
        change_reason=reason,
    )


def _version(api: Api, path: str) -> int | None:
    try:
        return api.get(path, Version, role=Role.ADMIN).version
    except RefusedError as error:
        if error.status == 404:
            return None
        raise


def _put(api: Api, path: str, body: BaseModel, *, if_match: int | None = None) -> Defined:
    content = Content(body.model_dump_json().encode())
    return api.send("PUT", path, Defined, role=Role.ADMIN, content=content, if_match=if_match)
