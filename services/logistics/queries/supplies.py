"""What a TPS needs and has, and the catalogue."""

from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Connection, Row
from chassis.tps_codes import by_code
from contracts.logistics_events import ItemHeld, ItemNeed
from services.logistics.errors import ElectionUnknown, tps_unknown
from services.logistics.queries.boxes import discrepancy_out
from services.logistics.schemas.supplies import CatalogueItemOut, CatalogueOut, TpsBoxOut, TpsSupplyOut

_needs: TypeAdapter[list[ItemNeed]] = TypeAdapter(list[ItemNeed])
_TPS = by_code("""select t.tps_id, t.tps_code, t.zone, s.due_at, s.boxes, s.needs
    from (select $1::text, $2::text) c(election, tps_code)
    cross join lateral (<tps>) t join tps_supply s using (tps_id)""")


async def tps_supply(connection: Connection, *, election: str, tps_code: str) -> TpsSupplyOut:
    """Return what a TPS needs, what it holds, and its boxes with what is wrong with them.

    A former code answers with the TPS that had it.

    Raises:
        TpsUnknown: the election has no such TPS.
    """
    holder, former = _TPS
    tps = await connection.fetchrow(holder, election, tps_code) or await connection.fetchrow(
        former, election, tps_code
    )
    if tps is None:
        raise tps_unknown(tps_code)
    needs = _needs.validate_json(tps["needs"])
    wanted = {(need.item, need.contest): need.quantity for need in needs}
    held = await connection.fetch(
        "select item, nullif(contest, '') as contest, quantity from item_held where tps_id = $1 order by 1, 2",
        tps["tps_id"],
    )
    return TpsSupplyOut(
        tps_code=tps["tps_code"],
        due_at=tps["due_at"],
        zone=tps["zone"],
        boxes_needed=tps["boxes"],
        needs=needs,
        held=[ItemHeld(**row, needed=wanted.get((row["item"], row["contest"]))) for row in held],
        boxes=await _boxes(connection, tps),
    )


async def _boxes(connection: Connection, tps: Row) -> list[TpsBoxOut]:
    rows = await connection.fetch(
        "select * from box where tps_id = $1 order by contest, box_id", tps["tps_id"]
    )
    found: dict[UUID, list[Row]] = {}
    for discrepancy in await connection.fetch(
        "select * from discrepancy where box_id = any($1::uuid[]) order by discrepancy_id",
        [row["box_id"] for row in rows],
    ):
        found.setdefault(discrepancy["box_id"], []).append(discrepancy)
    return [
        TpsBoxOut.model_validate(
            {
                **row,
                "tps_code": tps["tps_code"],
                "due_at": tps["due_at"],
                "discrepancies": [discrepancy_out(d) for d in found.get(row["box_id"], ())],
            }
        )
        for row in rows
    ]


async def catalogue(connection: Connection, *, election: str) -> CatalogueOut:
    """Return the catalogue of an election.

    Raises:
        ElectionUnknown: the registry has not told of it.
    """
    rows = await connection.fetch(
        "select * from catalogue_item where election = $1 order by position, item", election
    )
    if not rows:
        raise ElectionUnknown
    return CatalogueOut(items=[CatalogueItemOut.model_validate(dict(row)) for row in rows])
