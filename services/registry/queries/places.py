"""What is known of the place of a TPS: its checklist, and the decisions that moved it."""

from collections.abc import Sequence

from chassis.database import Connection
from contracts.access import NATION
from contracts.registry_places_events import CheckAnswer, CheckItem
from services.registry.errors import TpsUnknown
from services.registry.rules.checklists import readiness
from services.registry.schemas.checklists import Checklist, CheckOut
from services.registry.schemas.tps import Relocation, Relocations
from services.registry.tables.frames import TpsState, find_tps, load_frame


async def tps_state_of(connection: Connection, *, election: str, code: str) -> TpsState:
    """Return a TPS by its code or a former one.

    Raises:
        TpsUnknown: the election has and had no such TPS.
    """
    found = (await find_tps(connection, election, [code])).get(code)
    if found is None:
        raise TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    return found


async def checklist(connection: Connection, *, election: str, code: str) -> Checklist:
    """Return the checklist of a TPS, whole: what nobody checked is there as not known.

    Raises:
        TpsUnknown: there is no such TPS.
    """
    state = await tps_state_of(connection, election=election, code=code)
    version = await connection.fetchval("select version from tps_checklist where tps_id = $1", state.tps_id)
    rows = await connection.fetch("select * from tps_check where tps_id = $1", state.tps_id)
    found = {row["item"]: CheckOut.model_validate(dict(row)) for row in rows}
    items = [found.get(item.value) or _unchecked(item) for item in CheckItem]
    known, ok, ready = readiness(item.answer for item in found.values())
    return Checklist(
        tps_id=state.tps_id,
        tps_code=state.code,
        version=version or 0,
        of=len(CheckItem),
        known=known,
        ok=ok,
        ready=ready,
        items=items,
    )


def _unchecked(item: CheckItem) -> CheckOut:
    return CheckOut(
        item=item,
        answer=CheckAnswer.UNKNOWN,
        source=None,
        as_of=None,
        checked_by=None,
        recorded_at=None,
        place=None,
        lat=None,
        lon=None,
        distance_m=None,
    )


async def relocations(connection: Connection, *, election: str, code: str) -> Relocations:
    """Return the decisions that moved a TPS, the newest first and at most 200.

    Raises:
        TpsUnknown: there is no such TPS.
    """
    state = await tps_state_of(connection, election=election, code=code)
    rows = await connection.fetch(
        "select * from tps_relocation where tps_id = $1 order by number desc limit 200", state.tps_id
    )
    items = [Relocation.model_validate(dict(row)) for row in rows]
    return Relocations(tps_id=state.tps_id, tps_code=state.code, items=items)


async def tps_points(
    connection: Connection, *, election: str, regions: Sequence[str]
) -> list[tuple[str, float | None, float | None]]:
    """Return code and point of the active TPS in some regions, by code.

    Raises:
        ElectionUnknown: there is no such election.
    """
    await load_frame(connection, election)
    rows = await connection.fetch(
        """select code, lat, lon from tps
           where election = $1 and active and ($2 or code = any($3::text[]) or code like any($4::text[]))
           order by code""",
        *(election, NATION in regions, list(regions), [f"{region}.%" for region in regions]),
    )
    return [(row["code"], row["lat"], row["lon"]) for row in rows]
