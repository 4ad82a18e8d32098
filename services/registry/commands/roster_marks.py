"""What officers bring along from elsewhere, into their rosters: that they attended a training, that they were screened."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.outbox import Origin
from contracts.access import Scope
from contracts.registry_people_events import Duty
from services.registry.commands.frame import lock_names
from services.registry.commands.rosters import Crew, lock_rosters, tell_roster
from services.registry.rules.rosters import Holder
from services.registry.tables.frames import Frame
from services.registry.tables.people import holder_of, screened_persons, trained_duties

_MARK = """
update officer o set attended = u.attended, screened = u.screened
from unnest($1::uuid[], $2::text[], $3::int[], $4::bool[], $5::bool[]) u(tps_id, duty, slot, attended, screened)
where (o.tps_id, o.duty, o.slot) = (u.tps_id, u.duty, u.slot)
"""


async def mark_officers(uow: UnitOfWork, persons: Sequence[str], *, frame: Frame, origin: Origin) -> None:
    """Bring the posts of persons up to what is known of their training and screening now.

    Emits:
        tps_roster.changed, area_roster.changed, one for each roster that changed.
    """
    if not persons:
        return
    election, asked = origin.election, list(persons)
    await lock_names(uow, [f"roster:{election}"])
    trained = await trained_duties(uow, election, asked)
    async with uow.beyond_regions(
        purposes=[Scope.HEALTH_SCREEN]
    ):  # that there was a screening is marked, not how it went
        screened = await screened_persons(uow, election, asked)
    rows = await uow.fetch(
        "select * from officer where election = $1 and person = any($2::text[])", election, asked
    )
    marks: list[tuple[UUID, str, int, bool, bool]] = []
    for row in rows:
        before = holder_of(row)
        attended = Duty(row["duty"]) in trained.get(before.person, frozenset())
        after = replace(before, attended=attended, screened=before.person in screened)
        if after != before:
            marks.append((row["tps_id"], row["duty"], row["slot"], after.attended, after.screened))
    if not marks:
        return
    versions = await lock_rosters(uow, [mark[0] for mark in marks])
    await uow.execute(_MARK, *(list(column) for column in zip(*marks, strict=True)))
    await _raise(uow, versions, frame=frame, origin=origin)


async def _raise(uow: UnitOfWork, versions: dict[UUID, int], *, frame: Frame, origin: Origin) -> None:
    rows = await uow.fetch(
        """update tps_roster r set version = r.version + 1 from unnest($1::uuid[]) u(id)
           where r.tps_id = u.id
           returning r.tps_id, r.version, coalesce(r.region_code, (select code from tps t where t.id = r.tps_id)) as code""",
        list(versions),
    )
    held: defaultdict[UUID, list[tuple[Duty, int, Holder]]] = defaultdict(list)
    for row in await uow.fetch("select * from officer where tps_id = any($1::uuid[])", list(versions)):
        held[row["tps_id"]].append((Duty(row["duty"]), row["slot"], holder_of(row)))
    for row in rows:
        crew = Crew(row["tps_id"], row["code"])
        tell_roster(uow, crew, held[crew.roster_id], version=row["version"], frame=frame, origin=origin)
