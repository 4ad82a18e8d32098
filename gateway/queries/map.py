"""The TPS of a region as points of a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from geojson_pydantic import Feature, FeatureCollection, Point
from geojson_pydantic.types import Position2D
from pydantic import Field
from pydantic_core import from_json

from chassis.database import Connection, Row
from chassis.pagination import cut_page, decode_cursor
from contracts.vocabulary import Instant
from gateway import names
from gateway.projections import Body
from gateway.queries.elections import require_election
from gateway.queries.lists import Statement, within
from gateway.queries.tps import Summary, summaries
from gateway.schemas.lists import TpsProperties

MOST_POINTS = 10_000
_LISTING = "tps.geojson|code"


TpsFeature = Feature[Point, TpsProperties]


class TpsMap(FeatureCollection[TpsFeature]):
    """TPS as GeoJSON (RFC 7946). One whose place is not known has a null geometry."""

    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next part; null on the last one."
    )
    as_of: Instant
    attribution: str | None = Field(description="Who says where the points are.")


@dataclass(frozen=True, slots=True)
class AskedMap:
    """A map that somebody asks for."""

    election: str
    regions: tuple[str, ...]
    agencies: bool
    limit: int
    cursor: str | None


async def tps_map(connection: Connection, asked: AskedMap, *, as_of: datetime) -> TpsMap:
    """Return the active TPS of some regions as points.

    Args:
        as_of: up to when what is projected reaches.

    Raises:
        CursorInvalid: the cursor is of another list.
        ElectionUnknown: there is no such election.
    """
    statement = Statement()
    statement.conditions += [
        f"election = {statement.given(asked.election)}",
        "kind = 'tps' and state <> 'dissolved'",
    ]
    within(statement, asked.regions)
    if asked.cursor is not None:
        after = statement.given(decode_cursor(asked.cursor, listing=_LISTING, kinds=(str,))[0])
        statement.conditions.append(f'tps_code collate "C" > {after}')
    limit = statement.given(asked.limit + 1)
    sql = f"""select region, tps_code, body from projected where {" and ".join(statement.conditions)}
              order by tps_code collate "C" limit {limit}"""  # noqa: S608 - our own words
    rows = await connection.fetch(sql, *statement.arguments)
    shown, next_cursor = cut_page(
        rows, limit=asked.limit, key=lambda row: (row["tps_code"],), listing=_LISTING
    )
    if not rows:
        await require_election(connection, asked.election)
    found = await summaries(connection, [row["tps_code"] for row in shown], election=asked.election)
    sources: set[str] = set()
    features = [_feature(row, found[row["tps_code"]], sources, agencies=asked.agencies) for row in shown]
    return TpsMap(
        type="FeatureCollection",
        features=features,
        next_cursor=next_cursor,
        as_of=as_of,
        attribution=_said(sorted(sources)),
    )


def _said(sources: Sequence[str]) -> str | None:
    return "; ".join(sources[:5]) or None


def _feature(row: Row, summary: Summary, sources: set[str], *, agencies: bool) -> TpsFeature:
    body: Body = from_json(row["body"])
    dpt = cast(int, body["dpt_men"]) + cast(int, body["dpt_women"])
    shown = summary.shown(agencies=agencies, dpt=dpt)
    lat, lon = cast(float | None, body["lat"]), cast(float | None, body["lon"])
    if body.get("source"):
        sources.add(str(body["source"]))
    properties = TpsProperties.model_validate(
        {
            **{
                name: shown[name]
                for name in ("milestone", "voted_total", "voted_ratio", "hazard_class", "boxes_state")
            },
            "code": row["tps_code"],
            "place": body["place"],
            "region_name": names.name_of(row["region"]),
            "kind": body["kind"],
            "dpt_total": dpt,
            "forms_in": sum(1 for state in summary.forms.values() if state == "verified"),
            "forms_total": len(cast(list[str], body["contests"])),
        }
    )
    point = None
    if lat is not None and lon is not None:
        point = Point(type="Point", coordinates=Position2D(lon, lat))
    return TpsFeature(type="Feature", id=row["tps_code"], geometry=point, properties=properties)
