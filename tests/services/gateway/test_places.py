"""Places and outreach in the gateway's picture: what was checked, where a TPS stands now, and who was told how to vote."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts.access import Role
from contracts.registry_places_events import MoveReason, OutreachState, TpsRelocationDecided
from tests.harness import ELECTION, RunningService, bearer, running_service
from tests.services.gateway.conftest import play
from tests.story import (
    KELURAHAN,
    OPENS,
    SOURCE,
    Place,
    Story,
    assessed,
    checked,
    made,
    outreach,
    registered,
    tell_frame,
)

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"
FIRST, SECOND = (Place(f"{kelurahan}.028") for kelurahan in KELURAHAN)


def told() -> Story:
    """Tell of two TPS: one checked and moved, one of which nobody said anything; and of outreach in one kelurahan."""
    story = Story()
    tell_frame(story)
    for place in (FIRST, SECOND):
        story.tell(registered(place, access=None), place.id, tps=place)
    story.tell(assessed(FIRST, "hazard", "low"), f"{FIRST.id}.hazard", tps=FIRST)
    story.tell(checked(FIRST), FIRST.id, tps=FIRST)
    story.tell(registered(FIRST, access=None).model_copy(update={"place": "Balai RW 7"}), FIRST.id, tps=FIRST)
    moved = TpsRelocationDecided(
        tps_id=FIRST.id,
        tps_code=FIRST.code,
        reason_class=MoveReason.FLOOD,
        from_place="SDN Contoh",
        place="Balai RW 7",
        address="Jl. Contoh 2",
        lat=-6.56,
        lon=106.80,
        accessible=None,
        effective_at=story.now,
        source=SOURCE,
    )
    story.tell(moved, FIRST.id, tps=FIRST)
    story.tell(outreach(1, KELURAHAN[0]), made("outreach", 1))
    story.tell(outreach(2, KELURAHAN[0], total=None), made("outreach", 2))
    story.tell(outreach(3, "32.71.06", state=OutreachState.PLANNED), made("outreach", 3))
    return story


@pytest.fixture(scope="module")
async def gateway(database_url: Callable[[str], str]) -> AsyncIterator[RunningService]:
    async with running_service(
        "gateway",
        database_url=database_url("gateway"),
        kafka=None,
        desk_time=OPENS - timedelta(hours=10),
        overview_age_s=0,
        map_age_s=0,
    ) as service:
        await play(service, told().events)
        yield service


async def get(gateway: RunningService, path: str, role: Role = Role.DESK) -> Any:
    answer = await gateway.client.get(f"{BASE}{path}", headers=bearer(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_picture_shows_where_a_tps_stands_now_and_why(gateway: RunningService) -> None:
    seen = await get(gateway, f"/tps/{FIRST.code}/situation", Role.OBSERVER)
    assert (seen["tps"]["place"], seen["relocation"]["reason_class"]) == ("Balai RW 7", "flood")
    assert (seen["checklist"], "checklist" in seen["hidden"]) == (None, True)
    seen = await get(gateway, f"/tps/{FIRST.code}/situation")
    items = {
        item["item"]: (item["answer"], item["source"], item["as_of"]) for item in seen["checklist"]["items"]
    }
    assert items["power"] == ("yes", SOURCE, "2024-11-10")
    bare = await get(gateway, f"/tps/{SECOND.code}/situation")
    assert (bare["checklist"], bare["relocation"]) == (None, None)
    features = (await get(gateway, "/tps.geojson"))["features"]
    assert {feature["properties"]["place"] for feature in features} == {"Balai RW 7", "SDN Contoh"}


async def test_the_feed_tells_the_crew_of_the_tps(gateway: RunningService) -> None:
    wanted = "desk.registry.tps_relocation.decided.v1"
    for code, count in ((FIRST.code, 1), (SECOND.code, 0)):
        answer = await gateway.client.get(
            f"{BASE}/events?types={wanted}", headers=bearer(Role.KPPS, regions=[code])
        )
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) == count


async def test_points_two_and_four_before_the_vote(gateway: RunningService) -> None:
    points = {point["number"]: point for point in (await get(gateway, "/regions/32.71/overview"))["points"]}
    second, fourth = points[2], points[4]
    assert (second["status"], second["done"], second["of"], second["not_known"]) == ("attention", 1, 2, 1)
    parts = {part["name"]: (part["done"], part["of"], part["not_known"]) for part in second["parts"]}
    assert parts["Checklist complete"] == (1, 2, 1)
    assert parts["Access checked"] == (1, 2, 1)
    assert (fourth["unit"], fourth["status"], fourth["done"], fourth["of"], fourth["not_known"]) == (
        "kelurahan",
        "attention",
        1,
        2,
        1,
    )
    one = {p["number"]: p for p in (await get(gateway, f"/regions/{KELURAHAN[0]}/overview"))["points"]}
    assert (one[4]["status"], one[2]["status"]) == ("ok", "ok")
    other = {p["number"]: p for p in (await get(gateway, f"/regions/{KELURAHAN[1]}/overview"))["points"]}
    assert (other[4]["status"], other[4]["done"], other[2]["status"]) == ("no_data", None, "no_data")


async def test_reach_is_added_up_and_what_nobody_counted_is_not_zero(gateway: RunningService) -> None:
    shown = (await get(gateway, "/regions/32.71.06/overview", Role.OBSERVER))["outreach"]
    assert shown == {
        "planned": 1,
        "held": 2,
        "cancelled": 0,
        "reach_men": None,
        "reach_women": None,
        "reach_total": 40,
        "reach_unknown": 1,
    }
    assert (await get(gateway, f"/regions/{KELURAHAN[1]}/overview"))["outreach"]["reach_total"] is None
    listed = await get(gateway, "/outreach?state=held&region=32.71.06", Role.OBSERVER)
    assert [item["reach_total"] for item in sorted(listed["items"], key=lambda i: i["code"])] == [40, None]
