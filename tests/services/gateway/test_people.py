"""Crews with their gaps, requests of facilities with their clock, and the points that they feed."""

import csv
import io
from datetime import timedelta

import pytest

from contracts.access import Role
from contracts.registry_people_events import Duty, FacilityRequestChanged, RequestState
from tests.harness import ELECTION, RunningService, bearer
from tests.services.gateway.conftest import play
from tests.story import KELURAHAN, Place, Story, made, post, registered, request, roster

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"
KELURAHAN_OF_GAPS = "32.71.02.1001"


async def get(gateway: RunningService, path: str, role: Role = Role.DESK) -> dict[str, object]:
    answer = await gateway.client.get(f"{BASE}/{path}", headers=bearer(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
async def gaps(gateway: RunningService, story: Story) -> list[str]:
    """TPS of a kelurahan of their own: complete, without a roster, with an untrained chair, with open posts, dissolved."""
    found = [Place(f"{KELURAHAN_OF_GAPS}.{n:03}") for n in range(1, 6)]
    events = [story.tell(registered(place, active=place != found[4]), place.id, tps=place) for place in found]
    events.append(story.tell(roster(found[0]), found[0].id, tps=found[0]))
    untrained = roster(found[2], trained=6).model_copy(update={"chair_trained": False})
    events.append(story.tell(untrained, found[2].id, tps=found[2]))
    unscreened = roster(found[3], kpps=4, trained=4, ptps=0).model_copy(
        update={"posts": [post(Duty.KPPS, 7, 4, sworn_in=1)]}
    )
    events.append(story.tell(unscreened, found[3].id, tps=found[3]))
    await play(gateway, events)
    return [place.code for place in found]


async def listed(gateway: RunningService, query: str) -> list[str]:
    page = await get(gateway, f"rosters?region={KELURAHAN_OF_GAPS}{query}")
    return [item["tps_code"] for item in page["items"]]  # type: ignore[attr-defined]  # JSON


async def test_crews_are_found_by_what_is_missing_of_them(gateway: RunningService, gaps: list[str]) -> None:
    page = await get(gateway, f"rosters?region={KELURAHAN_OF_GAPS}")
    missing = {item["tps_code"]: item["gaps"] for item in page["items"]}  # type: ignore[attr-defined]  # JSON
    assert missing == {
        gaps[0]: ["not_checked_in"],
        gaps[1]: ["no_roster"],
        gaps[2]: ["chair_untrained", "untrained", "not_checked_in"],
        gaps[3]: ["kpps_open", "supervisor_open", "not_sworn_in", "unscreened", "not_checked_in"],
    }, "what was dissolved has no crew"
    assert await listed(gateway, "&state=complete") == [gaps[0]]
    assert await listed(gateway, "&state=gaps") == gaps[1:4]
    assert await listed(gateway, "&gap=chair_untrained") == [gaps[2]]
    assert await listed(gateway, "&gap=no_roster&state=complete") == []
    assert await listed(gateway, "&sort=-code&limit=500") == gaps[3::-1]


@pytest.mark.parametrize("sort", ["code", "-code"])
async def test_pages_show_each_crew_once(gateway: RunningService, gaps: list[str], sort: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = await get(gateway, f"rosters?region={KELURAHAN_OF_GAPS}&sort={sort}&limit=3{cursor}")
        seen += [item["tps_code"] for item in page["items"]]  # type: ignore[attr-defined]  # JSON
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == gaps[:4]
    assert len(set(seen)) == len(seen)


async def test_who_may_see_crews(gateway: RunningService) -> None:
    for role in (Role.KPPS, Role.OBSERVER):
        for path in ("rosters", "facility-requests", "personnel", "trainings"):
            answer = await gateway.client.get(f"{BASE}/{path}", headers=bearer(role))
            assert answer.status_code == 403, path
    away = bearer(Role.CAMAT, regions=["35.78"])
    assert (await gateway.client.get(f"{BASE}/rosters?region=32.71", headers=away)).status_code == 403
    for wrong in ("gap=x", "state=full", "sort=updated_at", "colour=red"):
        answer = await gateway.client.get(f"{BASE}/rosters?{wrong}", headers=bearer(Role.DESK))
        assert answer.status_code in {400, 422}, wrong


async def test_a_request_that_waits_runs_against_its_cut_off(gateway: RunningService, story: Story) -> None:
    later = story.now + timedelta(days=3)
    waits: FacilityRequestChanged = request().model_copy(
        update={"request_id": made("request", 2), "cutoff_at": later, "region_code": "32.71.01"}
    )
    late = request(late=True).model_copy(
        update={"request_id": made("request", 3), "region_code": "32.71.01", "facility_kind": "prison"}
    )
    await play(gateway, [story.tell(waits, made("request", 2)), story.tell(late, made("request", 3))])
    page = await get(gateway, "facility-requests?region=32.71.01&state=received")
    items = {item["facility_kind"]: item for item in page["items"]}  # type: ignore[attr-defined]  # JSON
    assert items["hospital"]["overdue"] is False
    assert items["hospital"]["seconds_left"] > 0
    assert (items["prison"]["overdue"], items["prison"]["findings"]) == (True, ["W-REQUEST-LATE"])
    overview = await get(gateway, "regions/32.71.01/overview")
    due = {deadline["of"] for deadline in overview["next_deadlines"]}  # type: ignore[attr-defined]  # JSON
    assert "requests/hospital" in due
    decided = waits.model_copy(
        update={"state": RequestState.REFUSED, "granted": 0, "decided_at": story.now + timedelta(hours=1)}
    )
    await play(gateway, [story.tell(decided, made("request", 2))])
    page = await get(gateway, "facility-requests?region=32.71.01&state=refused")
    assert [item["seconds_left"] for item in page["items"]] == [None]  # type: ignore[attr-defined]  # JSON
    headers = bearer(Role.DESK) | {"Accept": "text/csv"}
    answer = await gateway.client.get(f"{BASE}/facility-requests?region=32.71.01", headers=headers)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["letter_number"] for row in rows} == {"445/RS-CONTOH/2024"}


async def test_points_three_seven_and_nine_have_their_parts(gateway: RunningService) -> None:
    overview = await get(gateway, f"regions/{KELURAHAN[0][:8]}/overview")
    points = {point["number"]: point for point in overview["points"]}  # type: ignore[attr-defined]  # JSON
    parts = {part["name"]: part for part in points[9]["parts"]}
    assert (parts["Patients' requests answered"]["done"], parts["Patients' requests answered"]["of"]) == (
        1,
        1,
    )
    assert parts["KPPS screened"]["done"] == parts["KPPS screened"]["of"] == 21
    parts = {part["name"]: part for part in points[3]["parts"]}
    assert parts["KPPS sworn in"]["done"] == 21
    assert parts["KPPS checked in"]["not_known"] == 21, "nobody said that anybody is there"
    police = {part["name"]: part for part in points[7]["parts"]}["Police there"]
    assert (police["done"], police["of"]) == (12, 12)
