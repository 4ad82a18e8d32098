"""The officers of places: every post that there is, and what happened to one."""

from uuid import UUID

from chassis.database import Connection
from contracts.registry_people_events import Duty
from services.registry.errors import RegionUnknown
from services.registry.queries.tps import state_of
from services.registry.rules.regions import is_region
from services.registry.rules.rosters import Holder, post_counts, roster_counts, slots_at
from services.registry.schemas.officers import OfficerOut, PostEvent, PostHistory, PostRoster, Roster
from services.registry.tables.frames import load_frame
from services.registry.tables.people import area_roster_id, holder_of


async def roster(connection: Connection, *, election: str, code: str, with_names: bool) -> Roster:
    """Return the officers of a TPS: every slot, with person and name only for callers who may see them.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
    """
    found = await posts(connection, election=election, code=code, with_names=with_names)
    state = await state_of(connection, election, code)
    figures = roster_counts(found.posts)
    return Roster(
        **dict(found),
        tps_id=state.tps_id,
        tps_code=state.code,
        kpps=figures[Duty.KPPS],
        linmas=figures[Duty.LINMAS],
        ptps=figures[Duty.PTPS],
    )


async def posts(connection: Connection, *, election: str, code: str, with_names: bool) -> PostRoster:
    """Return the posts of a place, a TPS or an area, with person and name only for callers who may see them.

    Raises:
        ElectionUnknown, TpsUnknown, RegionUnknown: there is no such thing.
    """
    frame = await load_frame(connection, election)
    roster_id, code = await _place(connection, election, code)
    version = await connection.fetchval("select version from tps_roster where tps_id = $1", roster_id)
    rows = await connection.fetch("select * from officer where tps_id = $1", roster_id)
    held = {(Duty(row["duty"]), row["slot"]): holder_of(row) for row in rows}
    slots = slots_at(code, frame.settings)
    places = {(duty, slot) for duty, number in slots.items() for slot in range(1, number + 1)} | set(held)
    order = list(Duty)
    return PostRoster(
        place_code=code,
        version=version or 0,
        posts=post_counts(((duty, holder) for (duty, _), holder in held.items()), slots=slots),
        officers=[
            _officer(duty, slot, held.get((duty, slot)), with_names=with_names)
            for duty, slot in sorted(places, key=lambda place: (order.index(place[0]), place[1]))
        ],
    )


def _officer(duty: Duty, slot: int, holder: Holder | None, *, with_names: bool) -> OfficerOut:
    named = holder if with_names else None
    return OfficerOut(
        duty=duty,
        slot=slot,
        filled=holder is not None,
        trained=holder.training() if holder else None,
        person=named.person if named else None,
        display_name=named.display_name if named else None,
        status=holder.status if holder else None,
        present=holder.present if holder else None,
    )


async def _place(connection: Connection, election: str, code: str) -> tuple[UUID, str]:
    """Return the id of a place's roster, and the code that the place has now."""
    if code.count(".") == 4:
        state = await state_of(connection, election, code)
        return state.tps_id, state.code
    if not is_region(code):
        raise RegionUnknown(
            f"The list of regions has no code {code}.", detail_id=f"Daftar wilayah tidak memuat kode {code}."
        )
    return area_roster_id(election, code), code


async def post_history(
    connection: Connection, *, election: str, code: str, duty: Duty, slot: int
) -> PostHistory:
    """Return what happened to a post, the latest first.

    Raises:
        TpsUnknown, RegionUnknown: there is no such place.
    """
    roster_id, code = await _place(connection, election, code)
    rows = await connection.fetch(
        """select step, person, successor, happened_on, recorded_at, actor as recorded_by from officer_history
           where tps_id = $1 and duty = $2 and slot = $3 order by recorded_at desc, id desc limit 200""",
        roster_id,
        duty.value,
        slot,
    )
    items = [PostEvent.model_validate(dict(row)) for row in rows]
    return PostHistory(place_code=code, duty=duty, slot=slot, items=items)
