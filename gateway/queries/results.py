"""Live results: the verified forms of each contest, added up; votes per choice only for those who may see them yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json

from chassis.database import Connection
from contracts.registry_events import Choice, ContestDefined, ElectionDefined
from contracts.vocabulary import Service, kelurahan_of
from gateway import names
from gateway.errors import ContestUnknown
from gateway.feed import end_of_feed
from gateway.places import Place
from gateway.queries.elections import contests_of, election_of, matching
from gateway.queries.freshness import reached_by
from gateway.queries.naming import children_of, named
from gateway.queries.overview import no_tps
from gateway.schemas.regions import NOT_OFFICIAL, Source
from gateway.schemas.results import ChildResults, ChoiceResult, ContestResult, Leader, Results
from gateway.totals import Totals, add_local_contests, added_up, below, totals_of_many

_SERVICES = (Service.REGISTRY, Service.TURNOUT)
"""Where the figures of results come from: TPS and their voters, and forms."""


@dataclass(frozen=True, slots=True)
class AskedResults:
    """Results that somebody asks for.

    Attributes:
        contest: an id, or a kind of office; None for all contests of the region.
        early: whether they may see votes per choice before the others.
        children: with the next level, or, for a kelurahan, its TPS.
    """

    election: str
    place: Place
    contest: str | None
    early: bool
    children: bool


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all results of one answer have in common."""

    contests: Sequence[ContestDefined]
    hidden: bool
    public_at: datetime | None
    as_of: datetime


async def results(
    connection: Connection, asked: AskedResults, *, rehearsal: bool, now: datetime, sources: Sequence[Source]
) -> Results:
    """Return the results of a region.

    Raises:
        RegionUnknown: no TPS of the election lies in it.
        ContestUnknown: that contest is not held there.
    """
    cursor = await end_of_feed(connection)
    place = asked.place
    inside = await children_of(place) if asked.children else []
    regions = sorted({*place.regions, *(child.code for child in inside)})
    found = await totals_of_many(connection, election=asked.election, regions=regions)
    if not any(found.get(region, {}).get("tps") for region in place.regions):
        raise no_tps(asked.election, place.code)
    known = await _known_contests(connection, asked, found)
    own = added_up(found, place.regions)
    known_at = reached_by(sources, now=now, services=_SERVICES)
    frame = await _frame(connection, asked, own, known=known, now=now, as_of=known_at)
    children: list[ChildResults] | None = None
    if asked.children:
        if place.code.count(".") == 3:
            places = await _tps_totals(connection, asked)
        else:
            places = [(c.code, c.name, found[c.code]) for c in inside if found.get(c.code, {}).get("tps")]
        children = [
            ChildResults(region=code, region_name=name, contests=_contests(frame, code, name, totals))
            for code, name, totals in places
        ]
    region_name = (await named(connection, place)).name
    return Results(
        election=asked.election,
        region=place.code,
        region_name=region_name,
        rehearsal=rehearsal,
        official=False,
        label=NOT_OFFICIAL,
        contests=_contests(frame, place.code, region_name, own),
        children=children,
        as_of=frame.as_of,
        answered_at=now,
        sources=list(sources),
        cursor=cursor.pack(),
    )


async def _known_contests(
    connection: Connection, asked: AskedResults, found: dict[str, dict[str, int]]
) -> list[ContestDefined]:
    """Return the contests held in a region or in a part of it; the figures of the latter are added to those of the region."""
    known = await contests_of(connection, election=asked.election, regions=asked.place.regions)
    wanted = {contest.contest: contest.region_code for contest in matching(known, asked.contest)}
    await add_local_contests(connection, found, election=asked.election, contests=wanted)
    return known


async def _frame(
    connection: Connection,
    asked: AskedResults,
    own: Totals,
    *,
    known: Sequence[ContestDefined],
    now: datetime,
    as_of: datetime,
) -> _Frame:
    election = await election_of(connection, asked.election)
    held = {name.split("/")[1] for name in own if name.startswith("contest/")}
    unnamed = held - {contest.contest for contest in known}
    contests = [*known, *(_unnamed(contest) for contest in sorted(unnamed))]
    wanted = matching([found for found in contests if found.contest in held], asked.contest)
    if asked.contest and not wanted:
        raise ContestUnknown(
            f"No such contest is held in {asked.place.code}.",
            detail_id=f"Pemilihan tersebut tidak dilaksanakan di wilayah {asked.place.code}.",
        )
    public_at = election.results_public_at if election else None
    return _Frame(wanted, is_withheld(election, now=now) and not asked.early, public_at, as_of)


