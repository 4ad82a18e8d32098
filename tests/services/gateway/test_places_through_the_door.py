"""What the registry keeps of places and stages, as callers get it: through the gateway's door, packed where they take it so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, on_a_socket, running_service
from tests.services.registry.conftest import EVE, define
from tests.services.registry.shapes import box, collection, feature

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"
KELURAHAN = "32.71.06.1002"
GEOJSON = "application/geo+json"


@pytest.fixture(scope="module")
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with (
        running_service(
            "registry", database_url=database_url("registry"), kafka=None, desk_time=EVE
        ) as registry,
        on_a_socket(registry.app) as url,
        running_service(
            "gateway",
            database_url=database_url("gateway"),
            kafka=None,
            desk_time=EVE,
            peers={"registry": url},
        ) as gateway,
    ):
        await define(registry)
        yield gateway


async def test_a_boundary_comes_packed_or_not_and_once(gateway: RunningService) -> None:
    content = collection([feature(box(106.78, -6.58, 106.80, -6.56), kode=KELURAHAN, nama="Kebon Pedes")])
    sent = await gateway.client.post(
        f"{BASE}/imports?kind=boundaries&source=BIG",
        content=content,
        headers=bearer(Role.DESK) | {"Content-Type": GEOJSON},
    )
    assert sent.status_code == 202, sent.text
    path, reader = f"/v1/regions/{KELURAHAN}/boundary", bearer(Role.OBSERVER)
    packed = await gateway.client.get(path, headers=reader | {"Accept-Encoding": "gzip"})
    deadline = time.monotonic() + 20
    while packed.status_code != 200 and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        packed = await gateway.client.get(path, headers=reader | {"Accept-Encoding": "gzip"})
    plain = await gateway.client.get(path, headers=reader | {"Accept-Encoding": "identity"})
    assert (packed.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert packed.json() == plain.json()
    assert packed.headers["content-type"] == plain.headers["content-type"] == GEOJSON
    assert packed.headers["Vary"] == "Accept-Encoding"
    held = await gateway.client.get(path, headers=reader | {"If-None-Match": packed.headers["ETag"]})
    assert (held.status_code, held.content) == (304, b"")


async def test_the_calendar_and_the_code_of_a_region_pass(gateway: RunningService) -> None:
    calendar = await gateway.client.get(f"{BASE}/public/calendar")
    assert (calendar.status_code, len(calendar.json()["stages"])) == (200, 12)
    file = await gateway.client.get(f"{BASE}/public/calendar.ics")
    assert (file.status_code, file.headers["content-type"].partition(";")[0]) == (200, "text/calendar")
    assert (await gateway.client.get(f"{BASE}/public/outreach")).json()["items"] == []
    code = await gateway.client.get("/v1/region-codes/bps/3271030", headers=bearer(Role.OBSERVER))
    assert (code.status_code, code.json()["state"]) == (200, "unknown")
    layer = {
        "type": "FeatureCollection",
        "layer": {"kind": "hazard", "source": "BPBD (contoh)", "as_of": "2024-10-15"},
        "features": [feature(box(106.78, -6.58, 106.80, -6.56), **{"class": "low"})],
    }
    laid = await gateway.client.post(
        f"{BASE}/risk-layers/imports", json=layer, headers=bearer(Role.BPBD, regions=["35"])
    )
    assert (laid.status_code, laid.json()["errors"][0]["code"]) == (422, "no-tps")
