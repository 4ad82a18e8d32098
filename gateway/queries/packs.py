"""Reference packs: what a phone of one TPS or kelurahan needs offline, put together from rows and from the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import from_json

from chassis.database import Connection
from contracts.access import NATION, covers
from contracts.incidents_events import ClockSet, IncidentCategory, RouteSet, Severity
from contracts.legal_rules import FINDING_CODES, LEGAL_RULES
from contracts.registry_events import TpsRegistered
from contracts.vocabulary import Milestone, ancestors, kpu_code
from gateway import names
from gateway.errors import ElectionUnknown, TpsUnknown
from gateway.projections import Body
from gateway.queries.elections import contests_of, election_of
from gateway.queries.lists import Statement, within
from gateway.schemas.packs import (
    Pack,
    PackedCode,
    PackedCommand,
    PackedRule,
    PackedSeal,
    PackedTps,
    PackedUnit,
)

_MOST_TPS: Final = 500
"""In one kelurahan; the largest of the country have half of that."""
_MOST_BOXES: Final = 4_000


@dataclass(frozen=True, slots=True)
class AskedPack:
    """Whose pack is asked for, and whether with the seals of its boxes."""

    election: str
    code: str
    seals: bool


async def pack(
    connection: Connection,
    asked: AskedPack,
    *,
    rehearsal: bool,
    slots: Sequence[str],
    commands: Sequence[PackedCommand],
) -> Pack:
    """Return the pack of a TPS, or of a kelurahan with all its TPS.

    Raises:
        ElectionUnknown: the registry has not told of it.
        TpsUnknown: the election has no TPS there.
    """
    election = await election_of(connection, asked.election)
    if election is None:
        raise ElectionUnknown(
            f"This desk knows no election {asked.election}.",
            detail_id=f"Desk ini tidak mengenal pemilihan {asked.election}.",
        )
    tps = await _tps(connection, asked)
    if not tps:
        raise TpsUnknown(
            f"No TPS of {asked.election} has this code, or lies there.",
            detail_id=f"Tidak ada TPS {asked.election} dengan kode ini atau di sana.",
        )
    held = {contest for each in tps for contest in each.contests}
    contests = await contests_of(connection, election=asked.election, regions=[asked.code])
    return Pack(
        format="desk.field-pack.v1",
        election=asked.election,
        name=election.name,
        rehearsal=rehearsal,
        code=asked.code,
        region_name=names.name_of(".".join(asked.code.split(".")[:4])),
        tps=tps,
        contests=[contest for contest in contests if contest.contest in held],
        voting_date=election.voting_date.isoformat(),
        settings=election.settings,
        stages=election.stages,
        slots=list(slots),
        milestones=list(Milestone),
        findings=_codes(),
        rules=_rules(),
        incident_categories=list(IncidentCategory),
        severities=list(Severity),
        clocks=await _clocks(connection, asked),
        units=await _units(connection, asked),
        commands=list(commands),
        seals=await _seals(connection, asked) if asked.seals else None,
    )


async def _bodies(connection: Connection, asked: AskedPack, kind: str, most: int) -> list[Body]:
    statement = Statement()
    statement.conditions += [
        f"election = {statement.given(asked.election)}",
        f"kind = {statement.given(kind)}",
        "state not in ('dissolved', 'void')",
    ]
    within(statement, [asked.code])
    rows = await connection.fetch(
        f"""select body from projected where {" and ".join(statement.conditions)}
            order by tps_code collate "C", id collate "C" limit {statement.given(most)}""",  # noqa: S608 - our own words
        *statement.arguments,
    )
    return [from_json(row["body"]) for row in rows]


async def _tps(connection: Connection, asked: AskedPack) -> list[PackedTps]:
    found = [
        TpsRegistered.model_validate(body) for body in await _bodies(connection, asked, "tps", _MOST_TPS)
    ]
    return [PackedTps(**tps.model_dump(), kpu_code=kpu_code(tps.tps_code)) for tps in found]


async def _seals(connection: Connection, asked: AskedPack) -> list[PackedSeal]:
    return [PackedSeal.model_validate(body) for body in await _bodies(connection, asked, "box", _MOST_BOXES)]


async def _clocks(connection: Connection, asked: AskedPack) -> list[ClockSet]:
    rows = await connection.fetch(
        "select body from projected where election = $1 and kind = 'clock' order by id", asked.election
    )
    return [ClockSet.model_validate_json(row["body"]) for row in rows]


async def _units(connection: Connection, asked: AskedPack) -> list[PackedUnit]:
    """Return for each kind of incident the arrangement of the narrowest region around the place."""
    rows = await connection.fetch(
        """select body from projected where election = $1 and kind = 'route' and region = any($2::text[])
           order by length(region), region, id""",
        asked.election,
        [NATION, *ancestors(asked.code)],
    )
    routes = [RouteSet.model_validate_json(row["body"]) for row in rows]
    nearest = {route.category: route for route in routes if covers(route.region_code, asked.code)}
    return [
        PackedUnit(
            category=route.category,
            region_code=route.region_code,
            agency=route.agency,
            also_informed=route.also_informed,
        )
        for _, route in sorted(nearest.items())
    ]


def _codes() -> list[PackedCode]:
    return [
        PackedCode(code=code.code, subject=code.subject, en=code.en, indonesian=code.indonesian)
        for _, code in sorted(FINDING_CODES.items())
    ]


def _rules() -> list[PackedRule]:
    rules = LEGAL_RULES.values()
    return [
        PackedRule(number=rule.number, en=rule.en, indonesian=rule.indonesian, source=rule.source)
        for rule in rules
    ]