def is_withheld(election: ElectionDefined | None, *, now: datetime) -> bool:
    """Say whether votes per choice are withheld from those who may not see them early; unknown hours withhold (D34)."""
    return election is None or now < election.results_public_at


def _unnamed(contest: str) -> ContestDefined:
    """Return a contest that TPS have and that the registry's own event has not told of yet."""
    region = contest.partition("-")[2]
    return ContestDefined.model_construct(contest=contest, name=contest, region_code=region, choices=[])


async def _tps_totals(connection: Connection, asked: AskedResults) -> list[tuple[str, str, dict[str, int]]]:
    """Return the figures of each TPS of a kelurahan, as those of a region: its own, and those of its forms."""
    rows = await connection.fetch(
        """select tps_code, figures from projected
           where election = $1 and region = $2 and kind = any($3::text[]) and tps_code is not null order by tps_code""",
        asked.election,
        asked.place.code,
        ["tps", "tally"],
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["tps_code"], {}).update(from_json(row["figures"]))
    return [
        (code, f"TPS {code.rpartition('.')[2]} {names.name_of(kelurahan_of(code))}", totals)
        for code, totals in found.items()
        if totals.get("tps")
    ]


def _contests(frame: _Frame, region: str, name: str, totals: Totals) -> list[ContestResult]:
    return [
        contest_result(
            found,
            totals,
            region=region,
            region_name=name,
            hidden=frame.hidden,
            public_at=frame.public_at,
            as_of=frame.as_of,
        )
        for found in frame.contests
        if totals.get(f"contest/{found.contest}/tps")
    ]


def contest_result(
    contest: ContestDefined,
    totals: Totals,
    *,
    region: str,
    region_name: str,
    hidden: bool,
    public_at: datetime | None,
    as_of: datetime,
) -> ContestResult:
    """Return the result of one contest from a region's totals.

    Args:
        hidden: votes per choice, and their sums, are withheld from this caller.
        public_at: from when on they are for everybody.
    """
    path = f"tally/{contest.contest}/"
    figures = below(totals, path)
    tps_in = figures.get("verified", 0)
    votes = _votes(contest.choices, totals, path) if tps_in else {}
    sums = figures if tps_in and not hidden else {}
    valid = sums.get("valid", 0) if sums else None
    shown = None if hidden else votes
    return ContestResult(
        contest=contest.contest,
        name=contest.name,
        region=region,
        region_name=region_name,
        official=False,
        label=NOT_OFFICIAL,
        votes={str(number): count for number, count in shown.items()} if shown is not None else None,
        withheld_until=public_at if hidden else None,
        choices=_choices(contest.choices, shown, valid),
        leader=_leader(contest.choices, shown, valid),
        valid=valid,
        invalid=sums.get("invalid", 0) if sums else None,
        total=sums.get("total", 0) if sums else None,
        users=figures.get("users", 0) if tps_in else None,
        dpt=totals.get(f"contest/{contest.contest}/dpt", 0),
        tps_in=tps_in,
        tps_total=totals.get(f"contest/{contest.contest}/tps", 0),
        tps_held=figures.get("held", 0),
        tps_disputed=figures.get("disputed", 0),
        tps_entered_once=figures.get("first_entered", 0),
        as_of=as_of,
    )


def _votes(choices: Iterable[Choice], totals: Totals, path: str) -> dict[int, int]:
    """Return the votes by number: of every choice on the ballot, and of any number that a form has beside."""
    counted = {int(number): count for number, count in below(totals, f"{path}votes/").items()}
    numbers = sorted({choice.number for choice in choices} | set(counted))
    return {number: counted.get(number, 0) for number in numbers}


def _choices(
    choices: Sequence[Choice], votes: dict[int, int] | None, valid: int | None
) -> list[ChoiceResult]:
    return [
        ChoiceResult(
            number=choice.number,
            name=choice.name,
            kind=choice.kind,
            votes=votes.get(choice.number) if votes else None,
            share=round(votes.get(choice.number, 0) / valid, 6) if votes and valid else None,
        )
        for choice in choices
    ]


def _leader(choices: Sequence[Choice], votes: dict[int, int] | None, valid: int | None) -> Leader | None:
    """Return who leads; nobody does while votes are withheld, absent or equal."""
    if not votes or not valid:
        return None
    ranked = sorted(votes.items(), key=lambda item: -item[1])
    second = ranked[1][1] if len(ranked) > 1 else 0
    number, most = ranked[0]
    if most == second:
        return None
    name = next((choice.name for choice in choices if choice.number == number), str(number))
    margin = most - second
    return Leader(
        number=number,
        name=name,
        share=round(most / valid, 6),
        margin=margin,
        margin_ratio=round(margin / valid, 6),
    )
