"""Training sessions, how far the training of a region is, who was screened, and personnel."""

from datetime import datetime

from chassis.actor import Actor
from chassis.database import Connection
from chassis.pagination import CursorValue, cut_page
from contracts.registry_people_events import Duty, ForceAgency, TrainingState
from services.registry.errors import PersonnelUnknown
from services.registry.schemas.personnel import PersonnelOut
from services.registry.schemas.screenings import Fitness, ScreeningOut, Screenings
from services.registry.schemas.trainings import TrainingCoverage, TrainingCoverageOut, TrainingOut
from services.registry.tables.frames import load_frame
from services.registry.tables.people import training_unknown

SCREENINGS = "screenings|place"


async def training(
    connection: Connection, *, election: str, code: str, reader: Actor, with_names: bool
) -> TrainingOut:
    """Return a training session, with the trainer only for callers who may see persons.

    Raises:
        TrainingUnknown: there is no such session, or not in the reader's regions.
    """
    row = await connection.fetchrow(
        """select t.*, e.rehearsal, count(a.*) filter (where a.attended) as attended,
                  count(a.*) filter (where not a.attended) as absent
           from training t join election e on e.id = t.election left join training_attendance a on a.training_id = t.id
           where t.election = $1 and t.code = $2 group by t.id, e.id""",
        election,
        code,
    )
    if row is None or not reader.may_touch(row["region_code"]):
        raise training_unknown(code)
    return TrainingOut.model_validate(
        {name: row[name] for name in TrainingOut.model_fields}
        | {"trainer": row["trainer"] if with_names else None}
    )


_COVERAGE = """
with officers as (
    select o.tps_id, o.duty, case when o.attended then 'yes' else o.trained end as training
    from officer o join tps_roster r on r.tps_id = o.tps_id left join tps t on t.id = o.tps_id
    where o.election = $1 and o.status <> 'proposed' and coalesce(t.active, true)
      and (coalesce(r.region_code, t.code) = $2 or coalesce(r.region_code, t.code) like $2 || '.%')
), places as (
    select duty, tps_id, count(*) as named, count(*) filter (where training = 'yes') as trained,
           count(*) filter (where training = 'unknown') as training_unknown
    from officers group by duty, tps_id
)
select duty, sum(named)::int as named, sum(trained)::int as trained, sum(training_unknown)::int as training_unknown,
       count(*)::int as places, count(*) filter (where trained = named)::int as places_trained
from places group by duty
"""


async def training_coverage(connection: Connection, *, election: str, region: str) -> TrainingCoverageOut:
    """Return how far the training of a region's officers is, by duty.

    Raises:
        ElectionUnknown: there is no such election.
    """
    await load_frame(connection, election)
    rows = await connection.fetch(_COVERAGE, election, region)
    sessions = await connection.fetch(
        """select state, count(*)::int as sessions from training
           where election = $1 and (region_code = $2 or region_code like $2 || '.%') group by state""",
        election,
        region,
    )
    items = sorted((TrainingCoverage.model_validate(dict(row)) for row in rows), key=_by_duty)
    held = {TrainingState(row["state"]): row["sessions"] for row in sessions}
    return TrainingCoverageOut(
        region_code=region, items=items, sessions={state: held.get(state, 0) for state in TrainingState}
    )


def _by_duty(item: TrainingCoverage) -> int:
    return list(Duty).index(item.duty)


_SCREENED = """
select c.code as place_code, o.duty, o.slot, o.person, h.fitness, h.screened_on
from officer o join tps_roster r on r.tps_id = o.tps_id left join tps t on t.id = o.tps_id
cross join lateral (select coalesce(r.region_code, t.code) as code) c
left join lateral (
    select fitness, screened_on from health_screening s
    where s.election = o.election and s.person = o.person order by s.screened_on desc, s.id desc limit 1
) h on true
where o.election = $1 and (c.code = $2 or c.code like $2 || '.%') and ($3::text is null or h.fitness = $3)
  and ($4::text is null or (c.code, o.duty, o.slot) > ($4, $5, $6))
order by c.code, o.duty, o.slot limit $7
"""


async def screenings(
    connection: Connection,
    *,
    election: str,
    region: str,
    fitness: Fitness | None,
    limit: int,
    start: tuple[CursorValue, ...] | None,
    now: datetime,
) -> Screenings:
    """Return a page of a region's officers with the latest screening of each, by place and post."""
    after = start or (None, None, None)
    rows = await connection.fetch(
        _SCREENED, election, region, fitness.value if fitness else None, *after, limit + 1
    )
    page, next_cursor = cut_page(
        rows, limit=limit, key=lambda row: (row["place_code"], row["duty"], row["slot"]), listing=SCREENINGS
    )
    items = [ScreeningOut.model_validate(dict(row)) for row in page]
    return Screenings(items=items, next_cursor=next_cursor, as_of=now)


async def personnel(
    connection: Connection, *, election: str, operation: str, agency: ForceAgency, code: str
) -> PersonnelOut:
    """Return what an operation has of an agency at a place.

    Raises:
        PersonnelUnknown: nobody said.
    """
    row = await connection.fetchrow(
        """select p.*, e.rehearsal from personnel p join election e on e.id = p.election
           where p.election = $1 and p.operation = $2 and p.agency = $3 and p.place_code = $4""",
        *(election, operation, agency.value, code),
    )
    if row is None:
        raise PersonnelUnknown(
            "Nobody said what the operation has there.",
            detail_id="Belum ada data personel operasi ini di tempat itu.",
        )
    return PersonnelOut.model_validate({name: row[name] for name in PersonnelOut.model_fields})
