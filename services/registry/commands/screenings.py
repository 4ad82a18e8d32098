"""Commands on the health of officers: what a screening came to. Beside who screens, the desk learns only that it was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from uuid_utils.compat import uuid7

from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from chassis.problems import FieldError, InvalidPayload
from contracts.registry_people_events import Duty
from contracts.zones import zone_of
from services.registry.commands.officers import locked_crew
from services.registry.commands.roster_marks import mark_officers
from services.registry.errors import SlotEmpty
from services.registry.rules.regions import civil_date
from services.registry.schemas.screenings import Fitness, ScreeningIn, ScreeningReceipt
from services.registry.schemas.shapes import Outcome
from services.registry.tables.frames import Frame, load_frame


@dataclass(frozen=True, slots=True)
class Screening:
    """What the screening of somebody came to."""

    person: str
    fitness: Fitness
    screened_on: date


async def record_screening(
    uow: UnitOfWork, code: str, duty: Duty, slot: int, *, command: ScreeningIn, origin: Origin
) -> Receipt:
    """Record what the screening of the holder of a post came to; the same again changes nothing.

    Emits:
        tps_roster.changed or area_roster.changed, where it was not known before that they were screened.

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown, SlotEmpty: there is no such thing.
        InvalidPayload: the day has not come yet.
    """
    frame = await load_frame(uow, origin.election, lock="for share")
    crew = await locked_crew(uow, code, origin=origin)
    if command.screened_on > civil_date(origin.now, zone_of(crew.code)):
        told = ("The day has not come yet.", "Tanggalnya belum tiba.")
        raise InvalidPayload(
            told[0], detail_id=told[1], errors=[FieldError("/screened_on", "in-the-future", *told)]
        )
    row = await uow.fetch_row(
        "select person from officer where tps_id = $1 and duty = $2 and slot = $3",
        crew.roster_id,
        duty.value,
        slot,
    )
    if row is None:
        raise SlotEmpty("Nobody holds this post.", detail_id="Posisi ini belum terisi.")
    screening = Screening(row["person"], command.fitness, command.screened_on)
    new = await write_screenings(uow, [screening], frame=frame, origin=origin)
    out = ScreeningReceipt(
        place_code=crew.code,
        duty=duty,
        slot=slot,
        screened_on=command.screened_on,
        outcome=Outcome.CREATED if new else Outcome.UNCHANGED,
    )
    return Receipt(out, status=201 if new else 200)


async def write_screenings(
    uow: UnitOfWork, screenings: Sequence[Screening], *, frame: Frame, origin: Origin, dry_run: bool = False
) -> frozenset[str]:
    """Append screenings that say something new, and return of whom.

    Emits:
        tps_roster.changed, area_roster.changed, one for each roster that counts otherwise now.
    """
    rows = await uow.fetch(
        """select distinct on (person) person, fitness, screened_on from health_screening
           where election = $1 and person = any($2::text[]) order by person, screened_on desc, id desc""",
        origin.election,
        [each.person for each in screenings],
    )
    latest = {row["person"]: (row["fitness"], row["screened_on"]) for row in rows}
    new = [each for each in screenings if latest.get(each.person) != (each.fitness.value, each.screened_on)]
    if new and not dry_run:
        await uow.execute(
            """insert into health_screening (id, election, person, fitness, screened_on, recorded_at, actor)
               select u.id, $5, u.person, u.fitness, u.screened_on, $6, $7
               from unnest($1::uuid[], $2::text[], $3::text[], $4::date[]) u(id, person, fitness, screened_on)""",
            [uuid7() for _ in new],
            [each.person for each in new],
            [each.fitness.value for each in new],
            [each.screened_on for each in new],
            *(origin.election, origin.now, origin.actor),
        )
        await mark_officers(uow, [each.person for each in new], frame=frame, origin=origin)
    return frozenset(each.person for each in new)
