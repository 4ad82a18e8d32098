"""Routes for everybody, without a token: where is my TPS, and when is it open."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from chassis.identity import public_route
from chassis.pagination import known_parameters_only
from chassis.reading import ReaderDep
from contracts.vocabulary import ElectionId, TpsCode
from services.registry.queries import tps as queries
from services.registry.rules.notices import STYLE_HASH
from services.registry.schemas.regions import PollingPlace, PollingPlaces

router = APIRouter(
    prefix="/v1/elections/{election}/public",
    tags=["public"],
    dependencies=[Depends(public_route), Depends(known_parameters_only)],
)

KelurahanCode = Annotated[
    str, Path(pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}$", description="`32.71.06.1002`")
]
SHEET_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""A sheet has one style and nothing else: a browser runs and fetches nothing for it, whatever stands in a name."""

CACHED = "public, max-age=60"
"""A TPS may move on the eve of the vote: nobody is told the old place for longer than a minute."""


@router.get("/tps/{code}")
async def find_polling_place(
    election: ElectionId, code: TpsCode, read: ReaderDep, response: Response
) -> PollingPlace:
    """Show where a TPS is and when it is open, in Indonesian and English."""
    response.headers["Cache-Control"] = CACHED
    return await queries.polling_place_of(read, election=election, code=code)


@router.get("/tps/{code}/notice", response_class=HTMLResponse)
async def print_notice(
    request: Request, election: ElectionId, code: TpsCode, read: ReaderDep
) -> HTMLResponse:
    """Show a sheet to print and hang up: where and when a TPS votes and what to bring; not the commission's own notice."""
    now = request.app.state.clock.now()
    sheet = await queries.notice_of(read, election=election, code=code, now=now)
    return HTMLResponse(sheet, headers={"Cache-Control": CACHED, **SHEET_HEADERS})


@router.get("/kelurahan/{code}/tps")
async def list_polling_places(
    request: Request, election: ElectionId, code: KelurahanCode, read: ReaderDep, response: Response
) -> PollingPlaces:
    """Show where the TPS of a kelurahan are, by number."""
    response.headers["Cache-Control"] = CACHED
    now = request.app.state.clock.now()
    return await queries.polling_places_in(read, election=election, code=code, now=now)
