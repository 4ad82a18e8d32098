"""TPS by code: as they stand, as they were, their risks, and where and when they vote."""

import json
from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from contracts.registry_events import RiskKind
from contracts.vocabulary import kelurahan_of
from services.registry.errors import RegionUnknown, TpsUnknown
from services.registry.rules.notices import notice
from services.registry.rules.places import polling_place
from services.registry.rules.regions import region
from services.registry.schemas.regions import PollingPlace, PollingPlaces
from services.registry.schemas.risks import RiskOut, TpsRisks
from services.registry.schemas.tps import TpsHistory, TpsOut, TpsVersion
from services.registry.tables.frames import TpsState, find_tps, load_frame, tps_out, tps_state


async def tps(connection: Connection, *, election: str, code: str) -> TpsOut:
    """Return a TPS; a former code answers with the TPS that had it.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing.
    """
    frame = await load_frame(connection, election)
    return tps_out(await state_of(connection, election, code), frame)


async def state_of(connection: Connection, election: str, code: str) -> TpsState:
    """Return a TPS by its code, or one that it had.

    Raises:
        TpsUnknown: there is no such TPS.
    """
    found = (await find_tps(connection, election, [code])).get(code)
    if found is None:
        raise TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    return found


async def tps_history(connection: Connection, *, election: str, code: str) -> TpsHistory:
    """Return the versions of a TPS, the newest first and at most 200, from the ledger.

    Raises:
        TpsUnknown: there is no such TPS.
    """
    state = await state_of(connection, election, code)
    rows = await connection.fetch(
        """select o.version, o.recorded_at, o.occurred_at, o.actor, o.channel, o.body, coalesce(r.reason, '') as reason
           from outbox o left join tps_reason r on r.tps_id = $2 and r.version = o.version
           where o.aggregate = $1 order by o.version desc limit 200""",
        f"tps/{state.tps_id}",
        state.tps_id,
    )
    items = [TpsVersion.model_validate({**json.loads(row["body"]), **dict(row)}) for row in rows]
    return TpsHistory(tps_id=state.tps_id, tps_code=state.code, items=items)


async def risks(connection: Connection, *, election: str, code: str) -> TpsRisks:
    """Return what is known of a TPS's risks.

    Raises:
        TpsUnknown: there is no such TPS.
    """
    state = await state_of(connection, election, code)
    rows = await connection.fetch("select * from tps_risk where tps_id = $1 order by kind", state.tps_id)
    items = [RiskOut.model_validate(dict(row)) for row in rows]
    known = {item.kind for item in items if item.risk_class is not None}
    return TpsRisks(
        tps_id=state.tps_id,
        tps_code=state.code,
        items=items,
        unknown=[kind for kind in RiskKind if kind not in known],
    )


async def polling_place_of(connection: Connection, *, election: str, code: str) -> PollingPlace:
    """Return where and when a TPS votes, for everybody.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing, or it was dissolved.
    """
    out = await tps(connection, election=election, code=code)
    if not out.active:
        raise TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
    return polling_place(out)


async def notice_of(connection: Connection, *, election: str, code: str, now: datetime) -> str:
    """Return the information sheet of a TPS, as HTML to print.

    Raises:
        ElectionUnknown, TpsUnknown: there is no such thing, or it was dissolved.
    """
    place = await polling_place_of(connection, election=election, code=code)
    name = await connection.fetchval("select name from election where id = $1", election)
    return notice(place, election=name, as_of=now)


async def polling_places_in(
    connection: Connection, *, election: str, code: str, now: datetime
) -> PollingPlaces:
    """Return where and when the TPS of a kelurahan vote, by number.

    Raises:
        ElectionUnknown, RegionUnknown: there is no such thing.
    """
    frame = await load_frame(connection, election)
    rows: Sequence[TpsState] = [
        tps_state(row)
        for row in await connection.fetch(
            "select * from tps where election = $1 and code like $2 || '.%' and active order by code",
            election,
            code,
        )
    ]
    known = region(code)
    if not rows and known is None:
        raise RegionUnknown(
            f"No kelurahan has the code {code}.", detail_id=f"Tidak ada kelurahan dengan kode {code}."
        )
    return PollingPlaces(
        kelurahan_code=code,
        kelurahan=known.name if known else code,
        items=[polling_place(tps_out(state, frame)) for state in rows if kelurahan_of(state.code) == code],
        as_of=now,
    )
