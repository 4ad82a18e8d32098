"""The desk itself over the API: its clock in a rehearsal, its documents, and what broken input gets."""

import base64
import json
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from contracts.access import Role
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.conftest import play
from tests.story import MAYOR, PUBLIC_AT, Story

pytestmark = pytest.mark.anyio
CLOCK = "/v1/rehearsal/clock"
BASE = f"/v1/elections/{ELECTION}"


@pytest.fixture(scope="module")
async def rehearsal(database_url: Callable[[str], str], story: Story) -> AsyncIterator[RunningService]:
    """A gateway an hour after results are public, its clock at full speed."""
    async with running_service(
        "gateway",
        database_url=database_url("rehearsal"),
        kafka=None,
        desk_time=PUBLIC_AT + timedelta(hours=1),
        speed=60,
    ) as service:
        await play(service, story.events)
        yield service


async def test_the_clock_is_held_and_goes_on_and_never_back(rehearsal: RunningService) -> None:
    headers = bearer(Role.ADMIN)
    before = (await rehearsal.client.get(CLOCK, headers=headers)).json()
    assert before["speed"] == 60
    held = (await rehearsal.client.put(CLOCK, json={"speed": 0}, headers=headers)).json()
    assert held["speed"] == 0
    assert datetime.fromisoformat(held["now"]) >= datetime.fromisoformat(before["now"])
    assert (await rehearsal.client.get(CLOCK, headers=headers)).json() == held
    on = (await rehearsal.client.put(CLOCK, json={"speed": 600}, headers=headers)).json()
    assert datetime.fromisoformat(on["now"]) >= datetime.fromisoformat(held["now"])
    for wrong in ({"speed": -1}, {"speed": 10_001}, {}, {"speed": 1, "now": "2024-11-27T00:00:00Z"}):
        assert (await rehearsal.client.put(CLOCK, json=wrong, headers=headers)).status_code == 422
    assert (
        await rehearsal.client.put(CLOCK, json={"speed": 1}, headers=bearer(Role.DESK))
    ).status_code == 403
    assert (await rehearsal.client.get(CLOCK)).status_code == 401


async def test_what_bears_on_the_whole_desk_needs_the_nation(rehearsal: RunningService) -> None:
    before = await rehearsal.sql("select count(*) from projected")
    for held in (["32.71"], ["32", "32.71.06.1002.001"], ["group:kota"]):
        narrow = bearer(Role.ADMIN, regions=held)
        for refused in (
            await rehearsal.client.put(CLOCK, json={"speed": 0}, headers=narrow),
            await rehearsal.client.post("/v1/desk/projections:rebuild", headers=narrow),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "region-not-covered"), held
        assert (await rehearsal.client.get(CLOCK, headers=narrow)).json()["speed"] > 0
    assert await rehearsal.sql("select count(*) from projected") == before


async def test_a_real_desk_has_no_clock_to_set(database_url: Callable[[str], str]) -> None:
    async with running_service("gateway", database_url=database_url("real"), kafka=None) as service:
        assert (await service.client.get(CLOCK, headers=bearer(Role.ADMIN))).status_code == 404
        put = await service.client.put(CLOCK, json={"speed": 1}, headers=bearer(Role.ADMIN))
        assert put.status_code == 404


async def test_votes_are_for_everybody_once_they_are_public(rehearsal: RunningService) -> None:
    path = f"{BASE}/regions/32.71/results?contest={MAYOR}"
    (mayor,) = (await rehearsal.client.get(path, headers=bearer(Role.OBSERVER))).json()["contests"]
    assert mayor["votes"] == {"1": 126, "2": 200, "3": 80}
    assert mayor["withheld_until"] is None
    assert mayor["official"] is False
    tps = (
        await rehearsal.client.get(f"{BASE}/tps/3271061002001/situation", headers=bearer(Role.OBSERVER))
    ).json()
    shown = {form["contest"]: form["standing"] for form in tps["forms"]}
    assert shown[MAYOR]["figures"]["votes"] == {"1": 30, "2": 50, "3": 20}


async def test_the_documents_are_served(rehearsal: RunningService) -> None:
    api = (await rehearsal.client.get("/openapi.json")).json()
    assert api["openapi"].startswith("3.")
    owners = {operation.get("x-desk-owner") for path in api["paths"].values() for operation in path.values()}
    assert owners >= {None, "registry", "logistics", "incidents", "turnout"}
    events = (await rehearsal.client.get("/asyncapi.json")).json()
    assert events["asyncapi"] == "3.0.0"


def cursor(**parts: object) -> str:
    raw = json.dumps({"e": "x", "l": {}} | parts).encode()
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "%00",
        "a" * 8_000,
        cursor(l={"a\0": 1}),
        cursor(l={"a": 2**64}),
        cursor(l={"a": -1}),
        cursor(l=[1]),
        cursor(l={"a": "b"}),
    ],
    ids=["short", "nul", "long", "nul in a lane", "too big", "negative", "a list", "a word"],
)
async def test_a_broken_cursor_is_a_clear_error(rehearsal: RunningService, after: str) -> None:
    for name in ("events", "stream"):
        answer = await rehearsal.client.get(
            f"{BASE}/{name}", params={"after": after}, headers=bearer(Role.DESK)
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


@pytest.mark.parametrize(
    "path",
    [
        "/regions/%00/overview",
        "/regions/32.71%00/results",
        "/regions/32.71/results?contest=%00",
        "/tps?region=%00",
        "/tps?cursor=%00",
        "/tps?updated_since=yesterday",
        "/tps?updated_since=9999-12-31T23:59:59%2B00:00",
        "/tps?fields=%00",
        "/boxes?state=%00",
        "/tps.geojson?cursor=%00",
        "/tps.geojson?limit=0",
        "/tps/%00/situation",
        "/tps/32.71.06.1002.028%00/situation",
        "/commands/%00",
        "/events?types=%00&region=32.7",
    ],
)
async def test_nothing_that_is_sent_is_a_fault_of_ours(rehearsal: RunningService, path: str) -> None:
    answer = await rehearsal.client.get(f"{BASE}{path}", headers=bearer(Role.ADMIN))
    assert answer.status_code < 500 or answer.json()["code"] in ("not-caught-up", "service-away"), answer.text
    assert "\0" not in answer.text


async def test_the_clock_is_told_in_utc(database_url: Callable[[str], str]) -> None:
    local = datetime.fromisoformat("2024-11-27T07:00:00+07:00")
    async with running_service(
        "gateway", database_url=database_url("local"), kafka=None, desk_time=local, speed=0
    ) as service:
        told = (await service.client.get(CLOCK, headers=bearer(Role.ADMIN))).json()["now"]
        assert told == datetime(2024, 11, 27, tzinfo=UTC).isoformat().replace("+00:00", "Z")
