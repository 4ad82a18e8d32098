"""All services' picture of one TPS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pydantic import TypeAdapter
from pydantic_core import from_json

from chassis.database import Connection, Row
from contracts.registry_events import ElectionDefined
from contracts.turnout_events import FormFinding
from contracts.withholding import VOTE_FIGURES, without_votes
from gateway.errors import TpsUnknown
from gateway.feed import end_of_feed
from gateway.projections import Body
from gateway.queries.elections import election_of
from gateway.queries.freshness import reached_by
from gateway.queries.lists import tps_items
from gateway.queries.results import is_withheld
from gateway.schemas.lists import FormSituation, TpsItem, TpsSituation
from gateway.schemas.regions import NOT_OFFICIAL, Source

_tps_item: TypeAdapter[TpsItem] = TypeAdapter(TpsItem)
_CASES = {"incidents": "incident", "problems": "problem", "advice": "advice", "tasks": "task"}
_OPERATIONAL = ("checklist", "risks", "crew", "supply", "boxes")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see of a TPS.

    Attributes:
        agencies: what only the desk's agencies may.
        cases: incidents, problems, advice and tasks.
        early: votes per choice before the others.
    """

    agencies: bool
    cases: bool
    early: bool


async def situation(
    connection: Connection,
    *,
    election: str,
    code: str,
    sight: Sight,
    rehearsal: bool,
    now: datetime,
    sources: Sequence[Source],
) -> TpsSituation:
    """Return all that the caller may see of a TPS; a code that it had before finds it too.

    Raises:
        TpsUnknown: no TPS of the election has this code.
    """
    cursor = await end_of_feed(connection)
    tps = await _tps(connection, election=election, code=code)
    rows = await _rows(connection, tps, election=election)
    items = await tps_items(connection, [tps], election=election, agencies=sight.agencies)
    defined = await election_of(connection, election)
    hidden = ([] if sight.agencies else list(_OPERATIONAL)) + ([] if sight.cases else list(_CASES))
    days, rosters, supplies = rows.get("voting_day"), rows.get("tps_roster"), rows.get("tps_supply")
    moves, checklists = rows.get("tps_relocation"), rows.get("tps_checklist")
    cases = {name: rows.get(kind, []) if sight.cases else None for name, kind in _CASES.items()}
    risks = [
        risk for row in rows.get("tps_risk", []) for risk in cast(dict[str, Body], row["risks"]).values()
    ]
    return TpsSituation(
        election=election,
        tps=_tps_item.validate_python(items[0]),
        rehearsal=rehearsal,
        official=False,
        label=NOT_OFFICIAL,
        voting_day=days[0] if days else None,
        forms=[_form(row, defined, sight=sight, now=now) for row in rows.get("tally", [])],
        relocation=moves[0] if moves else None,
        checklist=checklists[0] if checklists and sight.agencies else None,
        risks=risks if sight.agencies else None,
        crew=rosters[0] if rosters and sight.agencies else None,
        supply=supplies[0] if supplies and sight.agencies else None,
        boxes=rows.get("box", []) if sight.agencies else None,
        incidents=cases["incidents"],
        problems=cases["problems"],
        advice=cases["advice"],
        tasks=cases["tasks"],
        hidden=hidden,
        as_of=reached_by(sources, now=now),
        answered_at=now,
        sources=list(sources),
        cursor=cursor.pack(),
    )


# While a renumbering is on its way two may seem to have a code: the one that the registry told of last has it.
_BY_CODE = """
select id, region, tps_code, version, recorded_at, body from projected
where election = $1 and kind = 'tps' and tps_code collate "C" = $2 order by recorded_at desc, id limit 1
"""
# Of two that had a code before, the one with fewer codes since then, as in the registry; ids decide the rest.
_BY_FORMER_CODE = """
select p.id, p.region, p.tps_code, p.version, p.recorded_at, p.body from projected p
cross join lateral (
    select count(*) as codes, max(n) filter (where code = $2) as own
    from jsonb_array_elements_text(p.body::jsonb -> 'former_codes') with ordinality o(code, n)
) f
where p.election = $1 and p.kind = 'tps' and p.region like $3 and strpos(p.body, $2) > 0 and f.own is not null
order by f.codes - f.own, p.id limit 1
"""


async def _tps(connection: Connection, *, election: str, code: str) -> Row:
    """Return the row of a TPS by its code, or by one that it had before it was renumbered within its kab/kota."""
    row = await connection.fetchrow(_BY_CODE, election, code)
    if row is None:
        within = f"{'.'.join(code.split('.')[:2])}.%"
        row = await connection.fetchrow(_BY_FORMER_CODE, election, code, within)
    if row is None:
        raise TpsUnknown(
            f"No TPS of {election} has this code.", detail_id=f"Tidak ada TPS {election} dengan kode ini."
        )
    return row


async def _rows(connection: Connection, tps: Row, *, election: str) -> dict[str, list[Body]]:
    """Return the bodies of all rows of a TPS by kind; under its former codes too, where they are still its own."""
    own: Body = from_json(tps["body"])
    codes = [own["tps_code"], *cast(list[str], own.get("former_codes", []))]
    rows = await connection.fetch(
        """select kind, version, recorded_at, body from projected
           where election = $1 and kind = any($2::text[]) and tps_code collate "C" = any($3::text[])
           order by kind, recorded_at desc, id limit 2000""",
        election,
        [
            "tps_risk",
            "tps_checklist",
            "tps_relocation",
            "tps_roster",
            "tps_supply",
            "box",
            "voting_day",
            "tally",
            *_CASES.values(),
        ],
        codes,
    )
    found: dict[str, list[Body]] = {}
    for row in rows:
        body: Body = from_json(row["body"])
        body.pop("moved_from", None)  # elsewhere is none of this TPS
        if body.get("tps_id") in (None, own["tps_id"]):
            meta = {"version": row["version"], "updated_at": row["recorded_at"].isoformat()}
            found.setdefault(row["kind"], []).append({**body, **meta})
    return found


def _form(body: Body, election: ElectionDefined | None, *, sight: Sight, now: datetime) -> FormSituation:
    standing: Body | None = cast(Body | None, body.get("standing"))
    hidden = is_withheld(election, now=now) and not sight.early
    if standing is not None and hidden:
        figures = {
            name: value for name, value in cast(Body, standing["figures"]).items() if name not in VOTE_FIGURES
        }
        findings = [
            without_votes(FormFinding.model_validate(found)).model_dump(mode="json")
            for found in cast(list[Body], standing["findings"])
        ]
        standing = {**standing, "figures": figures, "findings": findings}
    state = str(body["state"])
    return FormSituation(
        contest=str(body["contest"]),
        state=state if sight.agencies or state == "verified" else "not_verified",
        round=cast(int | None, body.get("round")) if sight.agencies else None,
        entries=cast(int | None, body.get("entries")) if sight.agencies else None,
        differing=cast(list[str], body.get("differing") or []) if sight.agencies else [],
        return_requested=bool(body.get("return_requested")) if sight.agencies else False,
        standing=standing if sight.agencies or (state == "verified" and not hidden) else None,
        withheld_until=election.results_public_at if election and hidden else None,
    )
