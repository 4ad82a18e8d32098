"""A region at a glance, and the regions in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection
from contracts.access import NATION
from contracts.incidents_events import IncidentCategory
from contracts.registry_events import ElectionDefined
from contracts.vocabulary import MILESTONES_IN_ORDER
from contracts.zones import zone_of
from gateway.errors import RegionUnknown
from gateway.feed import end_of_feed
from gateway.names import RegionName
from gateway.places import Place
from gateway.queries.elections import election_of, local_instant_of
from gateway.queries.freshness import reached_by
from gateway.queries.naming import children_of, named
from gateway.queries.point_shapes import OutreachCover, Situation
from gateway.queries.points import points_of
from gateway.schemas.regions import (
    NOT_OFFICIAL,
    BoxSummary,
    CategoryCount,
    Coverage,
    Deadline,
    IncidentSummary,
    OutreachSummary,
    Overview,
    RegionChild,
    RegionOut,
    SlotTurnout,
    Source,
    Turnout,
    WorkSummary,
)
from gateway.settings import Settings
from gateway.totals import Due, Totals, added_up, below, dues, overdue, totals_of_many

_PUBLIC_STATES = "public_incident"


@dataclass(frozen=True, slots=True)
class Asked:
    """An overview that somebody asks for.

    Attributes:
        agencies: whether they may see what only the desk's agencies may.
    """

    election: str
    place: Place
    agencies: bool


def turnout_of(totals: Totals, *, target_ratio: float, target_source: str) -> Turnout:
    """Return the turnout that a region's figures say; null where no TPS has reported."""
    reported, listed = totals.get("voted/tps", 0), totals.get("dpt_men", 0) + totals.get("dpt_women", 0)
    total = totals.get("voted/total", 0) if reported else None
    return Turnout(
        tps_reported=reported,
        tps_total=totals.get("tps", 0),
        men=totals.get("voted/men", 0) if reported else None,
        women=totals.get("voted/women", 0) if reported else None,
        total=total,
        ratio=round(total / listed, 4) if total is not None and listed else None,
        target_ratio=target_ratio,
        target_source=target_source,
    )


def slots_of(totals: Totals) -> list[SlotTurnout]:
    """Return the turnout of each slot that anybody reported, in order, the final one last."""
    found = {name.split("/")[1] for name in totals if name.startswith("slot/")}
    return [
        SlotTurnout(
            slot=slot,
            tps_reported=totals.get(f"slot/{slot}/tps", 0),
            men=totals.get(f"slot/{slot}/men", 0),
            women=totals.get(f"slot/{slot}/women", 0),
            total=totals.get(f"slot/{slot}/total", 0),
        )
        for slot in sorted(found, key=lambda slot: (slot == "final", slot))
    ]


def coverage_of(totals: Totals) -> Coverage:
    """Return how much of what there is to know has come in."""
    return Coverage(
        tps_total=totals.get("tps", 0),
        tps_opened=totals.get("milestone/opened", 0),
        tps_reported=totals.get("voted/tps", 0),
        forms_expected=totals.get("forms/expected", 0),
        forms_in=totals.get("tallies/verified", 0),
        forms_held=totals.get("tallies/held", 0),
        forms_disputed=totals.get("tallies/disputed", 0),
        forms_entered_once=totals.get("tallies/first_entered", 0),
    )


def boxes_of(totals: Totals, found: Sequence[Due], *, now: datetime) -> BoxSummary:
    """Return where a region's sealed boxes are."""
    states = below(totals, "boxes/state/")
    return BoxSummary(
        needed=totals.get("boxes/needed", 0),
        packed=totals.get("boxes/known", 0),
        at_tps=states.get("at_tps", 0),
        received=totals.get("boxes/received", 0),
        on_time=totals.get("boxes/on_time", 0),
        discrepancy=totals.get("boxes/discrepancy", 0),
        states=states,
        tps_done=totals.get("supply/tps_done", 0),
        tps_discrepancy=totals.get("supply/tps_discrepancy", 0),
        tps_overdue=overdue(found, now=now, of="boxes"),
    )


def incidents_of(totals: Totals, found: Sequence[Due], *, now: datetime, agencies: bool) -> IncidentSummary:
    """Return the incidents of a region by category; for others than the agencies only what everybody may know."""
    if not agencies:
        public = [(category, below(totals, f"{_PUBLIC_STATES}/{category}/")) for category in IncidentCategory]
        counts = [
            CategoryCount(category=name, open=None, overdue=None, states=states)
            for name, states in public
            if states
        ]
        return IncidentSummary(open=None, overdue=None, categories=counts, severities={})
    categories: list[CategoryCount] = []
    for category in IncidentCategory:
        states = below(totals, f"incident/{category}/")
        running = states.pop("open", 0)
        late = overdue(found, now=now, of=category)
        if states:
            categories.append(CategoryCount(category=category, open=running, overdue=late, states=states))
    return IncidentSummary(
        open=sum(count.open or 0 for count in categories),
        overdue=sum(count.overdue or 0 for count in categories),
        categories=categories,
        severities=below(totals, "incident_severity/"),
    )


