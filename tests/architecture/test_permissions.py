"""Every route says who may call it; what is open to everybody is a short list."""

import importlib
import re

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from chassis.identity import permissions_of, public_route, unprotected_routes
from tests.architecture.house import services
from tests.harness import bare_app

PROCESSES = (*services(), "gateway")
OPEN_TO_EVERYBODY = {
    # How one gets a token, and how a token is checked.
    "POST /v1/oauth/token",
    "POST /v1/oauth/revoke",
    "GET /.well-known/jwks.json",
    # What an orchestrator and Prometheus ask.
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    # The descriptions of the API and of the events.
    "GET /openapi.json",
    "GET /asyncapi.json",
    # Where is my TPS: by its code, or those of a kelurahan.
    "GET /v1/elections/{election}/public/tps/{code}",
    "GET /v1/elections/{election}/public/kelurahan/{code}/tps",
    # The same of one TPS as a sheet to print.
    "GET /v1/elections/{election}/public/tps/{code}/notice",
    # What the election does when: stages, and the same as a calendar file.
    "GET /v1/elections/{election}/public/calendar",
    "GET /v1/elections/{election}/public/calendar.ics",
    # Where somebody explains the election: activities that are planned and still to come.
    "GET /v1/elections/{election}/public/outreach",
    # Where do I vote: by NIK and name together, within budgets; the answer tells of the TPS and never of the person.
    "POST /v1/elections/{election}/public/voters:lookup",
    # A device redeems the code of its enrolment, once, within a budget; it has no token before.
    "POST /v1/public/devices:redeem",
    # A browser's EventSource cannot send a header: a ticket stands for the token.
    "GET /v1/elections/{election}/stream",
    # The public reports incidents without an account, and asks by a code that nobody can guess; both within a budget.
    "POST /v1/elections/{election}/public/incidents",
    "GET /v1/elections/{election}/public/incidents/{tracking_code}",
}
"""A route that joins this list is a decision: say why in the line above it."""


@pytest.mark.parametrize("process", PROCESSES)
def test_every_route_has_a_permission(process: str):
    app = bare_app(process)
    bare = [route for route in unprotected_routes(app) if not _is_page(route)]
    passed = _passages() if process == "gateway" else set[str]()
    left = [
        route for route in bare if route.split(" ")[1] not in passed and not route.endswith(" /openapi.json")
    ]
    assert not left, (
        "a permission in the Annotated dependency, or public_route and a line in OPEN_TO_EVERYBODY"
    )


@pytest.mark.parametrize("process", PROCESSES)
def test_what_is_open_is_on_the_list(process: str):
    opened = {
        f"{method} {route.path_format}"
        for route in iter_route_contexts(bare_app(process).routes)
        if isinstance(dependant := getattr(route, "dependant", None), Dependant)
        and not any(permissions_of(dependant))
        and public_route in _calls(dependant)
        for method in route.methods or ()
    }
    strangers = {route for route in opened - OPEN_TO_EVERYBODY if not _is_page(route)}
    assert not strangers, strangers


def _is_page(route: str) -> bool:
    """Tell whether a route is the first page, its files, or the pages of the API's description: they hold no data."""
    return re.search(r" /(|docs.*|assets.*|static.*|web.*|page.*|favicon.*|problems.*)$", route) is not None


def _passages() -> set[str]:
    """Return the paths that the gateway passes through: their owner judges the caller."""
    door = importlib.import_module("gateway.door")
    return {passage.path for passage in door.passages()}


def _calls(dependant: Dependant) -> list[object]:
    return [dependant.call, *(call for inner in dependant.dependencies for call in _calls(inner))]
