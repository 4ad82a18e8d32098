"""A risk layer is laid over the TPS and becomes an import of assessments: one path writes risks, whoever draws them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.actor import Actor
from chassis.database import UnitOfWork
from chassis.idempotency import Receipt
from chassis.outbox import Origin
from contracts.registry_events import RiskClass
from services.registry.commands.frame import refuse
from services.registry.commands.imports import StoredPart, receive_import, store_part
from services.registry.rules.distances import Point
from services.registry.rules.geometry import Area, area_of, areas_around
from services.registry.schemas.imports import ImportKind, ImportRequest
from services.registry.schemas.risk_layers import LayerRow, RiskLayerIn
from services.registry.schemas.shapes import Misfit

PART_ROWS = 5_000
_RANK = {RiskClass.LOW: 1, RiskClass.MEDIUM: 2, RiskClass.HIGH: 3}


@dataclass(frozen=True, slots=True)
class PlacedTps:
    """A TPS and where it is; None where its point is not known."""

    code: str
    point: Point | None


def lay(layer: RiskLayerIn, places: Sequence[PlacedTps]) -> list[LayerRow]:
    """Return what a layer says of each TPS: the highest class of the polygons around it, else the rest's, else nothing.

    Raises:
        InvalidPayload: a polygon is none.
    """
    areas, extent = _sound(layer)
    placed = [(each, each.point) for each in places if each.point is not None]
    points = [point for _, point in placed]
    around = areas_around(areas, points)
    inside = areas_around([extent] if extent else [], points)
    found = {
        each.code: (near, bool(within))
        for (each, _), near, within in zip(placed, around, inside, strict=True)
    }
    return [_row(layer, each, *found.get(each.code, ([], False))) for each in places]


def _row(layer: RiskLayerIn, tps: PlacedTps, near: Sequence[int], within: bool) -> LayerRow:  # noqa: FBT001 - of a pair
    said = [found for number in near if (found := layer.features[number].properties) is not None]
    worst = max(said, key=lambda one: _RANK[one.risk_class], default=None)
    if worst is not None:
        why, risk_class, indicators = "inside", worst.risk_class, list(worst.indicators)
    elif within:
        why, risk_class, indicators = "rest", layer.layer.rest_class, []
    else:
        why, risk_class, indicators = "no-point" if tps.point is None else "outside", None, []
    return LayerRow.model_validate(
        {
            "tps_code": tps.code,
            "kind": layer.layer.kind,
            "risk_class": risk_class,
            "indicators": indicators,
            "as_of": layer.layer.as_of,
            "why": why,
        }
    )


def _sound(layer: RiskLayerIn) -> tuple[list[Area], Area | None]:
    """Return the polygons and the extent of a layer as areas; all that are none are told at once."""
    areas: list[Area] = []
    misfits: list[Misfit] = []
    for position, feature in enumerate(layer.features):
        found = area_of(feature.geometry.model_dump() if feature.geometry else None)
        if isinstance(found, Area):
            areas.append(found)
        else:
            misfits.append(replace(found, pointer=f"/features/{position}/geometry"))
    extent = area_of(layer.layer.extent.model_dump()) if layer.layer.extent else None
    if isinstance(extent, Misfit):
        misfits.append(replace(extent, pointer="/layer/extent"))
    refuse(misfits[:100])
    return areas, extent if isinstance(extent, Area) else None


async def receive_layer(
    uow: UnitOfWork,
    import_id: UUID,
    rows: Sequence[LayerRow],
    *,
    source: str,
    dry_run: bool,
    actor: Actor,
    origin: Origin,
) -> Receipt:
    """Keep what a layer says of each TPS as the file of an import; the worker takes it in.

    Emits:
        nothing; its rows do.

    Raises:
        ElectionUnknown: there is no such election.
    """
    digest, size_bytes = hashlib.sha256(), 0
    parts: list[StoredPart] = []
    for start in range(0, len(rows), PART_ROWS):
        lines = [row.model_dump_json() + "\n" for row in rows[start : start + PART_ROWS]]
        content = "".join(lines).encode()
        digest.update(content)
        size_bytes += len(content)
        parts.append(StoredPart(content, sealed=False))  # what is known of TPS, and of nobody
    async with uow.beyond_regions():  # the parts of a file are the worker's alone
        for number, part in enumerate(parts):
            await store_part(uow, import_id, number, part=part, stored_at=origin.now)
    command = ImportRequest(
        kind=ImportKind.RISK_LAYER,
        dry_run=dry_run,
        source=source,
        media_type="ndjson",
        sha256=digest.hexdigest(),
        size_bytes=size_bytes,
    )
    return await receive_import(uow, import_id, command, actor=actor, origin=origin)
