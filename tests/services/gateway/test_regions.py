"""Regions over the API: the overview, live results, and who may see what of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.actor import RegionGroups
from contracts.access import Role, covers
from gateway.totals import added_up
from tests.harness import ELECTION, RunningService, bearer, until
from tests.services.gateway.conftest import play
from tests.story import (
    GOVERNOR,
    KELURAHAN,
    MAYOR,
    PUBLIC_AT,
    Story,
    places,
    tally_id,
    verified,
)

pytestmark = pytest.mark.anyio
BASE = f"/v1/elections/{ELECTION}"


async def get(gateway: RunningService, path: str, role: Role = Role.DESK, **claims: Any) -> Any:
    answer = await gateway.client.get(f"{BASE}{path}", headers=bearer(role, **claims))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def status(
    gateway: RunningService, path: str, role: Role = Role.DESK, **claims: Any
) -> tuple[int, str]:
    answer = await gateway.client.get(f"{BASE}{path}", headers=bearer(role, **claims))
    return answer.status_code, answer.json().get("code", "")


async def test_an_overview_adds_the_region_up(gateway: RunningService) -> None:
    found = await get(gateway, "/regions/32.71/overview")
    assert (found["region_name"], found["region_level"], found["tps_total"]) == ("Kota Bogor", "kab_kota", 6)
    assert (found["dpt_total"], found["official"], found["rehearsal"]) == (6 * 510, False, True)
    assert found["milestones"]["opened"] == 6
    finals = [100 + 10 * n for n in range(6)]
    assert found["turnout"]["total"] == sum(2 * men + 10 for men in finals)
    assert found["turnout"]["target_ratio"] == 0.85
    assert [slot["slot"] for slot in found["slots"]] == ["10:00", "final"]
    assert found["boxes"]["needed"] == 12
    assert found["boxes"]["tps_done"] == 5
    assert found["boxes"]["tps_overdue"] == 1
    assert found["coverage"] == {
        "tps_total": 6,
        "tps_opened": 6,
        "tps_reported": 6,
        "forms_expected": 12,
        "forms_in": 7,
        "forms_held": 1,
        "forms_disputed": 0,
        "forms_entered_once": 0,
    }
    assert found["incidents"]["open"] == 1
    assert found["incidents"]["categories"][0]["category"] == "disaster"
    assert len(found["points"]) == 10
    assert {source["service"] for source in found["sources"]} == {
        "registry",
        "logistics",
        "incidents",
        "turnout",
    }


async def test_children_add_up_to_their_parent(gateway: RunningService) -> None:
    city = await get(gateway, "/regions/32.71")
    assert [child["code"] for child in city["children"]] == ["32.71.01", "32.71.06"]
    for figure in ("tps_total", "dpt_total", "tps_opened", "voted", "forms_in", "forms_expected"):
        whole = (await get(gateway, "/regions/32.71"))["children"]
        parts = [
            child
            for code in ("32.71.01", "32.71.06")
            for child in (await get(gateway, f"/regions/{code}"))["children"]
        ]
        assert sum(child[figure] for child in whole) == sum(child[figure] for child in parts)
    nation = await get(gateway, "/regions/*")
    assert nation["tps_total"] == city["tps_total"]
    assert [child["code"] for child in nation["children"]] == ["32"]


async def test_who_is_not_of_an_agency_sees_what_everybody_may(gateway: RunningService) -> None:
    found = await get(gateway, "/regions/32.71/overview", Role.OBSERVER)
    assert found["boxes"] is None
    assert found["work"] is None
    assert found["incidents"]["open"] is None
    assert [count["category"] for count in found["incidents"]["categories"]] == ["disaster"]
    assert found["next_deadlines"] == []
    by_number = {point["number"]: point for point in found["points"]}
    assert all(by_number[n]["status"] == "no_data" for n in (1, 2, 3, 6, 7, 8, 9, 10))


async def test_results_are_withheld_until_they_are_public(gateway: RunningService) -> None:
    for path in ("results", "results?children=true", f"results?contest={MAYOR}"):
        region = KELURAHAN[0] if "children" in path else "32.71"
        found = await get(gateway, f"/regions/{region}/{path}", Role.OBSERVER)
        shown = [*found["contests"], *(c for child in found["children"] or [] for c in child["contests"])]
        assert shown
        for contest in shown:
            assert contest["votes"] is None
            assert contest["leader"] is None
            assert [contest[name] for name in ("valid", "invalid", "total")] == [None] * 3
            assert contest["users"] is not None or not contest["tps_in"]
            assert contest["withheld_until"] == PUBLIC_AT.isoformat().replace("+00:00", "Z")
            assert all(choice["votes"] is None and choice["share"] is None for choice in contest["choices"])
    early = await get(gateway, "/regions/32.71/results", Role.MINISTRY)
    assert {c["contest"]: c["votes"] for c in early["contests"]} == {
        GOVERNOR: {"1": 180, "2": 123},
        MAYOR: {"1": 30 + 31 + 32 + 33, "2": 200, "3": 80},
    }


async def test_a_result_says_all_that_belongs_to_it(gateway: RunningService) -> None:
    found = await get(gateway, "/regions/32.71/results?contest=walikota", Role.DESK)
    (mayor,) = found["contests"]
    assert mayor["official"] is False
    assert "Bukan hasil resmi" in mayor["label"]
    assert (mayor["tps_in"], mayor["tps_total"], mayor["tps_held"], mayor["tps_disputed"]) == (4, 6, 0, 0)
    assert (mayor["valid"], mayor["invalid"], mayor["total"], mayor["users"]) == (406, 20, 426, 426)
    assert mayor["leader"] == {
        "number": 2,
        "name": "Pasangan 2",
        "share": round(200 / 406, 6),
        "margin": 74,
        "margin_ratio": round(74 / 406, 6),
    }
    assert mayor["withheld_until"] is None
    governor = (await get(gateway, "/regions/32.71/results?contest=gubernur-32"))["contests"][0]
    assert (governor["tps_in"], governor["tps_held"]) == (3, 1)


@pytest.mark.parametrize("region", ["32", "32.71", "32.71.06", KELURAHAN[0]])
async def test_children_of_results_add_up(gateway: RunningService, region: str) -> None:
    found = await get(gateway, f"/regions/{region}/results?children=true")
    for contest in found["contests"]:
        parts = [
            c for child in found["children"] for c in child["contests"] if c["contest"] == contest["contest"]
        ]
        for figure in ("valid", "invalid", "total", "users", "tps_in", "tps_total", "tps_held", "dpt"):
            assert sum(part[figure] or 0 for part in parts) == (contest[figure] or 0), figure
        for number, votes in contest["votes"].items():
            assert sum(part["votes"].get(number, 0) for part in parts) == votes


async def test_one_form_changes_the_results_by_exactly_that_form(
    gateway: RunningService, story: Story
) -> None:
    async def mayor() -> dict[str, Any]:
        return (await get(gateway, f"/regions/32.71/results?contest={MAYOR}"))["contests"][0]

    before, place = await mayor(), places(3)[0]
    changed = verified(place, MAYOR, [30, 57, 20], number=2)
    await play(gateway, [story.tell(changed, tally_id(place, MAYOR), tps=place)])
    after = await mayor()
    assert after["votes"] == {**before["votes"], "2": before["votes"]["2"] + 7}
    assert after["valid"] == before["valid"] + 7
    back = verified(place, MAYOR, [30, 50, 20], number=3)
    await play(gateway, [story.tell(back, tally_id(place, MAYOR), tps=place)])
    assert (await mayor())["votes"] == before["votes"]


async def test_regions_are_judged_before_anything_is_looked_up(gateway: RunningService) -> None:
    for name in ("", "/overview", "/results"):
        assert await status(gateway, f"/regions/32.73{name}", regions=["32.71"]) == (
            403,
            "region-not-covered",
        )
        assert await status(gateway, f"/regions/32.71{name}", regions=["32.71.06"]) == (
            403,
            "region-not-covered",
        )
        assert await status(gateway, f"/regions/*{name}", regions=["32"]) == (403, "region-not-covered")
        assert await status(gateway, f"/regions/32.7{name}") == (404, "not-found")
        assert (await gateway.client.get(f"{BASE}/regions/32.71{name}")).status_code == 401
        assert await status(gateway, f"/regions/32.71{name}", election="another-one") == (
            403,
            "election-not-covered",
        )
    # The broker is away here, so nobody can say that there is nothing.
    assert await status(gateway, "/regions/32.73/overview") == (503, "not-caught-up")
    assert await status(gateway, "/regions/32.71/results?contest=bupati-32.01") == (503, "not-caught-up")


async def test_a_misspelt_parameter_is_refused(gateway: RunningService) -> None:
    assert await status(gateway, "/regions/32.71/results?contests=x") == (400, "unknown-parameter")
    assert await status(gateway, "/regions/32.71/overview?region=32") == (400, "unknown-parameter")


async def test_what_one_has_changed_is_waited_for(gateway: RunningService, story: Story) -> None:
    place = places(3)[0]
    aggregate = f"tally/{tally_id(place, MAYOR)}"
    version = max(e.envelope.version for e in story.events if e.envelope.aggregate == aggregate)
    headers = bearer(Role.DESK) | {"Desk-After": f"{aggregate}@{version}"}
    path = f"{BASE}/regions/32.71/results"
    assert (await gateway.client.get(path, headers=headers)).status_code == 200
    late = await gateway.client.get(path, headers=headers | {"Desk-After": f"{aggregate}@{version + 5}"})
    assert (late.status_code, late.json()["code"]) == (503, "not-yet-projected")
    assert late.headers["Retry-After"] == "1"
    wrong = await gateway.client.get(path, headers=headers | {"Desk-After": "somewhere"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "position-invalid")


async def test_a_region_that_did_not_change_is_not_sent_again(gateway: RunningService) -> None:
    first = await gateway.client.get(f"{BASE}/regions/32.71/overview", headers=bearer(Role.DESK))
    again = await gateway.client.get(
        f"{BASE}/regions/32.71/overview", headers=bearer(Role.DESK) | {"If-None-Match": first.headers["ETag"]}
    )
    # The desk's clock stands still, the sources' lag does not know anything: the bytes are the same.
    assert again.status_code == 304
    assert again.content == b""


async def test_an_answer_stands_still_with_the_source_of_its_figures(
    gateway: RunningService, desk_time: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    minute = timedelta(minutes=1)
    late = {"turnout": desk_time - 40 * minute, "logistics": desk_time - 50 * minute}
    late |= {"registry": desk_time, "incidents": desk_time}
    monkeypatch.setattr(gateway.app.state.watermarks, "_reached", late)
    results, overview = [await get(gateway, f"/regions/32/{what}") for what in ("results", "overview")]
    situation = await get(gateway, f"/tps/{places(3)[0].code}/situation")
    told = {one["service"]: one["as_of"] for one in results["sources"]}
    assert {name: datetime.fromisoformat(at) for name, at in told.items()} == late
    as_of = datetime.fromisoformat(results["as_of"])
    assert as_of == late["turnout"], "results are of turnout and registry, whatever logistics does"
    assert {one["as_of"] for one in results["contests"]} == {results["as_of"]}
    for answer in (overview, situation):
        assert datetime.fromisoformat(answer["as_of"]) == late["logistics"]
        assert answer["answered_at"].startswith(desk_time.isoformat()[:16])
    for path in ("/tps", "/incidents", "/tps.geojson", "/regions/32.71"):
        answer = await get(gateway, path)
        assert datetime.fromisoformat(answer["as_of"]) == late["logistics"], path
    late["registry"] = desk_time - 60 * minute
    answer = await gateway.client.get("/v1/elections", headers=bearer(Role.OBSERVER))
    assert datetime.fromisoformat(answer.json()["as_of"]) == late["registry"]


async def test_elections_are_listed_with_their_contests(gateway: RunningService) -> None:
    answer = await gateway.client.get("/v1/elections", headers=bearer(Role.OBSERVER))
    (election,) = answer.json()["items"]
    assert election["region_name"] == "Kota Bogor"
    assert [contest["contest"] for contest in election["contests"]] == [GOVERNOR, MAYOR]
    other = await gateway.client.get("/v1/elections", headers=bearer(Role.OBSERVER, election="another-one"))
    assert other.json()["items"] == []


async def test_deadlines_come_with_the_seconds_that_are_left(gateway: RunningService, desk_time: Any) -> None:
    found = await get(gateway, "/regions/32.71/overview")
    for deadline in found["next_deadlines"]:
        assert deadline["seconds_left"] >= 0
    assert found["answered_at"].startswith(desk_time.isoformat()[:16])
    assert found["as_of"] == found["answered_at"], "no source has told anything here"
    assert timedelta(
        seconds=found["next_deadlines"][0]["seconds_left"] if found["next_deadlines"] else 0
    ) >= timedelta(0)


async def test_an_election_that_nobody_knows_is_no_empty_list(
    gateway: RunningService, desk_time: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def code_of(path: str) -> str:
        headers = bearer(Role.DESK, election=None)
        answer = await gateway.client.get(f"/v1/elections/pilkada-2042{path}", headers=headers)
        return answer.json()["code"]

    for path in ("/tps", "/incidents", "/tps.geojson"):
        assert await code_of(path) == "not-caught-up", "the registry may be about to tell of it"
    monkeypatch.setattr(gateway.app.state.watermarks, "is_fresh", bool)
    for path in ("/tps", "/incidents", "/tps.geojson"):
        assert await code_of(path) == "election-unknown", path


async def test_a_group_stands_where_a_region_does(gateway: RunningService) -> None:
    path = f"/regions/{KELURAHAN[0]}"

    async def known() -> bool:
        return (await status(gateway, path, regions=["group:utara"]))[0] == 200

    await until(known)
    assert (await get(gateway, path, regions=["group:utara"]))["tps_total"] == 3
    assert await status(gateway, f"/regions/{KELURAHAN[1]}", regions=["group:utara"]) == (
        403,
        "region-not-covered",
    )
    assert await status(gateway, path, regions=["group:selatan"]) == (403, "region-not-covered")


async def test_a_group_is_asked_about_as_a_region_is(gateway: RunningService) -> None:
    async def known() -> bool:
        return (await status(gateway, "/regions/group:utara"))[0] == 200

    await until(known)
    alone = await get(gateway, f"/regions/{KELURAHAN[0]}/overview")
    group = await get(gateway, "/regions/group:utara/overview")
    named = {"region": "group:utara", "region_name": "Bogor Utara", "region_path": "Bogor Utara"}
    assert {name: group[name] for name in named} == named
    assert group["region_level"] == "group"
    for figure in ("tps_total", "dpt_total", "milestones", "turnout", "slots", "boxes", "points", "work"):
        assert group[figure] == alone[figure], figure
    found = await get(gateway, "/regions/group:utara")
    assert [child["code"] for child in found["children"]] == [KELURAHAN[0]]
    own, its = [
        (await get(gateway, f"/regions/{code}/results?children=true"))["contests"]
        for code in (KELURAHAN[0], "group:utara")
    ]
    differs = {"region", "region_name"}
    assert [{k: v for k, v in one.items() if k not in differs} for one in own] == [
        {k: v for k, v in one.items() if k not in differs} for one in its
    ]
    for path in ("/tps", "/tps.geojson", "/events", "/incidents"):
        by_code, by_group = [
            await get(gateway, f"{path}?region={code}") for code in (KELURAHAN[0], "group:utara")
        ]
        for items in ("items", "features"):
            assert by_code.get(items) == by_group.get(items), path


async def test_a_group_that_one_may_not_see_whole_looks_like_none(gateway: RunningService) -> None:
    elsewhere: dict[str, Any] = {"regions": [KELURAHAN[1]]}
    for path in ("/regions/group:{}/overview", "/regions/group:{}/results", "/tps?region=group:{}"):
        refusals = [await status(gateway, path.format(name), **elsewhere) for name in ("utara", "tidak-ada")]
        assert refusals == [(403, "region-not-covered")] * 2, path


async def test_figures_of_several_regions_are_added_up(gateway: RunningService) -> None:
    groups = gateway.app.state.groups
    assert groups.members("group:tidak-ada") == ()
    both = RegionGroups()
    both.replace({"dua": [KELURAHAN[1], KELURAHAN[0], f"{KELURAHAN[0]}.001", "32.71.06.1002"]})
    assert not any(
        covers(a, b) for a in both.members("group:dua") for b in both.members("group:dua") if a != b
    )
    found = {"32.71": {"tps": 3, "votes": 1}, "32.72": {"tps": 4}}
    assert added_up(found, ["32.71", "32.72", "32.73"]) == {"tps": 7, "votes": 1}
    assert added_up(found, ["32.73"]) == {}