def work_of(totals: Totals, found: Sequence[Due], *, now: datetime) -> WorkSummary:
    """Return a region's open problems, advice and tasks."""
    return WorkSummary(
        problems_open=totals.get("problem/open", 0),
        advice_given=totals.get("advice/given", 0),
        tasks_assigned=totals.get("task/assigned", 0),
        overdue=sum(overdue(found, now=now, of=of) for of in ("problems", "advice", "tasks")),
    )


def next_deadlines(found: Sequence[Due], *, now: datetime) -> list[Deadline]:
    """Return the next deadline of each kind, the nearest first."""
    coming: dict[str, Due] = {}
    for due in found:
        if due.at >= now:
            coming.setdefault(due.of, due)
    return [
        Deadline(of=due.of, at=due.at, seconds_left=int((due.at - now).total_seconds()), count=due.count)
        for due in coming.values()
    ]


_MITIGATED = """
select count(distinct r.tps_code) from projected p
join projected r on r.kind = 'tps_readiness' and r.election = p.election and r.tps_code = p.tps_code
where p.election = $1 and p.kind = 'problem' and p.state = 'resolved'
  and ($2 or p.region = any($3::text[]) or p.region like any($4::text[]))
  and p.body::jsonb ->> 'point' = 'tps' and p.body::jsonb ->> 'outcome' = 'solved'
  and r.figures::jsonb ? 'ready/place/high'
"""


async def mitigated_in(connection: Connection, *, election: str, regions: Sequence[str]) -> int:
    """Return the TPS of a high hazard where a problem of the place was registered and solved."""
    inside = [f"{region}.%" for region in regions]
    found: int = await connection.fetchval(_MITIGATED, election, NATION in regions, regions, inside)
    return found


_OUTREACH = """
with places as (
    select distinct region from projected
    where election = $1 and kind = 'tps' and state <> 'dissolved'
      and ($2 or region = any($3::text[]) or region like any($4::text[]))
), told as (
    select region, bool_or(state = 'held') as held from projected where election = $1 and kind = 'outreach' group by 1
)
select count(*) as places, count(*) filter (where t.held) as held, count(t.region) as told
from places left join told t using (region)
"""


async def outreach_in(connection: Connection, *, election: str, regions: Sequence[str]) -> OutreachCover:
    """Return in how many kelurahan with a TPS an activity was held; one of a whole kecamatan is none of a kelurahan's."""
    inside = [f"{region}.%" for region in regions]
    row = await connection.fetchrow(_OUTREACH, election, NATION in regions, regions, inside)
    return OutreachCover(row["places"], row["held"], row["told"]) if row else OutreachCover(0, 0, 0)


def outreach_of(totals: Totals) -> OutreachSummary:
    """Return the activities of a region and whom they reached; null where nobody counted."""
    counted = totals.get("outreach/held", 0) > totals.get("reach/unknown", 0)
    reach = {name: totals.get(f"reach/{name}") if counted else None for name in ("men", "women", "total")}
    return OutreachSummary(
        planned=totals.get("outreach/planned", 0),
        held=totals.get("outreach/held", 0),
        cancelled=totals.get("outreach/cancelled", 0),
        reach_men=reach["men"],
        reach_women=reach["women"],
        reach_total=reach["total"],
        reach_unknown=totals.get("reach/unknown", 0),
    )


def no_tps(election: str, code: str) -> RegionUnknown:
    """Return the refusal of a place where the election has no TPS."""
    return RegionUnknown(
        f"No TPS of {election} lies in {code}.", detail_id=f"Tidak ada TPS {election} di wilayah {code}."
    )


async def overview(
    connection: Connection, asked: Asked, *, settings: Settings, now: datetime, sources: Sequence[Source]
) -> Overview:
    """Return a region at a glance.

    Raises:
        RegionUnknown: no TPS of the election lies in it.
    """
    cursor = await end_of_feed(connection)
    regions = asked.place.regions
    found = await totals_of_many(connection, election=asked.election, regions=regions)
    totals = added_up(found, regions)
    if not totals.get("tps"):
        raise no_tps(asked.election, asked.place.code)
    election = await election_of(connection, asked.election)
    region_name = await named(connection, asked.place)
    situation = await situation_of(connection, asked, totals, election, settings=settings, now=now)
    return _overview(
        asked, region_name, situation, election, settings=settings, sources=sources, cursor=cursor.pack()
    )


