"""Serves a service with an echo route beside its own: same application, middleware, token check and body, and no work.

python -m bench.served turnout
"""

import importlib
import sys

from fastapi import APIRouter, FastAPI, Response

from chassis.serving import serve
from chassis.settings import ServiceSettings
from contracts.vocabulary import ContestId, ElectionId, TpsCode

JSON = "application/json"
FIXED = b'{"echo":"' + b"." * 3_000 + b'"}'
"""What the echo of a read answers: about as much as an overview."""


def turnout_echoes() -> APIRouter:
    """Return the echoes of a turnout report and of a form's entry."""
    from services.turnout.routes.tallies import Typist
    from services.turnout.routes.voting_days import Reporter
    from services.turnout.schemas.tallies import FormEntryIn
    from services.turnout.schemas.voting_days import TurnoutReportIn

    router = APIRouter(prefix="/echo/v1/elections/{election}")

    @router.post("/tps/{code}/turnout-reports")
    async def echo_report(
        election: ElectionId, code: TpsCode, body: TurnoutReportIn, _: Reporter
    ) -> Response:
        return Response(f"{election}{code}{body.slot}", status_code=201, media_type=JSON)

    @router.post("/tps/{code}/forms/{contest}/entries")
    async def echo_entry(
        election: ElectionId, code: TpsCode, contest: ContestId, body: FormEntryIn, _: Typist
    ) -> Response:
        return Response(f"{election}{code}{contest}{body.channel}", status_code=201, media_type=JSON)

    return router


def logistics_echoes() -> APIRouter:
    """Return the echo of a custody scan."""
    from services.logistics.routes.scans import Scanner
    from services.logistics.schemas.scans import CustodyScanIn

    router = APIRouter(prefix="/echo/v1/elections/{election}")

    @router.post("/custody-scans")
    async def echo_scan(election: ElectionId, body: CustodyScanIn, _: Scanner) -> Response:
        return Response(f"{election}{body.box_id}", status_code=201, media_type=JSON)

    return router


def gateway_echoes() -> APIRouter:
    """Return the echo of an overview."""
    from gateway.places import PlaceInPath

    router = APIRouter(prefix="/echo/v1/elections/{election}")

    @router.get("/regions/{code}/overview")
    async def echo_overview(election: ElectionId, code: str, _: PlaceInPath) -> Response:
        return Response(FIXED, media_type=JSON, headers={"ETag": f'"{election}{code}"'})

    return router


ECHOES = {"turnout": turnout_echoes, "logistics": logistics_echoes, "gateway": gateway_echoes}


def main() -> None:
    """Serve the service that the command line names."""
    name = sys.argv[1]
    package = "gateway" if name == "gateway" else f"services.{name}"
    settings_type: type[ServiceSettings] = importlib.import_module(f"{package}.settings").Settings
    settings = settings_type.model_validate({})
    app: FastAPI = importlib.import_module(f"{package}.app").create_app(settings)
    if name in ECHOES:
        app.include_router(ECHOES[name]())
    serve(app, settings)


if __name__ == "__main__":
    main()
