"""The route of risk layers: polygons come in, an import of what they say of each TPS goes on."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from uuid_utils.compat import uuid7

from chassis.idempotency import OnceDep
from chassis.pagination import known_parameters_only
from chassis.problems import FieldError, InvalidPayload
from chassis.reading import ReaderDep
from contracts.vocabulary import Channel, ElectionId
from services.registry.commands.risk_layers import PlacedTps, lay, receive_layer
from services.registry.queries import places as queries
from services.registry.routes.doors import Agency
from services.registry.routes.uploads import DryRun
from services.registry.rules.distances import Point
from services.registry.schemas.imports import ImportOut
from services.registry.schemas.risk_layers import RiskLayerIn

router = APIRouter(
    prefix="/v1/elections/{election}/risk-layers/imports",
    tags=["imports"],
    dependencies=[Depends(known_parameters_only)],
)


@router.post("", status_code=202, response_model=ImportOut)
async def lay_risk_layer(
    request: Request,
    election: ElectionId,
    body: RiskLayerIn,
    agency: Agency,
    once: OnceDep,
    read: ReaderDep,
    dry_run: DryRun = False,  # noqa: FBT002 - a query's flag
) -> Response:
    """Lay polygons of risk over the TPS of the token's regions; what they say is taken in as an import."""
    found = await queries.tps_points(read, election=election, regions=agency.regions)
    places = [
        PlacedTps(code, Point(lat, lon) if lat is not None and lon is not None else None)
        for code, lat, lon in found
    ]
    if not places:
        raise InvalidPayload(
            "No TPS lies in the regions of the token.",
            detail_id="Tidak ada TPS di wilayah token.",
            errors=[
                FieldError("", "no-tps", "There is nothing to lay it over.", "Tidak ada TPS untuk dinilai.")
            ],
        )
    rows = await asyncio.to_thread(lay, body, places)
    import_id: UUID = uuid7()
    answer = await once(
        agency,
        lambda uow, origin: receive_layer(
            uow,
            import_id,
            rows,
            source=body.layer.source,
            dry_run=dry_run,
            actor=agency,
            origin=origin,
        ),
        election=election,
        channel=Channel.IMPORT,
        body=body,
    )
    wake_worker: Callable[[], None] = request.app.state.wake_import_worker
    wake_worker()
    return answer
