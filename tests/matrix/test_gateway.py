"""The gateway's own reads, with every role and region: it has one wall, the condition of each of its statements."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest
from fastapi.routing import iter_route_contexts

from chassis.identity import permissions_of
from contracts.access import Role
from tests.harness import ELECTION, RunningService, bare_app, bearer, running_service
from tests.infrastructure import drop_database, make_database
from tests.matrix.asking import COVERING, OUTSIDE, REFUSED
from tests.matrix.operations import KELURAHAN
from tests.matrix.oracle import CAN, GROUPS, covered
from tests.services.gateway.conftest import play
from tests.story import OPENS, whole_story

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

BASE: Final = f"/v1/elections/{ELECTION}"
TPS: Final = f"{KELURAHAN}.001"
_IN_THE_FIELD: Final = {"kpps", "ptps", "courier", "observer"}
EVERYBODY: Final = frozenset(CAN)
PICTURE: Final = EVERYBODY - _IN_THE_FIELD
"""Who sees what the agencies tell one another: not the crews, couriers and observers."""


def _who(word: str) -> frozenset[str]:
    return frozenset(role for role in CAN if word in CAN[role])


LISTS: Final = {
    "tps": EVERYBODY,
    "boxes": _who("see:logistics"),
    "shipments": _who("see:logistics"),
    "warehouses": _who("see:logistics"),
    "incidents": _who("see:incidents"),
    "problems": _who("see:incidents"),
    "advice": _who("see:incidents"),
    "tasks": _who("see:incidents"),
    "outreach": EVERYBODY,
    **dict.fromkeys(
        ("facilities", "facility-requests", "trainings", "personnel", "area-rosters", "rosters"), PICTURE
    ),
}
PLACES: Final = {
    f"regions/{KELURAHAN}/overview": (EVERYBODY, KELURAHAN),
    f"regions/{KELURAHAN}/results": (EVERYBODY, KELURAHAN),
    f"regions/{KELURAHAN}": (EVERYBODY, KELURAHAN),
    f"tps/{TPS}/situation": (EVERYBODY, TPS),
    f"tps.geojson?region={KELURAHAN}": (EVERYBODY, KELURAHAN),
    f"events?region={KELURAHAN}&limit=5": (EVERYBODY, KELURAHAN),
    f"sync/packs/{KELURAHAN}": (EVERYBODY, KELURAHAN),
    f"sync/changes?region={KELURAHAN}": (EVERYBODY, KELURAHAN),
    **{f"{name}?region={KELURAHAN}": (who, KELURAHAN) for name, who in LISTS.items()},
}
_E = "/v1/elections/{election}"
ASKED: Final = {
    f"GET {_E}/regions/{{code}}/overview",
    f"GET {_E}/regions/{{code}}/results",
    f"GET {_E}/regions/{{code}}",
    f"GET {_E}/tps.geojson",
    f"GET {_E}/tps/{{code}}/situation",
    f"GET {_E}/events",
    f"GET {_E}/sync/packs/{{code}}",
    f"GET {_E}/sync/changes",
    *(f"GET {_E}/{name}" for name in LISTS),
}
LEFT_OUT: Final = {
    "GET /v1/elections": "elections are of no region",
    f"GET {_E}/commands/{{key}}": "asks the owners, each of which is in the matrix",
    f"POST {_E}/stream-tickets": "stands for a token; what the stream tells is tests/services/gateway/test_streams.py",
    f"POST {_E}/sync:batch": "as above",
    f"GET {_E}/sync/conflicts": "as above",
    f"POST {_E}/sync/conflicts/{{service}}/{{conflict_id}}/settlements": "as above",
    f"GET {_E}/audit/gateway/accesses": "the same route as each service's, which is in the matrix",
    f"GET {_E}/audit/gateway/accesses/check": "as above",
    "GET /v1/rehearsal/clock": "of the desk, for whoever has its scope",
    "PUT /v1/rehearsal/clock": "of the desk, for whoever has its scope",
    "GET /v1/desk/projections": "of the desk, for whoever has its scope",
    "GET /v1/desk/projections/progress": "as above",
    "POST /v1/desk/projections:rebuild": "as above",
}


@pytest.fixture(scope="module")
async def gateway() -> AsyncIterator[RunningService]:
    url = make_database("gateway")
    async with running_service(
        "gateway",
        database_url=url,
        kafka=None,
        desk_time=OPENS + timedelta(hours=4),
        speed=0,
        overview_age_s=0,
        map_age_s=0,
    ) as service:
        await play(service, whole_story().events)
        while (
            service.app.state.groups.generation == 0
        ):  # the story's own group is read once; then nobody changes them
            await asyncio.sleep(0.05)
        service.app.state.groups.replace({key.removeprefix("group:"): codes for key, codes in GROUPS.items()})
        yield service
    drop_database(url)


def test_every_operation_of_the_gateway_is_asked_or_left_out_with_a_reason() -> None:
    own = {
        f"{method} {route.path_format}"
        for route in iter_route_contexts(bare_app("gateway").routes)
        if any(permissions_of(getattr(route, "dependant", None)))
        for method in route.methods or ()
    }
    assert own == ASKED | set(LEFT_OUT)


@pytest.mark.parametrize("path", PLACES)
async def test_a_place_is_told_to_whoever_may_see_it(path: str, gateway: RunningService) -> None:
    who, place = PLACES[path]
    wrong: list[str] = []
    for role in sorted(CAN):
        for held in (*COVERING, *OUTSIDE) if role in {"observer", "desk"} else (["32.71"], ["32.73"]):
            answer = await gateway.client.get(f"{BASE}/{path}", headers=bearer(Role(role), regions=held))
            may = role in who and covered(held, place)
            if (answer.status_code not in REFUSED) != may or answer.status_code >= 500:
                wrong.append(f"{role} of {held}: {answer.status_code} {answer.text[:150]}")
    assert not wrong, wrong


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_without_a_region_holds_those_of_the_token_alone(
    name: str, gateway: RunningService
) -> None:
    role = Role.DESK
    sizes: dict[str, int] = {}
    for held in (*COVERING, *OUTSIDE):
        answer = await gateway.client.get(f"{BASE}/{name}?limit=500", headers=bearer(role, regions=held))
        assert answer.status_code == 200, (held, answer.text)
        items: list[dict[str, Any]] = answer.json()["items"]
        codes = [str(item.get("tps_code") or item.get("place_code") or item["region_code"]) for item in items]
        assert all(covered(held, code) for code in codes), (held, codes)
        sizes[",".join(held)] = len(items)
    assert sizes["*"] >= sizes["32.71"] >= sizes["32.71.06"]
    assert sizes["*"] > 0
    assert sizes[""] == sizes["32.7"] == sizes["33"] == sizes["group:tidak-dikenal"] == 0