async def situation_of(
    connection: Connection,
    asked: Asked,
    totals: Totals,
    election: ElectionDefined | None,
    *,
    settings: Settings,
    now: datetime,
) -> Situation:
    """Return what the points of a region are judged by."""
    mitigated = 0
    if asked.agencies and totals.get("ready/place/high") and totals.get("problem/tps/resolved"):
        mitigated = await mitigated_in(connection, election=asked.election, regions=asked.place.regions)
    opens_at, target = None, settings.turnout_target_ratio
    told = any(name.startswith("outreach/") for name in totals)
    if election:
        opens_at = local_instant_of(
            asked.place.regions[0], election.voting_date, election.settings.voting_opens.value
        )
        target = election.settings.turnout_target_ratio.value
    outreach = None
    if told and (opens_at is None or now < opens_at):
        outreach = await outreach_in(connection, election=asked.election, regions=asked.place.regions)
    return Situation(
        totals=totals,
        dues=dues(totals),
        now=now,
        opens_at=opens_at,
        target_ratio=target,
        mitigated=mitigated,
        agencies=asked.agencies,
        thresholds=settings.point_thresholds,
        case_threshold=settings.case_threshold_ratio,
        outreach=outreach,
    )


def _overview(
    asked: Asked,
    region: RegionName,
    s: Situation,
    election: ElectionDefined | None,
    *,
    settings: Settings,
    sources: Sequence[Source],
    cursor: str,
) -> Overview:
    totals = s.totals
    seen: Sequence[Due] = s.dues if asked.agencies else []
    target_source = election.settings.turnout_target_ratio.source if election else "desk"
    men, women = totals.get("dpt_men", 0), totals.get("dpt_women", 0)
    return Overview(
        election=asked.election,
        election_name=election.name if election else None,
        voting_date=election.voting_date.isoformat() if election else None,
        region=asked.place.code,
        region_name=region.name,
        region_path=region.path,
        region_level=region.level,
        rehearsal=settings.rehearsal,
        official=False,
        label=NOT_OFFICIAL,
        tps_total=totals["tps"],
        tps_special=totals.get("tps_special", 0),
        dpt_men=men,
        dpt_women=women,
        dpt_total=men + women,
        milestones={
            name: totals.get(f"milestone/{name}", 0) for name in (*MILESTONES_IN_ORDER, "suspended", "moved")
        },
        coverage=coverage_of(totals),
        turnout=turnout_of(totals, target_ratio=s.target_ratio, target_source=target_source),
        slots=slots_of(totals),
        boxes=boxes_of(totals, s.dues, now=s.now) if asked.agencies else None,
        crew_gaps=below(totals, "gap/") if asked.agencies else None,
        incidents=incidents_of(totals, s.dues, now=s.now, agencies=asked.agencies),
        work=work_of(totals, s.dues, now=s.now) if asked.agencies else None,
        outreach=outreach_of(totals),
        points=points_of(s),
        next_deadlines=next_deadlines(seen, now=s.now),
        as_of=reached_by(sources, now=s.now),
        answered_at=s.now,
        sources=list(sources),
        cursor=cursor,
    )


async def region(connection: Connection, *, election: str, place: Place, as_of: datetime) -> RegionOut:
    """Return a region, where it lies, and the regions in it that have a TPS.

    Raises:
        RegionUnknown: no TPS of the election lies in it.
    """
    inside = await children_of(place)
    regions = sorted({*place.regions, *(child.code for child in inside)})
    found = await totals_of_many(connection, election=election, regions=regions)
    own = added_up(found, place.regions)
    if not own.get("tps"):
        raise no_tps(election, place.code)
    own_name = await named(connection, place)
    zones = {zone_of(region) for region in place.regions if region != NATION}
    return RegionOut(
        code=place.code,
        name=own_name.name,
        level=own_name.level,
        path=own_name.path,
        parent=own_name.parent,
        zone=zones.pop() if len(zones) == 1 else None,
        tps_total=own["tps"],
        dpt_total=own.get("dpt_men", 0) + own.get("dpt_women", 0),
        children=[_child(c, found[c.code]) for c in inside if found.get(c.code, {}).get("tps")],
        as_of=as_of,
    )


def _child(child: RegionName, totals: Mapping[str, int]) -> RegionChild:
    coverage = coverage_of(totals)
    listed = totals.get("dpt_men", 0) + totals.get("dpt_women", 0)
    voted = totals.get("voted/total", 0) if coverage.tps_reported else None
    return RegionChild(
        code=child.code,
        name=child.name,
        level=child.level,
        tps_total=coverage.tps_total,
        dpt_total=listed,
        tps_opened=coverage.tps_opened,
        tps_reported=coverage.tps_reported,
        voted=voted,
        voted_ratio=round(voted / listed, 4) if voted is not None and listed else None,
        forms_expected=coverage.forms_expected,
        forms_in=coverage.forms_in,
    )
