"""The calendar of an election, its rules that are data, and need and named of those who guard its TPS."""

from datetime import datetime, timedelta

from chassis.database import Connection
from contracts.registry_events import RiskClass, RiskKind, Stage
from contracts.registry_people_events import ForceAgency
from contracts.registry_places_events import CampaignRule, GuardingPattern
from contracts.zones import WIB, zone_of
from services.registry.errors import ElectionUnknown, RegionUnknown
from services.registry.queries.places import tps_state_of
from services.registry.rules.guarding import added, by_class, need_of
from services.registry.rules.regions import is_region
from services.registry.rules.stages import as_icalendar, changing, stage_at
from services.registry.schemas.stages import (
    AreaGuarding,
    Calendar,
    CampaignRulesOut,
    GuardingOfClass,
    GuardingRulesOut,
    TpsGuarding,
)
from services.registry.tables.frames import load_frame, parts_of


async def calendar(connection: Connection, *, election: str, within_days: int, now: datetime) -> Calendar:
    """Return the stages of an election as they stand now.

    Raises:
        ElectionUnknown: there is no such election.
    """
    frame = await load_frame(connection, election)
    zone = zone_of(frame.region_code) if frame.region_code else WIB
    stages = [stage_at(stage, zone=zone, now=now) for stage in _in_order(frame.stages)]
    return Calendar(
        election=election,
        name=await _name(connection, election),
        zone=zone,
        stages=stages,
        changing=changing(stages, within=timedelta(days=within_days)),
        within_days=within_days,
        as_of=now,
        rehearsal=frame.rehearsal,
    )


async def icalendar(connection: Connection, *, election: str, now: datetime) -> str:
    """Return the stages of an election as a calendar file.

    Raises:
        ElectionUnknown: there is no such election.
    """
    frame = await load_frame(connection, election)
    name = await _name(connection, election)
    title = f"[GLADI] {name}" if frame.rehearsal else name
    return as_icalendar(_in_order(frame.stages), election=election, name=title, now=now)


def _in_order(stages: tuple[Stage, ...]) -> list[Stage]:
    return sorted(stages, key=lambda stage: (stage.starts_on, stage.ends_on, stage.id))


async def _name(connection: Connection, election: str) -> str:
    name: str = await connection.fetchval("select name from election where id = $1", election)
    return name


async def _rules(connection: Connection, election: str, kind: str) -> tuple[int, list[object]]:
    row = await connection.fetchrow(
        "select version, items from election_rules where election = $1 and kind = $2", election, kind
    )
    if row is not None:
        return row["version"], parts_of(row["items"])
    if await connection.fetchval("select 1 from election where id = $1", election) is None:
        raise ElectionUnknown(
            f"No election has the id {election}.", detail_id=f"Tidak ada pemilihan dengan id {election}."
        )
    return 0, []


async def guarding_rules(connection: Connection, *, election: str) -> GuardingRulesOut:
    """Return the guarding patterns of an election.

    Raises:
        ElectionUnknown: there is no such election.
    """
    version, items = await _rules(connection, election, "guarding")
    patterns = [GuardingPattern.model_validate(item) for item in items]
    return GuardingRulesOut(election=election, version=version, patterns=patterns)


async def campaign_rules(connection: Connection, *, election: str, stage: str | None) -> CampaignRulesOut:
    """Return the campaign rules of an election.

    Args:
        stage: only those that hold in it; those that hold always are among them.

    Raises:
        ElectionUnknown: there is no such election.
    """
    version, items = await _rules(connection, election, "campaign")
    rules = [CampaignRule.model_validate(item) for item in items]
    held = [rule for rule in rules if stage is None or not rule.stages or stage in rule.stages]
    return CampaignRulesOut(election=election, version=version, rules=held)


async def tps_guarding(connection: Connection, *, election: str, code: str) -> TpsGuarding:
    """Return who is to guard a TPS, and who is named.

    Raises:
        TpsUnknown: there is no such TPS.
    """
    state = await tps_state_of(connection, election=election, code=code)
    rules = await guarding_rules(connection, election=election)
    risk = await connection.fetchrow(
        "select * from tps_risk where tps_id = $1 and kind = $2 and risk_class is not null",
        *(state.tps_id, RiskKind.SECURITY.value),
    )
    named: int | None = await connection.fetchval(
        """select (select count(*) from officer o where o.tps_id = r.tps_id and o.duty = 'linmas')
           from tps_roster r where r.tps_id = $1""",
        state.tps_id,
    )
    risk_class = RiskClass(risk["risk_class"]) if risk else None
    pattern = by_class(rules.patterns).get(risk_class) if risk_class else None
    return TpsGuarding(
        tps_code=state.code,
        risk_class=risk_class,
        class_source=risk["source"] if risk else None,
        class_as_of=risk["as_of"].isoformat() if risk else None,
        pattern=pattern,
        police_per_tps=round(pattern.police / pattern.tps, 4) if pattern else None,
        police_planned=await _police_planned(connection, election, state.code),
        linmas_need=need_of(pattern, 1).linmas,
        linmas_named=named,
        rules_version=rules.version,
    )


async def _police_planned(connection: Connection, election: str, code: str) -> int | None:
    """Return the police that operations plan for a place and the places within it, None where nobody said."""
    planned: int | None = await connection.fetchval(
        """select sum(planned)::int from personnel
           where election = $1 and agency = $2 and (place_code = $3 or place_code like $3 || '.%')""",
        *(election, ForceAgency.POLRI.value, code),
    )
    return planned


_BY_CLASS = """
select k.risk_class, count(*) as tps, count(*) filter (where r.tps_id is null) as without_roster,
       coalesce(sum((select count(*) from officer o where o.tps_id = t.id and o.duty = 'linmas')), 0)::int as named
from tps t
left join tps_risk k on k.tps_id = t.id and k.kind = 'security'
left join tps_roster r on r.tps_id = t.id
where t.election = $1 and t.active and t.code like $2 || '.%'
group by k.risk_class
"""


async def area_guarding(connection: Connection, *, election: str, code: str, now: datetime) -> AreaGuarding:
    """Return need and named of the guards of an area, by class of security.

    Raises:
        ElectionUnknown, RegionUnknown: there is no such thing.
    """
    rules = await guarding_rules(connection, election=election)
    rows = await connection.fetch(_BY_CLASS, election, code)
    if not rows and not is_region(code):
        raise RegionUnknown(
            f"No region has the code {code}.", detail_id=f"Tidak ada wilayah dengan kode {code}."
        )
    patterns = by_class(rules.patterns)
    found = {row["risk_class"]: row for row in rows}
    classes: list[GuardingOfClass] = []
    for word in (*RiskClass, None):
        row = found.get(word)
        if row is None:
            continue
        pattern = patterns.get(word) if word else None
        need = need_of(pattern, row["tps"])
        classes.append(
            GuardingOfClass(
                risk_class=word,
                tps=row["tps"],
                pattern=pattern,
                police_need=need.police,
                linmas_need=need.linmas,
                linmas_named=row["named"],
                tps_without_roster=row["without_roster"],
            )
        )
    return AreaGuarding(
        region_code=code,
        tps=sum(each.tps for each in classes),
        tps_not_known=sum(each.tps for each in classes if each.pattern is None),
        police_need=added([each.police_need for each in classes]),
        police_planned=await _police_planned(connection, election, code),
        linmas_need=added([each.linmas_need for each in classes]),
        linmas_named=sum(each.linmas_named for each in classes),
        classes=classes,
        rules_version=rules.version,
        as_of=now,
    )
